"""What all people of a county are paid, and would be: sums by pay period, and who gains and loses."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.what_if.compare import Comparison
from pipelines.what_if.sums import WhatIfSums

Person = tuple[str, str]


class CountySums(NamedTuple):
    """Cents, and minutes of service."""

    gross: int = 0
    net: int = 0
    paid: int = 0
    cut: int = 0
    held: int = 0

    def plus(self, other: "CountySums") -> "CountySums":
        """Both together."""
        return CountySums(*(one + more for one, more in zip(self, other, strict=True)))


class CountyRow(NamedTuple):
    """A pay period: as it is, and as it would be."""

    period: int
    was: CountySums
    would_be: CountySums


class CountyAnswer(NamedTuple):
    """Pay periods, newest first; how many ``people`` there are, and of how many net pay is more or less in sum."""

    rows: list[CountyRow]
    people: int
    gain: int
    lose: int

    @property
    def was(self) -> CountySums:
        """All pay periods, as it is."""
        return _all(row.was for row in self.rows)

    @property
    def would_be(self) -> CountySums:
        """All pay periods, as it would be."""
        return _all(row.would_be for row in self.rows)


def county_answer(found: Comparison, county: str) -> CountyAnswer:
    """Of a comparison with one variant, by person: everybody of a county, as it is or as it would be."""
    before, after = found.baseline, found.variants[0].sums
    people = {person for sums in (before, after) for person in _people(sums, county)}
    (was, net), (would_be, other) = (_of_people(sums, people) for sums in (before, after))
    periods = sorted({**was, **would_be}, reverse=True)
    rows = [CountyRow(period, was[period], would_be[period]) for period in periods]
    gain, lose = (sum(sign * (other[one] - net[one]) > 0 for one in people) for sign in (1, -1))
    return CountyAnswer(rows, len(people), gain, lose)


def _people(sums: WhatIfSums, county: str) -> Iterator[Person]:
    return ((side, id) for (place, side, id), (times,) in sums.homes.items() if place == county and times)


def _of_people(sums: WhatIfSums, people: set[Person]) -> tuple[dict[int, CountySums], dict[Person, int]]:
    """By pay period, and the net of each."""
    by_period, net = defaultdict[int, CountySums](CountySums), defaultdict[Person, int](int)
    for (side, id, period), amounts in sums.periods.items():
        if (side, id) in people:
            by_period[period] = by_period[period].plus(CountySums(*amounts))
            net[side, id] += amounts[1]
    return by_period, net


def _all(each: Iterator[CountySums]) -> CountySums:
    total = CountySums()
    for sums in each:
        total = total.plus(sums)
    return total
