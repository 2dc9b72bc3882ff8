"""Sections on what moved: money by kind, county and reason, and what the last run changed against the one before."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from pipelines.report.asked import ReportAsked
from pipelines.report.books import Books
from pipelines.report.charts import BLUE, GREY, ORANGE, bars_up
from pipelines.report.parts import Cells, Chart, Column, Section, Table, top
from pipelines.report.wording import METHODS, PROGRAMS, counted, county, day, month
from pipelines.wording import DEDUCTIONS, EARNINGS, PAID_FOR, REASONS, deduction_in_words, in_words, money
from rules.periods import month_of

MOST_BARS = 31
MOST_PAYEES = 10
CENTS = 100
INKS = {"Net": BLUE, "This run": ORANGE, "Runs before": GREY}


def money_section(books: Books) -> Section:
    """What was instructed in the runs asked for."""
    total = books.payments.total()
    lead = [
        f"{counted(total['count'], 'payment instruction')} to {counted(len(books.payments.payees), 'payee')}: "
        f"{money(total['gross'])} gross, {money(total['net'])} net. Corrections are differences, so they are in these "
        "sums with their sign."
    ]
    gone = books.payments.gone()
    if gone["count"]:
        back, alone = (counted(gone[name], "payment") for name in ("count", "alone"))
        lead.append(
            f"Came back or was stopped since (RUN-4): {back}, {money(gone['net'])}. Of these no instruction followed "
            f"on {alone}, {money(gone['alone_net'])}: nothing is due in its place, or its month is closed."
        )
    return Section("money", "Money", lead, [_chart(books), _by_kind(books), _by_county(books), _deductions(books)])


def _chart(books: Books) -> Chart:
    """Net by run; by month where the runs are many; a single run beside those before it."""
    span = books.span
    days = [*span.usual, span.last] if len(span.days) == 1 else list(span.days)
    by_month = len(days) > MOST_BARS
    sums: dict[int, int] = defaultdict(int)
    for run in days:
        sums[month_of(run) if by_month else run] += books.payments.total([run])["net"]
    if not by_month and len(span.days) > 1:
        sums = {run: net for run, net in sums.items() if net} or sums
    written = month if by_month else day
    rows = [
        {"label": written(at), "series": _series(at, books), "value": net / CENTS, "rank": 0}
        for at, net in sums.items()
    ]
    greatest = max(sums, key=lambda at: sums[at])
    says = (
        f"Net by {'month' if by_month else 'pay run'}, {written(min(sums))} to {written(max(sums))}. "
        f"Highest: {written(greatest)} with {money(sums[greatest])}; last: {money(sums[max(sums)])}."
    )
    title = f"Net money by {'month of pay run' if by_month else 'pay run'}"
    return bars_up(
        title, says, rows, {name: INKS[name] for name in sorted({str(row["series"]) for row in rows})}, "dollars"
    )


def _series(run: int, books: Books) -> str:
    if len(books.span.days) > 1:
        return "Net"
    return "This run" if run == books.span.last else "Runs before"


def _by_kind(books: Books) -> Table:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for run in books.span.days:
        for key, amounts in books.payments.by_day.get(run, {}).items():
            for place, name in enumerate(("count", "gross", "net")):
                sums[key][place] += amounts[name]
    order = list(PAID_FOR)
    keys = sorted(sums, key=lambda key: (order.index(key[0]) if key[0] in order else len(order), key[1]))
    rows: list[Cells] = [
        (in_words(kind, PAID_FOR), in_words(method, METHODS), *sums[kind, method]) for kind, method in keys
    ]
    rows.append(("All", "", *(sum(row[place] for row in rows) for place in (2, 3, 4))))
    columns = [Column("For"), Column("How"), Column("Instructions", "count"), Column("Gross", "dollars")]
    return Table("What was paid, by kind and method", [*columns, Column("Net", "dollars")], rows, bold_last=True)


def _by_county(books: Books) -> Table:
    order = list(EARNINGS)
    lines = books.payments.lines
    keys = sorted(lines, key=lambda key: (key[0] or "~", order.index(key[1]) if key[1] in order else 9, key[2]))
    rows: list[Cells] = [
        (
            county(key[0]),
            in_words(key[1], EARNINGS),
            PROGRAMS.get(key[2], key[2]),
            lines[key]["minutes"] or None,
            lines[key]["cents"],
        )
        for key in keys
    ]
    rows.append(("All", "", "", None, sum(line["cents"] for line in lines.values())))
    columns = [Column("County"), Column("Earned by"), Column("Program"), Column("Hours", "hours")]
    caption = "Gross by county and earning (premium hours are also service hours)"
    return Table(caption, [*columns, Column("Gross", "dollars")], rows, bold_last=True)


def _deductions(books: Books) -> Table:
    total = books.payments.total()
    taken = books.payments.deductions
    rows: list[Cells] = [("Gross", total["gross"])]
    rows += [(deduction_in_words(kind, taken[kind]), -taken[kind]) for kind in DEDUCTIONS if taken[kind]]
    rows.append(("Net: the money that moves", total["net"]))
    if gone := books.payments.gone()["net"]:
        rows += [("Came back or was stopped since", -gone), ("Net that stands", total["net"] - gone)]
    return Table("From gross to net", [Column("What"), Column("Dollars", "dollars")], rows, bold_last=True)


def changes_section(books: Books, asked: ReportAsked) -> Section:
    """The newest pay period against the same one a month before, greatest differences first."""
    span, title = books.span, "Changes against a month before"
    if not any(sums["before"] for sums in books.payments.compared.values()):
        told = f"Nothing was paid for the pay period of {day(span.period_before)}: there is nothing to compare with."
        return Section("changes", title, [told])
    lead = [
        f"Pay for the pay period that began on {day(span.period)}, as of {day(span.last)}, against pay for that of "
        f"{day(span.period_before)} as it was as long after; new findings of the last run are against those of the run "
        "before."
    ]
    parts: list[Table | Chart] = [_money_changes(books), _finding_changes(books)]
    if asked.with_ids:
        parts.append(_payee_changes(books))
    return Section("changes", title, lead, parts)


def _money_changes(books: Books) -> Table:
    named: dict[str, Callable[[str], str]] = {
        "kind": lambda kind: f"{in_words(kind, PAID_FOR)}: net", "county": lambda code: f"{county(code)}: gross"
    }  # fmt: skip
    rows = [
        (named[what](name), sums["before"], sums["last"], sums["last"] - sums["before"])
        for (what, name), sums in books.payments.compared.items()
        if what in named
    ]
    columns = _compared("Kind or county", "dollars", books.span.period_before, books.span.period)
    return Table("Money, by kind and county", columns, _by_difference(rows))


def _finding_changes(books: Books) -> Table:
    last, before = books.findings.new[books.span.last], books.findings.new[books.span.before or 0]
    rows = [(in_words(code, REASONS), before[code], last[code], last[code] - before[code]) for code in {*last, *before}]
    columns = _compared("Finding", "count", books.span.before or 0, books.span.last)
    return Table("New findings", columns, _by_difference(rows))


def _payee_changes(books: Books) -> Table:
    rows = [
        (name[1], sums["before"], sums["last"], sums["last"] - sums["before"])
        for (what, name), sums in books.payments.compared.items()
        if what == "payee"
    ]
    kept, more = top(_by_difference(rows), MOST_PAYEES)
    return Table("Payees: net", _compared("Payee", "dollars", books.span.period_before, books.span.period), kept, more)


def _compared(what: str, form: Any, before: int, last: int) -> list[Column]:
    return [Column(what), Column(day(before), form), Column(day(last), form), Column("Difference", form)]


def _by_difference(rows: Iterable[Cells]) -> list[Cells]:
    return sorted(rows, key=lambda row: (-abs(row[3]), row[0]))
