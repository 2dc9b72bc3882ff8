"""The papers of a pay run or of a person, numbered, and written with their index.

A file's name is a number: who it is for stands in index.csv only (no personal data in file names).
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipelines.misuse import Misuse
from pipelines.statements.contact import Contacts
from pipelines.statements.language import Language, language
from pipelines.statements.paid_folder import Dossier, Person
from pipelines.statements.paper import Letter, letter_html, pdf_of, statement_html
from pipelines.statements.points import (
    LASTING,
    VISITS,
    Point,
    advance_point,
    in_order,
    month_of_finding,
    period_of_finding,
    point_of,
)
from pipelines.statements.statement import statement_of
from rules.periods import business_day_of, month_of
from schemas.finding import Finding

OWN_EYES = 0o600  # who is paid what
INDEX = "index.csv"
COLUMNS = ("number", "document", "language", "payee_type", "payee_id", "id")
FEW = 8  # papers: below this a second process costs more than it saves


@dataclass(frozen=True)
class Paper:
    """One document: ``kind`` is statement or notices; ``ids`` the instructions and findings that it is made of."""

    kind: str
    person: Person
    html: str
    ids: tuple[str, ...]
    english: int


@dataclass(frozen=True)
class Asked:
    """What to make: of a ``cut_off``; with ``period`` its statement and notices, else what is new in that pay run."""

    cut_off: int
    period: int | None
    language: str
    contacts: Contacts


def papers_of(person: Person, dossier: Dossier, asked: Asked) -> Iterator[Paper]:
    """Statements of a person, then one letter of notices."""
    spoken = language(asked.language)
    for period in _periods(person, dossier, asked):
        made = statement_of(person, dossier, period, business_day_of(asked.cut_off), spoken)
        contact = asked.contacts.of(made.county, asked.language)
        ids = (*made.instruction_ids, *made.finding_ids)
        english = sum(point.english for point in made.points)
        yield Paper("statement", person, statement_html(made, contact, spoken), ids, english)
    points = _notices(person, dossier, asked, spoken)
    if points:
        county = next(
            (line.county for paid in reversed(dossier.instructions) for line in paid.lines if line.county), None
        )
        letter = Letter(*person, business_day_of(asked.cut_off), points, county)
        html = letter_html(letter, asked.contacts.of(county, asked.language), spoken)
        yield Paper("notices", person, html, tuple(p.id for p in points), sum(p.english for p in points))


def _periods(person: Person, dossier: Dossier, asked: Asked) -> list[int]:
    if asked.period is None:
        return sorted({paid.period_start for paid in dossier.instructions if paid.cut_off == asked.cut_off})
    period = asked.period if person[0] == "PROVIDER" else month_of(asked.period)
    held = any(period_of_finding(each) == period and not each.cleared for each in dossier.findings.values())
    paid = any(paid.period_start == period for paid in dossier.instructions)
    return [period] if paid or (held and person[0] == "PROVIDER") else []


def _notices(person: Person, dossier: Dossier, asked: Asked, spoken: Language) -> list[Point]:
    told = [each for each in dossier.findings.values() if each.addressee == person[0] and _is_letter(each)]
    told = [each for each in told if _wanted(each, person, asked)]
    accounts = [
        advance_point(account, spoken)
        for account in dossier.reconciliations.values()
        if (
            account.cut_off == asked.cut_off
            if asked.period is None
            else account.service_month == month_of(asked.period)
        )
    ]
    return in_order([*(point_of(each, person[0], spoken) for each in told), *accounts])


def _is_letter(finding: Finding) -> bool:
    """Visits that change no pay are on the statement only; what was cleared is told where a letter had gone out."""
    if finding.cleared:
        return finding.code in LASTING
    return finding.code not in VISITS if finding.outcome == "NOTED" else True


def _wanted(finding: Finding, person: Person, asked: Asked) -> bool:
    if asked.period is None:
        return finding.cut_off == asked.cut_off
    if person[0] == "RECIPIENT":
        return month_of_finding(finding) == month_of(asked.period)
    return period_of_finding(finding) == asked.period


def write(papers: Sequence[Paper], out: Path, formats: Iterable[str], spoken: str) -> None:
    """Write ``0001.html``, ``0001.pdf`` … and the index, last. Raises Misuse."""
    width = max(4, len(str(len(papers))))
    names = [f"{number:0{width}d}" for number in range(1, len(papers) + 1)]
    try:
        out.mkdir(parents=True, exist_ok=True)
        if "html" in formats:
            for name, paper in zip(names, papers, strict=True):
                _write(out / f"{name}.html", paper.html.encode())
        if "pdf" in formats:
            for name, made in zip(names, _pdfs([paper.html for paper in papers]), strict=True):
                _write(out / f"{name}.pdf", made)
        _write(out / INDEX, _index(names, papers, spoken).encode())
    except OSError as error:
        raise Misuse(f"--out {out} cannot be written ({error.strerror}): name a folder you may write to") from error


def _pdfs(pages: Sequence[str]) -> Iterator[bytes]:
    if len(pages) < FEW:
        yield from map(pdf_of, pages)
        return
    with ProcessPoolExecutor() as pool:
        yield from pool.map(pdf_of, pages, chunksize=4)


def _index(names: Sequence[str], papers: Sequence[Paper], spoken: str) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for name, paper in zip(names, papers, strict=True):
        rows.writerows((name, paper.kind, spoken, *paper.person, id) for id in paper.ids)
    return text.getvalue()


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWN_EYES), "wb") as stream:
            stream.write(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
