"""The limits of one provider's month: exemptions, travel, and what its workweeks violate.

Authority: LIMIT-1 to LIMIT-4, TRAVEL-1 to TRAVEL-3, in the order of the rules for one minute: LIMIT-3 day, week and
month, TRAVEL-3, TRAVEL-1. In force: by parameter. Does not cover: the ladder of violations (`price.violations`),
overtime (`price.month`).

All of it looks backwards only: of a workweek across the line the month before hands on what was worked and cut.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from rules.conclusions import AuthorizationTerm
from rules.kept import Tail, Violation
from rules.law import Law
from rules.overtime import chronological
from rules.periods import hhmm, month_end, saturday_of, workweek_of
from rules.price.filed import ClaimKey, Filed
from rules.travel_time import (
    WITHOUT_TWO,
    PricedTrips,
    TripsAsked,
    assigned_on,
    destination,
    price_trips,
    weekly_minutes,
    without_two_recipients,
)
from rules.violations import Allowed, WeekOfWork, judge_week, least_weekly_minutes
from rules.wages import Wage, wage
from rules.weekly_limits import (
    Allowance,
    Exemption,
    allowances,
    covers,
    exemptions,
    maximum_weekly_minutes,
    workweeks_of,
)
from rules.worked import Worked, handed_on
from schemas.travel_claim import Trip

JUDGED = "judged"  # id of a month's WeeksJudged
Take = Callable[[Worked, str, int, dict[str, str]], None]  # from these minutes, by code, so many, in words


def keep_first(worked: Iterable[Worked], allowed: int) -> Iterator[tuple[Worked, int]]:
    """Lower ``minutes`` to what is allowed together, the last of ``worked`` first; what was taken from whom."""
    for each in worked:
        kept = min(each.minutes, max(0, allowed))
        allowed -= kept
        if kept < each.minutes:
            taken, each.minutes = each.minutes - kept, kept
            yield each, taken


class Limits:
    """Limits of a month; ``tail``: the unfinished workweek of the month before."""

    def __init__(self, month: int, filed: Filed, tail: Tail | None, law: Law, cut_off: int) -> None:
        self.month, self.filed, self.law, self.cut_off = month, filed, law, cut_off
        self.tail = tail or Tail([])
        self.claims = filed.travel.get(month, {})
        self.unfinished = workweek_of(month_end(month) + 1)
        self.cut_minutes = 0
        self.cut_travel: dict[int, int] = defaultdict(int)  # workweek -> minutes
        if self.tail.cut_travel_minutes:
            self.cut_travel[workweek_of(month)] = self.tail.cut_travel_minutes
        weeks = workweeks_of(month)
        self.exemptions: list[Exemption] = exemptions(filed.enrollments, weeks[0], saturday_of(weeks[-1]))

    # --- travel -----------------------------------------------------------------------------------

    def priced_trips(self, enrolled: Callable[[int], bool]) -> Iterator[tuple[ClaimKey, PricedTrips]]:
        """Travel of the month by claim: WHO-1, TRAVEL-3 (not assigned), TRAVEL-2, WAGE-1."""
        asked = TripsAsked(enrolled, self._assigned, self._destination, self._wage)
        for key in sorted(self.claims):
            yield key, price_trips(self.claims[key], asked, self.law)

    def _assigned(self, trip: Trip) -> bool:
        engagement = self.filed.engagements.get(trip.to_recipient_id)
        return engagement is not None and assigned_on(engagement, trip.service_date)

    def _destination(self, trip: Trip) -> AuthorizationTerm | None:
        return destination(self.filed.engagements.get(trip.to_recipient_id), trip.program, trip.service_date)

    def _wage(self, county: str, day: int) -> Wage:
        return wage(county, day, self.law, self.cut_off)

    def cut(self, worked: Sequence[Worked], take: Take) -> None:
        """LIMIT-3, TRAVEL-3, TRAVEL-1."""
        travel = [each for each in worked if each.earning == "TRAVEL"]
        if not travel and not self.exemptions:
            return
        service = chronological(each for each in worked if each.earning == "SERVICE")
        if self.exemptions:
            self._cut_to_exemptions(service, take)
        if travel:
            self._cut_travel(chronological(travel), service, take)

    def _cut_to_exemptions(self, service: Sequence[Worked], take: Take) -> None:
        standing = list(allowances(self.exemptions, self.month, self.law))
        limits = {"limit": _in_words(standing)}
        for allowance in standing:
            within = [each for each in service if allowance.first <= each.day <= allowance.last]
            for each, minutes in keep_first(within, allowance.minutes - self._used_before(allowance)):
                take(each, "OVER_EXEMPTION_LIMIT", minutes, limits)
                if allowance.per == "month" and each.day >= self.unfinished:
                    self.cut_minutes += minutes

    def _used_before(self, allowance: Allowance) -> int:
        """Service of the month before in the same workweek, before its monthly cut."""
        if allowance.first >= self.month:
            return 0
        return self.tail.cut_minutes + self._handed_on("SERVICE")

    def _handed_on(self, earning: str) -> int:
        return sum(each.minutes for each in self.tail.worked if each.earning == earning)

    def _cut_travel(self, travel: Sequence[Worked], service: Sequence[Worked], take: Take) -> None:
        for each in list(without_two_recipients(travel, service)):
            if each.minutes:
                take(each, WITHOUT_TWO, each.minutes, {})
                each.minutes = 0
        weeks: dict[int, list[Worked]] = defaultdict(list)
        for each in travel:
            weeks[workweek_of(each.day)].append(each)
        for week, of_week in weeks.items():
            limit = weekly_minutes(of_week[-1].day, self.law) or 0
            before = self._handed_on("TRAVEL") if week < self.month else 0
            for each, minutes in keep_first(of_week, limit - before):
                take(each, "OVER_TRAVEL_LIMIT", minutes, {"limit": hhmm(limit)})
                self.cut_travel[week] += minutes

    def tail_of(self, worked: Iterable[Worked]) -> Tail | None:
        """What the next month must know of this one's unfinished workweek."""
        left = [handed_on(each) for each in worked if each.day >= self.unfinished and each.minutes]
        if not left and not self.cut_minutes:
            return None
        return Tail(left, self.cut_minutes, self.cut_travel.get(self.unfinished, 0))

    # --- violations -------------------------------------------------------------------------------

    def may_violate(self, week: Sequence[Worked]) -> bool:
        """Only travel over its limit, or service over the least of the weekly limits, can violate anything."""
        sunday = workweek_of(week[0].day)
        service = sum(each.minutes for each in week if each.earning == "SERVICE")
        return sunday in self.cut_travel or service > least_weekly_minutes(sunday, self.law)

    def judge(self, weeks: Iterable[Sequence[Worked]], worked: Sequence[Worked]) -> list[Violation]:
        """LIMIT-4: what ended workweeks violate; ``worked``: the month's minutes with their overtime."""
        return [violation for week in weeks for violation in self._judge(week, worked)]

    def _judge(self, week: Sequence[Worked], worked: Sequence[Worked]) -> list[Violation]:
        sunday = workweek_of(week[0].day)
        service: dict[str, int] = defaultdict(int)
        travel = self.cut_travel.get(sunday, 0)
        for each in week:
            if each.earning == "SERVICE":
                service[each.recipient_id or ""] += each.minutes
            elif each.earning == "TRAVEL":
                travel += each.minutes
        exempt = covers(self.exemptions, sunday, saturday_of(sunday))
        allowed = Allowed(
            lambda recipient: self._maximum(recipient, sunday),
            lambda recipient: self.filed.extra_minutes(recipient, sunday),
            lambda recipient: _overtime_for(recipient, worked),
        )
        return judge_week(WeekOfWork(sunday, service, travel, exempt), allowed, self.law)

    def _maximum(self, recipient: str, workweek: int) -> int:
        engagement = self.filed.engagements.get(recipient)
        return maximum_weekly_minutes(engagement.authorizations, workweek, self.law) if engagement else 0


def _overtime_for(recipient: str, worked: Iterable[Worked]) -> int:
    """Premium minutes on a recipient's service of the month, whatever week they belong to."""
    return sum(each.overtime_minutes for each in worked if each.earning == "SERVICE" and each.recipient_id == recipient)


def _in_words(standing: Iterable[Allowance]) -> str:
    """The limits of an exemption: "12:00 a day, 360:00 a month"."""
    return ", ".join(dict.fromkeys(f"{hhmm(each.minutes)} a {each.per}" for each in standing))
