"""The papers of a person: statements, and a letter of notices."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.people import NOBODY, PeopleOnPapers
from pipelines.statements.contact import Contacts
from pipelines.statements.language import Language, language
from pipelines.statements.law_changes import ToldLawChange, law_changes
from pipelines.statements.paid_folder import Dossier, Person, dossiers
from pipelines.statements.paper import PaperLetter, letter_html, statement_html
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
from pipelines.statements.statement import PrintedStatement, statement_of
from rules.law import Law
from rules.periods import business_day_of, cut_off_of, month_of
from schemas.finding import Finding

AT_A_TIME = 50_000  # people


@dataclass(frozen=True)
class Paper:
    """One document: ``kind`` is statement or notices; ``ids`` the instructions and findings that it is made of."""

    kind: str
    person: Person
    language: str
    html: str
    ids: tuple[str, ...]
    english: int


@dataclass(frozen=True)
class PapersAsked:
    """What to make: of a ``cut_off``; with ``period`` its statement and notices, else what is new in that pay run.

    ``language``: of whom ``people`` does not give another. ``law``: the one it was paid by; if not known (None), no
    letter tells what a further violation brings, and no statement what change of law it is the first to obey.
    """

    cut_off: int
    period: int | None
    language: str
    contacts: Contacts
    law: Law | None = None
    people: PeopleOnPapers = NOBODY


def papers_of(person: Person, dossier: Dossier, asked: PapersAsked) -> Iterator[Paper]:
    """Statements of a person, then one letter of notices."""
    to = asked.people.of(*person)
    code = (to and to.language) or asked.language
    spoken = language(code)
    for period in _periods(person, dossier, asked):
        made = statement_of(person, dossier, period, business_day_of(asked.cut_off), spoken)
        contact = asked.contacts.of(made.county, code)
        ids = (*made.instruction_ids, *made.finding_ids)
        english = sum(point.english for point in made.points)
        html = statement_html(made, contact, spoken, to, _law_changes(made, dossier, asked.law))
        yield Paper("statement", person, code, html, ids, english)
    points = _notices(person, dossier, asked, spoken)
    if points:
        county = next(
            (line.county for paid in reversed(dossier.instructions) for line in paid.lines if line.county), None
        )
        letter = PaperLetter(*person, business_day_of(asked.cut_off), points, county)
        html = letter_html(letter, asked.contacts.of(county, code), spoken, to)
        yield Paper("notices", person, code, html, tuple(p.id for p in points), sum(p.english for p in points))


def _law_changes(made: PrintedStatement, dossier: Dossier, law: Law | None) -> list[ToldLawChange]:
    """What its payment is the first to obey."""
    if made.run is None:
        return []
    now = [each for each in dossier.instructions if (each.period_start, each.run_date) == (made.period_start, made.run)]
    counties = {line.county or "" for paid in now for line in paid.lines}
    return law_changes(law, cut_off_of(made.run), range(made.period_start, made.period_end + 1), counties)


def papers_of_all(folder: Path, people: Iterable[Person], asked: PapersAsked) -> Iterator[Paper]:
    """Everybody's in order, made as they are taken. Raises Misuse.

    The folder is read once for each AT_A_TIME of them, as the records of a State do not fit into memory.
    """
    ordered = sorted(people)
    for first in range(0, len(ordered), AT_A_TIME):
        known = dossiers(folder, set(ordered[first : first + AT_A_TIME]), asked.cut_off)
        for person in sorted(known):
            yield from papers_of(person, known[person], asked)


def _periods(person: Person, dossier: Dossier, asked: PapersAsked) -> list[int]:
    if asked.period is None:
        return sorted({paid.period_start for paid in dossier.instructions if paid.cut_off == asked.cut_off})
    period = asked.period if person[0] == "PROVIDER" else month_of(asked.period)
    held = any(period_of_finding(each) == period and not each.cleared for each in dossier.findings.values())
    paid = any(paid.period_start == period for paid in dossier.instructions)
    return [period] if paid or (held and person[0] == "PROVIDER") else []


def _notices(person: Person, dossier: Dossier, asked: PapersAsked, spoken: Language) -> list[Point]:
    told = [each for each in dossier.findings.values() if each.addressee == person[0] and _is_letter(each)]
    told, today = [each for each in told if _wanted(each, person, asked)], business_day_of(asked.cut_off)
    accounts = [
        advance_point(account, spoken)
        for account in dossier.reconciliations.values()
        if (
            account.cut_off == asked.cut_off
            if asked.period is None
            else account.service_month == month_of(asked.period)
        )
    ]
    return in_order([*(point_of(each, person[0], spoken, asked.law, today) for each in told), *accounts])


def _is_letter(finding: Finding) -> bool:
    """Visits that change no pay are on the statement only; what was cleared is told where a letter had gone out."""
    if finding.cleared:
        return finding.code in LASTING
    return finding.code not in VISITS if finding.outcome == "NOTED" else True


def _wanted(finding: Finding, person: Person, asked: PapersAsked) -> bool:
    if asked.period is None:
        return finding.cut_off == asked.cut_off
    if person[0] == "RECIPIENT":
        return month_of_finding(finding) == month_of(asked.period)
    return period_of_finding(finding) == asked.period
