"""Rejections of a journal, or of an output folder: found, shown as text to be repaired, and sent again as facts."""

import json
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import fastavro

from fold.door import fact_of
from pipelines.importing.json_lines import fact_of_line
from pipelines.live.segments import entries_of, run_folders, segments
from pipelines.misuse import Misuse
from pipelines.paid_records import records_in
from schemas.avro import MARKER, PREFIX, Unreadable, encode_message, write_container
from schemas.envelope import Fact
from schemas.journal import Entry
from schemas.physical import published
from schemas.rejection import Rejection
from schemas.streams import BAD_BYTES

STEM = "rejection"


def rejections(journal: Path) -> Iterator[Entry]:
    """All of them, pay run by pay run. Raises Damaged."""
    for folder in run_folders(journal):
        for path in segments(folder):
            yield from (entry for entry in entries_of(path) if entry.is_rejection)


def rejections_paid(paid: Path) -> Iterator[Entry]:
    """Those that an output folder tells of, numbered in the order of files and records. Raises Misuse."""
    paths = sorted(paid.glob(f"{STEM}*.avro"))
    if not paths and not any(paid.glob("pay_run*.avro")):
        raise Misuse(f"--paid {paid} has no {STEM}*.avro and no pay run: name the folder that a replay wrote to")
    told = (record for path in paths for record in records_in(path, Rejection))
    for number, each in enumerate(told, 1):
        yield Entry(number, each.seen_at or 0, 0, each.origin, each.raw, each.reason, each.field, each.message)


def rejection(journal: Path, number: int) -> Entry:
    """The rejection of a journal with a number. Raises Misuse."""
    return numbered(rejections(journal), number, f"--journal {journal}")


def numbered(entries: Iterator[Entry], number: int, where: str) -> Entry:
    """The one with a number. Raises Misuse."""
    found = next((entry for entry in entries if entry.number == number), None)
    if found is None:
        raise Misuse(f"{number} is no rejection: ihss-payroll rejections list {where} names them")
    return found


def as_text(raw: bytes) -> str | None:
    """The fields as JSON that ``repaired`` takes; None when the bytes are no record."""
    version = published().get(raw[len(MARKER) : PREFIX]) if raw.startswith(MARKER) else None
    if version is None:
        return _json_text(raw)
    try:
        fields = fastavro.schemaless_reader(BytesIO(raw[PREFIX:]), version.layout, version.reader)
    except BAD_BYTES:
        return None
    return json.dumps({"kind": version.kind, "fields": fields}, indent=2, default=repr)


def _json_text(raw: bytes) -> str | None:
    """What came as a line of JSON, as it came."""
    try:
        return raw.decode() if isinstance(json.loads(raw), dict) else None
    except ValueError:
        return None


def repaired(text: bytes) -> Fact:
    """The fact of repaired text. Raises Misuse that names what is still wrong."""
    try:
        return fact_of_line(text)
    except Unreadable as wrong:
        where = f"{wrong.field}: " if wrong.field else ""
        raise Misuse(f"still {wrong.reason.lower()}: {where}{wrong.message}") from None


class Mended(NamedTuple):
    """Facts by the number of their rejection, and how many cannot be used yet."""

    facts: list[tuple[int, Fact]]
    left: int


def usable(journal: Path, field: str | None) -> Mended:
    """Rejections that are facts as they came, whatever was wrong at the time: the job says whether it still is.
    ``field``: only those wrong in it. Raises Damaged."""
    facts, left = [], 0
    for entry in rejections(journal):
        if field not in (None, entry.field):
            continue
        try:
            facts.append((entry.number, fact_of(entry)))
        except Unreadable:
            left += 1
    return Mended(facts, left)


def land(facts: list[tuple[int, Fact]], folder: Path) -> int:
    """Put facts where a job takes files from, a file a kind; how many."""
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _, fact in facts:
        by_kind[fact.KIND].append(fact.model_dump() | {"admitted_cut_off": None})
    numbers = [number for number, _ in facts]
    for kind, records in by_kind.items():
        write_container(folder / f"repaired-{min(numbers)}-{max(numbers)}-{kind}.avro", kind, records)
    return len(facts)


def publish(facts: list[tuple[int, Fact]], project: str) -> int:
    """Publish facts as their sources would; how many."""
    from google.cloud import pubsub_v1

    from pipelines.live.publishing import attributes
    from pipelines.live.pubsub import SECONDS_OF_ANSWER
    from pipelines.live.topics import topics_of_facts

    client = pubsub_v1.PublisherClient()
    sent = [
        client.publish(
            client.topic_path(project, topics_of_facts()[fact.KIND]),
            encode_message(fact),
            **attributes(fact.KIND, fact.event_id, "", fact.source),
        )
        for _, fact in facts
    ]
    for each in sent:
        each.result(timeout=SECONDS_OF_ANSWER)
    client.stop()
    return len(sent)
