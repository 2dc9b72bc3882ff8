"""The sections of a what-if's page: along a range, who pays, who gains and loses, what is owed, what else moves."""

from pipelines.report.charts import BLUE, GREY, ORANGE, TEAL, bars_across, bars_up, curve
from pipelines.report.parts import Cells, Chart, Column, Section, Table
from pipelines.report.wording import PROGRAMS, county, month
from pipelines.what_if.answer import WhatIfAnswer
from pipelines.what_if.owed import BeforeAfter
from pipelines.what_if.people import OneMoved, Spread
from pipelines.what_if.scenario import Scenario
from pipelines.wording import DEDUCTIONS, EARNINGS, REASONS, in_words, money
from rules.money import CENTS_IN_DOLLAR

GAIN, LOSE = "Gain", "Lose"
AFTER = [Column("Before", "dollars"), Column("After", "dollars"), Column("Difference", "dollars")]
PAYERS = {
    "provider": "Withheld from providers",
    "recipient": "Paid by recipients",
    "employer": "Paid by the employer",
    "set against": "Set against what was paid",
}
HOURS = {"claimed": "Claimed", "paid": "Paid", "cut": "Cut", "held": "Held", "denied": "Denied"}


def signed_money(cents: int) -> str:
    """``+$5.00``, ``-$5.00``, ``$0.00``."""
    return f"+{money(cents)}" if cents > 0 else money(cents)


def sections_of(number: int, scenario: Scenario, answers: list[WhatIfAnswer], with_ids: bool) -> list[Section]:
    """Those that have something to say; of a range the last point, where not said otherwise."""
    answer = answers[-1]

    def section(name: str, title: str, *parts: Table | Chart | None, lead: str = "") -> Section:
        return Section(f"s{number}-{name}", title, [lead] if lead else [], [each for each in parts if each])

    made = [
        section("range", "Along the range", *_range(scenario, answers)),
        section("cost", "Who pays, for what", *_costs(answer)),
        section("people", "Who gains, who loses", *_people(answer, with_ids)),
        section("owed", "What is owed for past periods", *_owed(answer)),
        section("moves", "What else moves", *_moves(answer)),
    ]
    return [each for each in made if each.parts]


def _range(scenario: Scenario, answers: list[WhatIfAnswer]) -> list[Table | Chart]:
    if not scenario.axis:
        return []
    rows = [
        {"point": float(point), "series": series, "value": cents / CENTS_IN_DOLLAR}
        for point, answer in zip(scenario.points, answers, strict=True)
        for series, cents in (("Pay", answer.pay.difference), ("Net", answer.net.difference))
    ]
    says = f"Pay from {signed_money(answers[0].pay.difference)} to {signed_money(answers[-1].pay.difference)}."
    columns = [
        Column(scenario.axis),
        Column("Pay", "dollars"),
        Column("Net", "dollars"),
        Column("Gain", "count"),
        Column("Lose", "count"),
        Column("Past periods", "dollars"),
        Column("Violations", "count"),
    ]
    table: list[Cells] = [
        (
            each.label,
            each.pay.difference,
            each.net.difference,
            each.people.gain,
            each.people.lose,
            each.retroactive.gross,
            each.violations,
        )
        for each in answers
    ]
    drawn = curve("What it costs more", says, rows, {"Pay": ORANGE, "Net": BLUE}, "dollars", scenario.axis)
    return [drawn, Table("Each point of the range", columns, table)]


def _costs(answer: WhatIfAnswer) -> list[Table | Chart | None]:
    moved = [each for each in answer.by_month if each.difference]
    rows = [
        {"label": month(each.name[0]), "series": "Difference", "value": each.difference / CENTS_IN_DOLLAR, "rank": 0}
        for each in moved
    ]
    chart = (
        bars_up(
            "Gross, difference by service month", f"{len(rows)} months differ.", rows, {"Difference": ORANGE}, "dollars"
        )
        if rows
        else None
    )
    total: list[Cells] = [
        ("Gross", *_three(answer.gross)),
        ("Paid before as an advance", *(-each for each in _three(answer.advanced))),
        ("Pay before taxes", *_three(answer.pay)),
        ("Employer's part of FICA and Medicare", *_three(answer.employer)),
        ("Cost", *_three(answer.cost)),
        ("Net: what reaches people", *_three(answer.net)),
    ]
    return [chart, Table("In all", [Column("What"), *AFTER], total), *_divided(answer, moved)]


def _divided(answer: WhatIfAnswer, moved: list[BeforeAfter]) -> list[Table | None]:
    """Gross by what it is paid for, and who pays the taxes."""
    return [
        _changes("Gross by county", "County", [(county(each.name[0]), each) for each in answer.by_county]),
        _changes(
            "Gross by program",
            "Program",
            [(str(PROGRAMS.get(each.name[0], each.name[0])), each) for each in answer.by_program],
        ),
        _changes(
            "Gross by earning",
            "Earned by",
            [(in_words(str(each.name[0]), EARNINGS), each) for each in answer.by_earning],
        ),
        _changes(
            "Taxes and shares, by who pays",
            "Who pays",
            [(f"{PAYERS[each.name[0]]}: {in_words(each.name[1], DEDUCTIONS)}", each) for each in answer.by_payer],
        ),
        _changes("Gross by service month", "Month", [(month(each.name[0]), each) for each in moved]),
    ]


def _changes(caption: str, first: str, named: list[tuple[str, BeforeAfter]]) -> Table | None:
    rows: list[Cells] = [(name, *_three(each)) for name, each in named]
    return _table(caption, [Column(first), *AFTER], rows)


def _three(change: BeforeAfter) -> tuple[int, int, int]:
    return change.before, change.after, change.difference


def _people(answer: WhatIfAnswer, with_ids: bool) -> list[Table | Chart | None]:
    people = answer.people
    if not people.gain and not people.lose:
        return []
    rows = [
        {"label": _between(each), "series": GAIN if (each.least or 0) > 0 else LOSE, "value": each.people, "rank": 0}
        for each in people.spread
    ]
    inks = {name: ink for name, ink in ((GAIN, TEAL), (LOSE, GREY)) if any(row["series"] == name for row in rows)}
    columns = [
        Column("Tenth of payees, least paid first"),
        Column("Payees", "count"),
        Column("Net before", "dollars"),
        Column("Difference", "dollars"),
    ]
    tenths: list[Cells] = [(str(each.number), each.people, each.before, each.difference) for each in people.tenths]
    return [
        bars_across(
            "How many, by what they get more or less (net)",
            f"{people.gain} gain, {people.lose} lose.",
            rows,
            inks,
            "payees",
        ),
        Table("By tenths of what they are paid", columns, tenths),
        _largest("Who gains most", people.most_gained, with_ids),
        _largest("Who loses most", people.most_lost, with_ids),
    ]


def _between(spread: Spread) -> str:
    least, most = (None if each is None else money(each).removesuffix(".00") for each in (spread.least, spread.most))
    if least is None:
        return f"less than {most}"
    if spread.least == 1:
        return f"up to {most}"
    return f"{least} and more" if most is None else f"{least} to {most}"


def _largest(caption: str, ones: list[OneMoved], with_ids: bool) -> Table | None:
    columns = [
        Column("Who"),
        Column("Hours", "hours"),
        Column("Net before", "dollars"),
        Column("Net after", "dollars"),
        Column("Difference", "dollars"),
    ]
    rows: list[Cells] = [
        (
            each.id if with_ids else f"{each.payee.capitalize()} {rank}",
            each.minutes_after,
            each.before,
            each.after,
            each.difference,
        )
        for rank, each in enumerate(ones, 1)
    ]
    return _table(caption, columns, rows)


def _owed(answer: WhatIfAnswer) -> list[Table | None]:
    return [
        _changes(
            "Due for past periods before taxes, by service month",
            "Month",
            [(month(each.name[0]), each) for each in answer.retroactive.by_month],
        )
    ]


def _moves(answer: WhatIfAnswer) -> list[Table | None]:
    hours: list[Cells] = [(HOURS[each.name[0]], *_three(each)) for each in answer.hours]
    minutes = [Column("Before", "hours"), Column("After", "hours"), Column("Difference", "hours")]
    found: list[Cells] = [
        (each.outcome.capitalize(), in_words(each.code, REASONS), each.before, each.after, each.come, each.go)
        for each in answer.findings
    ]
    counts = [Column(name, "count") for name in ("Before", "After", "Come", "Go")]
    reached: list[Cells] = [(county(code), rise, fall) for code, rise, fall in answer.benefits]
    others: list[Cells] = [
        (name, number, cents)
        for name, (number, cents) in (
            ("Recipients' months with another share of cost", answer.shares),
            ("Advances", answer.advances),
        )
        if number
    ]
    benefits = [Column("County"), Column("Months reached", "count"), Column("Months lost", "count")]
    moved = any(each.difference for each in answer.hours)
    differ = [Column("What"), Column("Differ", "count"), Column("By", "dollars")]
    return [
        _table("Hours of service, by what became of them", [Column("What"), *minutes], hours if moved or found else []),
        _table("Findings that come and go", [Column("Outcome"), Column("Finding"), *counts], found),
        _table("Benefit thresholds", benefits, reached),
        _table("Share of cost and advances", differ, others),
    ]


def _table(caption: str, columns: list[Column], rows: list[Cells]) -> Table | None:
    return Table(caption, columns, rows) if rows else None
