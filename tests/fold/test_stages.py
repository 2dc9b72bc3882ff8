"""What a conclusion says of itself: its number in the bytes, where it goes, what is kept of it."""

import inspect
import re
from datetime import date
from pathlib import Path
from typing import ClassVar

import pytest

from fold.key_memory import NUMBERED, _by_number
from fold.shard import Shard
from fold.stages import CONCLUSIONS, STAGES, routes
from rules.benefits import months_needed
from rules.conclusion import OUT, Conclusion, Stop
from rules.conclusions import LOOKED_BACK, BenefitRecord, PaymentTurned
from rules.documents import Arrival
from rules.law import Law
from rules.periods import add_months, cut_off_after, epoch_day, midnight
from rules.restatement import Change, NotRead
from rules.to_provider import AuthorizedTime, VisitWarning
from schemas import FACTS
from schemas.avro import outgoing, validate
from schemas.benefit_hours import BenefitHours
from tests.schemas.samples import SAMPLES

LAW = Law.load()
RULES = Path(__file__).parents[2] / "rules"
JANUARY = epoch_day(date(2026, 1, 1))
CUT_OFF = cut_off_after(midnight(JANUARY))


def test_every_conclusion_has_a_name_of_its_own() -> None:
    assert not CONCLUSIONS.keys() & FACTS.keys()
    assert len(CONCLUSIONS) == len({*CONCLUSIONS.values()}) >= len(NUMBERED)


@pytest.mark.parametrize("number", (0, 2))
def test_a_number_is_neither_used_twice_nor_left_out(number: int) -> None:
    zero, other = (type(name, (Conclusion,), {"state_number": n}) for name, n in (("Zero", 0), ("Other", number)))
    with pytest.raises(ValueError, match=r"each once: .*Other"):
        _by_number([zero, other])


def test_what_leaves_the_house_is_written_down_or_the_run_stops() -> None:
    class Rumour(Conclusion, frozen=True):
        to: ClassVar[Stop] = OUT

    shard = Shard("price", LAW, {}, 0, 1)
    with pytest.raises(TypeError, match="Rumour"):
        shard.tell([Change(0, "", None, Rumour())])


def test_a_conclusion_goes_to_a_stage_out_or_nowhere() -> None:
    warning = VisitWarning("P1", "R1", JANUARY)
    assert warning.to == ("price", "P1") and warning.to.stage in STAGES
    assert PaymentTurned("ARREARS:P1:R1:2026-01-01:2026-01-20", 1, True).to is OUT
    assert Conclusion().to is None


def test_of_authorized_time_one_stays_for_each_recipient() -> None:
    def time(recipient: str) -> AuthorizedTime:
        return AuthorizedTime("P1", recipient, "IHSS", JANUARY, "T1", 1, (0, 0), None, [], [], [], 0, 0, 0, 0, [], [])

    told: set[str] = set()
    asked = [time(recipient).still_read(lambda month: True, told) for recipient in ("R1", "R1", "R2")]
    assert asked == [True, False, True]
    assert time("R1").still_read(lambda month: month <= JANUARY, told), "February may have the rest of a workweek"
    assert not time("R1").still_read(lambda month: month <= add_months(JANUARY, 1), told)


def test_no_county_looks_back_further_than_records_are_kept() -> None:
    months = [add_months(JANUARY, back) for back in range(-48, 48)]
    counties = {county for month in months for county in LAW.value("benefit.counties", month)}
    assert max(months_needed(county, month, LAW) for county in counties for month in months) <= LOOKED_BACK
    hours = outgoing(BenefitHours, SAMPLES["BenefitHours"])
    record = BenefitRecord(hours)
    assert record.when_closed(JANUARY, lambda month: month < add_months(JANUARY, LOOKED_BACK)) is record
    assert record.when_closed(JANUARY, lambda month: month <= add_months(JANUARY, LOOKED_BACK)) is None


@pytest.mark.parametrize("kind", [kind for kind in FACTS if kind != "CourseListing"])
def test_a_fact_is_admitted_where_it_goes(kind: str) -> None:
    fact = validate(kind, SAMPLES[kind])
    assert routes(fact)
    for stop in routes(fact):
        STAGES[stop.stage](stop.key, LAW, {}).admit(Arrival(CUT_OFF, 0, "s", "E", b"", kind, fact))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_refuses_what_it_does_not_read(stage: str) -> None:
    with pytest.raises(NotRead, match="CourseListing"):
        case = STAGES[stage]("R/R1", LAW, {})
        case.admit(Arrival(0, 0, "s", "E", b"", "CourseListing", validate("CourseListing", SAMPLES["CourseListing"])))


def test_a_conclusion_is_made_and_what_goes_on_is_read() -> None:
    """By a rule other than its class; a class that goes to a stage is named where its rows are admitted."""
    text = "".join(path.read_text() for path in sorted(RULES.rglob("*.py")))
    assert not [name for name in CONCLUSIONS if not re.search(rf"(?<!class )\b{name}\(", text)]
    going = [name for name, each in CONCLUSIONS.items() if each.to is not Conclusion.to and not _leaves(each)]
    assert not [name for name in going if f'"{name}"' not in text]


def _leaves(struct: type[Conclusion]) -> bool:
    return "return OUT" in inspect.getsource(struct.to.fget)  # type: ignore[attr-defined]
