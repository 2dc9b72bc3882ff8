"""Pay runs: control totals, money by county and kind against the month before, findings, what is unusual."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from pipelines.desk.shelf import DeskShelf, Row
from pipelines.report.charts import BLUE, GREY, ORANGE, bars_across, bars_up
from pipelines.report.parts import Chart
from pipelines.spoken import say, within
from pipelines.statements.language import Language
from pipelines.wording import EARNINGS, in_words
from rules.periods import add_months, is_business_day, month_of, next_business_day, period_of
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction
from schemas.rejection import Rejection

MOST_BARS, MOST_UNUSUAL, MOST_PAYMENTS = 24, 50, 100
CENTS = 100
NET_BY_RUN, GROSS_BY_EARNING = say("Net by pay run"), say("Gross by earning")
THIS_RUN, MONTH_BEFORE, DOLLARS = say("This run"), say("A month before"), say("dollars")


class RunRow(NamedTuple):
    """A pay run: how many instructions, cents, findings, unusual payments."""

    day: int
    number: int
    gross: int
    net: int
    findings: int
    unusual: int


class MoneyRow(NamedTuple):
    """Gross of a county and earning in this run, and in the run of the month before."""

    county: str
    earning: str
    minutes: int
    now: int
    before: int


class TotalRow(NamedTuple):
    """A control total, and what there is in the index."""

    kind: str
    method: str
    number: int
    gross: int
    net: int
    agrees: bool


class RunPage(NamedTuple):
    """``rejected``: reason, field and number. ``like``: the pay run of the month before that lies alike in its half of
    the month, None: the folder has none."""

    run: PayRun
    like: int | None
    totals: list[TotalRow]
    money: list[MoneyRow]
    findings: list[tuple[str, str, int, int]]
    unusual: list[tuple[PaymentInstruction, list[str]]]
    greatest: list[PaymentInstruction]
    number: int
    rejected: list[tuple[str, str, int]]
    chart: Chart | None


RUNS = """
SELECT run_date, number, gross, net, findings, unusual FROM runs WHERE cut_off <= ?
ORDER BY run_date DESC LIMIT ? OFFSET ?
"""


def run_rows(shelf: DeskShelf, most: int, skip: int = 0) -> list[RunRow]:
    """Pay runs, newest first."""
    return [RunRow(*row) for row in shelf.rows(RUNS, shelf.on, most, skip)]


def net_chart(rows: Sequence[RunRow], language: Language) -> Chart | None:
    """Net by pay run, oldest first; None where nothing was paid."""
    paid = tuple((row.day, row.net) for row in reversed(rows) if row.net)[-MOST_BARS:]
    return _net_chart(paid, language) if paid else None


@lru_cache(maxsize=64)
def _net_chart(paid: tuple[tuple[int, int], ...], language: Language) -> Chart:
    title, days = language.say(NET_BY_RUN), [language.dated(run, "d MMM y") for run, _ in paid]
    bars = [
        {"label": day, "series": "Net", "value": net / CENTS, "rank": 0}
        for day, (_, net) in zip(days, paid, strict=True)
    ]
    says = "; ".join(f"{day}: {language.money(net)}" for day, (_, net) in zip(days, paid, strict=True))
    return without_style(bars_up(title, f"{title}. {says}.", bars, {"Net": BLUE}, *_dollars(language)))


def _dollars(language: Language) -> tuple[str, str]:
    return "dollars", language.say(DOLLARS)


def without_style(chart: Chart) -> Chart:
    """The chart for a page that allows no style in its elements: its width is the style sheet's business."""
    return Chart(chart.title, chart.says, *(_bare(each) for each in (chart.wide, chart.narrow)))


def _bare(svg: str) -> str:
    head, _, rest = svg.partition(' style="')
    return head + rest.partition('"')[2]


def run_page(shelf: DeskShelf, day: int, language: Language) -> RunPage | None:
    """All about the pay run of a business day; None: there is none."""
    run = next(iter(shelf.all_of(PayRun, [shelf.one("SELECT record FROM runs WHERE run_date = ?", day) or 0])), None)
    if run is None:
        return None
    before = like_run(day)
    like = before if shelf.one("SELECT 1 FROM runs WHERE run_date = ?", before) else None
    rows = _money(shelf, day, like)
    unusual = shelf.rows(
        "SELECT record, unusual FROM payments WHERE run_date = ? AND unusual <> '' ORDER BY net DESC LIMIT ?",
        day, MOST_UNUSUAL,
    )  # fmt: skip
    paid = shelf.all_of(PaymentInstruction, [row["record"] for row in unusual])
    most = shelf.rows("SELECT record FROM payments WHERE run_date = ? ORDER BY net DESC LIMIT ?", day, MOST_PAYMENTS)
    return RunPage(
        run=run,
        like=like,
        totals=_totals(shelf, run),
        money=rows,
        findings=_findings(shelf, run.cut_off),
        unusual=[(each, row["unusual"].split()) for each, row in zip(paid, unusual, strict=True)],
        greatest=shelf.all_of(PaymentInstruction, [row[0] for row in most]),
        number=shelf.one("SELECT count(*) FROM payments WHERE run_date = ?", day),
        rejected=_rejected(shelf, run.cut_off),
        chart=_money_chart(tuple(rows), language) if any(row.now for row in rows) else None,
    )


def like_run(day: int) -> int:
    """The business day of the month before that has the same place in its half of the month: the 3rd business day after
    a 1st beside the 3rd after the 1st before. Where that half has fewer, its last."""
    start = period_of(day)
    place = sum(is_business_day(each) for each in range(start, day + 1))
    half = add_months(month_of(day), -1) + (start - month_of(start))
    found = next_business_day(half - 1)
    for _ in range(place - 1):
        later = next_business_day(found)
        if period_of(later) != half:
            break
        found = later
    return found


def _totals(shelf: DeskShelf, run: PayRun) -> list[TotalRow]:
    there: dict[tuple[str, str], Row] = {
        (row["kind"], row["method"]): row
        for row in shelf.rows(
            "SELECT kind, method, count(*) AS count, sum(gross) AS gross, sum(net) AS net FROM payments"
            " WHERE run_date = ? GROUP BY kind, method",
            run.run_date,
        )
    }
    said: dict[tuple[str, str], tuple[int, int, int]] = {
        (each.kind, each.method): (each.count, each.gross_cents, each.net_cents) for each in run.totals
    }
    rows = []
    for kind, method in sorted({*there, *said}):
        row = there.get((kind, method))
        found = (0, 0, 0) if row is None else (row["count"], row["gross"], row["net"])
        rows.append(TotalRow(kind, method, found[0], found[1], found[2], found == said.get((kind, method), (0, 0, 0))))
    return rows


def _money(shelf: DeskShelf, day: int, like: int | None) -> list[MoneyRow]:
    now, before = (_sums(shelf, each) for each in (day, like))
    rows = [MoneyRow(*key, now[key][0], now[key][1], before[key][1]) for key in {**now, **before}]
    return sorted(rows, key=lambda row: (row.county or "~", row.earning))


def _sums(shelf: DeskShelf, day: int | None) -> dict[tuple[str, str], tuple[int, int]]:
    query = "SELECT county, earning, sum(minutes), sum(cents) FROM sums WHERE run_date = ? GROUP BY county, earning"
    found: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    return found if day is None else found | {(row[0], row[1]): (row[2], row[3]) for row in shelf.rows(query, day)}


def _findings(shelf: DeskShelf, cut_off: int) -> list[tuple[str, str, int, int]]:
    """Code, outcome, how many began to stand in the run, how many were cleared."""
    rows = shelf.rows(
        "SELECT code, outcome, sum(NOT cleared AND since = cut_off), sum(cleared) FROM findings WHERE cut_off = ?"
        " GROUP BY code, outcome ORDER BY 3 DESC, code",
        cut_off,
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _rejected(shelf: DeskShelf, cut_off: int) -> list[tuple[str, str, int]]:
    """Reason, field, how many of the events that came for the run could not be used."""
    found = shelf.rows("SELECT id FROM records WHERE kind = 'Rejection' AND cut_off = ?", cut_off)
    told = Counter((each.reason, each.field or "") for each in shelf.all_of(Rejection, [row[0] for row in found]))
    return [(*key, count) for key, count in sorted(told.items(), key=lambda each: (-each[1], each[0]))]


@lru_cache(maxsize=64)
def _money_chart(rows: tuple[MoneyRow, ...], language: Language) -> Chart:
    """Gross by earning, this run beside the one of the month before."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        sums[row.earning][0] += row.now
        sums[row.earning][1] += row.before
    names = {earning: language.say(in_words(earning, EARNINGS)) for earning in sums}
    series = ((language.say(THIS_RUN), ORANGE), (language.say(MONTH_BEFORE), GREY))
    shown = [(earning, place) for earning in EARNINGS if earning in sums for place in (0, 1) if sums[earning][place]]
    bars = [
        {
            "label": f"{names[earning]}, {within(series[place][0])}",
            "series": series[place][0],
            "value": sums[earning][place] / CENTS,
            "rank": 0,
        }
        for earning, place in shown
    ]
    title = language.say(GROSS_BY_EARNING)
    says = "; ".join(
        f"{names[earning]}: {language.money(now)}, {language.money(was)}" for earning, (now, was) in sums.items()
    )
    inks = {name: ink for place, (name, ink) in enumerate(series) if any(at == place for _, at in shown)}
    return without_style(bars_across(title, f"{title}. {says}.", bars, inks, *_dollars(language)))
