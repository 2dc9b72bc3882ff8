"""Changes of law that a journal holds as entries: a replay of the journal obeys them, as the job that took them did.

An entry names the pay run that is the first to know the values (`Entry.admitted_cut_off`), who published them, when
and with what preview. Law and citations are in the overlay itself, as it was written.
"""

import hashlib
import mmap
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

from rules.law import Law
from rules.parameters import Documents, LawError
from rules.parameters.publishing import check_publishable, written_values
from rules.periods import epoch_day
from schemas.journal import LAW, LAW_ORIGIN, Entry, is_segment, read_segment
from schemas.physical import Unreadable


class LawPublication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of law, and who is to answer for it. ``effective``: the first day (ISO) that it changes; ``at``: when
    (epoch milliseconds); ``overlay``: TOML by file name; ``overlay_sha256``: over it; ``preview_sha256``: over what was
    seen and confirmed; ``law_version``: of the law it was laid over."""

    by: str
    at: int
    effective: str
    overlay: dict[str, str]
    overlay_sha256: str
    preview_sha256: str
    law_version: str

    @property
    def raw(self) -> bytes:
        """As it stands in an entry."""
        return msgspec.json.encode(self, order="deterministic")

    @property
    def mark(self) -> str:
        """SHA-256 (hex) of the whole."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def documents(self) -> Documents:
        """The overlay, parsed. Raises LawError."""
        return parsed(self.overlay)

    @property
    def parameters(self) -> list[str]:
        """Names of what it changes, sorted."""
        return sorted({name for name, _ in written_values(self.documents)})

    @property
    def citations(self) -> list[str]:
        """What it rests on, each once."""
        return [*dict.fromkeys(str(value["citation"]) for _, value in written_values(self.documents))]


class PublishedLaw(NamedTuple):
    """A change of law, and the pay run (cut-off) that is the first to know it."""

    cut_off: int
    publication: LawPublication


ToldLaw = tuple[int, str, int, bytes]
"""A change of law on its way: the cut-off, the file and the place in it (files of a journal sort by their names), and
the publication as it stands in the entry."""
_decode = msgspec.json.Decoder(LawPublication).decode


class BadPublication(ValueError):
    """An entry that says it is a change of law cannot be obeyed, and why: nobody may be paid by less law."""


def parsed(overlay: dict[str, str]) -> Documents:
    """TOML by file name. Raises LawError."""
    try:
        return {name: tomllib.loads(text) for name, text in overlay.items()}
    except tomllib.TOMLDecodeError as problem:
        raise LawError(f"cannot be read as TOML ({problem}); correct it") from None


def overlay_mark(overlay: dict[str, str]) -> str:
    """SHA-256 (hex) over file names and texts."""
    return hashlib.sha256(msgspec.json.encode(overlay, order="deterministic")).hexdigest()


def publication_of(entry: Entry) -> PublishedLaw:
    """The change of law that an entry holds. Raises BadPublication."""
    try:
        found = _decode(entry.raw)
        check_publishable(found.documents, epoch_day(date.fromisoformat(found.effective)))
    except (msgspec.MsgspecError, ValueError) as wrong:
        raise BadPublication(f"entry {entry.number} is no change of law that can be obeyed ({wrong})") from None
    if found.overlay_sha256 != overlay_mark(found.overlay):
        raise BadPublication(f"entry {entry.number}: its overlay is not the one that was published")
    return PublishedLaw(entry.admitted_cut_off, found)


def fault_of(entry: Entry) -> str | None:
    """What is wrong with a change of law; None: nothing."""
    try:
        publication_of(entry)
    except BadPublication as wrong:
        return str(wrong)
    return None


def published_in(path: Path) -> Iterator[PublishedLaw]:
    """Changes of law in a segment of a journal, in order; nothing of another file. Raises BadPublication."""
    with path.open("rb") as stream:
        if not path.stat().st_size:
            return
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if content.find(LAW_ORIGIN.encode()) < 0:  # most have none, and need not be read for this
                return
        if is_segment(stream):
            with suppress(Unreadable):  # the reader of facts says so
                yield from (publication_of(entry) for entry in read_segment(stream) if entry.reason == LAW)


def told_in(folder: Path, name: str) -> Iterator[ToldLaw]:
    """The same of a file below a folder, as it travels between processes. Raises BadPublication."""
    for place, each in enumerate(published_in(folder / name)):
        yield each.cut_off, name, place, each.publication.raw


def obeying_told(law: Law, told: Iterable[ToldLaw]) -> Law:
    """The law, and what was told in any order. Raises LawError."""
    return obeying(law, [PublishedLaw(cut_off, _decode(raw)) for cut_off, _, _, raw in sorted(told)])


def obeying(law: Law, publications: Iterable[PublishedLaw]) -> Law:
    """The law, and what was published since, in the order in which pay runs know it. Raises LawError."""
    for each in sorted(publications, key=lambda each: each.cut_off):
        law = law.with_published(each.publication.documents, each.cut_off)
    return law


def law_of_folder(law: Law, paths: Iterable[Path]) -> Law:
    """The law that facts in these files are paid by: that of the journal among them, if one is. Raises LawError,
    BadPublication."""
    return obeying(law, [each for path in paths for each in published_in(path)])
