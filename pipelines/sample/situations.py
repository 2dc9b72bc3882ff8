"""What is planted: the roll of situations.toml, dealt by recipient number or drawn at their rates."""

import tomllib
from bisect import bisect
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple


class Situation(NamedTuple):
    """One thing that goes wrong (or right) on purpose; fields as in situations.toml."""

    name: str
    unit: str
    rate: float
    law: list[str]
    codes: list[str]
    follows: str
    needs: str = ""


def _roll() -> dict[str, Situation]:
    written = tomllib.loads(Path(__file__).with_name("situations.toml").read_text("utf-8"))
    return {name: Situation(name, **fields) for name, fields in written.items()}


ROLL = _roll()
IN_ORDER = tuple(ROLL.values())


class Odds:
    """Draws the situations of one unit at their rates with one random number."""

    def __init__(self, unit: str) -> None:
        self.situations = [situation for situation in IN_ORDER if situation.unit == unit]
        self.bounds = list(accumulate(situation.rate for situation in self.situations))

    def draw(self, rng: Random) -> Situation | None:
        """A situation, or None (mostly)."""
        place = bisect(self.bounds, rng.random())
        return self.situations[place] if place < len(self.situations) else None


HOME, SHEET, VISIT = Odds("home"), Odds("sheet"), Odds("visit")


def fate(number: int, rng: Random) -> Situation | None:
    """What recipient ``number`` (from 1) is there to show: each situation once, then at their rates."""
    drawn = HOME.draw(rng)
    return IN_ORDER[number - 1] if number <= len(IN_ORDER) else drawn
