"""Section on what a county is asked to look at: documents held longer than pay may take, sheets likely sent twice."""

from collections import Counter, defaultdict

from pipelines.report.asked import ReportAsked, period_of_finding
from pipelines.report.books import Books
from pipelines.report.parts import Cells, Chart, Column, Section, Story, Table, top
from pipelines.report.wording import clock, counted, county
from pipelines.wording import REASONS, in_words
from schemas.finding import Finding

OVERDUE, TWICE = "PAY_OVERDUE", "POSSIBLE_DUPLICATE"
CODES = (OVERDUE, TWICE)
MOST = 50


def county_section(books: Books, asked: ReportAsked) -> Section:
    """Overdue pay (RUN-1) and likely duplicates (TIME-4) that stand at the end of the range."""
    found = to_look_at(books)
    lead = [
        f"{counted(len(found[OVERDUE]), 'document is', 'documents are')} still held after the time in which pay is "
        f"due, {clock(_minutes(found[OVERDUE]))} hours.",
        f"{counted(len(found[TWICE]), 'timesheet repeats', 'timesheets repeat')} another of the same people and pay "
        f"period, {clock(_minutes(found[TWICE]))} hours: most likely sent twice. They are paid unless a policy holds "
        "them.",
    ]
    rows = [row for code in CODES for row in found[code]]
    parts: list[Table | Chart] = [_by_county(books, found)] if rows else []
    if rows and asked.with_ids:
        parts.append(_documents(asked, rows))
    note = "" if asked.with_ids or not rows else "Which documents these are: make the report again with --with-ids."
    return Section("county", "For the county to look at", lead, parts, note)


def to_look_at(books: Books) -> dict[str, list[Finding]]:
    """By code; most hours first."""
    standing = sorted(books.findings.standing, key=lambda each: (-(each.minutes or 0), each.finding_id))
    return {code: [each for each in standing if each.code == code] for code in CODES}


def figures(books: Books) -> dict[str, dict[str, int]]:
    """How many documents and minutes, for a program."""
    found = to_look_at(books)
    named = {"overdue": OVERDUE, "possible_duplicates": TWICE}
    return {name: {"documents": len(found[code]), "minutes": _minutes(found[code])} for name, code in named.items()}


def _minutes(found: list[Finding]) -> int:
    return sum(finding.minutes or 0 for finding in found)


def _by_county(books: Books, found: dict[str, list[Finding]]) -> Table:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for code in CODES:
        for finding in found[code]:
            sums[books.county_of(finding)].update({f"{code} documents": 1, f"{code} hours": finding.minutes or 0})
    rows = [
        (
            county(where) if where else "Not known",
            *(of_county[f"{code} {what}"] for code in CODES for what in ("documents", "hours")),
        )
        for where, of_county in sorted(sums.items(), key=lambda item: item[0] or "~")
    ]
    columns = [
        Column("County"), Column("Overdue documents", "count"), Column("Overdue hours", "hours"),
        Column("Likely duplicates", "count"), Column("Their hours", "hours"),
    ]  # fmt: skip
    return Table("Overdue pay and likely duplicates, by county", columns, rows)


def _documents(asked: ReportAsked, found: list[Finding]) -> Table:
    rows: list[Cells] = [
        (
            finding.provider_id,
            finding.recipient_id,
            period_of_finding(finding),
            finding.minutes,
            Story(in_words(finding.code, REASONS), finding.message, finding.next_step, asked.explain(finding)),
        )
        for finding in found
    ]
    kept, more = top(rows, MOST)
    columns = [
        Column("Provider"), Column("Recipient"), Column("Pay period", "day"), Column("Hours", "hours"),
        Column("Why, and what to do", "story"),
    ]  # fmt: skip
    return Table("Documents to look at, overdue first", columns, kept, more, wide=True)
