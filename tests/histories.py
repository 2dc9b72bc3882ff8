"""Hypothesis strategies: small histories of facts of all kinds, as awkward as the contract allows.

A history spans two to four months around a place where calendars are odd, knows few people, and holds revisions,
withdrawals, conflicts, late facts and facts that were recorded at the same instant. Units are those of `schemas` (days,
instants, minutes, cents).
"""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import count, cycle, islice
from typing import Any, NamedTuple

from hypothesis import strategies as st

from rules.periods import (
    add_months,
    cut_off_after,
    cut_off_of,
    epoch_day,
    iso,
    midnight,
    next_business_day,
    period_days,
    period_of,
    workweek_of,
)
from schemas import FACTS
from schemas.envelope import Fact
from schemas.types import FIRST_DAY

Draw = Callable[[st.SearchStrategy[Any]], Any]
Fields = dict[str, Any]

PROVIDERS = ("P", "P-1", "P.1")  # "-", "." and the colon of an instruction id sort differently
RECIPIENTS = ("R", "R_")
COURSES = ("C1", "C2")
PATHWAYS = ("GENERAL_HEALTH_AND_SAFETY", "COMPLEX_PHYSICAL_CARE_NEEDS")
OTHER_COUNTY = "01"
HOUR = 60 * 60 * 1000
CLOCKS = (0, 12 * HOUR, 12 * HOUR, 24 * HOUR - HOUR - 1)  # midnight is a cut-off; most facts are recorded at noon
LATEST = 45  # days after the window on which a fact may still be recorded
WATCHED = 110  # days after it until which pay runs are looked at: the clocks of an advance run out
# Leap day and spring, the end of Career Pathways and autumn, year's end, EVV's beginning, overtime's beginning.
# With a county whose rates are known then.
Window = tuple[int, int, int, str]
WINDOWS: tuple[Window, ...] = (
    (2024, 2, 3, "17"),
    (2024, 9, 3, "17"),
    (2025, 11, 4, "43"),
    (2023, 6, 2, "17"),
    (2022, 12, 3, "17"),
    (2016, 1, 2, "19"),
)


TERMS_AND_TIME = ("Timesheet", "ServiceAuthorization", "ProviderAssignment", "IncomeAssessment")
LIKELY = (True, True, True, False)
USUAL = {"monthly_minutes": 283 * 60, "pay_mode": "ARREARS", "deceased_on": None, "exemption": "NONE"}


class World(NamedTuple):
    """The people of a history, where they live, and its days: epoch days ``first`` to ``last``."""

    providers: tuple[str, ...]
    recipients: tuple[str, ...]
    first: int
    last: int
    county: str


class History(NamedTuple):
    """Facts in the order in which they were made up, and the cut-off until which their pay runs are looked at."""

    facts: tuple[Fact, ...]
    until: int


@st.composite
def histories(
    draw: Draw, kinds: tuple[str, ...] | None = None, late: bool = True, windows: tuple[Window, ...] | None = None
) -> History:
    """Terms of everybody, and up to 14 documents of ``kinds`` (None: of all, or of a few) with their
    revisions. ``late``: some facts come late. ``windows``: when it may be (None: any)."""
    kinds = kinds or draw(st.sampled_from((tuple(FACTS), ("Timesheet",), TERMS_AND_TIME)))
    world = draw(worlds(windows or WINDOWS))
    numbers = count(1)
    written = [*_terms(draw, world), *_documents(draw, world, kinds, numbers)]
    facts = [_fact(draw, fields, number, late) for number, fields in enumerate(written, 1)]
    return History(tuple(facts), cut_off_of(next_business_day(world.last + WATCHED)))


@st.composite
def worlds(draw: Draw, windows: tuple[Window, ...] = WINDOWS) -> World:
    """One to three providers, one or two recipients, a window."""
    year, month, months, county = draw(st.sampled_from(windows))
    first = epoch_day(date(year, month, 1))
    providers, recipients = draw(st.integers(1, len(PROVIDERS))), draw(st.integers(1, len(RECIPIENTS)))
    return World(PROVIDERS[:providers], RECIPIENTS[:recipients], first, add_months(first, months) - 1, county)


# --- what everybody needs to be paid at all ---------------------------------------------------------------------------


def _terms(draw: Draw, world: World) -> Iterator[Fields]:
    for recipient in world.recipients:
        yield _standing("ServiceAuthorization", draw, world, recipient_id=recipient, program="IHSS")
        yield _standing("IncomeAssessment", draw, world, recipient_id=recipient)
        for provider in world.providers:
            yield _standing(
                "ProviderAssignment", draw, world, provider_id=provider, recipient_id=recipient, program="IHSS"
            )
    for provider in world.providers:
        yield _standing("ProviderEnrollment", draw, world, provider_id=provider)
    yield _standing("CourseListing", draw, world, course_id=COURSES[0])


def _standing(kind: str, draw: Draw, world: World, **key: str) -> Fields:
    """Terms that hold from before the window on, and are recorded then."""
    fields = CONTENTS[kind](draw, world) | key
    starts = "listed_from" if kind == "CourseListing" else "effective_from"
    since = {starts: max(FIRST_DAY, world.first - 400), starts.replace("from", "to"): None}
    before = midnight(max(FIRST_DAY, world.first - 30)) + 12 * HOUR
    recorded = {"recorded_at": before, "revision": 1, "withdrawn": False}
    usual = {name: value for name, value in USUAL.items() if name in fields} if draw(st.sampled_from(LIKELY)) else {}
    return fields | usual | since | recorded | {"kind": kind, "document_id": "-".join(["standing", *key.values()])}


# --- documents --------------------------------------------------------------------------------------------------------


def _documents(draw: Draw, world: World, kinds: tuple[str, ...], numbers: Iterator[int]) -> Iterator[Fields]:
    drawn = draw(st.lists(st.sampled_from(_often(kinds)), min_size=4, max_size=14))
    for kind in drawn:
        yield from _revisions(draw, world, kind, next(numbers))


def _often(kinds: tuple[str, ...]) -> list[str]:
    """Timesheets come more often than anything else: most rules are about them."""
    return [*kinds, *(["Timesheet"] * 8 if "Timesheet" in kinds else [])]


def _revisions(draw: Draw, world: World, kind: str, number: int) -> Iterator[Fields]:
    """A document and what became of it: the same number again is a conflict, any but the first may be withdrawn."""
    first = CONTENTS[kind](draw, world)
    key = {name: first[name] for name in FACTS[kind].KEY_FIELDS}
    revision = 1
    for fields in [
        first,
        *(CONTENTS[kind](draw, world) | key for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2, 3))))),
    ]:
        withdrawn = revision > 1 and draw(st.sampled_from((False, False, True)))
        yield fields | {
            "kind": kind,
            "document_id": f"{kind[:2]}.{number}",
            "revision": revision,
            "withdrawn": withdrawn,
            "recorded_at": draw(_instants(world, fields.get("period_start", world.first - 20))),
        }
        revision += draw(st.sampled_from((1, 1, 2, 0)))


def _agreeing(fields: Fields) -> Fields:
    """The fields without contradiction to the key fields of the document's first revision."""
    if "funding" in fields:
        return fields | ({"funding": "WPCS"} if fields["program"] == "WPCS" else {})
    if "minutes_worked" in fields:
        days = period_days(fields["period_start"])
        return fields | {"minutes_worked": list(islice(cycle(fields["minutes_worked"]), days))}
    if "trips" in fields:
        period, days = fields["period_start"], period_days(fields["period_start"])
        trips = [trip | {"service_date": period + trip["service_date"] % days} for trip in fields["trips"]]
        return fields | {"trips": trips}
    return fields


def _fact(draw: Draw, fields: Fields, number: int, late: bool) -> Fact:
    """The model: unapproved or approved when recorded, and seen by its first pay run or a later one."""
    recorded = fields["recorded_at"]
    fields = _agreeing(fields) | {"event_id": f"e{number:03}", "source": draw(st.sampled_from(("esp", "county.17")))}
    if fields["kind"] == "Timesheet":
        approved = draw(st.sampled_from((0, 0, 0, 24 * HOUR, 12 * 24 * HOUR, None)))
        fields["provider_signed_at"] = recorded
        fields["recipient_approved_at"] = None if approved is None else recorded - approved
    if late and draw(st.sampled_from((False,) * 7 + (True,))):
        fields["admitted_cut_off"] = cut_off_after(cut_off_after(recorded) + draw(st.integers(0, 9)) * 24 * HOUR)
    return FACTS[fields.pop("kind")].model_validate(fields)


def _instants(world: World, first: int) -> st.SearchStrategy[int]:
    """When something is recorded, from ten days after ``first``: on a busy day or any, at few clock times."""
    busy = st.sampled_from((world.first + 35, world.last + 5))  # where order decides
    days = busy | busy | st.integers(first + 10, max(first + 30, world.last + LATEST))
    return st.builds(lambda day, clock: midnight(day) + clock, days, st.sampled_from(CLOCKS))


# --- content by kind --------------------------------------------------------------------------------------------------


def _one(draw: Draw, *values: Any) -> Any:
    return draw(st.sampled_from(values))


def _day(draw: Draw, world: World) -> int:
    return int(draw(st.integers(world.first - 3, world.last + 3)))


def _span(draw: Draw, world: World, first: str = "effective_from", last: str = "effective_to") -> Fields:
    """From a day (or before the window) for no, some or all later days."""
    start = _one(draw, max(FIRST_DAY, world.first - 400), world.first, _day(draw, world))
    return {first: start, last: _one(draw, None, None, start, start + 20, start + 450)}


def _work(draw: Draw, world: World) -> Fields:
    return {
        "provider_id": _one(draw, *world.providers),
        "recipient_id": _one(draw, *world.recipients),
        "program": _one(draw, "IHSS", "IHSS", "IHSS", "WPCS"),
    }


def _timesheet(draw: Draw, world: World) -> Fields:
    pattern = st.lists(st.sampled_from((0, 59, 480, 480, 661, 1380, 1440, 1500)), min_size=1, max_size=5)
    return _work(draw, world) | {
        "period_start": period_of(_day(draw, world)),
        "minutes_worked": draw(pattern),
        "channel": _one(draw, "ESP", "TTS", "PAPER"),
    }


def _visit(draw: Draw, world: World) -> Fields:
    check_in = midnight(_day(draw, world)) + draw(st.sampled_from((0, 90, 8 * 60, 22 * 60))) * 60_000
    check_out = check_in + draw(st.sampled_from((-30, 0, 1, 240, 480, 1441))) * 60_000
    return _work(draw, world) | {
        "check_in_at": _one(draw, check_in, check_in, check_in, None),
        "check_out_at": _one(draw, check_out, check_out, check_out, None),
        "check_in_place": "HOME",
        "check_out_place": _one(draw, "HOME", "COMMUNITY"),
        "method": "MOBILE_APP",
    }


def _authorization(draw: Draw, world: World) -> Fields:
    work = _work(draw, world)
    del work["provider_id"]
    return work | _span(draw, world) | {
        "county": _one(draw, *[world.county] * 4, OTHER_COUNTY),
        "monthly_minutes": _one(draw, 283 * 60, 100 * 60, 1999, 300 * 60, 0),
        "funding": _one(draw, "PCSP", "IPO"),
        "severely_impaired": _one(draw, True, True, False),
        "protective_supervision_minutes": _one(draw, 0, 200 * 60),
        "services": _one(draw, [], [{"service": "FEEDING", "minutes_per_week": 1200}]),
        "pay_mode": _one(draw, "ARREARS", "ARREARS", "ADVANCE"),
        "concurrent_care": _one(draw, False, True),
        "training_needs": _one(draw, [], list(PATHWAYS[1:])),
        "deceased_on": _one(draw, *[None] * 7, _day(draw, world)),
        "payee_account_token": _one(draw, None, "token-r"),
    }  # fmt: skip


def _assignment(draw: Draw, world: World) -> Fields:
    relationships = ("NON_RELATIVE", "NON_RELATIVE", "SPOUSE", "CHILD_18_TO_20", "DOMESTIC_PARTNER")
    return _work(draw, world) | _span(draw, world) | {
        "monthly_minutes": _one(draw, None, None, 60 * 60, 0),
        "relationship": _one(draw, *relationships),
        "live_in": _one(draw, False, True),
    }  # fmt: skip


def _enrollment(draw: Draw, world: World) -> Fields:
    exemption = _span(draw, world, "exemption_from", "exemption_to")
    return {"provider_id": _one(draw, *world.providers)} | _span(draw, world) | exemption | {
        "county": world.county,
        "account_token": _one(draw, None, "token-p"),
        "exemption": _one(draw, "NONE", "NONE", "EXEMPTION_1", "EXEMPTION_WPCS"),
    }  # fmt: skip


def _assessment(draw: Draw, world: World) -> Fields:
    return {"recipient_id": _one(draw, *world.recipients)} | _span(draw, world) | {
        "category": _one(draw, "SSI_LINKED", "NONE", "NONE", "WORKING_DISABLED"),
        "couple": _one(draw, False, True),
        "blind": _one(draw, False, False, True),
        "blind_spouse": _one(draw, False, True),
        "unearned_cents": _one(draw, 0, 130_000, 400_000),
        "earned_cents": _one(draw, 0, 50_001),
        "impairment_work_expense_cents": _one(draw, 0, 3_333),
        "blind_work_expense_cents": _one(draw, 0, 1_111),
    }  # fmt: skip


def _travel(draw: Draw, world: World) -> Fields:
    trip = st.builds(
        lambda day, to, minutes: {"service_date": day, "to_recipient_id": to, "program": "IHSS", "minutes": minutes},
        st.integers(0, 15),
        st.sampled_from(world.recipients),
        st.sampled_from((0, 30, 61, 300, 1440)),
    )
    return {
        "provider_id": _one(draw, *world.providers),
        "period_start": period_of(_day(draw, world)),
        "trips": draw(st.lists(trip, max_size=4)),
    }


def _listing(draw: Draw, world: World) -> Fields:
    return _span(draw, world, "listed_from", "listed_to") | {
        "course_id": _one(draw, *COURSES),
        "title": "Course",
        "pathway": _one(draw, *PATHWAYS),
    }


def _class(draw: Draw, world: World) -> Fields:
    days = (world.first + 5, world.first + 6, _day(draw, world))  # few, so that claims and attendance meet
    return {
        "provider_id": _one(draw, *world.providers),
        "course_id": _one(draw, *COURSES),
        "class_date": _one(draw, *days),
    }


def _attendance(draw: Draw, world: World) -> Fields:
    return _class(draw, world) | {
        "minutes_attended": _one(draw, 240, 900, 1440),
        "verified": _one(draw, True, True, False),
    }


def _training(draw: Draw, world: World) -> Fields:
    return _class(draw, world) | {
        "channel": _one(draw, "ESP", "ESP", "ESP", "OTHER"),
        "minutes_claimed": _one(draw, 0, 241, 900, 1440),
        "recipient_id": _one(draw, None, *world.recipients),
    }


def _incentive(draw: Draw, world: World) -> Fields:
    return {
        "channel": _one(draw, "ESP", "ESP", "ESP", "OTHER"),
        "provider_id": _one(draw, *world.providers),
        "incentive": _one(draw, "TRAINING", "TRAINING", "ONE_MONTH_ASSIGNMENT", "SIX_MONTH_ASSIGNMENT"),
        "pathway": _one(draw, *PATHWAYS),
        "recipient_id": _one(draw, None, *world.recipients),
    }


def _leave(draw: Draw, world: World) -> Fields:
    return {
        "channel": _one(draw, "ESP", "PAPER"),
        "provider_id": _one(draw, *world.providers),
        "recipient_id": _one(draw, *world.recipients),
        "program": _one(draw, "IHSS", "IHSS", "IHSS", "WPCS"),
        "service_date": _day(draw, world),
        "minutes": _one(draw, 60, 90, 240, 480, 1440, 45),
    }


def _workweek(draw: Draw, world: World) -> Fields:
    return {"provider_id": _one(draw, *world.providers), "workweek_start": workweek_of(_day(draw, world))}


def _exception(draw: Draw, world: World) -> Fields:
    about = {"recipient_id": _one(draw, *world.recipients), "extra_minutes": _one(draw, 0, 600, 4000)}
    return _workweek(draw, world) | about


def _decision(draw: Draw, world: World) -> Fields:
    return _workweek(draw, world) | {"decision": _one(draw, "OVERTURNED", "TRAINING_COMPLETED", "UPHELD")}


def _outcome(draw: Draw, world: World) -> Fields:
    """About an instruction that nobody made, or that is hit by luck; `outcomes_on` speaks of real ones."""
    provider, recipient = _one(draw, *world.providers), _one(draw, *world.recipients)
    period, run = iso(period_of(_day(draw, world))), iso(_day(draw, world))
    ids = (
        f"ARREARS:{provider}:{recipient}:{period}:{run}",
        f"TRAINING:{provider}:-:{period}:{run}",
        "nothing",
        "a:b:c",
        "A:::::",
    )
    return {"instruction_id": _one(draw, *ids)} | _what_became(draw)


def _what_became(draw: Draw) -> Fields:
    outcome = _one(draw, "RETURNED", "VOIDED", "STALE", "RECOVERED", "SETTLED", "ACCEPTED")
    return {"outcome": outcome, "cents": _one(draw, 0, 1, 12_345) if outcome == "RECOVERED" else None, "reason": None}


CONTENTS: dict[str, Callable[[Draw, World], Fields]] = {
    "Timesheet": _timesheet,
    "EvvVisit": _visit,
    "ServiceAuthorization": _authorization,
    "ProviderAssignment": _assignment,
    "ProviderEnrollment": _enrollment,
    "IncomeAssessment": _assessment,
    "TravelClaim": _travel,
    "CourseListing": _listing,
    "TrainingAttendance": _attendance,
    "TrainingClaim": _training,
    "IncentiveClaim": _incentive,
    "SickLeaveClaim": _leave,
    "HoursException": _exception,
    "ViolationDecision": _decision,
    "PaymentOutcome": _outcome,
}


@st.composite
def outcomes_on(draw: Draw, instructions: list[Fields]) -> list[Fact]:
    """What became of some of the instructions, told before or after; of some by two documents or in two revisions."""
    told: list[Fact] = []
    for instruction in draw(st.lists(st.sampled_from(instructions), max_size=5)) if instructions else []:
        later = draw(st.sampled_from((-24, 0, 24, 24 * 9, 24 * 40)))
        fields = _what_became(draw) | {
            "instruction_id": instruction["instruction_id"],
            "event_id": f"o{len(told):03}",
            "source": "bank",
            "recorded_at": instruction["cut_off"] + later * HOUR,
            "document_id": f"o-{instructions.index(instruction)}.{draw(st.integers(1, 2))}",
            "revision": draw(st.sampled_from((1, 1, 2))),
            "withdrawn": draw(st.sampled_from((False, False, False, True))),
        }
        told.append(FACTS["PaymentOutcome"].model_validate(fields))
    return told
