"""What a comparison decides again is enough: its sums are those of whole replays under the law and facts of each
variant, to the cent and the minute, over small histories in which everything is corrected."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fold.record_files import file_name
from pipelines.plain import Outcome, replay_plain
from pipelines.what_if import forking
from pipelines.what_if.compare import Comparison, compare
from pipelines.what_if.door import FactRefused
from pipelines.what_if.sums import WhatIfSums
from pipelines.what_if.variant import FactChange, Variant
from rules.documents import Arrival
from rules.law import Law
from rules.periods import civil_date, civil_day, cut_off_of, epoch_day, midnight
from rules.restatement import CaseFile, Memory, steps
from schemas.avro import fields_of, write_container
from schemas.envelope import Fact
from tests.dense_histories import dense_history, outcomes_on
from tests.histories import History
from tests.test_properties import HARDER

LAW = Law.load()
SOME = settings(deadline=None, max_examples=12 * HARDER, suppress_health_check=list(HealthCheck))
COUNTIES = ("43", "01", "17", "19", "10")
CHANGES: list[tuple[str, Any]] = [
    *((f"wage.{county}", value) for county in COUNTIES for value in (20_000, 30_000)),
    ("minimum_wage", 19_000), ("tax.SDI", 2_000), ("travel.weekly_minutes", 60), ("weekly.divisor", 3),
    ("overtime.weekly_threshold_minutes", 1200),
    ("violation.usual_weekly_minutes", 1500), ("limit.several_recipients_minutes", 1500), ("evv.policy.IHSS", "deny"),
    ("evv.policy.WPCS", "hold"), ("filing.closes_after_months", 1), ("duplicate_sheet", "hold"),
    ("share_of_cost.general_exclusion_cents", 0), ("hours.ceiling_minutes.PCSP.severely_impaired", 600),
    ("sick_leave.grant_minutes", 60), ("benefit.paid_minutes.43", 60),
]  # fmt: skip
FACTS = [
    FactChange("ServiceAuthorization", "monthly_minutes", {"program": "IHSS"}, Fraction(-20)),
    FactChange("ServiceAuthorization", "pay_mode", {}, set="ARREARS"),
    FactChange("IncomeAssessment", "unearned_cents", {}, more=10_000),
]


def variant(seed: int) -> Variant:
    """Some of the changes from a day on, known always or published within the history; sometimes facts too."""
    chance = Random(seed)
    values = {}
    for name, value in chance.sample(CHANGES, chance.randint(1, 3)):
        first = date(chance.choice((2024, 2025, 2026)), chance.randint(1, 12), chance.choice((1, 1, 16)))
        published = {"published": date(first.year, min(first.month + 1, 12), 20)} if chance.random() < 0.4 else {}
        values[name] = {"from": first, "value": value, **published}
    facts = [each for each in chance.sample(FACTS, chance.randint(0, 1)) if chance.random() < 0.7]
    return Variant("", LAW.amended(overlay(values)), facts)


def in_the_middle(seed: int, history: History) -> Variant:
    """One of the changes that begins while facts come, known always or published still later."""
    chance = Random(seed)
    name, value = chance.choice(CHANGES)
    days = sorted(civil_day(fact.recorded_at) for fact in history.facts)
    first = chance.choice(days[len(days) // 3 :]) - chance.choice((0, 5, 20))
    known = {"published": civil_date(first + chance.choice((3, 15, 30)))} if chance.random() < 0.5 else {}
    return Variant("", LAW.amended(overlay({name: {"from": civil_date(first), "value": value, **known}})))


def overlay(values: dict[str, Any]) -> dict[str, Any]:
    documents = {}
    for name, value in values.items():
        table: Any = {"values": [value]}
        for part in reversed(name.split(".")):
            table = {part: table}
        documents[name] = table
    return documents


def write_facts(folder: Path, facts: Iterable[Fact]) -> Path:
    for old in folder.glob("*.avro"):
        old.unlink()
    by_kind: dict[str, list[Fact]] = {}
    for fact in facts:
        by_kind.setdefault(fact.KIND, []).append(fact)
    for kind, of_kind in by_kind.items():
        write_container(folder / file_name(kind), kind, of_kind)
    return folder


def without_nothing(sums: WhatIfSums) -> dict[str, Any]:
    """WhatIfSums that are 0 are as good as none."""
    return {
        name: {key: amounts for key, amounts in getattr(sums, name).items() if any(amounts)}
        for name in sums.__struct_fields__
    }


def paid_and_returned(seed: int) -> History:
    """A history and what became of the payments it makes."""
    history = dense_history(seed)
    said = [*replay_plain(history.facts, LAW, history.until).records.get("PaymentInstruction", ())]
    return history._replace(facts=(*history.facts, *outcomes_on(seed, [fields_of(each) for each in said])))


def alone(folder: Path, scratch: Path, law: Law, until: int) -> WhatIfSums:
    """The sums of a whole replay."""
    return compare(folder, law, [], scratch, until, processes=1).baseline


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("facts")


@given(seed=st.integers(0, 1 << 30), changes=st.integers(0, 1 << 30))
@SOME
def test_deciding_again_what_is_touched_is_deciding_all(folder, seed, changes) -> None:
    history = paid_and_returned(seed)
    variants = [variant(changes), in_the_middle(changes, history)]
    scratch = folder / "scratch"
    found = compare(write_facts(folder, history.facts), LAW, variants, scratch, history.until, processes=1)
    assert without_nothing(found.baseline) == without_nothing(alone(folder, scratch, LAW, history.until))
    for each, compared in zip(variants, found.variants, strict=True):
        write_facts(folder, map(each.fact, history.facts))
        assert without_nothing(compared.sums) == without_nothing(alone(folder, scratch, each.law, history.until))
    the_payments_agree(found, history.facts, variants[0], history.until)


def the_payments_agree(found: Comparison, facts: tuple[Fact, ...], variant: Variant, until: int) -> None:
    """As plain replays say: in sum what stands, and what is otherwise instruction by instruction."""
    replays = [replay_plain(facts, LAW, until), replay_plain(map(variant.fact, facts), variant.law, until)]
    for sums, replay in zip((found.baseline, found.variants[0].sums), replays, strict=True):
        paid = [fields_of(each)["net_cents"] for each in replay.records.get("PaymentInstruction", ())]
        stands = sum(paid) - replay.tally.came_back[1]
        assert sum(net for _, net in sums.paid.values()) == sum(net for _, net, _ in sums.people.values()) == stands
    before, after = (amounts(replay) for replay in replays)
    moved = {each.instruction_id: each for each in found.variants[0].moves.payments}
    if not any(replay.tally.came_back[0] for replay in replays):
        assert moved.keys() == {id for id in {*before, *after} if before.get(id) != after.get(id)}
    for id, each in moved.items():
        assert (each.gross_before, each.net_before) in (before.get(id, (0, 0)), (0, 0))
        assert (each.gross_after, each.net_after) in (after.get(id, (0, 0)), (0, 0))


def amounts(replay: Outcome) -> dict[str, tuple[int, int]]:
    """Gross and net of instructions that move anything, by id."""
    paid = [fields_of(each) for each in replay.records.get("PaymentInstruction", ())]
    found = {each["instruction_id"]: (each["gross_cents"], each["net_cents"]) for each in paid}
    return {id: each for id, each in found.items() if any(each)}


def test_a_wage_touches_only_who_was_paid_by_it(tmp_path) -> None:
    """A wage of another county, or of a day that nobody worked: nobody is decided again."""
    history = dense_history(3)
    facts = tmp_path / "facts"
    facts.mkdir()
    write_facts(facts, history.facts)
    elsewhere = LAW.amended(overlay({"wage.58": {"from": date(2024, 1, 1), "value": 30_000}}))
    never = LAW.amended(overlay({f"wage.{county}": {"from": date(2190, 1, 1), "value": 30_000} for county in COUNTIES}))
    found = compare(facts, LAW, [Variant("", elsewhere), Variant("", never)], tmp_path / "scratch", processes=1)
    assert [each.moves.keys for each in found.variants] == [{}, {}]
    assert sum(found.keys.values())


def test_a_wage_is_decided_by_from_the_pay_run_on_that_asks_for_it(tmp_path, monkeypatch) -> None:
    """Before it the variant is the baseline: no key is decided again from its beginning."""
    decided: dict[Law, list[int]] = defaultdict(list)

    def watched(case: CaseFile, arrivals: Sequence[Arrival], until: int, law: Law, memory: Memory) -> Iterator[Any]:
        for said in steps(case, arrivals, until, law, memory):
            decided[law].append(memory.decided)
            yield said

    monkeypatch.setattr(forking, "steps", watched)
    history = dense_history(5)  # of Lake, from July 2024
    facts = tmp_path / "facts"
    facts.mkdir()
    write_facts(facts, history.facts)
    wages = [LAW.amended(overlay({"wage.17": {"from": date(2024, month, 1), "value": 30_000}})) for month in (7, 8)]
    published = LAW.amended(
        overlay({"wage.17": {"from": date(2024, 7, 1), "value": 30_000, "published": date(2024, 8, 20)}})
    )
    compare(facts, LAW, [Variant("", law) for law in (*wages, published)], tmp_path / "scratch", processes=1)
    begins = [min(decided[law]) for law in (*wages, published)]
    assert begins[0] < begins[1] < cut_off_of(epoch_day(date(2024, 8, 21))) == begins[2]
    assert begins[1] >= midnight(epoch_day(date(2024, 8, 1)))
    assert len(decided[wages[0]]) > len(decided[wages[1]])


def test_a_fact_that_cannot_be_is_refused_without_its_people(tmp_path) -> None:
    history = dense_history(3)
    impossible = FactChange("ServiceAuthorization", "monthly_minutes", {}, more=10_000_000)
    facts = tmp_path / "facts"
    facts.mkdir()
    write_facts(facts, history.facts)
    with pytest.raises(FactRefused, match=r"^a ServiceAuthorization cannot be so: monthly_minutes: "):
        compare(facts, LAW, [Variant("", LAW, [impossible])], tmp_path / "scratch", processes=1)
    assert not (tmp_path / "scratch").exists()
