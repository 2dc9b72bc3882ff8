"""Names and addresses for papers, from a file of the county's own: they are in no event, record, index or log.

The file is CSV: ``id``, ``name``, any columns that begin with ``address``, ``language`` (en, es or empty), and, only
where a provider and a recipient have one number, ``payee_type``. No message about it repeats what stands in it.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pipelines.misuse import Misuse

NEEDED, MORE = ("id", "name"), ("language", "payee_type")
ADDRESS = "address"
LANGUAGES = ("", "en", "es")
PAYEES = ("", "PROVIDER", "RECIPIENT")
OTHERS_MAY_READ = 0o077
OPTION = "--people"


# repr=False: a name in a traceback or a failed assertion would be in a log.
@dataclass(frozen=True, repr=False, slots=True)
class PersonOnPaper:
    """``address``: its lines, as many as the file has columns; ``language``: "" if the file says none."""

    name: str
    address: tuple[str, ...] = ()
    language: str = ""

    @property
    def lines(self) -> list[str]:
        """Name and address, a line each."""
        return [self.name, *(line for line in self.address if line)]


@dataclass(frozen=True, repr=False)
class PeopleOnPapers:
    """Who is known by name; ``columns``: the headings of address lines. Nobody, by default."""

    columns: tuple[str, ...] = ()
    known: Mapping[tuple[str, str], PersonOnPaper] = field(default_factory=dict)

    def of(self, payee_type: str, payee_id: str) -> PersonOnPaper | None:
        """One person; None for one without an entry, whose papers keep the number alone."""
        return self.known.get((payee_type, payee_id)) or self.known.get(("", payee_id))


NOBODY = PeopleOnPapers()


def read_people(path: Path | None) -> PeopleOnPapers:
    """The people of a file. Raises Misuse with the line that cannot be used, without what stands in it."""
    if path is None:
        return NOBODY
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return _read(path, stream)
    except OSError as error:
        raise Misuse(f"{OPTION} {path} cannot be read ({error.strerror}): name a CSV file that you may read") from error
    except UnicodeDecodeError:
        raise Misuse(f"{OPTION} {path} is not in UTF-8: write it as CSV UTF-8") from None


def read_by_others(path: Path | None) -> str | None:
    """What to say of a file that more than its owner may read; None for one that is private, or none at all."""
    if path is None or not path.stat().st_mode & OTHERS_MAY_READ:
        return None
    return f"{OPTION} {path} names people and can be read by others: chmod 600 {path}"


def _read(path: Path, stream: IO[str]) -> PeopleOnPapers:
    rows = csv.reader(stream, strict=True)
    try:
        columns = [heading.strip().lower() for heading in next(rows, [])]
        address = _address_of(path, columns)
        known: dict[tuple[str, str], PersonOnPaper] = {}
        for key, person in _people(path, rows, columns, address):
            if key in known:
                raise _wrong(path, rows.line_num, "its id stands there before")
            known[key] = person
    except csv.Error:
        raise _wrong(path, rows.line_num, "its quotes or separators are not those of CSV") from None
    return PeopleOnPapers(address, known)


def _address_of(path: Path, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns of address lines, in their order."""
    address = tuple(each for each in columns if each.startswith(ADDRESS))
    missing = [each for each in NEEDED if each not in columns]
    unknown = [each for each in columns if each not in (*NEEDED, *MORE, *address)]
    if missing or unknown or len({*columns}) < len(columns):
        raise Misuse(
            f"{OPTION} {path}: its first line must name the columns id, name, address_1, address_2 (as many as there "
            f"are), language, each once, and no others (docs/statements.md)"
        )
    return address


def _people(
    path: Path, rows: Iterator[list[str]], columns: Sequence[str], address: Sequence[str]
) -> Iterator[tuple[tuple[str, str], PersonOnPaper]]:
    for number, row in enumerate(rows, 2):
        if not any(map(str.strip, row)):
            continue
        if len(row) != len(columns):
            raise _wrong(path, number, f"it has {len(row)} columns, the first line {len(columns)}")
        cells = dict(zip(columns, (" ".join(cell.split()) for cell in row), strict=True))
        language, payee = cells.get("language", "").lower(), cells.get("payee_type", "").upper()
        if not (cells["id"] and cells["name"] and all(map(str.isprintable, cells.values()))):
            raise _wrong(path, number, "id and name are needed, and nothing that cannot be printed")
        if language not in LANGUAGES or payee not in PAYEES:
            raise _wrong(path, number, "language is en, es or nothing, payee_type PROVIDER, RECIPIENT or nothing")
        lines = tuple(cells[each] for each in address)
        yield (payee, cells["id"]), PersonOnPaper(cells["name"], lines, language)


def _wrong(path: Path, number: int, why: str) -> Misuse:
    return Misuse(f"{OPTION} {path}, line {number}: {why}")
