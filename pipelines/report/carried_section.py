"""Section on values carried forward since no later one is known (WAGE-2): by county, since when, what they touched."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from pipelines.law_notices import FAMILIES, notices
from pipelines.report.books import Books
from pipelines.report.parts import Column, Section, Table
from pipelines.report.wording import county
from rules.law import Law
from rules.periods import business_day_of, month_of, period_end, workweek_of

Row = tuple[str, str, int | None]  # assumption, county, since; "" and None where there is none


def carried_section(books: Books, law: Law) -> Section:
    """What was paid by values carried forward in these runs, and what will have to be soon."""
    sums: defaultdict[Row, Counter[str]] = defaultdict(Counter)
    for (name, period, cut_off, counties), touched in books.payments.carried.items():
        for code, since in _since(name, counties, period, cut_off, law):
            sums[name, code, since].update(instructions=touched["instructions"], cents=touched[code])
    soon = [f"{each.sentence}." for each in notices(law, books.span.days[-1], books.span.end) if not each.now]
    if not sums:
        return Section("carried", "Carried forward", ["Nothing was paid by a value carried forward.", *soon])
    lead = [
        "No later value of these is known, so the last one goes on. When the next is entered with its day of "
        "publication, the difference is paid."
    ]
    return Section("carried", "Carried forward", [*lead, *soon], [_table(sums)])


def _table(sums: dict[Row, Counter[str]]) -> Table:
    order = list(FAMILIES)
    rows = [
        (FAMILIES[name].one.capitalize(), county(code) if code else "", since, each["instructions"], each["cents"])
        for (name, code, since), each in sorted(
            sums.items(), key=lambda item: (order.index(item[0][0]), item[0][1], item[0][2] or 0)
        )
    ]
    columns = [
        Column("What"), Column("County"), Column("Since", "day"), Column("Instructions", "count"),
        Column("Dollars", "dollars"),
    ]  # fmt: skip
    caption = "Values carried forward: gross earned by wages, and deductions taken"
    return Table(caption, columns, rows, wide=True)


def _since(
    name: str, counties: tuple[str, ...], period: int, cut_off: int, law: Law
) -> Iterator[tuple[str, int | None]]:
    """The counties concerned, and since when each was carried forward; None where the law here knows no more of it."""
    found = {code: _carried_since(name, code, period, cut_off, law) for code in counties}
    certain = {code: since for code, since in found.items() if since is not None}
    yield from (certain or found).items()


def _carried_since(name: str, code: str, period: int, cut_off: int, law: Law) -> int | None:
    parameters = [each for each in law.names() if law.parameters[each].carried_by == name]
    concerned = [f"wage.{code}"] if name == "wage.carried_forward" else parameters
    entries = (law.parameters[each].on(day, cut_off) for each in concerned for day in _days(name, period, cut_off))
    return min((entry.from_day for entry in entries if entry and entry.carried_from), default=None)


def _days(name: str, period: int, cut_off: int) -> Sequence[int]:
    """The days on which a payment asked for the value: of the payment year, of the month, or worked for it."""
    if name == "tax.carried_forward":
        return [business_day_of(cut_off)]
    if name == "share_of_cost.carried_forward":
        return [month_of(period)]
    return range(workweek_of(period), period_end(period) + 1)
