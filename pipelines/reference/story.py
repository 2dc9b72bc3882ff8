"""A tiny month, replayed: the examples of the reference are what really went in and came out (story.toml)."""

import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.plain import replay_folder
from rules.law import Law
from rules.periods import MILLIS_IN_SECOND, epoch_day
from schemas import FACTS, KINDS
from schemas.avro import fields_of, logical_schema, write_container
from schemas.types import Fields

STORY = Path(__file__).with_name("story.toml")
COMMON = {"source": "esp", "revision": 1, "withdrawn": False}
Record = Fields


@cache
def examples() -> dict[str, Record]:
    """A record of every kind, physical values, each valid by its schema."""
    story = records()
    chosen = {kind: max(story[kind], key=_tells) for kind in KINDS}
    return {kind: {name: record[name] for name in _names(kind)} for kind, record in chosen.items()}


@cache
def records() -> dict[str, list[Record]]:
    """All records of the story by kind: what went in, and what a replay of it says."""
    went_in: dict[str, list[Record]] = {}
    for kind, record in _facts():
        went_in.setdefault(kind, []).append(record)
    with TemporaryDirectory() as folder:
        for kind, facts in went_in.items():
            write_container(Path(folder) / f"{kind}.avro", kind, facts)
        names = sorted(path.name for path in Path(folder).iterdir())
        came_out = replay_folder(Path(folder), names, Law.load()).records
    return went_in | {kind: [fields_of(record) for record in of_kind] for kind, of_kind in came_out.items()}


def _names(kind: str) -> list[str]:
    """Names of a kind's fields, in the order of its schema."""
    return [field["name"] for field in logical_schema(kind)["fields"]]


def _tells(record: Record) -> int:
    """How much there is to see in a record."""
    return sum(bool(value) * (len(value) if isinstance(value, list) else 1) for value in record.values())


def _facts() -> Iterator[tuple[str, Record]]:
    for number, written in enumerate(tomllib.loads(STORY.read_text("utf-8"))["fact"], 1):
        kind = written.pop("kind")
        if "of_kind" in written:
            written["kind"] = written.pop("of_kind")
        standing = COMMON | {"event_id": f"event-{number:03}"} if kind in FACTS else {}
        absent = dict.fromkeys(_names(kind))
        yield kind, {name: _physical(value) for name, value in (absent | standing | written).items()}


def _physical(value: Any) -> Any:
    """Days and instants as the ints of the bytes, also within parts."""
    if isinstance(value, datetime):
        return int(value.timestamp()) * MILLIS_IN_SECOND
    if isinstance(value, date):
        return epoch_day(value)
    if isinstance(value, list):
        return [_physical(part) for part in value]
    return {name: _physical(part) for name, part in value.items()} if isinstance(value, dict) else value
