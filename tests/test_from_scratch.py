"""Deciding again at every pay run comes to what deciding everything once at the end does, on small dense histories.

The rules that may look at their own past (DESIGN.md: MONEY-2, SOC-5, TAX-3, ADV-1, ADV-6, INC-5, TIME-6, LIMIT-6,
RUN-4, and SICK-7) are excepted one by one and by name; of each, what must hold all the same is asked here or in
`tests/test_properties.py`. ``SEEDS=a..b`` looks at other histories than usual.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from random import Random
from typing import Any

import msgspec
import pytest

from rules.conclusion import PRICE, SETTLE
from rules.conclusions import BenefitRecord, LeaveRecord, PayeeAccount, Statement
from rules.findings import RuleFinding
from rules.kept import LeaveHistory, PaidIncentives
from rules.law import Law
from rules.money import half_up
from rules.periods import business_day_of, cut_off_at_or_after, epoch_day, midnight, year_of
from schemas.symbols import TAXES
from tests.dense_histories import history_to_the_end, smallest, told
from tests.from_scratch import Place, folded, from_scratch
from tests.histories import History
from tests.paid import replay_plain
from tests.test_properties import deducted, reversed_by, statements, worth

LAW = Law.load()
PER_TEST = 50
FIRST, LAST = map(int, os.environ.get("SEEDS", "0..600").split(".."))
EACH = pytest.mark.parametrize("first", range(FIRST, LAST, PER_TEST))
OVER_TIME = {  # findings of settlement that tell of the past, and the rule that lets them
    "OVERPAYMENT": "MONEY-2", "SHARE_OF_COST_DUE": "SOC-5", "OUTCOME_WITHOUT_INSTRUCTION": "RUN-4",
    "ADVANCE_REQUIRES_SEVERE_IMPAIRMENT": "ADV-1", "ADVANCE_BELOW_USUAL": "ADV-1",
}  # fmt: skip
Instructions = list[dict[str, Any]]


def every_history(first: int, differences: Callable[[History], list[str]]) -> None:
    """Of each seed there is no difference; of the first that has one, the smallest history with it is told."""
    for seed in range(first, min(LAST, first + PER_TEST)):
        history = history_to_the_end(seed, LAW)
        if found := differences(history):
            least = smallest(history, lambda less: bool(set(differences(less)) & set(found)))
            pytest.fail(f"seed {seed}\n{told(least)}\n\n" + "\n".join(differences(least)))


# --- minutes, prices, findings ----------------------------------------------------------------------------------------


def of_the_present(standing: Mapping[Place, Any]) -> dict[Place, Any]:
    """What AuthorizeTime and PriceTime conclude, less what some rules may keep of the past."""
    found = {}
    for place, said in standing.items():
        if place.stage == SETTLE or isinstance(said, PaidIncentives) or "INCENTIVE" in place.id:
            continue  # INC-5: once instructed it stays
        if isinstance(said, LeaveHistory) or "SICK_LEAVE" in place.id or "SickLeaveClaim" in place.id:
            continue  # SICK-7: once instructed it stays
        if isinstance(said, LeaveRecord):
            if not said.content.granted_minutes:
                continue  # SICK-7: who heard of leave hears that there is none
            said = LeaveRecord(msgspec.structs.replace(said.content, used_minutes=0, left_minutes=0))
        if isinstance(said, PayeeAccount) or place.id.startswith("CLAWBACK_REVIEW"):
            continue  # RUN-4: where money went and came back is told for good; INC-5
        if isinstance(said, BenefitRecord) and not said.content.paid_minutes:
            continue  # BEN-1: who heard of hours hears that there are none
        if isinstance(said, Statement):
            if not (said.lines or said.claimed_minutes):
                continue  # MONEY-2: a statement that was said stays one, worth nothing
            said = msgspec.structs.replace(said, documents=[])  # names what was taken back since it was said, too
        if isinstance(said, RuleFinding) and said.code in ("V1", "V2", "V3", "V4"):
            said = msgspec.structs.replace(said, due_by=None, words={})  # LIMIT-6: the date of the notice
        found[place] = said
    return found


def otherwise_decided(history: History, law: Law = LAW) -> list[str]:
    """Places at which the fold concludes otherwise than deciding once."""
    fold, once = (of_the_present(how(history.facts, law, history.until)) for how in (folded, from_scratch))
    places = sorted(place for place in {*fold, *once} if fold.get(place) != once.get(place))
    return [f"{place}\n  over all pay runs: {fold.get(place)}\n  at once: {once.get(place)}" for place in places]


@EACH
def test_minutes_prices_and_findings_are_those_of_deciding_once(first: int) -> None:
    every_history(first, otherwise_decided)


# --- money ------------------------------------------------------------------------------------------------------------


def otherwise_paid(history: History, law: Law = LAW) -> list[str]:
    """Statements whose instructions do not come to what deciding once says, and findings of settlement that differ."""
    records = replay_plain(history.facts, law, history.until).records
    fold = folded(history.facts, law, history.until)
    once = from_scratch(history.facts, law, history.until, woken=fold)
    expected = statements_in(once)
    stands = {
        id: [one for one in said if not reversed_by(history.facts, one, history.until)]
        for id, said in statements(records).items()
    }
    found = []
    for id in sorted({*stands, *expected}):
        if not id.startswith(("INCENTIVE", "ADVANCE", "SICK_LEAVE")):  # INC-5; ADV-1; SICK-7
            said, statement = stands.get(id, []), expected.get(id)
            found += other_lines(id, said, statement)
            found += other_taxes(id, said, history, law)
            found += other_charges(id, said, statement)
    return found + other_findings(fold, once)


def statements_in(standing: Mapping[Place, Any]) -> dict[str, Statement]:
    return {place.id: said for place, said in standing.items() if place.stage == PRICE and isinstance(said, Statement)}


def other_lines(id: str, said: Instructions, statement: Statement | None) -> list[str]:
    lines: Counter[Any] = Counter()
    for line in statement.lines if statement else ():
        lines[line.earning, line.program, line.county, line.rate_mills, "cents"] += line.cents
        lines[line.earning, line.program, line.county, line.rate_mills, "minutes"] += line.minutes
    worked = Counter({key: number for key, number in lines.items() if number})
    return [] if worth(said) == worked else [f"{id} lines {worth(said)} instead of {worked}"]


def other_taxes(id: str, said: Instructions, history: History, law: Law) -> list[str]:
    """TAX-3: each tax on a payment year's gross, by the class as it was known at the end of that year."""
    found = []
    for year in sorted({year_of(one["run_date"]) for one in said}):
        of_year = [one for one in said if year_of(one["run_date"]) == year]
        gross, sums = sum(one["gross_cents"] for one in of_year), deducted(of_year)
        for kind, cents in taxes_due(id, gross, year, history, law).items():
            if sums[kind] != cents:
                found.append(f"{id} {kind} of {year} is {sums[kind]} instead of {cents}")
    return found


def taxes_due(id: str, gross_cents: int, year: int, history: History, law: Law) -> dict[str, int]:
    """By kind; nothing to say of a statement that has vanished with some of its gross in this year."""
    end = min(history.until, cut_off_at_or_after(midnight(epoch_day(date(year, 12, 30)))))
    statement = statements_in(from_scratch(history.facts, law, end)).get(id)
    if statement is None:
        return {} if gross_cents else dict.fromkeys(TAXES, 0)
    january = epoch_day(date(year, 1, 1))
    kinds = law.value(f"tax.kinds.{statement.relationship}", business_day_of(cut_off_at_or_after(end)))
    rates = {kind: law.value(f"tax.{kind}", january) if kind in kinds else 0 for kind in TAXES}
    return {kind: half_up(gross_cents * rate, 100_000) for kind, rate in rates.items()}


def other_charges(id: str, said: Instructions, statement: Statement | None) -> list[str]:
    """SOC-4, ADV-5: of one payment year, share of cost and advance never take more than the service that bears them."""
    if len({year_of(one["run_date"]) for one in said}) > 1:
        return []
    sums, bears = deducted(said), statement.bearing_cents if statement else 0
    taken = {kind: sums[kind] for kind in ("SHARE_OF_COST", "ADVANCE_PAID")}
    return [] if min(taken.values()) >= 0 and sum(taken.values()) <= bears else [f"{id} {taken}, but bears {bears}"]


def other_findings(fold: Mapping[Place, Any], once: Mapping[Place, Any]) -> list[str]:
    """Findings of settlement that stand in one way only, but for those that tell of the past."""
    advanced = [
        {place[:-1] for place in standing if place.id.startswith("account:ADVANCE")} for standing in (fold, once)
    ]
    settled_otherwise = advanced[0] ^ advanced[1]  # ADV-1: an advance that was instructed settles the month's mode
    ids = [
        {
            place.id: said
            for place, said in standing.items()
            if place.stage == SETTLE and isinstance(said, RuleFinding) and said.code not in OVER_TIME
            if place[:-1] not in settled_otherwise
        }
        for standing in (fold, once)
    ]
    differing = sorted(id for id in {*ids[0], *ids[1]} if ids[0].get(id) != ids[1].get(id))
    return [f"{id}: {ids[0].get(id)}\n  instead of {ids[1].get(id)}" for id in differing]


@EACH
def test_money_over_all_pay_runs_is_that_of_deciding_once(first: int) -> None:
    every_history(first, otherwise_paid)


# --- order ------------------------------------------------------------------------------------------------------------


def otherwise_in_another_order(history: History) -> list[str]:
    """Kinds of records that are not the same when the facts come in another order, and some of them twice."""
    random = Random(len(history.facts))
    facts = [*history.facts, *random.choices(history.facts, k=5)] if history.facts else []
    random.shuffle(facts)
    one, other = (replay_plain(each, LAW, history.until).records for each in (history.facts, facts))
    return [kind for kind in {*one, *other} if one.get(kind) != other.get(kind)]


@EACH
def test_order_and_doubles_do_not_matter(first: int) -> None:
    every_history(first, otherwise_in_another_order)
