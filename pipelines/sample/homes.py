"""Who lives in the county: a recipient, those who care for them, and what the county authorized."""

from dataclasses import dataclass, field
from random import Random

from pipelines.sample.situations import Situation, fate
from pipelines.sample.window import Window
from schemas.types import Fields

HOUR = 60
HIGHEST_HOURS, HIGHEST_RATE = 283, 0.15
LIVE_IN_RATE = 0.55  # form SOC 2298, statewide about this share of providers
EXTRA_CARERS = ((0.86, 1), (0.98, 2), (1.0, 3))
SHARE_OF_COST_RATE = 0.25
TOKEN_RATE = 0.8
USED = (0.90, 0.96)  # of the authorized minutes; the rest leaves room for corrections
MOST_RECIPIENTS = 3
SIBLING_HOURS = 250  # together, so that no week comes near 66:00
LEAST_SIBLING_HOURS = 30
LEAST_HOURS_BEFORE_SIBLING = 180  # so that both together pass the limit
RELATIONSHIPS = ("CHILD_18_TO_20", "DOMESTIC_PARTNER", "MINOR_CHILD", "NON_RELATIVE", "PARENT", "SPOUSE")
RELATIONSHIP_WEIGHTS = (6, 4, 3, 42, 30, 15)
# What a situation needs of the authorized hours, so that it shows.
HOURS = {
    "advance_below_usual": 45,
    "advance_pay": 250,
    "advance_with_share_of_cost": 250,
    "advance_without_impairment": 180,
    "assessment_lowered": 190,
    "assessment_recorded_late": 190,
    "assignment_incentives": 150,
    "authorization_over_ceiling": 195,
    "authorization_raised_late": 120,
    "corrected_down": 100,
    "day_too_long": 150,
    "daylight_saving_day_too_long": 150,
    "exemption_over_90": 283,
    "month_over_maximum": 283,
    "over_maximum_every_month": 283,
    "overpayment_recovered": 100,
    "second_provider_over_authorized": 200,
    "sick_leave_review": 115,
    "siblings_over_66": 160,
    "visit_over_daylight_saving": 80,
    "visit_over_midnight": 80,
    "waiver_exemption": 283,
    "waiver_hours_on_top": 200,
}
LEAVE_HOURS = 150  # 100:00 in the first month
LIVE_IN_NEEDS = {"live_in": True, "two": True, "sibling": True, "visits": False, "pair": False, "shared": False}
NIGHTLY = {"visit_over_midnight"}  # a visit outside its slot of the day
LENT = {"sibling", "shared"}
WITH_SHARE_OF_COST = {"assessment_recorded_late", "assessment_lowered", "advance_with_share_of_cost"}
# A payment by account can come back, a warrant can go stale.
TOKENS = {"payment_returned": "tok-a", "payment_returned_then_new_account": "tok-b", "payment_stale": None}
SPECIALIZED = (
    "COGNITIVE_IMPAIRMENTS_AND_BEHAVIORAL_HEALTH",
    "COMPLEX_PHYSICAL_CARE_NEEDS",
    "TRANSITION_TO_HOME_AND_COMMUNITY_BASED_LIVING",
)


@dataclass
class Carer:
    """One provider with one recipient: ``share`` of the authorized minutes, ``slot`` of the day for visits (0 to 2)."""

    provider_id: str
    live_in: bool
    relationship: str
    share: float
    slot: int
    token: str | None
    other: "Carer | None" = None  # the same provider with an earlier recipient
    recipient_id: str = ""
    enrollment: Fields | None = None
    worked: dict[int, list[int]] = field(default_factory=dict)  # pay period -> minutes by day, regular timesheets only
    visited: dict[int, tuple[int, int]] = field(default_factory=dict)  # day -> check-in, check-out, regular visits only

    @property
    def recipients(self) -> int:
        """How many recipients this provider has so far."""
        return 1 + (self.other.recipients if self.other else 0)


@dataclass
class Home:
    """A recipient and their carers.

    ``terms``: (from day, monthly minutes) they work by, oldest first; ``until``: last day worked, if any.
    """

    number: int
    recipient_id: str
    rng: Random
    situation: Situation | None
    carers: list[Carer]
    terms: list[tuple[int, int]]
    has_share_of_cost: bool = False
    pathway: str | None = None
    waiver_minutes: int = 0
    until: int | None = None
    died_on: int | None = None
    shown: bool = False  # whether its situation has been planted
    overlaps: int = 0

    @property
    def name(self) -> str:
        """The name of its situation, or ``""``."""
        return self.situation.name if self.situation else ""

    @property
    def shows_terms(self) -> bool:
        """Whether its situation is about the home, so that its timesheets stay regular."""
        return self.situation is not None and self.situation.unit == "home"

    @property
    def minutes(self) -> int:
        """Monthly minutes authorized at first."""
        return self.terms[0][1]

    @property
    def pays_plainly(self) -> bool:
        """Whether what the State pays for a timesheet depends on that timesheet alone."""
        return len(self.carers) == 1 and not self.carers[0].other and not self.has_share_of_cost


def provider_id(number: int, index: int) -> str:
    """The id of the ``index``-th provider that came with recipient ``number``."""
    return f"P{number * 4 + index:06d}"


def _lendable(before: Home | None, live_in: bool) -> Carer | None:
    if before is None or (before.shows_terms and before.name not in WITH_SHARE_OF_COST):
        return None
    carer = before.carers[0]
    if before.name in NIGHTLY:
        return None
    return carer if carer.live_in == live_in and carer.recipients < MOST_RECIPIENTS else None


def _borrowed(needs: str, live_in: bool, before: Home | None, rng: Random) -> Carer | None:
    lendable = _lendable(before, live_in)
    if needs in LENT:
        return lendable
    chance = 0.12 if live_in else 0.7
    return lendable if rng.random() < chance else None


def _minutes(name: str, live_in: bool, rng: Random) -> int:
    if name in HOURS:
        return HOURS[name] * HOUR
    if name.startswith("sick_leave_"):
        return LEAVE_HOURS * HOUR
    if name.startswith(("week_", "violation_")):
        return rng.randrange(130, 159) * HOUR
    if live_in and rng.random() < HIGHEST_RATE:
        return HIGHEST_HOURS * HOUR
    least, most, usual = (40, 270, 110) if live_in else (40, 160, 70)
    return int(rng.triangular(least, most, usual)) * HOUR + rng.randrange(0, 60, 6)


def _sibling_minutes(name: str, drawn: int, before: Home) -> int:
    """What the second child is authorized, so that the parent stays within 66:00 a week, or does not."""
    if name == "exemption_over_90":
        return drawn
    if name == "siblings_over_66":
        return max(60 * HOUR, min(drawn, 340 * HOUR - before.minutes))
    return min(drawn, SIBLING_HOURS * HOUR - before.minutes)


def _carer(number: int, index: int, live_in: bool, other: Carer | None, rng: Random) -> Carer:
    token = f"tok-{rng.getrandbits(48):012x}" if rng.random() < TOKEN_RATE else None
    relationship = rng.choices(RELATIONSHIPS, RELATIONSHIP_WEIGHTS)[0] if live_in else "NON_RELATIVE"
    person = other.provider_id if other else provider_id(number, index)
    return Carer(person, live_in, relationship, 0.0, (number + index) % MOST_RECIPIENTS, token, other)


def _carers(number: int, count: int, live_in: bool, other: Carer | None, rng: Random) -> list[Carer]:
    first = _carer(number, 0, live_in, other, rng)
    return [first, *(_carer(number, index, False, None, rng) for index in range(1, count))]


def _count(needs: str, rng: Random) -> int:
    drawn = rng.random()
    if needs:
        return 2 if needs in ("two", "pair") else 1
    return next(count for bound, count in EXTRA_CARERS if drawn <= bound)


def _split(carers: list[Carer], name: str, rng: Random) -> None:
    """Shares the authorized minutes out; the whole stays below what is authorized."""
    used = rng.uniform(*USED)
    weights = [2.0] + [rng.uniform(0.4, 1.0) for _ in carers[1:]]
    for carer, weight in zip(carers, weights, strict=True):
        carer.share = used * weight / sum(weights)
    if name == "second_provider_over_authorized":
        carers[0].share = 0.97


def draw(number: int, seed: int, window: Window, before: Home | None) -> Home:
    """Recipient ``number`` (from 1) of the county, from its own stream; looks back only at the recipient before."""
    rng = Random(f"{seed}/{number}")
    situation = fate(number, rng)
    needs = _needs(situation)
    live_in = LIVE_IN_NEEDS.get(needs, rng.random() < LIVE_IN_RATE)
    other = None if situation and needs not in LENT else _borrowed(needs, live_in, before, rng)
    if needs in LENT and (before is None or other is None or _too_few_hours(needs, before)):
        situation, other = None, None
    name = situation.name if situation else ""
    minutes = _minutes(name, live_in, rng)
    if before and other and live_in:
        minutes = _sibling_minutes(name, minutes, before)
        other, minutes = (other, minutes) if minutes >= LEAST_SIBLING_HOURS * HOUR else (None, 60 * HOUR)
    carers = _carers(number, _count(needs, rng), live_in, other, rng)
    _split(carers, name, rng)
    authorized_from = window.first - 31 * rng.randrange(2, 30)
    return _furnish(Home(number, f"R{number:06d}", rng, situation, carers, [(authorized_from, minutes)]))


def _too_few_hours(needs: str, before: Home) -> bool:
    return needs == "sibling" and before.minutes < LEAST_HOURS_BEFORE_SIBLING * HOUR


def _needs(situation: Situation | None) -> str:
    if situation is None:
        return ""
    return situation.needs or ("visits" if situation.unit == "visit" else "")


def _furnish(home: Home) -> Home:
    rng = home.rng
    drawn = rng.random() < SHARE_OF_COST_RATE
    free = home.shows_terms or (home.situation is not None and home.situation.unit == "sheet")
    home.has_share_of_cost = home.name in WITH_SHARE_OF_COST or (drawn and not free)
    home.pathway = rng.choice(SPECIALIZED) if rng.random() < 0.12 or home.name == "assignment_incentives" else None
    for carer in home.carers:
        carer.recipient_id = home.recipient_id
    if home.name in TOKENS:
        home.carers[0].token = TOKENS[home.name]
    return home
