"""The section on paid sick leave: who has how much, from when, what was paid, and why claims were not (SICK-1 to 7)."""

from collections import Counter, defaultdict

from pipelines.report.asked import ReportAsked
from pipelines.report.books import Books
from pipelines.report.parts import Cells, Chart, Column, Section, Table, cited, top
from pipelines.report.wording import counted, day
from pipelines.wording import REASONS, in_words, money
from schemas.finding import Finding
from schemas.ids import document_named
from schemas.leave_balance import LeaveBalance

ID, TITLE = "leave", "Paid sick leave"
MOST = 25
CLAIM, REVIEW = "SickLeaveClaim", "SICK_LEAVE_REVIEW"
REFUSED = ("HELD", "CUT", "DENIED")


def leave_section(books: Books, asked: ReportAsked) -> Section:
    """Balances by leave year, and claims that were not paid in full."""
    refused = [finding for finding in books.findings.standing if about_leave(finding)]
    if not books.leave and not refused:
        return Section(ID, TITLE, ["Nobody has earned paid sick leave."])
    paid = sum(each["cents"] for (_, earning, _), each in books.payments.lines.items() if earning == "SICK_LEAVE")
    today = books.span.days[-1]
    usable = [each for each in books.leave if _usable(each, today)]
    lead = [
        f"{counted(len(usable), 'provider has', 'providers have')} leave to use on {day(today)}; {money(paid)} of "
        "leave was paid in these pay runs."
    ]
    parts: list[Table | Chart] = [_by_year(books.leave)] if books.leave else []
    parts += [_reasons(refused)] if refused else []
    return Section(ID, TITLE, lead, parts + ([_balances(asked, usable)] if asked.with_ids and usable else []))


def about_leave(finding: Finding) -> bool:
    """Of a claim that is not paid in full, or needs a look?"""
    document = document_named(finding.finding_id)
    is_claim = document is not None and document.kind == CLAIM and finding.outcome in REFUSED
    return is_claim or finding.code == REVIEW


def _usable(balance: LeaveBalance, today: int) -> bool:
    return balance.left_minutes > 0 and (balance.usable_from or 0) <= today <= balance.ends_on


def _by_year(balances: list[LeaveBalance]) -> Table:
    sums: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for each in balances:
        sums[each.leave_year].update(
            providers=each.granted_minutes > 0,
            granted=each.granted_minutes,
            used=each.used_minutes,
            left=each.left_minutes,
        )
    rows: list[Cells] = [
        (year, each["providers"], each["granted"], each["used"], each["left"])
        for year, each in sorted(sums.items(), reverse=True)
    ]
    columns = [
        Column("Leave year from", "day"), Column("Providers", "count"), Column("Granted", "hours"),
        Column("Used", "hours"), Column("Left", "hours"),
    ]  # fmt: skip
    return Table("Leave by leave year, newest first", columns, rows)


def _reasons(refused: list[Finding]) -> Table:
    sums: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for each in refused:
        sums[each.code, each.outcome].append(each)
    rows: list[Cells] = [
        (in_words(code, REASONS), outcome, cited(found[0]), len(found), sum(each.minutes or 0 for each in found))
        for (code, outcome), found in sorted(sums.items())
    ]
    columns = [
        Column("Why"), Column("Outcome"), Column("Law", "law"), Column("Claims", "count"), Column("Hours", "hours"),
    ]  # fmt: skip
    return Table("Claims that were not paid in full, or need a look", columns, rows)


def _balances(asked: ReportAsked, usable: list[LeaveBalance]) -> Table:
    ordered = sorted(usable, key=lambda each: (-each.left_minutes, each.provider_id))
    rows = [
        (each.provider_id, each.left_minutes, each.used_minutes, each.usable_from, each.ends_on) for each in ordered
    ]
    kept, more = top(rows, MOST)
    columns = [
        Column("Provider"), Column("Left", "hours"), Column("Used", "hours"), Column("Usable from", "day"),
        Column("Ends on", "day"),
    ]  # fmt: skip
    return Table("Leave that can be used now, most first", columns, kept, more, wide=True)
