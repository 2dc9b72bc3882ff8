"""Who gains and who loses: how many, how it is spread, the ten who gain and lose most."""

from itertools import pairwise
from statistics import median
from typing import NamedTuple

from pipelines.what_if.sums import Added

TENTHS = 10
MOST = 10
EDGES = (1, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000)  # cents, and the same below 0


class OneMoved(NamedTuple):
    """A payee: type, id, net before and after, minutes of service before and after."""

    payee: str
    id: str
    before: int
    after: int
    minutes_before: int
    minutes_after: int

    @property
    def difference(self) -> int:
        """Net after less net before."""
        return self.after - self.before


class Tenth(NamedTuple):
    """Of those who are paid, from the tenth with the least net on: how many, their net before, and its difference."""

    number: int
    people: int
    before: int
    difference: int


class Spread(NamedTuple):
    """How many differ by ``least`` to ``most`` cents (None: and more)."""

    least: int | None
    most: int | None
    people: int


class PeopleMoved(NamedTuple):
    """``people``: all who are paid; ``middle``: the median of what those get whose pay is otherwise."""

    people: int
    gain: int
    lose: int
    gained: int
    lost: int
    middle: int
    tenths: list[Tenth]
    spread: list[Spread]
    most_gained: list[OneMoved]
    most_lost: list[OneMoved]


def people_moved(was: Added, now: Added) -> PeopleMoved:
    """Over (payee type, id) to gross, net and minutes. Ties are by id."""
    everybody = sorted(_moved(key, was, now) for key in {**was, **now})
    moved = [each for each in everybody if each.difference]
    up, down = [e for e in moved if e.difference > 0], [e for e in moved if e.difference < 0]
    return PeopleMoved(
        people=len(everybody),
        gain=len(up),
        lose=len(down),
        gained=sum(each.difference for each in up),
        lost=sum(each.difference for each in down),
        middle=int(median(each.difference for each in moved)) if moved else 0,
        tenths=_tenths(everybody),
        spread=_spread(moved),
        most_gained=sorted(up, key=lambda each: -each.difference)[:MOST],
        most_lost=sorted(down, key=lambda each: each.difference)[:MOST],
    )


def _moved(key: tuple[str, str], was: Added, now: Added) -> OneMoved:
    one, other = (each.get(key, [0, 0, 0]) for each in (was, now))
    return OneMoved(*key, one[1], other[1], one[2], other[2])


def _tenths(everybody: list[OneMoved]) -> list[Tenth]:
    by_pay = sorted((each for each in everybody if each.before > 0), key=lambda each: (each.before, each))
    found = []
    for number in range(TENTHS):
        part = by_pay[len(by_pay) * number // TENTHS : len(by_pay) * (number + 1) // TENTHS]
        sums = sum(each.before for each in part), sum(each.difference for each in part)
        found.append(Tenth(number + 1, len(part), *sums))
    return found


def _spread(moved: list[OneMoved]) -> list[Spread]:
    """From the largest loss to the largest gain; empty ends are left out."""
    edges = [*(-edge for edge in reversed(EDGES)), *EDGES]
    bounds = [(None, edges[0]), *pairwise(edges), (edges[-1], None)]
    rows = []
    for least, most in bounds:
        inside = [
            each
            for each in moved
            if (least is None or each.difference >= least) and (most is None or each.difference < most)
        ]
        rows.append(Spread(least, most, len(inside)))
    full = [place for place, row in enumerate(rows) if row.people]
    return rows[full[0] : full[-1] + 1] if full else []
