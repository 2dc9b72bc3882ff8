"""More edges that no worked case stands on: outcomes, advances, incentives, what is named behind an amount."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from rules.authorize.tally import HoursTally
from rules.conclusions import Line
from rules.documents import Document, Terms
from rules.kept import Account, PastInstruction, ServiceDays, Stint, Violation
from rules.law import Law, LawError
from rules.parameters.publishing import check_publishable
from rules.periods import cut_off_of, epoch_day, midnight
from rules.price.case import ProviderFile
from rules.price.incentives import _assumptions
from rules.price.leave_claims import Leave, _not_usable
from rules.price.leave_pay import LeavePay
from rules.price.paid_service import SERVICE
from rules.price.sick_leave import SickLeave
from rules.price.statements import repriced
from rules.price.violations import _words
from rules.restatement import LIFETIME, Decision, month_unit
from rules.settle.advance import Advance
from rules.settle.advance import repriced as advance_repriced
from rules.settle.draft import OutcomeReading
from rules.settle.filed import SettlementFacts
from rules.settle.outcomes import turned
from rules.sick_leave import Grant, stands_until
from rules.violations import TRAINED, ViolationStanding
from rules.worked import Worked
from tests.case_files import case
from tests.paid import replay_plain
from tests.rules.settlement import account, arrives, assessment, authorization, deducted, fact, line, settled, statement
from tests.rules.test_edges import AS_WRITTEN, day, worked

LAW = Law.load()
MAY = day(2026, 5, 1)


def assignment(document: str, first: int, last: int | None, recorded: int) -> Any:
    return fact(
        "ProviderAssignment", recorded, document, provider_id="P1", recipient_id="R1", program="IHSS",
        effective_from=first, effective_to=last, relationship="NON_RELATIVE", live_in=False,
    )  # fmt: skip


def test_one_document_is_one_span_whatever_others_begin_within_it() -> None:
    """The one that begins later wins; where the other ends is no edge of its own."""
    terms: Terms[Any] = Terms()
    terms.file(assignment("OLD", MAY - 10, MAY + 5, 1_000_000))
    terms.file(assignment("NEW", MAY, MAY + 20, 2_000_000))
    spans = terms.spans(MAY - 10, MAY + 30)
    assert [span[:2] for span in spans] == [(MAY - 10, MAY - 1), (MAY, MAY + 20)]
    assert [span.fact.document_id for span in spans] == ["OLD", "NEW"]


def test_what_is_missing_until_leave_is_usable_counts_only_a_stint_that_stands() -> None:
    """SICK-3, SICK-4: what was worked before a year without service, or what earned a grant, is missing no less."""
    hour = 60
    for stint, missing in (
        (None, "100:00"),
        (Stint(MAY - 10, 40 * hour), "60:00"),
        (Stint(MAY - 500, 40 * hour), "100:00"),
        (Stint(MAY - 500, 120 * hour, MAY - 600, MAY - 540), "100:00"),
    ):
        leave = Leave([stint] if stint else [], [], {}, MAY, LAW)
        claim: Any = SimpleNamespace(service_date=MAY, program="IHSS")
        assert _not_usable(claim, leave).words == {"missing": missing}


@AS_WRITTEN
@pytest.mark.parametrize(("program", "named"), [("IHSS", False), ("WPCS", True)])
def test_the_balance_of_a_waiver_is_an_assumption(program: str, named: bool) -> None:
    """SICK-2."""
    term = SimpleNamespace(first=MAY, last=None, county="19")
    engagement = SimpleNamespace(authorizations={program: [term]})
    pay: Any = SimpleNamespace(filed=SimpleNamespace(engagements={"R1": engagement}), law=LAW, cut_off=cut_off_of(MAY))
    claim = SimpleNamespace(recipient_id="R1", program=program, service_date=MAY, document_id="S1")
    document = SimpleNamespace(current=claim, first_standing=(1, 1), first=SimpleNamespace(stamp=(1, 1)), reference="S")
    verdict: Any = SimpleNamespace(document=document, grant=Grant(MAY, 1, MAY, MAY, MAY), paid_minutes=60)
    assert ("sick_leave.balance" in " ".join(LeavePay.worked(pay, verdict).assumptions)) == named


def test_a_rate_published_later_is_named_on_the_statement_that_carries_the_premium() -> None:
    """WAGE-2, OT-5: only where there is overtime."""
    changed = {
        "from": date(2026, 5, 1), "until": date(2026, 12, 31), "published": date(2026, 6, 15), "value": 30_000,
        "grade": "assumption", "citation": "a test's own",
    }  # fmt: skip
    law = LAW.amended({"wages.toml": {"wage": {"19": {"values": [changed]}}}})
    sunday_after = day(2026, 5, 31)  # its Saturday is in June's first period
    for overtime, statements in ((0, 1), (60, 2)):
        piece: Worked = worked(sunday_after, 60, rate_mills=30_000, payable=(cut_off_of(day(2026, 6, 1)), 1))
        piece.overtime_minutes = overtime
        if law.publications:
            assert len(repriced([piece], law)) == statements


@pytest.mark.parametrize(("code", "usual"), [("V3", "66:00"), ("V4", "7:00")])
def test_the_advice_names_what_is_usual_without_what_was_allowed_beside(code: str, usual: str) -> None:
    """LIMIT-5: two hours more were approved for that week only."""
    allowed = (66 if code == "V3" else 7) * 60 + 120
    violation = Violation(day(2026, 5, 3), code, None, allowed + 60, allowed, extra_minutes=120)
    words = _words(violation, ViolationStanding(because=TRAINED), False, None, LAW)
    assert f"within {usual} a week" in words["next"]


def said(net_cents: int) -> PastInstruction:
    line = Line("SERVICE", "IHSS", "19", 19_000, minutes=60, cents=1900, rule="WAGE-1")
    id = "ARREARS:P1:R1:2026-05-01:2026-06-01"
    return PastInstruction(id, MAY, cut_off_of(MAY), "NON_RELATIVE", [line], {}, 0, net_cents)


@pytest.mark.parametrize(("net", "told"), [(1, [1]), (0, [])])
def test_a_payment_of_one_cent_comes_back_too(net: int, told: list[int]) -> None:
    """RUN-4: and what moved nothing does not."""
    document: Document[Any] = Document()
    one = said(net)
    later = one.cut_off + 86_400_000
    document.file(
        fact("PaymentOutcome", later, "O1", instruction_id=one.instruction_id, outcome="RETURNED", cents=None)
    )
    found = [*turned(Account([one]), {(one.instruction_id, "O1"): document}, later)]
    assert [each.net_cents for each in found] == told


def test_advance_pay_was_asked_for_when_it_was_first_said() -> None:
    """ADV-1: a correction later does not move it."""
    filed = SettlementFacts()
    for month in (3, 5):
        filed.file_authorization(authorization(cut_off_of(day(2026, month, 2 if month == 3 else 1)), revision=month))
    assert filed.asked_since == day(2026, 3, 1)


@AS_WRITTEN
@pytest.mark.parametrize(("incentive", "named"), [("SIX_MONTH_ASSIGNMENT", True), ("ONE_MONTH_ASSIGNMENT", False)])
def test_the_order_of_months_is_an_assumption_of_months_in_a_row(incentive: str, named: bool) -> None:
    """INC-3."""
    fact_of = SimpleNamespace(recorded_at=cut_off_of(day(2024, 5, 1)) - 1)
    first = SimpleNamespace(fact=fact_of)
    document: Any = SimpleNamespace(current=SimpleNamespace(incentive=incentive), first=first)
    verdict: Any = SimpleNamespace(document=document)
    assert ("incentive.order_of_months" in " ".join(_assumptions(verdict, LAW))) == named


def test_an_advance_is_held_against_the_rate_of_its_first_instruction() -> None:
    """WAGE-2: not of its last."""
    changed = {
        "from": date(2026, 5, 1), "until": date(2026, 12, 31), "published": date(2026, 6, 15), "value": 30_000,
        "grade": "assumption", "citation": "a test's own",
    }  # fmt: skip
    law = LAW.amended({"wages.toml": {"wage": {"19": {"values": [changed]}}}})
    before, after = said(1900), said(1900)
    before, after = (
        PastInstruction(*[cut if name == "cut_off" else getattr(one, name) for name in one.__struct_fields__])
        for one, cut in ((before, cut_off_of(day(2026, 6, 1))), (after, cut_off_of(day(2026, 7, 1))))
    )
    now = Line("SERVICE", "IHSS", "19", 30_000, minutes=60, cents=3000, rule="WAGE-1")
    reading = OutcomeReading(law, cut_off_of(day(2026, 7, 2)))
    assert advance_repriced(Advance([now], {}, []), MAY, Account([before, after]), reading)
    assert not advance_repriced(Advance([now], {}, []), MAY, Account([after, before]), reading)


def test_a_change_is_effective_on_the_day_on_which_its_first_value_begins() -> None:
    value = {"from": date(2026, 5, 1), "value": 1, "grade": "assumption", "citation": "a"}
    documents: Any = {"wages.toml": {"wage": {"19": {"values": [value]}}}}
    check_publishable(documents, day(2026, 5, 1))
    for wrong in (day(2026, 5, 2), day(2026, 4, 30)):
        with pytest.raises(LawError, match="correct one of them"):
            check_publishable(documents, wrong)


def test_what_is_given_up_is_given_up_to_its_last_day() -> None:
    """A correction moves a document away from days on which nothing else is."""
    terms: Terms[Any] = Terms()
    terms.file(assignment("A", MAY, MAY + 9, 1_000_000))
    later = assignment("A", MAY + 20, MAY + 29, 2_000_000)
    terms.file(later._replace(content=later.content.model_copy(update={"revision": 2})))
    assert [span[:2] for span in terms.departed(MAY, MAY + 40)] == [(MAY, MAY + 9)]


@AS_WRITTEN
def test_an_account_ends_with_its_enrolment() -> None:
    """RUN-3."""
    terms: Terms[Any] = Terms()
    for document, first, last, token in (("E1", MAY, MAY + 9, "old"), ("E2", MAY + 20, None, "new")):
        enrolled = fact(
            "ProviderEnrollment", 1_000_000 + first, document, provider_id="P1", county="19", effective_from=first,
            effective_to=last, account_token=token, exemption="NONE",
        )  # fmt: skip
        terms.file(enrolled)
    file: Any = SimpleNamespace(filed=SimpleNamespace(enrollments=terms))
    assert [(each.first, each.last, each.token) for each in ProviderFile._account_terms(file)] == [
        (MAY, MAY + 9, "old"), (MAY + 20, None, "new"),
    ]  # fmt: skip


def test_a_share_of_cost_holds_in_the_month_in_which_it_begins() -> None:
    """SOC-1: an assessment that comes after the month was paid; nothing is taken back, what comes then bears it."""
    first, second, third = (cut_off_of(day(2026, 5, each)) for each in (20, 21, 22))
    of_may = assessment(second, 5_000)
    begun = of_may._replace(content=of_may.content.model_copy(update={"effective_from": MAY}))
    paid = statement([line(600)], period="2026-05-01")
    more = statement([line(1200)], period="2026-05-01")
    said = settled([account(first), arrives(first, paid), begun, arrives(third, more)])
    assert deducted(said[-1], "SHARE_OF_COST") == 5_000


@AS_WRITTEN
def test_why_minutes_are_lost_names_the_provider_s_program() -> None:
    key: Any = ("P1", "WPCS", MAY, "T1")
    tally = HoursTally(key, None, None, 0, [], [])  # type: ignore[arg-type]
    tally.lose("FILING_LIMIT", "HELD", {0: 60, 1: 0})
    assert [each for each in tally.losses[0] if isinstance(each, str)] == ["T1", "WPCS", "FILING_LIMIT", "HELD"]
    assert len(tally.losses) == 1


def test_a_smaller_share_of_cost_gives_back_of_the_month_in_which_it_begins() -> None:
    """SOC-1, SOC-6."""
    first, second = (cut_off_of(day(2026, 5, each)) for each in (20, 21))

    def since_may(cut_off: int, cents: int, revision: int) -> Any:
        found = assessment(cut_off, cents, revision)
        return found._replace(content=found.content.model_copy(update={"effective_from": MAY}))

    paid = statement([line(1200)], period="2026-05-01")
    said = settled([account(first), since_may(first, 5_000, 1), arrives(first, paid), since_may(second, 1_000, 2)])
    assert [deducted(each, "SHARE_OF_COST") for each in said] == [5_000, -4_000]


@AS_WRITTEN
def test_leave_is_looked_at_again_on_the_day_after_it_stands_no_more() -> None:
    """SICK-4: also when today is the last day on which it stands."""
    stint = Stint(MAY, 400 * 60, MAY - 100, MAY - 50)
    until = stands_until(stint, LAW)
    for today in (until - 1, until):
        decision = Decision()
        leave: Any = SimpleNamespace(stints=[stint], today=today, law=LAW)
        SickLeave._look_again(leave, [], decision)
        assert decision.reviews == {LIFETIME: midnight(until + 1) + 1}
    decision = Decision()
    SickLeave._look_again(SimpleNamespace(stints=[stint], today=until + 1, law=LAW), [], decision)  # type: ignore[arg-type]
    assert decision.reviews == {}


@AS_WRITTEN
def test_service_of_a_month_that_closed_counts_once() -> None:
    """SICK-2: what is carried over closed months, and what is counted of those since."""
    months = [day(year, month, 1) for year in (2023, 2024, 2025) for month in range(1, 13)]
    before = {month_unit(month): {SERVICE: ServiceDays([(month + 4, 60)], False)} for month in months}
    notice: Any = SimpleNamespace(law=LAW, cut_off=cut_off_of(day(2026, 1, 20)), before=before)
    leave = SickLeave(SimpleNamespace(enrollments=None), notice)  # type: ignore[arg-type]
    assert leave.through in months[:-1]
    assert [(each.last_day, each.worked_minutes) for each in leave.stints] == [(months[-1] + 4, 60 * len(months))]


@pytest.mark.parametrize(("least", "warned"), [(37_221, False), (37_222, True)])
def test_an_advance_of_just_the_usual_least_is_no_small_one(least: int, warned: bool) -> None:
    """ADV-4: what is below it is told."""
    asked = {
        "kind": "ServiceAuthorization", "id": "A1", "pay_mode": "ADVANCE", "monthly": "20:00", "from": date(2026, 1, 1),
        "to": date(2026, 2, 28), "recorded": datetime.fromisoformat("2026-01-15T10:00:00"),
    }  # fmt: skip
    facts = case("least", 1, {"sentence": "", "law": [], "expect": {}, "facts": [asked]}).facts
    value = {"from": date(2016, 1, 1), "value": least, "grade": "assumption", "citation": "a test"}
    law = Law.load().amended({"x.toml": {"advance": {"usual_least_cents": {"values": [value]}}}})
    said = replay_plain(facts, law, cut_off_of(epoch_day(date(2026, 1, 30)))).records
    assert [each["net_cents"] for each in said["PaymentInstruction"]] == [37_221]
    assert ("ADVANCE_BELOW_USUAL" in {each["code"] for each in said.get("Finding", ())}) == warned
