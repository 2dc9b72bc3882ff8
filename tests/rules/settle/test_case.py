"""Settlement as a whole: what holds of any history, and what no case file can say."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.conclusions import AccountTerm, ContractRecord, Line, Statement
from rules.documents import Arrival
from rules.findings import RuleFinding, finding_record
from rules.instructions import method_of
from rules.kept import Account
from rules.money import share_cents
from rules.periods import cut_offs, year_of
from rules.restatement import LIFETIME, closed, month_unit
from schemas.avro import fields_of
from tests.rules.settlement import (
    LAW,
    account,
    arrives,
    assessment,
    authorization,
    changes,
    day,
    deducted,
    fact,
    line,
    outcome,
    run,
    settled,
    statement,
    vanishes,
)  # fmt: skip

FIRST, SECOND = "ARREARS:P1:R1:2026-01-01", "ARREARS:P1:R1:2026-01-16"
TAXES = {"FICA": 6200, "MEDICARE": 1450, "SDI": 1300}


def test_example_one() -> None:
    said = statement([line(2760), line(360, "OVERTIME_PREMIUM", rate_mills=10220)])
    [paid] = settled([account(run("2026-01-20")), arrives(run("2026-01-20"), said)])
    assert (paid["gross_cents"], paid["net_cents"]) == (100156, 100156 - 6210 - 1452 - 1302)
    assert (paid["instruction_id"], paid["sequence"]) == (f"{FIRST}:2026-01-20", 1)
    assert (paid["method"], paid["account_token"]) == ("DIRECT_DEPOSIT", "token")
    assert paid["law_version"] == LAW.version


def test_the_same_statement_again_says_nothing() -> None:
    said = statement([line(600)])
    assert len(settled([arrives(run("2026-01-20"), said), arrives(run("2026-01-21"), said)])) == 1


def test_a_vanished_statement_is_worth_nothing() -> None:
    history = [arrives(run("2026-01-20"), statement([line(600)])), vanishes(run("2026-01-21"), FIRST)]
    first, second = settled(history)
    assert (second["gross_cents"], second["net_cents"], second["outstanding_cents"]) == (-20440, 0, first["net_cents"])
    assert second["paid_minutes"] == second["claimed_minutes"] == 0


def test_without_an_account_a_warrant() -> None:
    [paid] = settled([account(run("2026-01-20"), token=None), arrives(run("2026-01-20"), statement([line(600)]))])
    assert (paid["method"], paid["account_token"]) == ("WARRANT", None)


def test_assumptions_that_touched_the_money_are_named() -> None:
    """SDI of 2026 is known; for 2027 no rate is named, and that of 2026 goes on."""
    [paid] = settled([arrives(run("2026-12-16"), statement([line(600)], period="2026-12-01"))])
    assert paid["assumptions"] == []
    [paid] = settled([arrives(run("2027-01-20"), statement([line(600)], period="2027-01-01"))])
    assert paid["assumptions"] == ["tax.carried_forward"]


def test_assumptions_of_a_charge_are_named() -> None:
    cut_off = run("2026-01-20")
    shared = [assessment(cut_off, 10000), arrives(cut_off, statement([line(600)]))]
    [paid] = settled(shared)
    assert paid["assumptions"] == []
    paid, _ = settled([*shared, arrives(cut_off, statement([line(600, program="WPCS")], "P2", payable=1))])
    assert paid["assumptions"] == []
    paid, other = settled([*shared, arrives(cut_off, statement([line(600)], "P2", payable=1))])
    assert (paid["assumptions"], other["assumptions"]) == (["share_of_cost.order"], [])
    [paid] = settled([shared[0], arrives(cut_off, statement([line(600), line(60, "TRAVEL")]))])
    assert paid["assumptions"] == ["share_of_cost.not_charged_on"]


def test_assumptions_of_an_advance_are_named() -> None:
    asked = authorization(run("2026-01-20"), effective_to=day("2026-02-28"))
    [paid] = settled([asked], run("2026-01-30"))
    assert paid["assumptions"] == ["advance.mode_settled"]
    asked = authorization(run("2026-01-20"), effective_to=day("2026-02-27"))
    [paid] = settled([asked], run("2026-01-30"))
    assert paid["assumptions"] == ["advance.mode_settled", "hours.pro_rata"]
    assert paid["lines"][0]["minutes"] == 6000 * 27 // 28


def test_what_a_statement_bears_is_taxed_in_the_years_it_was_paid() -> None:
    """204.40 in 2025 (SDI 1.2 %) bears 186.32, the same again in 2026 (1.3 %) 186.11."""
    first, second = run("2025-12-16"), run("2026-01-06")
    said = [arrives(first, statement([line(600)], period="2025-12-01")), assessment(first, 90000)]
    paid = settled([*said, arrives(second, statement([line(1200)], period="2025-12-01"))])
    assert [(each["net_cents"], deducted(each, "SHARE_OF_COST")) for each in paid] == [(0, 18632), (0, 18611)]


def test_documents_name_the_assessment_that_decided() -> None:
    cut_off = run("2026-01-20")
    [paid] = settled([assessment(cut_off, 0), arrives(cut_off, statement([line(600)]))])
    assert paid["documents"] == ["IncomeAssessment/I1/1", "Timesheet/T-P1-2026-01-01/1"]


def test_training_knows_no_share_of_cost() -> None:
    cut_off = run("2026-01-20")
    training = statement([line(600, "TRAINING", "CAREER_PATHWAYS")], kind="TRAINING")
    found = [change for change in changes([arrives(cut_off, training)], cut_off, key="P/P1") if change.id]
    assert not [change for change in found if isinstance(change.now, RuleFinding)]
    [paid] = settled([arrives(cut_off, training)], key="P/P1")
    assert (paid["kind"], paid["income_tax_excluded"], paid["net_cents"]) == ("TRAINING", False, 18611)


def test_no_rate_for_the_payment_year_holds_the_statement() -> None:
    cut_off = run("2015-12-30")
    found = changes([arrives(cut_off, statement([line(600)], period="2015-12-01"))], cut_off)
    assert [change.now.code for change in found if isinstance(change.now, RuleFinding)] == ["NOT_IN_FORCE"]
    assert not [change for change in found if isinstance(change.now, ContractRecord)]


@pytest.mark.parametrize(
    ("run_date", "returned", "method"),
    [
        ("2026-01-20", None, ("DIRECT_DEPOSIT", "old")),
        ("2026-03-20", None, ("DIRECT_DEPOSIT", "new")),
        ("2026-02-10", None, ("DIRECT_DEPOSIT", "new")),  # none in force: the latest that starts
        ("2026-01-20", (10, 5), ("WARRANT", None)),
        ("2026-01-20", (10, 4), ("DIRECT_DEPOSIT", "old")),  # an account was recorded later than the return
    ],
)
def test_method(run_date: str, returned: tuple[int, int] | None, method: tuple[str, str | None]) -> None:
    terms = [
        AccountTerm(day("2016-01-01"), day("2026-01-31"), "old", (1, 1)),
        AccountTerm(day("2026-03-01"), None, "new", (10, 5)),
    ]
    assert method_of(100, terms, day(run_date), returned) == method
    assert method_of(0, terms, day(run_date), returned) == ("NONE", None)


# --- closed months and outcomes of nothing ---------------------------------------------------------------------------


def test_a_closed_month_changes_no_more() -> None:
    """TIME-6: January 2026 closes with the run of 1 February 2028 (31 January is its end + 24 months)."""
    month = month_unit(day("2026-01-01"))
    assert not closed(month, run("2028-02-01"), LAW)
    assert closed(month, run("2028-02-02"), LAW)
    assert not closed(LIFETIME, run("2028-02-02"), LAW)
    paid = arrives(run("2026-01-20"), statement([line(600)]))
    for written, said in (("2028-02-01", 2), ("2028-02-02", 1)):
        assert len(settled([paid, outcome(run(written), f"{FIRST}:2026-01-20", "STALE")])) == said


@pytest.mark.parametrize(
    "nonsense", ["X", "ARREARS:P1:R1:2026-01-01:2026-01-21", "ARREARS:P1:R1:0001-01-01:x", "a:b:c:d:e"]
)
def test_an_outcome_of_nothing_is_noted(nonsense: str) -> None:
    history = [arrives(run("2026-01-20"), statement([line(600)])), outcome(run("2026-01-22"), nonsense, "RETURNED")]
    found = [change.now.code for change in changes(history, run("2026-01-22")) if isinstance(change.now, RuleFinding)]
    assert found == ["NO_INCOME_ASSESSMENT", "OUTCOME_WITHOUT_INSTRUCTION"]
    assert len(settled(history)) == 1


# --- what holds of any history ----------------------------------------------------------------------------------------

RUNS = cut_offs(run("2025-12-16"), run("2026-02-27"))
EARNINGS = [("SERVICE", "IHSS"), ("OVERTIME_PREMIUM", "IHSS"), ("SERVICE", "WPCS"), ("TRAVEL", "IHSS")]
PLACES = [("P1", "2025-12-01"), ("P1", "2025-12-16"), ("P2", "2025-12-01")]


def worths(relationships: list[str]) -> st.SearchStrategy[Statement]:
    lines = st.lists(st.builds(lambda m, of: line(m, *of), st.integers(1, 4000), st.sampled_from(EARNINGS)), max_size=3)
    return st.builds(
        lambda lines, place, relationship: statement(_one_each(lines), *place, relationship, PLACES.index(place)),
        lines,
        st.sampled_from(PLACES),
        st.sampled_from(relationships),
    )


def _one_each(lines: list[Line]) -> list[Line]:
    return list({each.key: each for each in lines}.values())


@st.composite
def histories(draw: st.DrawFn, relationships: list[str], outcomes: bool = True, shares: bool = True) -> list[Arrival]:
    """Statements of one month that come, change and vanish in two years; shares and outcomes between."""
    arrivals = []
    for place, cut_off in enumerate(sorted(draw(st.lists(st.sampled_from(RUNS), min_size=1, max_size=8, unique=True)))):
        said = draw(worths(relationships))
        what = draw(st.sampled_from(["comes", "comes", "vanishes", "share", "outcome"]))
        if what == "vanishes":
            arrivals.append(vanishes(cut_off, said.statement_id))
        elif what == "share" and shares:
            arrivals.append(assessment(cut_off, draw(st.integers(0, 90000)), revision=place + 1))
        elif what == "outcome" and outcomes and (made := settled(arrivals) if arrivals else []):
            chosen = draw(st.sampled_from(made))
            kind = draw(st.sampled_from(["RETURNED", "VOIDED", "SETTLED", "RECOVERED"]))
            cents = draw(st.integers(0, 50000)) if kind == "RECOVERED" else None
            arrivals.append(outcome(cut_off, chosen["instruction_id"], kind, cents, f"O{place}"))
        else:
            arrivals.append(arrives(cut_off, said))
    return arrivals


def of_each(instructions: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    by_statement = defaultdict(list)
    for each in instructions:
        by_statement[each["statement_id"]].append(each)
    return by_statement


@settings(max_examples=75, deadline=None)
@given(histories(["NON_RELATIVE", "SPOUSE", "CHILD_18_TO_20"]))
def test_net_is_what_is_left_and_never_negative(history: list[Arrival]) -> None:
    for said in of_each(settled(history)).values():
        assert [each["sequence"] for each in said] == list(range(1, len(said) + 1))
        for each in said:
            assert each["gross_cents"] == sum(one["cents"] for one in each["lines"])
            assert each["net_cents"] == each["gross_cents"] - sum(one["cents"] for one in each["deductions"]) >= 0
            assert (each["method"] == "NONE") == (each["net_cents"] == 0)
            assert each["lines"] or each["deductions"]


@settings(max_examples=75, deadline=None)
@given(histories(["NON_RELATIVE", "SPOUSE"], outcomes=False))
def test_runs_sum_to_what_it_is_worth(history: list[Arrival]) -> None:
    """Lines sum to the statement; what moved is its worth net of taxes and share, and what is outstanding."""
    worth = {arrival.event_id: arrival.content for arrival in history if arrival.kind == "Statement"}
    for id, said in of_each(settled(history)).items():
        lines: dict[tuple[str, str], int] = defaultdict(int)
        for one in (one for each in said for one in each["lines"]):
            lines[one["earning"], one["program"]] += one["cents"]
        whole = {(each.earning, each.program): each.cents for each in (worth[id].lines if worth[id] else [])}
        assert {key: cents for key, cents in lines.items() if cents} == whole
        kept_back = sum(deducted(each, kind) for each in said for kind in (*TAXES, "SHARE_OF_COST"))
        moved = sum(each["net_cents"] for each in said)
        assert said[-1]["net_to_date_cents"] == moved
        assert said[-1]["gross_to_date_cents"] == sum(whole.values())
        assert moved - said[-1]["outstanding_cents"] == sum(whole.values()) - kept_back
        assert said[-1]["outstanding_cents"] == -sum(deducted(each, "OVERPAYMENT_CARRIED") for each in said)


@settings(max_examples=75, deadline=None)
@given(histories(["NON_RELATIVE"], outcomes=False))
def test_taxes_are_half_up_on_the_gross_of_each_year(history: list[Arrival]) -> None:
    for said in of_each(settled(history)).values():
        for year in {year_of(each["run_date"]) for each in said}:
            of_year = [each for each in said if year_of(each["run_date"]) == year]
            gross = sum(each["gross_cents"] for each in of_year)
            rates = TAXES | ({"SDI": 1200} if year == 2025 else {})
            assert {kind: sum(deducted(each, kind) for each in of_year) for kind in rates} == {
                kind: share_cents(gross, rate) for kind, rate in rates.items()
            }


@settings(max_examples=75, deadline=None)
@given(histories(["NON_RELATIVE", "SPOUSE"]))
def test_share_of_cost_never_exceeds_the_share_nor_takes_back(history: list[Arrival]) -> None:
    assessed = [each for each in history if each.kind == "IncomeAssessment"]
    shares = [(each.cut_off, max(0, each.content.unearned_cents - 2000 - 120694)) for each in assessed]
    for change in changes(history, RUNS[-1]):
        if change.id == "charges" and change.now is not None:
            share = [cents for cut_off, cents in shares if cut_off <= change.cut_off][-1]
            assert 0 < sum(cents for _, cents in change.now.charged) <= share
    for each in settled(history):
        if deducted(each, "SHARE_OF_COST") > 0:
            assert deducted(each, "OVERPAYMENT_CARRIED") >= 0


@settings(max_examples=75, deadline=None)
@given(histories(["NON_RELATIVE"]))
def test_what_stands_sums_to_the_worth_whatever_came_back(history: list[Arrival]) -> None:
    """RUN-4: gross to date is the worth, though some instructions were reversed."""
    worth = {arrival.event_id: arrival.content for arrival in history if arrival.kind == "Statement"}
    accounts: dict[str, Account] = {}
    for change in changes(history, RUNS[-1]):
        if isinstance(change.now, Account):
            accounts[change.id] = change.now
    last = {each["statement_id"]: each for each in settled(history)}
    for id, each in last.items():
        gross = sum(one.cents for one in worth[id].lines) if worth[id] else 0
        if not any(later.kind == "PaymentOutcome" and later.cut_off > each["cut_off"] for later in history):
            assert each["gross_to_date_cents"] == gross
            assert each["sequence"] == len(accounts[f"account:{id}"].said)


@settings(max_examples=75, deadline=None)
@given(histories(["NON_RELATIVE", "SPOUSE"]))
def test_sums_to_date_are_of_what_an_instruction_does_not_name_as_reversed(history: list[Arrival]) -> None:
    for said in of_each(settled(history)).values():
        for number, each in enumerate(said, 1):
            known = {one["instruction_id"]: one for one in said[:number]}
            assert each["reversed"] == sorted(set(each["reversed"])) and set(each["reversed"]) < set(known)
            standing = [one for id, one in known.items() if id not in each["reversed"]]
            assert each["gross_to_date_cents"] == sum(one["gross_cents"] for one in standing)
            assert each["net_to_date_cents"] == sum(one["net_cents"] for one in standing)
            assert all(known[id]["net_cents"] > 0 for id in each["reversed"])


# --- advance pay -----------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(RUNS), st.integers(1, 5000), st.sampled_from(["P1", "P2"])), max_size=6))
def test_an_advance_month_pays_nothing_for_what_is_covered(history: list[tuple[int, int, str]]) -> None:
    period = "2026-01-01"
    arrivals = [authorization(run("2025-12-16"), effective_from=day("2025-12-01"), effective_to=day("2026-01-31"))]
    statements: dict[str, int] = {}
    for cut_off, minutes, provider in sorted(history):
        if cut_off > run("2026-01-02"):
            arrivals.append(arrives(cut_off, statement([line(minutes)], provider, period, payable=len(provider))))
            statements[provider] = minutes
    found = changes(arrivals, RUNS[-1])
    last = [fields_of(change.now.content) for change in found if change.id == "reconciliation"][-1]
    assert last["advanced_minutes"] == 6000
    assert last["reconciled_minutes"] == min(6000, sum(statements.values()))
    assert last["open_minutes"] == 6000 - last["reconciled_minutes"]
    arrears = [each for each in settled(arrivals, RUNS[-1]) if each["kind"] == "ARREARS"]
    assert last["accounted_cents"] == sum(deducted(each, "ADVANCE_PAID") for each in arrears)
    if all(minutes <= 3000 for _, minutes, _ in history):
        assert all(each["net_cents"] == 0 == each["outstanding_cents"] for each in arrears)


def test_an_authorization_for_years_ahead_wakes_each_month_once() -> None:
    """The chain of reviews goes from month to month and says nothing before its time."""
    asked = authorization(run("2024-01-19"), effective_from=day("2026-01-01"), effective_to=day("2026-02-28"))
    said = settled([asked], run("2026-06-30"))
    assert [each["period_start"] for each in said] == [day("2026-01-01"), day("2026-02-01")]


def test_an_advance_without_a_wage_is_held_and_said() -> None:
    """The wages of Santa Clara begin with August 2021."""
    asked = authorization(run("2020-11-20"), effective_from=day("2021-01-01"), effective_to=day("2021-01-31"))
    found = changes([asked], run("2021-01-29"))
    assert [change.now.code for change in found if isinstance(change.now, RuleFinding)] == ["NOT_IN_FORCE"]
    assert not settled([asked], run("2021-01-29"))


def test_an_advance_at_a_wage_carried_forward_names_it() -> None:
    asked = authorization(run("2026-11-20"), effective_from=day("2027-01-01"), effective_to=day("2027-01-31"))
    [paid] = settled([asked], run("2027-01-29"))
    assert (paid["lines"][0]["rate_mills"], paid["lines"][0]["minutes"]) == (20_440, 6000)
    assert paid["assumptions"] == ["advance.mode_settled", "tax.carried_forward", "wage.carried_forward"]


def test_an_overpaid_premium_does_not_keep_the_share_from_covered_pay() -> None:
    """A charge on covered pay lowers ADVANCE_PAID by as much, so it takes no money back whatever is outstanding."""
    premium = line(300, "OVERTIME_PREMIUM", rate_mills=10220)
    arrivals = [
        authorization(run("2026-01-20"), effective_to=day("2026-02-28")),
        arrives(run("2026-02-17"), statement([line(600), premium], period="2026-02-01")),
        arrives(run("2026-02-18"), statement([line(600)], period="2026-02-01")),
        assessment(run("2026-02-19"), 50000),
    ]
    *_, advance, last = settled(arrivals)
    assert deducted(advance, "SHARE_OF_COST") == 50000
    assert (deducted(last, "SHARE_OF_COST"), deducted(last, "ADVANCE_PAID"), last["net_cents"]) == (18611, -18611, 0)


def test_a_doubtful_wage_of_an_advance_is_named() -> None:
    asked = authorization(run("2026-01-20"), county="54", effective_to=day("2026-02-28"))
    [paid] = settled([asked], run("2026-01-30"))
    assert paid["assumptions"] == ["advance.mode_settled", "wage.54"]


def test_documents_of_an_advance_name_the_assignments_that_decided_its_taxes() -> None:
    cut_off = run("2026-01-20")
    assigned = fact(
        "ProviderAssignment",
        cut_off,
        "S1",
        provider_id="P1",
        recipient_id="R1",
        program="IHSS",
        effective_from=day("2026-01-01"),
        relationship="SPOUSE",
        live_in=True,
    )
    [paid] = settled([authorization(cut_off, effective_to=day("2026-02-28")), assigned], run("2026-01-30"))
    assert paid["documents"] == ["ProviderAssignment/S1/1", "ServiceAuthorization/A1/1"]
    assert deducted(paid, "FICA") == 0


def test_share_of_cost_speaks_to_each_side() -> None:
    """SOC-6; the sentence and the next step are for the addressee alone (CONTRACT, Finding)."""
    cut_off = run("2026-01-20")
    found = {
        change.now.addressee: finding_record(change.id, change.now, cut_off, cleared=False)
        for change in changes([assessment(cut_off, 10000), arrives(cut_off, statement([line(600)]))], cut_off)
        if isinstance(change.now, RuleFinding)
    }
    assert found["RECIPIENT"].message.startswith("You owe your provider $100.00 for the pay period from 1 Jan")
    assert found["RECIPIENT"].next_step.startswith("Pay your provider")
    assert "the recipient pays you $100.00" in found["PROVIDER"].message
    assert found["PROVIDER"].next_step.startswith("Ask the recipient")


@pytest.mark.parametrize("kind", ["ARREARS", "ADVANCE"])
def test_an_overpayment_names_what_was_overpaid(kind: str) -> None:
    """MONEY-2; people know pay periods and advances, not statements."""
    first, second = run("2026-01-30"), run("2026-02-10")
    facts = {
        "ARREARS": [arrives(first, statement([line(600)])), arrives(second, statement([line(300)]))],
        "ADVANCE": [authorization(first), authorization(second, revision=2, monthly_minutes=3000)],
    }
    [(id, said)] = [
        (change.id, change.now)
        for change in changes(facts[kind], second)
        if isinstance(change.now, RuleFinding) and change.now.code == "OVERPAYMENT"
    ]
    words = {"ARREARS": "for the pay period from 1 January 2026", "ADVANCE": "of your advance for February 2026"}
    assert words[kind] in finding_record(id, said, second, cleared=False).message


def test_documents_name_the_outcome_that_decided() -> None:
    """PaymentInstruction.documents, RUN-4: not an outcome that changes nothing."""
    first, second = run("2026-01-20"), run("2026-01-22")
    said = f"{FIRST}:2026-01-20"
    came_back = [outcome(second, said, "VOIDED"), outcome(second, said, "ACCEPTED", document="O2")]
    _, again = settled([arrives(first, statement([line(600)])), *came_back])
    assert again["documents"] == ["PaymentOutcome/O1/1", "Timesheet/T-P1-2026-01-01/1"]
