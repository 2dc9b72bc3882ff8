"""A statement: what one provider earns for one recipient in one pay period, in lines that are rounded once.

Authority: MONEY-1, OT-2, OT-5, OT-6, WAGE-2. In force: always. Does not cover: what of it was instructed before
(`adjustment`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from rules.authorized_time import fill_places
from rules.conclusions import Line, Offsettable, Stamp
from rules.law import Law
from rules.money import line_cents
from rules.overtime import WeightedLine, statement_kind, weighted_premium
from rules.periods import period_of, saturday_of, workweek_of
from rules.to_provider import AuthorizedTime
from rules.wages import wage
from rules.worked import Worked
from schemas.symbols import Earning, LineProgram, PaymentKind

_RULES = {
    "SERVICE": "WAGE-1",
    "TRAVEL": "TRAVEL-2",
    "TRAINING": "TRAIN-4",
    "OVERTIME_PREMIUM": "OT-2",
    "SICK_LEAVE": "SICK-6",
}
_BEARS: Mapping[str, bool] = {
    "SERVICE": True, "OVERTIME_PREMIUM": True, "TRAVEL": False, "TRAINING": False, "INCENTIVE": False, "ADVANCE": False,
    "SICK_LEAVE": False,
}  # fmt: skip
StatementKey = tuple[PaymentKind, str | None, int]  # kind, recipient, period start
LineKey = tuple[Earning, LineProgram, str, int | None]  # earning, program, county, rate


class Money(NamedTuple):
    """What of a Statement follows from rates, under its names of fields."""

    lines: list[Line]
    offsettable: list[Offsettable]
    assumptions: list[str]
    bearing_cents: int


class StatementDraft:
    """A statement while its minutes are gathered."""

    __slots__ = ("assumptions", "cents", "claims", "documents", "minutes", "orders", "travel_cents", "travel_minutes")

    def __init__(self) -> None:
        self.minutes: dict[LineKey, int] = defaultdict(int)
        self.cents: dict[LineKey, int] = defaultdict(int)  # of lines whose cents do not follow from minutes and rate
        self.travel_minutes: dict[LineKey, int] = defaultdict(int)  # premium minutes that are travel
        self.travel_cents: dict[LineKey, int] = defaultdict(int)  # their weighted premium
        self.documents: set[str] = set()
        self.claims: list[tuple[str, str, int]] = []  # those carried first: with program and pay period
        self.assumptions: set[str] = set()  # behind the rates of what it carries
        self.orders: list[tuple[Stamp, str]] = []  # of the documents whose IHSS minutes or premium it carries

    def carry(self, worked: Worked) -> None:
        """Remember a document that this statement stands on, and what its rate stands on."""
        if worked.reference not in self.documents:
            self.documents.add(worked.reference)
            self.claims.append((worked.reference, worked.program, period_of(worked.day)))
        if worked.assumptions:
            self.assumptions.update(worked.assumptions)
        if worked.program == "IHSS" and worked.earning == "SERVICE":
            self.orders.append((worked.payable, worked.document_id))

    def lines(self) -> list[Line]:
        """The lines, in canonical order."""
        keys = sorted((self.minutes.keys() | self.cents.keys()), key=lambda key: (*key[:-1], key[-1] or 0))
        return [
            Line(*key, minutes=self.minutes[key], cents=self._cents(key), rule=_RULES[key[0]])
            for key in keys
            if self.minutes[key] or self.cents[key]
        ]

    def assumed(self, lines: Iterable[Line]) -> set[str]:
        """Parameters of grade assumption: behind the rates, and which minutes carry the premium."""
        premium = any(line.earning == "OVERTIME_PREMIUM" for line in lines)
        return self.assumptions | {"overtime.allocation"} if premium else self.assumptions

    def bearing_cents(self, lines: Iterable[Line]) -> int:
        """SOC-4: of the lines, IHSS service, straight and premium. Travel bears nothing, even on a shared line."""
        return sum(self._bearing(line) for line in lines if line.program == "IHSS" and _BEARS[line.earning])

    def _bearing(self, line: Line) -> int:
        key = line.earning, line.program, line.county or "", line.rate_mills
        if line.rate_mills is None:
            return line.cents - self.travel_cents[key]
        travel = self.travel_minutes[key]
        return line_cents(line.minutes - travel, line.rate_mills) if travel else line.cents

    def _cents(self, key: LineKey) -> int:
        return self.cents[key] if key[-1] is None else line_cents(self.minutes[key], key[-1])


def draft_key(worked: Worked, period: int) -> StatementKey:
    """The statement that pays for these minutes, or carries their premium, in a pay period."""
    return statement_kind(worked), worked.recipient_id, period


def draft_straight(drafts: dict[StatementKey, StatementDraft], worked: Iterable[Worked]) -> None:
    """Straight pay of the minutes on their own period's statement."""
    for each in worked:
        if each.minutes:
            draft = drafts[draft_key(each, period_of(each.day))]
            draft.minutes[each.earning, each.program, each.county, each.rate_mills] += each.minutes
            draft.carry(each)


def draft_premium(drafts: dict[StatementKey, StatementDraft], week: Sequence[Worked], law: Law, method: str) -> None:
    """The premium of a workweek with overtime, on the statements of the period that holds its Saturday (OT-5)."""
    period = period_of(saturday_of(workweek_of(week[0].day)))
    divisor: int = law.value("overtime.premium_divisor", week[-1].day)
    weighted = method == "weighted_average"
    for each in week:
        if each.overtime_minutes:
            draft = drafts[draft_key(each, period)]
            rate = None if weighted else each.rate_mills // divisor
            line: LineKey = ("OVERTIME_PREMIUM", each.program, each.county, rate)
            draft.minutes[line] += each.overtime_minutes
            if each.earning == "TRAVEL":
                draft.travel_minutes[line] += each.overtime_minutes
            draft.carry(each)
            draft.documents.update(other.reference for other in week)
    for about, cents, travel_cents in weighted_premium(week, law) if weighted else ():
        draft, line = drafts[about.kind, about.recipient_id, period], _premium_line(about)
        draft.cents[line] += cents
        draft.travel_cents[line] += travel_cents


def _premium_line(about: WeightedLine) -> LineKey:
    return "OVERTIME_PREMIUM", about.program, about.county, None


def repriced(worked: Iterable[Worked], law: Law) -> dict[StatementKey, set[str]]:
    """WAGE-2, an assumption: by statement, its name where minutes had another rate when they first became payable."""
    found: dict[StatementKey, set[str]] = defaultdict(set)
    for each in worked if law.publications else ():
        first = wage(each.county, each.day, law, each.payable[0])
        if first.code is None and first.rate_mills != each.rate_mills:
            found[draft_key(each, period_of(each.day))].add("wage.retroactive")
            if each.overtime_minutes:
                found[draft_key(each, period_of(saturday_of(workweek_of(each.day))))].add("wage.retroactive")
    return found


def at_places(time: AuthorizedTime, left: Mapping[tuple[str, int], Worked]) -> list[Offsettable]:
    """ADV-5: minutes of a timesheet that are left, by document and day, at their places in the order of use."""
    days = [left.get((time.document_id, time.period_start + index)) for index in range(len(time.minutes))]
    parts: list[Offsettable] = []
    minutes_left = [each.minutes if each else 0 for each in days]
    for stamp, index, minutes in fill_places(time.places, time.approved or time.minutes, minutes_left):
        worked = days[index]
        assert worked is not None
        part = Offsettable(stamp, time.document_id, worked.county, worked.rate_mills, minutes)
        if parts and msgspec.structs.replace(parts[-1], minutes=0) == msgspec.structs.replace(part, minutes=0):
            part = msgspec.structs.replace(part, minutes=parts.pop().minutes + minutes)
        parts.append(part)
    return parts
