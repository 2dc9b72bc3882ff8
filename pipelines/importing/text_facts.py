"""Facts in texts, as all commands read them: JSON (an event a line, an array, events over many lines) and CSV by a
template's headings. One reader, so that what ``validate`` calls clean is what ``replay`` pays.

A text that is read as it lies has no clock: when a fact was recorded and signed must stand in it.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple, cast

from fold.door import Door
from fold.places import BlockPlace, keys_of
from pipelines.files_below import TABLE, TEXTS
from pipelines.importing.drafts import DocumentDraft, digest, drafts_of
from pipelines.importing.json_lines import fact_of
from pipelines.importing.json_text import pieces
from pipelines.importing.opening import opened
from pipelines.importing.reading import CellReader
from pipelines.importing.sources import RefusedFile, SourceRow, as_text
from pipelines.importing.templates import SOURCE, template_map
from pipelines.importing.unmapped import kind_of_file
from schemas.avro import Unreadable, validate
from schemas.envelope import Fact
from schemas.ids import origin_in

LARGEST_TEXT = 1 << 30  # bytes; an array is in the memory whole
NO_TEMPLATE = "The headings are of no template: ihss-payroll import makes facts of any table, by a map."
TOLD_HERE = {"recorded_at": "when it was taken in", "provider_signed_at": "when the provider signed"}
NO_CLOCK = "A file that is read as it lies must say {}; ihss-payroll import takes the time of the import."


class TextFact(NamedTuple):
    """A fact of a text, or why there is none. ``place``: its line, with the column if it does not begin there;
    ``is_rest``: all that is left of the file."""

    place: str
    raw: bytes
    fact: Fact | None = None
    wrong: Unreadable | None = None
    is_rest: bool = False


def is_text(path: Path) -> bool:
    """Whether a file is a text, by its name."""
    return path.suffix in TEXTS


def facts_in(path: Path) -> Iterator[TextFact]:
    """All that a text says."""
    with path.open("rb") as stream:
        yield from facts_of(stream, path.suffix)


def facts_of(stream: BufferedReader, suffix: str) -> Iterator[TextFact]:
    """All that the text says which was opened, whatever has its name by now. ``suffix``: of that name."""
    if os.fstat(stream.fileno()).st_size > LARGEST_TEXT:
        words = f"A text of more than {LARGEST_TEXT >> 20:,} MiB: send it in parts, or as Avro."
        yield TextFact("1", b"", wrong=Unreadable("UNREADABLE", words), is_rest=True)
    elif suffix == TABLE:
        yield from _of_table(Path(f"/dev/fd/{stream.fileno()}"))  # Linux opens the same file anew
    else:
        stream.seek(0)
        yield from facts_of_lines(stream)


def facts_of_lines(lines: Iterable[bytes]) -> Iterator[TextFact]:
    """The facts of JSON that comes line by line."""
    for piece in pieces(lines):
        try:
            if piece.wrong:
                raise piece.wrong
            yield TextFact(piece.place, piece.raw, fact_of(piece.value))
        except Unreadable as wrong:
            yield TextFact(piece.place, piece.raw, wrong=wrong, is_rest=piece.is_rest)


def _of_table(path: Path) -> Iterator[TextFact]:
    kind = kind_of_file(path)
    if kind is None:
        yield TextFact("1", b"", wrong=Unreadable("UNKNOWN_SCHEMA", NO_TEMPLATE), is_rest=True)
        return
    reader = CellReader(template_map(kind))
    try:
        for row in opened(path, reader.asked).rows():
            try:
                yield TextFact(str(row.place), _raw(row), _fact(reader, row))
            except Unreadable as wrong:
                yield TextFact(str(row.place), _raw(row), wrong=wrong)
    except RefusedFile as refused:
        yield TextFact("1", b"", wrong=Unreadable(refused.reason, f"Expected {refused.expected}."), is_rest=True)


def _fact(reader: CellReader, row: SourceRow) -> Fact:
    """The fact of a row of a template. Raises Unreadable."""
    if rule := reader.skipped(row):
        raise Unreadable("INVALID", f"It is one of the {rule.why}: take it out.", "document_id")
    read = reader.read(row)
    drafts = drafts_of(reader.asked, read, as_text(row.raw))
    if read.bad:
        bad = read.bad[0]
        where = f"Column {bad.column}: " if bad.column else ""
        raise Unreadable(bad.reason, f"{where}expected {bad.expected}.", bad.field or None)
    return _sealed(reader.asked.kind, drafts[0])


def _sealed(kind: str, draft: DocumentDraft) -> Fact:
    body = {"source": SOURCE, "revision": 1, "withdrawn": False, **draft.body}
    event = digest([kind, draft.document, body])
    try:
        return cast(Fact, validate(kind, body | {"document_id": draft.document, "event_id": event}))
    except Unreadable as wrong:
        if wrong.field in TOLD_HERE and wrong.field not in body:
            raise Unreadable("INVALID", NO_CLOCK.format(TOLD_HERE[wrong.field]), wrong.field) from None
        raise


def _raw(row: SourceRow) -> bytes:
    """The cells of the row, as they were read."""
    return as_text(row.raw).encode("utf-8", "surrogateescape")


def admitted(door: Door, told: TextFact, origin: str) -> bool:
    """One input more for a door: the fact, or its rejection; whether it is used."""
    door.tally.inputs += 1
    try:
        if told.wrong:
            raise told.wrong
        door.admit(cast(Fact, told.fact))
    except Unreadable as wrong:
        door.reject(told.raw, origin, wrong)
        return False
    return True


class FolderDoor(Door):
    """The door of a folder of facts: texts too."""

    def read_file(self, path: Path, name: str) -> Iterator[None]:
        """Read a file of facts of any kind; yields now and then, when blocks may be full."""
        if not is_text(path):
            yield from super().read_file(path, name)
            return
        for number, told in enumerate(facts_in(path)):
            if not admitted(self, told, origin_in(name, told.place)) and told.is_rest and told.wrong:
                self.tally.rejected_files.append((name, told.wrong.reason, told.wrong.message))
            if not number % 1024:
                yield


class TextFile:
    """A text as one block, which begins at byte 0: how a fact of it is found again (`fold.fact_files`)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def places(self) -> dict[str, list[int]]:
        """Everybody whom a fact in it is about, and the one block."""
        facts = (told.fact for told in facts_in(self.path) if told.fact)
        return {key: [0] for fact in facts for key in keys_of(fact.KIND, vars(fact))}

    def admit(self, place: BlockPlace, asked: Callable[[list[str]], bool], door: Door) -> None:
        """What it says about those asked for goes through the door."""
        for told in facts_in(self.path):
            if told.fact and asked(keys_of(told.fact.KIND, vars(told.fact))):
                admitted(door, told, origin_in(place.name, told.place))
