"""Which payments somebody should look at before the money moves, and why. Nothing here is a rule of the law.

Against the payee's own earlier payments of the kind, as far as the folder knows them.
"""

import sqlite3
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from rules.periods import add_months, month_of

FEWEST_BEFORE, MOST_BEFORE = 3, 12  # payments that tell what is usual
TIMES, AT_LEAST = 2, 30_000  # so many times the usual, and by so many cents
OLD_MONTHS, SETTLED_DAYS = 3, 45  # a folder's first weeks know nobody yet

MUCH_MORE, TAKEN_BACK, LONG_AGO, NEW_PAYEE, BY_WARRANT = (
    "MUCH_MORE",
    "TAKEN_BACK",
    "LONG_AGO",
    "NEW_PAYEE",
    "BY_WARRANT",
)
BEFORE = """
SELECT net, method, sequence FROM payments WHERE payee_id = ? AND payee_type = ? AND kind = ? AND cut_off < ?
ORDER BY cut_off DESC LIMIT 12
"""


class PaidBefore(NamedTuple):
    """An earlier payment: net in cents."""

    net: int
    method: str
    sequence: int


def mark_unusual(connection: sqlite3.Connection) -> None:
    """Say of every payment that is not judged yet what is unusual about it; "" for nothing."""
    [(first,)] = connection.execute("SELECT min(run_date) FROM runs").fetchall()
    fresh = connection.execute(
        "SELECT record, payee_id, payee_type, kind, cut_off, run_date, period_start, method, net, least, sequence"
        " FROM payments WHERE unusual IS NULL"
    ).fetchall()
    told = []
    for record, payee, payee_type, kind, cut_off, run, period, *paid in fresh:
        before = [PaidBefore(*row) for row in connection.execute(BEFORE, (payee, payee_type, kind, cut_off))]
        known_since = run - (run if first is None else first)
        reasons = [*_reasons(before, *paid), *_of_time(before, run, period, known_since)]
        told.append((" ".join(reasons), record))
    connection.executemany("UPDATE payments SET unusual = ? WHERE record = ?", told)


def _reasons(before: list[PaidBefore], method: str, net: int, least: int, sequence: int) -> Iterator[str]:
    usual = [each.net for each in before if each.sequence == 1 and each.net]
    if sequence == 1 and len(usual) >= FEWEST_BEFORE:
        middle = int(median(usual))
        if net >= TIMES * middle and net - middle >= AT_LEAST:
            yield MUCH_MORE
    if least < 0:
        yield TAKEN_BACK
    moved = [each.method for each in before if each.method != "NONE"]
    if method == "WARRANT" and moved[:1] == ["DIRECT_DEPOSIT"]:
        yield BY_WARRANT


def _of_time(before: list[PaidBefore], run: int, period: int, known_since: int) -> Iterator[str]:
    if month_of(period) < add_months(month_of(run), -OLD_MONTHS):
        yield LONG_AGO
    if not before and known_since > SETTLED_DAYS:
        yield NEW_PAYEE
