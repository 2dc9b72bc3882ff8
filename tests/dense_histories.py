"""Small histories by seed: few people, few days, many corrections of everything that a payment rests on.

Where `tests/histories.py` draws any document on any day, here all of it meets: work at the ends of months and years, in
weeks that lie across them; the standing terms of everybody corrected and withdrawn once it was paid by them. One seed
is one history, the same on every machine. Plain chance, since Hypothesis tends to draw what it drew before; `smallest`
makes up for its shrinking: it leaves out whatever a failure does not need.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import count
from random import Random
from typing import Any

from rules.law import Law
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
from tests.histories import COURSES, HOUR, PATHWAYS, WATCHED, Fields, History
from tests.paid import replay_plain

PROVIDERS = ("P", "P-1", "P.1")  # "-", "." and the colon of an instruction id sort differently
RECIPIENTS = ("R", "R_", "R.2")
# Months whose last week lies across their end: two years' ends, spring, Career Pathways, a change of clocks.
WINDOWS = (
    (2025, 12, 2, "43"), (2026, 12, 1, "01"), (2026, 3, 1, "01"), (2026, 4, 1, "01"), (2024, 7, 3, "17"),
    (2026, 9, 3, "19"),
)  # fmt: skip
OTHER_COUNTY = "10"
RECORDED = (17, 18, 34, 34, 35, 36, 50, 50, 65, 80, 100)  # days after the window's first, at noon, but for `CLOCKS`
CLOCKS = (12 * HOUR, 12 * HOUR, 12 * HOUR, 0)  # midnight is a cut-off
OFTEN = (0, 0, 1, 1, 2)
OTHERS = (
    "TravelClaim", "EvvVisit", "HoursException", "ViolationDecision", "TrainingClaim", "TrainingAttendance",
    "IncentiveClaim", "SickLeaveClaim",
)  # fmt: skip


class Chance:
    """One history in the making: its people, its days, and what chance says."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        year, month, months, self.county = self.one(*WINDOWS)
        self.first = epoch_day(date(year, month, 1))
        self.last = add_months(self.first, months) - 1
        self.providers = PROVIDERS[: self.random.randint(1, len(PROVIDERS))]
        self.recipients = RECIPIENTS[: self.random.randint(1, len(RECIPIENTS))]

    def one(self, *values: Any) -> Any:
        """One of the values."""
        return self.random.choice(values)

    def seldom(self) -> bool:
        """One time in six."""
        return bool(self.random.randrange(6) == 0)

    def day(self) -> int:
        """A day near the end of a month, or any."""
        ends = [add_months(self.first, months) - 1 for months in (1, 1, 2)]
        return int(self.one(*ends, *ends, ends[0] + 2, self.random.randint(self.first, self.last)))

    def recorded(self) -> int:
        """When something is recorded, from the middle of the first pay period on."""
        return midnight(self.first + self.one(*RECORDED)) + self.one(*CLOCKS)


def dense_history(seed: int) -> History:
    """Terms of everybody with their corrections, up to five timesheets and four other documents with theirs."""
    chance, numbers = Chance(seed), count(1)
    written = [*_terms(chance), *_work(chance, numbers), *_others(chance, numbers)]
    facts = [_fact(chance, fields, number) for number, fields in enumerate(written, 1)]
    return History(tuple(facts), cut_off_of(next_business_day(chance.last + WATCHED)))


def _fact(chance: Chance, fields: Fields, number: int) -> Fact:
    recorded = fields["recorded_at"]
    fields = fields | {"event_id": f"e{number:03}", "source": chance.one("esp", "county.17")}
    if fields["kind"] == "Timesheet":
        approved = chance.one(0, 0, 0, 0, 24 * HOUR, 12 * 24 * HOUR, None)
        fields["provider_signed_at"] = recorded
        fields["recipient_approved_at"] = None if approved is None else recorded - approved
    if chance.seldom():
        fields["admitted_cut_off"] = cut_off_after(cut_off_after(recorded) + chance.random.randint(0, 9) * 24 * HOUR)
    return FACTS[fields.pop("kind")].model_validate(fields)


# --- terms ------------------------------------------------------------------------------------------------------------


def _terms(chance: Chance) -> Iterator[Fields]:
    """What holds from before the window on, and what became of it once it had been paid by."""
    for recipient in chance.recipients:
        yield from _standing(chance, "ServiceAuthorization", recipient_id=recipient, program="IHSS")
        if chance.seldom():
            yield from _standing(chance, "ServiceAuthorization", recipient_id=recipient, program="WPCS")
        if not chance.seldom():
            yield from _standing(chance, "IncomeAssessment", recipient_id=recipient)
        for provider in chance.providers:
            if not chance.seldom():
                key = {"provider_id": provider, "recipient_id": recipient, "program": "IHSS"}
                yield from _standing(chance, "ProviderAssignment", **key)
    for provider in chance.providers:
        yield from _standing(chance, "ProviderEnrollment", provider_id=provider)
    yield _listing(chance)


def _standing(chance: Chance, kind: str, **key: str) -> Iterator[Fields]:
    """One document of terms and its corrections, each another content in one field or two."""
    fields = _usual(chance, kind) | key | {"effective_from": chance.first - 400, "effective_to": None}
    document = {"kind": kind, "document_id": "-".join(["standing", *key.values()]), "withdrawn": False}
    yield fields | document | {"revision": 1, "recorded_at": midnight(chance.first - 60) + 12 * HOUR}
    for revision in range(2, 2 + chance.one(*OFTEN)):
        other = _other(chance, kind)
        fields |= {name: other[name] for name in chance.random.choices(sorted(other), k=chance.one(1, 1, 2))}
        if chance.seldom():
            fields |= {"effective_from": chance.one(chance.first, chance.first + 4, chance.first + 20)}
        fields |= {"effective_to": chance.one(None, None, None, None, None, chance.last - 2)}
        yield fields | document | {
            "revision": revision,
            "withdrawn": chance.seldom(),
            "recorded_at": chance.recorded(),
        }  # fmt: skip


def _usual(chance: Chance, kind: str) -> Fields:
    """Terms as they mostly are."""
    if kind == "ServiceAuthorization":
        return {
            "county": chance.county, "monthly_minutes": chance.one(283 * 60, 283 * 60, 160 * 60, 100 * 60),
            "funding": "PCSP", "severely_impaired": True, "protective_supervision_minutes": 0, "services": [],
            "pay_mode": chance.one("ARREARS", "ARREARS", "ADVANCE"), "concurrent_care": False,
            "training_needs": chance.one([], [PATHWAYS[1]]), "deceased_on": None, "payee_account_token": "token-r",
        }  # fmt: skip
    if kind == "ProviderAssignment":
        return {
            "monthly_minutes": chance.one(None, None, 60 * 60), "live_in": chance.one(False, True),
            "relationship": chance.one("NON_RELATIVE", "PARENT"),
        }  # fmt: skip
    if kind == "ProviderEnrollment":
        return {"county": chance.county, "account_token": "token-p", "exemption": "NONE"}
    return {
        "category": chance.one("NONE", "NONE", "SSI_LINKED"), "couple": False, "blind": False,
        "unearned_cents": chance.one(0, 150_000, 400_000, 1_000_000), "earned_cents": 0,
        "impairment_work_expense_cents": 0, "blind_work_expense_cents": 0,
    }  # fmt: skip


def _other(chance: Chance, kind: str) -> Fields:
    """What a correction may say instead."""
    if kind == "ServiceAuthorization":
        return {
            "monthly_minutes": chance.one(283 * 60, 160 * 60, 1999, 0), "county": OTHER_COUNTY,
            "pay_mode": chance.one("ARREARS", "ADVANCE"), "severely_impaired": False, "funding": "PCSP",
            "deceased_on": chance.one(None, chance.day()), "payee_account_token": None,
            "training_needs": [PATHWAYS[1]], "concurrent_care": True,
        }  # fmt: skip
    if kind == "ProviderAssignment":
        relationships = ("NON_RELATIVE", "PARENT", "MINOR_CHILD", "CHILD_18_TO_20", "DOMESTIC_PARTNER")
        return {
            "monthly_minutes": chance.one(None, 60 * 60, 600), "live_in": chance.one(False, True),
            "relationship": chance.one(*relationships),
        }  # fmt: skip
    if kind == "ProviderEnrollment":
        return {
            "county": OTHER_COUNTY, "account_token": chance.one(None, "token-2"),
            "exemption": chance.one("EXEMPTION_1", "EXEMPTION_WPCS", "NONE"),
        }  # fmt: skip
    return {
        "category": chance.one("SSI_LINKED", "NONE", "WORKING_DISABLED"), "couple": True, "blind": True,
        "unearned_cents": chance.one(0, 150_000, 1_000_000), "earned_cents": chance.one(0, 50_001),
    }  # fmt: skip


# --- work -------------------------------------------------------------------------------------------------------------


def _work(chance: Chance, numbers: Iterator[int]) -> Iterator[Fields]:
    for _ in range(chance.one(1, 1, 2, 2, 3, 5)):
        key = {
            "provider_id": chance.one(*chance.providers),
            "recipient_id": chance.one(*chance.recipients),
            "program": "WPCS" if chance.seldom() else "IHSS",
            "period_start": period_of(chance.day()),
        }
        yield from _revisions(chance, "Timesheet", next(numbers), key, _sheet)


def _sheet(chance: Chance, key: Fields) -> Fields:
    """Long days at one end of the pay period, or on all of them."""
    days = period_days(key["period_start"])
    worked = chance.one(*[range(days - 5, days), range(days - 3, days)] * 2, range(4), range(days), range(4, 9))
    minutes = chance.one(900, 900, 900, 600, 600, 480, 1440, 0)
    return {
        "minutes_worked": [minutes if day in worked else 0 for day in range(days)],
        "channel": chance.one("ESP", "PAPER"),
    }


def _others(chance: Chance, numbers: Iterator[int]) -> Iterator[Fields]:
    for _ in range(chance.random.randint(0, 4)):
        kind = chance.one(*OTHERS)
        content = CONTENTS[kind]
        key = {name: value for name, value in content(chance, {}).items() if name in FACTS[kind].KEY_FIELDS}
        yield from _revisions(chance, kind, next(numbers), key, content)


def _revisions(
    chance: Chance, kind: str, number: int, key: Fields, content: Callable[[Chance, Fields], Fields]
) -> Iterator[Fields]:
    for revision in range(1, 2 + chance.one(*OFTEN)):
        yield content(chance, key) | key | {
            "kind": kind,
            "document_id": f"{kind[:2]}.{number}",
            "revision": revision,
            "withdrawn": revision > 1 and chance.one(False, False, True),
            "recorded_at": chance.recorded(),
        }  # fmt: skip


def _travel(chance: Chance, key: Fields) -> Fields:
    period = key.get("period_start") or period_of(chance.day())
    trips = [
        {
            "service_date": period + chance.random.randrange(period_days(period)),
            "to_recipient_id": chance.one(*chance.recipients),
            "program": "IHSS",
            "minutes": chance.one(30, 61, 300),
        }
        for _ in range(chance.random.randint(0, 3))
    ]
    return {"provider_id": chance.one(*chance.providers), "period_start": period, "trips": trips}


def _visit(chance: Chance, key: Fields) -> Fields:
    check_in = midnight(chance.day()) + chance.one(0, 8 * 60, 22 * 60) * 60_000
    return {
        "provider_id": chance.one(*chance.providers),
        "recipient_id": chance.one(*chance.recipients),
        "program": "IHSS",
        "check_in_at": chance.one(check_in, check_in, None),
        "check_out_at": chance.one(check_in + chance.one(-30, 240, 900) * 60_000, None),
        "check_in_place": "HOME",
        "check_out_place": "HOME",
        "method": "MOBILE_APP",
    }


def _listing(chance: Chance) -> Fields:
    return {
        "kind": "CourseListing", "document_id": "listing", "revision": 1, "withdrawn": False,
        "recorded_at": midnight(chance.first - 60), "course_id": COURSES[0], "title": "Course",
        "pathway": PATHWAYS[1], "listed_from": chance.first - 400, "listed_to": None,
    }  # fmt: skip


def _class(chance: Chance) -> Fields:
    return {
        "provider_id": chance.one(*chance.providers),
        "course_id": COURSES[0],
        "class_date": chance.one(chance.first + 5, add_months(chance.first, 1) - 1),
    }


def _attendance(chance: Chance, key: Fields) -> Fields:
    return _class(chance) | {"minutes_attended": chance.one(240, 900), "verified": not chance.seldom()}


def _training(chance: Chance, key: Fields) -> Fields:
    return _class(chance) | {
        "channel": "OTHER" if chance.seldom() else "ESP",
        "minutes_claimed": chance.one(241, 900),
        "recipient_id": chance.one(None, *chance.recipients),
    }


def _incentive(chance: Chance, key: Fields) -> Fields:
    return {
        "channel": "ESP",
        "provider_id": chance.one(*chance.providers),
        "incentive": chance.one("TRAINING", "TRAINING", "ONE_MONTH_ASSIGNMENT"),
        "pathway": PATHWAYS[1],
        "recipient_id": chance.one(None, *chance.recipients),
    }


def _leave(chance: Chance, key: Fields) -> Fields:
    named = {
        "provider_id": chance.one(*chance.providers),
        "recipient_id": chance.one(*chance.recipients),
        "program": chance.one("IHSS", "IHSS", "WPCS"),
        "service_date": chance.day(),
    }
    return named | {"channel": "ESP", "minutes": chance.one(60, 90, 480, 1440)}


def _week(chance: Chance) -> Fields:
    return {"provider_id": chance.one(*chance.providers), "workweek_start": workweek_of(chance.day())}


def _exception(chance: Chance, key: Fields) -> Fields:
    return _week(chance) | {"recipient_id": chance.one(*chance.recipients), "extra_minutes": chance.one(0, 600, 4000)}


def _decision(chance: Chance, key: Fields) -> Fields:
    return _week(chance) | {"decision": chance.one("OVERTURNED", "TRAINING_COMPLETED", "UPHELD")}


CONTENTS: dict[str, Callable[[Chance, Fields], Fields]] = {
    "TravelClaim": _travel,
    "EvvVisit": _visit,
    "HoursException": _exception,
    "ViolationDecision": _decision,
    "TrainingClaim": _training,
    "TrainingAttendance": _attendance,
    "IncentiveClaim": _incentive,
    "SickLeaveClaim": _leave,
}


def outcomes_on(seed: int, instructions: Sequence[Fields]) -> list[Fact]:
    """What became of some of the instructions, told before or after; of some in two revisions or by two documents."""
    random, told = Random(seed), []
    for number in range(random.randint(0, 4) if instructions else 0):
        about = random.choice(instructions)
        outcome = random.choice(("RETURNED", "RETURNED", "VOIDED", "STALE", "RECOVERED", "SETTLED"))
        fields = {
            "instruction_id": about["instruction_id"],
            "event_id": f"o{number:03}",
            "source": "bank",
            "recorded_at": about["cut_off"] + random.choice((-24, 0, 24, 24 * 9, 24 * 40)) * HOUR,
            "document_id": f"o-{instructions.index(about)}.{random.randint(1, 2)}",
            "revision": random.choice((1, 1, 2)),
            "withdrawn": random.randrange(4) == 0,
            "outcome": outcome,
            "cents": random.choice((0, 1, 12_345)) if outcome == "RECOVERED" else None,
            "reason": None,
        }
        told.append(FACTS["PaymentOutcome"].model_validate(fields))
    return told


def history_to_the_end(seed: int, law: Law) -> History:
    """The history of a seed, and what became of the payments it makes."""
    history = dense_history(seed)
    made = replay_plain(history.facts, law, history.until).records.get("PaymentInstruction", [])
    return history._replace(facts=(*history.facts, *outcomes_on(seed, made)))


def smallest(history: History, fails: Callable[[History], bool]) -> History:
    """The history without whatever the failure does not need, a fact at a time."""
    facts = list(history.facts)
    for fact in history.facts:
        without = [each for each in facts if each is not fact]
        if fails(history._replace(facts=tuple(without))):
            facts = without
    return history._replace(facts=tuple(facts))


def told(history: History) -> str:
    """The facts, a line each, in the order of recording: what a failed test prints."""
    ordered = sorted(history.facts, key=lambda fact: (fact.recorded_at, fact.event_id))
    return "\n".join(f"{iso((fact.recorded_at // 3_600_000 - 8) // 24)} {fact!r}" for fact in ordered)
