"""Paid sick leave over histories with claims, under a law by which it is soon earned and soon lost.

Order and doubles do not matter, an earlier pay run is the prefix, stored bytes say what the whole says though months
close, and balances, claims and money add up.
"""

from collections import Counter
from datetime import date
from random import Random
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rules.law import Law
from rules.sick_leave import leave_year_of
from schemas.ids import payee_of
from tests.fold.test_key import CLOSES_SOON, bodies
from tests.histories import History, histories
from tests.paid import replay_plain, replay_stepwise
from tests.test_properties import cut_off_of_fact

SINCE = {"from": date(2018, 7, 1), "grade": "assumption", "citation": "a test"}
QUICK = {"quick.toml": {"sick_leave": {name: {"values": [SINCE | {"value": value}]} for name, value in {
    "earned_after_minutes": 900, "usable_after_minutes": 900, "usable_after_days": 9, "days_without_service": 25,
    "grant_minutes": 600,
}.items()}}}  # fmt: skip
LAW = Law.load().amended(QUICK)
CLOSING = LAW.amended(CLOSES_SOON)
KINDS = (*["SickLeaveClaim"] * 6, "Timesheet", "ProviderAssignment", "ProviderEnrollment")
HISTORIES = histories(kinds=KINDS, windows=((2024, 6, 3, "17"), (2025, 5, 4, "17")))
MANY = settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
Record = dict[str, Any]


@MANY
@given(HISTORIES, st.integers(0, 2**32), st.sampled_from((LAW, CLOSING)))
def test_step_by_step_in_any_order_is_the_whole(history: History, seed: int, law: Law) -> None:
    facts = [*history.facts, *Random(seed).choices(history.facts, k=3)]
    Random(seed).shuffle(facts)
    whole = replay_plain(history.facts, law, history.until)
    assert bodies(replay_stepwise(facts, law, history.until, seed)) == bodies(whole)


@MANY
@given(HISTORIES, st.sampled_from((0.2, 0.4, 0.6, 0.8)))
def test_an_earlier_pay_run_knows_what_the_prefix_says(history: History, share: float) -> None:
    whole = replay_plain(history.facts, LAW, history.until)
    runs = [run["cut_off"] for run in whole.records.get("PayRun", [])]
    if runs:
        until = runs[int(len(runs) * share)]
        prefix = {kind: [r for r in said if r.get("cut_off", until) <= until] for kind, said in whole.records.items()}
        earlier = replay_plain(history.facts, LAW, until).records
        assert {kind: said for kind, said in earlier.items() if said} == {k: said for k, said in prefix.items() if said}


@MANY
@given(HISTORIES)
def test_balances_claims_and_money_add_up(history: History) -> None:
    records = replay_plain(history.facts, LAW, history.until).records
    balances = {(one["provider_id"], one["leave_year"]): one for one in records.get("LeaveBalance", [])}
    paid = leave_paid(records)
    assert paid == Counter({key: one["used_minutes"] for key, one in balances.items() if one["used_minutes"]})
    reviewed = {one["provider_id"] for one in standing(records) if one["code"] == "SICK_LEAVE_REVIEW"}
    for (provider, year), one in balances.items():
        assert one["left_minutes"] == max(0, one["granted_minutes"] - one["used_minutes"])
        assert one["used_minutes"] <= one["granted_minutes"] or provider in reviewed
        assert (one["granted_minutes"] > 0) == (one["earned_on"] is not None) == (one["usable_from"] is not None)
        assert year <= one["ends_on"] and (not one["earned_on"] or one["earned_on"] >= year)
    assert claimed(history) == sum(paid.values()) + refused(records)
    event(f"{bool(paid)} paid, {bool(reviewed)} reviewed")


def leave_paid(records: dict[str, list[Record]]) -> Counter[tuple[str, int]]:
    """Minutes by provider and leave year, over all instructions."""
    minutes: Counter[tuple[str, int]] = Counter()
    for one in records.get("PaymentInstruction", []):
        if payee_of(one["statement_id"]).kind == "SICK_LEAVE":
            year = leave_year_of(one["period_start"], LAW)
            minutes[one["provider_id"], year] += sum(line["minutes"] for line in one["lines"])
    return +minutes


def standing(records: dict[str, list[Record]]) -> list[Record]:
    """Findings as last said, that were not cleared."""
    last = {one["finding_id"]: one for one in records.get("Finding", [])}
    return [one for one in last.values() if not one["cleared"]]


def claimed(history: History) -> int:
    """Minutes of the claims that stand."""
    documents: dict[tuple[str, ...], Any] = {}
    for fact in sorted(history.facts, key=as_recorded):
        if fact.KIND == "SickLeaveClaim":
            known = documents.setdefault(fact.document_id, {})
            known.setdefault(fact.revision, fact)
    highest = [known[max(known)] for known in documents.values()]
    return sum(fact.minutes for fact in highest if not fact.withdrawn)


def as_recorded(fact: Any) -> tuple[int, int, str, str]:
    """Its place in the order of recording."""
    return cut_off_of_fact(fact), fact.recorded_at, fact.source, fact.event_id


def refused(records: dict[str, list[Record]]) -> int:
    """Minutes of claims for sick leave that are held, cut or denied."""
    taken = [one for one in standing(records) if ":SickLeaveClaim/" in one["finding_id"]]
    return sum(one["minutes"] for one in taken if one["outcome"] in ("HELD", "CUT", "DENIED"))
