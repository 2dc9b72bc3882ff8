"""Sections on violations, advance pay, health benefits: clocks that run on people, whoever they are."""

from collections import Counter, defaultdict

from pipelines.report.asked import ReportAsked
from pipelines.report.books import Books
from pipelines.report.parts import Cells, Chart, Column, Section, Story, Table, cited, top
from pipelines.report.wording import CLOCKS, advance_clock, consequence, counted, county, day
from pipelines.wording import REASONS, in_words
from rules.law import Law
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.finding import Finding

VIOLATIONS = ("V1", "V2", "V3", "V4")
MOST = 25
MONTHS = 12
NO_RUNG = 1_000_000  # what does not count stands last


def violations_section(books: Books, asked: ReportAsked, law: Law | None) -> Section:
    """Weekly limits that were passed (LIMIT-4 to LIMIT-6), and which count."""
    found = [finding for finding in books.findings.standing if finding.code in VIOLATIONS]
    if not found:
        return Section("violations", "Violations", ["No workweek passed a limit."])
    counting = [finding for finding in found if finding.outcome == "VIOLATION"]
    disputable = sum(1 for finding in counting if finding.due_by and finding.due_by >= books.span.days[-1])
    lead = [
        f"{counted(len(counting), 'violation counts', 'violations count')} as of {day(books.span.days[-1])}, "
        f"{disputable:,} of them can still be disputed. The hours are paid all the same, travel over the limit "
        "excepted. Ineligibility is only proposed: the county decides."
    ]
    counts = Counter((each.code, each.count or NO_RUNG, consequence(each, law)) for each in found)
    rows: list[Cells] = [
        (code, in_words(code, REASONS), brings, cited(found[0]), weeks)
        for (code, _, brings), weeks in sorted(counts.items())
    ]
    columns = [Column("Kind"), Column("What"), Column("Consequence"), Column("Law", "law"), Column("Weeks", "count")]
    parts: list[Table | Chart] = [Table("Violations, by kind and consequence", columns, rows)]
    return Section("violations", "Violations", lead, parts + ([_weeks(asked, counting)] if asked.with_ids else []))


def _weeks(asked: ReportAsked, counting: list[Finding]) -> Table:
    newest = sorted(counting, key=lambda finding: (-(finding.workweek_start or 0), finding.finding_id))
    rows = [
        (
            finding.provider_id,
            finding.workweek_start,
            finding.code,
            finding.count,
            finding.due_by,
            asked.story(finding, finding.message),
        )
        for finding in newest
    ]
    kept, more = top(rows, MOST)
    columns = [
        Column("Provider"), Column("Week of", "day"), Column("Kind"), Column("Number", "count"),
        Column("Dispute by", "day"), Column("Why, and what to do", "story"),
    ]  # fmt: skip
    return Table("Violations that count, newest first", columns, kept, more, wide=True)


def advances_section(books: Books, asked: ReportAsked, law: Law | None) -> Section:
    """Advance pay: what was paid ahead and is not yet accounted for by timesheets (ADV-6)."""
    if not books.advances:
        return Section("advances", "Advance pay", ["Nobody is in advance pay."])
    still = [advance for advance in books.advances if advance.status != "RECONCILED"]
    lead = [
        f"{counted(len(books.advances), 'month')} paid ahead to recipients, "
        f"{counted(len(still), 'is', 'are')} not yet fully accounted for by timesheets."
    ]
    parts: list[Table | Chart] = [_by_clock(books.advances, law)]
    return Section(
        "advances", "Advance pay", lead, parts + ([_open_months(books, asked, still, law)] if asked.with_ids else [])
    )


def _by_clock(advances: list[AdvanceReconciliation], law: Law | None) -> Table:
    sums: dict[tuple[int, str, str], Counter[str]] = defaultdict(Counter)
    for advance in advances:
        sums[[*CLOCKS].index(advance.status), *advance_clock(advance, law)].update(
            months=1, minutes=advance.open_minutes, cents=advance.advanced_cents - advance.accounted_cents
        )
    rows: list[Cells] = [
        (words, each["months"], each["minutes"], each["cents"], what) for (_, words, what), each in sorted(sums.items())
    ]
    columns = [
        Column("Clock"), Column("Months", "count"), Column("Hours open", "hours"),
        Column("Not accounted for", "dollars"), Column("What to do"),
    ]  # fmt: skip
    return Table("Months paid ahead, by clock", columns, rows, wide=True)


def _open_months(books: Books, asked: ReportAsked, still: list[AdvanceReconciliation], law: Law | None) -> Table:
    rows = []
    for advance in sorted(still, key=lambda each: (-each.open_minutes, each.recipient_id, each.service_month)):
        recipient, month = advance.recipient_id, advance.service_month
        advanced_on = books.payments.advanced_on.get((recipient, month))
        days = None if advanced_on is None else books.span.days[-1] - advanced_on
        status, what = advance_clock(advance, law)
        left = advance.advanced_cents - advance.accounted_cents
        story = Story(status, "", what, asked.explain_command("recipient", recipient, month))
        rows.append((recipient, month, days, advance.open_minutes, left, story))
    kept, more = top(rows, MOST)
    columns = [
        Column("Recipient"), Column("Month", "month"), Column("Days since paid", "count"),
        Column("Hours open", "hours"), Column("Not accounted for", "dollars"), Column("Clock, and what to do", "story"),
    ]  # fmt: skip
    return Table("Months not accounted for, most hours first", columns, kept, more, wide=True)


def benefits_section(books: Books) -> Section:
    """Hours that health benefits depend on (BEN-1), by county and month."""
    sums: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for hours in books.benefits:
        answer = "unknown" if hours.eligible is None else "yes" if hours.eligible else "no"
        sums[hours.service_month, hours.county].update({"minutes": hours.paid_minutes, answer: 1})
    rows = [
        (month, county(code), amounts["yes"], amounts["no"], amounts["unknown"], amounts["minutes"])
        for (month, code), amounts in sorted(sums.items(), reverse=True)
    ]
    if not rows:
        return Section("benefits", "Health benefits", ["No hours were reported."])
    kept, more = top(rows, MONTHS)
    columns = [
        Column("Month", "month"), Column("County"), Column("Eligible", "count"), Column("Not eligible", "count"),
        Column("No rule known", "count"), Column("Hours paid", "hours"),
    ]  # fmt: skip
    lead = ["Providers by whether their paid hours reach what the county's health benefits ask for."]
    return Section("benefits", "Health benefits", lead, [Table("Providers, newest month first", columns, kept, more)])
