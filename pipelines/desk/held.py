"""Held work as a queue: what is not paid and somebody can change, by who acts next, reason, county, age and hours."""

from typing import NamedTuple

from pipelines.desk.shelf import DeskShelf
from rules.periods import business_day_of
from schemas.finding import Finding

STANDS = "NOT {0}.cleared AND {0}.cut_off <= :on AND ({0}.until IS NULL OR {0}.until > :on)"
HELD = f"FROM findings AS held WHERE held.outcome = 'HELD' AND {STANDS.format('held')}"
IS_OVERDUE = (
    "EXISTS (SELECT 1 FROM findings AS late WHERE late.document = held.document AND late.code = 'PAY_OVERDUE'"
    f" AND {STANDS.format('late')})"
)
SORTS = {
    "hours": "held.minutes DESC, held.since, held.finding_id",
    "age": "held.since, held.minutes DESC, held.finding_id",
    "who": "held.addressee, held.code, held.minutes DESC, held.finding_id",
    "reason": "held.code, held.minutes DESC, held.finding_id",
    "county": "held.county, held.minutes DESC, held.finding_id",
    "person": "held.provider_id, held.recipient_id, held.since, held.finding_id",
}
ON_A_PAGE = 50


class HeldAsked(NamedTuple):
    """Filters, "" for all; ``page``: from 1."""

    acts: str = ""
    reason: str = ""
    county: str = ""
    overdue: bool = False
    sort: str = "hours"
    page: int = 1


class HeldRow(NamedTuple):
    """A finding that holds something, for how many days, and whether its pay is overdue."""

    finding: Finding
    days: int
    overdue: bool


class HeldCount(NamedTuple):
    """How many, and how many minutes, by a symbol."""

    symbol: str
    number: int
    minutes: int


class HeldPage(NamedTuple):
    """``rows``: of this page; ``number``, ``minutes``: of all that the filters leave; the rest: of all that is held."""

    rows: list[HeldRow]
    number: int
    minutes: int
    pages: int
    by_who: list[HeldCount]
    by_reason: list[HeldCount]
    by_county: list[HeldCount]
    overdue: int


def held_page(shelf: DeskShelf, asked: HeldAsked) -> HeldPage:
    """The queue as of the shelf's pay run."""
    values = {"on": shelf.on, "acts": asked.acts, "reason": asked.reason, "county": asked.county}
    kept = f"{HELD} AND :acts IN ('', held.addressee) AND :reason IN ('', held.code) AND :county IN ('', held.county)"
    kept += f" AND {IS_OVERDUE}" if asked.overdue else ""
    count, minutes = _row(shelf, f"SELECT count(*), coalesce(sum(held.minutes), 0) {kept}", values)
    at = max(0, asked.page - 1) * ON_A_PAGE
    order = SORTS.get(asked.sort, SORTS["hours"])
    found = shelf.connection.execute(
        f"SELECT held.record, held.since, {IS_OVERDUE} AS late {kept} ORDER BY {order} LIMIT {ON_A_PAGE} OFFSET {at}",
        values,
    ).fetchall()
    findings = shelf.all_of(Finding, [row["record"] for row in found])
    rows = [
        HeldRow(each, shelf.run - business_day_of(row["since"]), bool(row["late"]))
        for each, row in zip(findings, found, strict=True)
    ]
    overdue, _ = _row(shelf, f"SELECT count(*), 0 {HELD} AND {IS_OVERDUE}", values)
    by_who, by_reason, by_county = (_counts(shelf, name, values) for name in ("addressee", "code", "county"))
    return HeldPage(rows, count, minutes, max(1, -(-count // ON_A_PAGE)), by_who, by_reason, by_county, overdue)


def _row(shelf: DeskShelf, query: str, values: dict[str, object]) -> tuple[int, int]:
    one, other = shelf.connection.execute(query, values).fetchone()
    return one, other


def _counts(shelf: DeskShelf, name: str, values: dict[str, object]) -> list[HeldCount]:
    """By a column, the most hours first."""
    rows = shelf.connection.execute(
        f"SELECT held.{name}, count(*), coalesce(sum(held.minutes), 0) {HELD} GROUP BY 1 ORDER BY 3 DESC, 1", values
    )
    return [HeldCount(*row) for row in rows]
