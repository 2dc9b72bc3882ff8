"""The kit as it lies in this package, and the folder that it becomes.

It is made from tests/cases by ``python -m tests.vectors``, so that the program has it without its tests.
"""

import gzip
from pathlib import Path

import msgspec

from pipelines.law_text import LAW
from pipelines.vectors.json_schemas import json_schemas
from schemas import private
from schemas.types import Json

HOME = Path(__file__).parent
KIT = HOME / "kit.json.gz"
WRITTEN_AS_THEY_ARE = (HOME / "README.md", HOME / "judge.py", LAW)


class KitChange(msgspec.Struct, kw_only=True):
    """What a version of the kit changed: vectors by law id, and in words what is of no single vector."""

    version: int
    added: dict[str, list[str]] = {}
    changed: dict[str, list[str]] = {}
    removed: dict[str, list[str]] = {}
    also: list[str] = []


class Kit(msgspec.Struct, kw_only=True):
    """All vectors, with the laws that they are decided by (by the SHA-256 of their text)."""

    version: int
    changes: list[KitChange]
    laws: dict[str, Json]
    vectors: dict[str, Json]  # by name: what an engine gets
    expected: dict[str, Json]  # by name: what it must say


def stored_kit() -> Kit:
    """The kit of this package."""
    return msgspec.json.decode(gzip.decompress(KIT.read_bytes()), type=Kit)


def write_kit(kit: Kit, folder: Path) -> None:
    """``in`` for the engine, ``expected`` for the judge, the law as text and as values, the schemas, what changed, and
    the judge itself, which believes only a kit that has as many vectors as ``kit.json`` says."""
    for part in ("in", "expected", "laws"):
        private.folder(folder / part)
    for path in WRITTEN_AS_THEY_ARE:
        private.written(folder / path.name, path.read_bytes())
    for part, named in (("in", kit.vectors), ("expected", kit.expected), ("laws", kit.laws)):
        for name, content in named.items():
            write_json(folder / part / f"{name}.json", content)
    for name, schema in json_schemas().items():
        write_json(folder / f"{name}.schema.json", schema)
    private.written(folder / "CHANGELOG.md", changelog(kit.changes))
    write_json(folder / "kit.json", {"version": kit.version, "vectors": len(kit.vectors)})


def write_json(path: Path, content: Json) -> None:
    """An object, a field a line."""
    private.written(path, msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")


def changelog(changes: list[KitChange]) -> str:
    """What each version changed, newest first, by law id."""
    lines = ["# What changed, by law id\n"]
    for change in sorted(changes, key=lambda each: -each.version):
        lines.append(f"\n## Version {change.version}\n")
        for what in ("added", "changed", "removed"):
            named: dict[str, list[str]] = getattr(change, what)
            lines += [f"* {what} **{id}**: {', '.join(names)}\n" for id, names in named.items()]
        lines += [f"* {each}\n" for each in change.also]
    return "".join(lines)
