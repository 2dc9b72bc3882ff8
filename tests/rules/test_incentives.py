"""Which incentives are earned, wait, or can no longer be earned: LAW section 12, INC-1 to INC-5."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

import pytest

from rules.conclusions import AuthorizationTerm
from rules.documents import Arrival, Document
from rules.incentives import (
    Career,
    Earned,
    IncentiveVerdict,
    PaidTraining,
    completed_on,
    decide_claims,
    earned_by,
    first_recorded_on,
    needs_on,
)
from rules.law import Law
from rules.periods import PACIFIC, cut_off_after, epoch_day
from rules.to_provider import Engagement
from schemas.incentive_claim import IncentiveClaim

LAW = Law.load()
GENERAL, ADULT = "GENERAL_HEALTH_AND_SAFETY", "ADULT_EDUCATION"
CARE, MIND = "COMPLEX_PHYSICAL_CARE_NEEDS", "COGNITIVE_IMPAIRMENTS_AND_BEHAVIORAL_HEALTH"
ONE, SIX = "ONE_MONTH_ASSIGNMENT", "SIX_MONTH_ASSIGNMENT"
LATE = 1_800_000_000_000
FORTY = 2400


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


def claim(
    id: str, incentive: str = "TRAINING", pathway: str = CARE, recorded: str = "", **fields: object
) -> IncentiveClaim:
    """Recorded, unless said otherwise, on 1 October 2024 at the hour that ends its id."""
    when = datetime.fromisoformat(recorded or f"2024-10-01T{id[-1]:0>2}:00").replace(tzinfo=PACIFIC)
    message = {"event_id": f"{id}-{when:%m%d}", "source": "esp", "recorded_at": int(when.timestamp() * 1000)}
    own = {"document_id": id, "revision": 1, "withdrawn": False, "channel": "ESP", "provider_id": "P1"}
    return IncentiveClaim.model_validate(message | own | {"incentive": incentive, "pathway": pathway} | fields)


def document(*revisions: IncentiveClaim) -> Document[IncentiveClaim]:
    filed: Document[IncentiveClaim] = Document()
    for fact in revisions:
        place = cut_off_after(fact.recorded_at), fact.recorded_at, fact.source, fact.event_id
        filed.file(Arrival(*place, b"", fact.KIND, fact))
    return filed


def trained(*pathways: str, on: str = "2024-01-10", minutes: int = 900) -> list[PaidTraining]:
    return [PaidTraining(day(on), pathway, minutes) for pathway in pathways]


def served(months: Iterable[str], minutes: int = FORTY, recipient: str = "R1") -> dict[tuple[str, int], dict[int, int]]:
    """All minutes of each month on its 20th."""
    return {(recipient, day(f"{month}-01")): {day(f"{month}-20"): minutes} for month in months}


def decide(
    *claims: IncentiveClaim | Document[IncentiveClaim],
    training: list[PaidTraining] = trained(CARE),  # noqa: B008
    service: Mapping[tuple[str, int], Mapping[int, int]] = {},
    needs: Mapping[str, Collection[str]] = {"R1": {CARE}, "R2": {CARE}},
    instructed: Mapping[str, int] = {},
    law: Law = LAW,
) -> dict[str, IncentiveVerdict]:
    record = Career(training, service, lambda recipient, on: needs.get(recipient, ()))
    documents = [each if isinstance(each, Document) else document(each) for each in claims]
    verdicts = decide_claims(documents, record, instructed, law, LATE)
    return {verdict.document.current.document_id: verdict for verdict in verdicts}


def outcome(*claims: IncentiveClaim | Document[IncentiveClaim], **facts: object) -> list[int | str | None]:
    """Cents of what is paid and the code of what is not, in the order of first recording."""
    return [verdict.code or verdict.cents for verdict in decide(*claims, **facts).values()]


NOT_YET, LIMIT = "INCENTIVE_NOT_YET_EARNED", "INCENTIVE_LIMIT"


@pytest.mark.parametrize(("minutes", "expected"), [(899, NOT_YET), (900, 50000)])
def test_500_for_15_hours_of_paid_training_in_one_pathway(minutes: int, expected: int | str) -> None:
    assert outcome(claim("I1"), training=trained(CARE, minutes=minutes)) == [expected]


def test_training_in_another_pathway_does_not_count() -> None:
    assert outcome(claim("I1"), training=[*trained(CARE, minutes=600), *trained(MIND, minutes=600)]) == [NOT_YET]


def test_what_is_missing_is_said_in_words() -> None:
    assert decide(claim("I1"), training=trained(CARE, minutes=630))["I1"].missing.startswith(
        "you still need to complete 4:30 of paid training"
    )
    assert "specialized" in decide(claim("I1", ONE, GENERAL), training=trained(GENERAL))["I1"].missing
    one = decide(claim("I1", ONE), service=served(["2024-03"], 1860) | served(["2024-04"], 60))["I1"].missing
    assert one.endswith(
        "in one month, after 10 January 2024 and by the end of November 2024. Your best month so far: 31:00"
    )
    assert decide(claim("I1", ONE))["I1"].missing.endswith("so far: 0:00")
    six = decide(claim("I1", SIX), service=served(["2024-03", "2024-04", "2024-05", "2024-07"]))["I1"].missing
    assert six.endswith(
        "in 6 months in a row after March 2024 and by the end of November 2024. Months in a row so far: 2"
    )


def test_the_training_incentive_is_paid_twice_for_two_different_pathways() -> None:
    claims = [
        claim("I1", pathway=CARE),
        claim("I2", pathway=CARE),
        claim("I3", pathway=GENERAL),
        claim("I4", pathway=MIND),
    ]
    assert outcome(*claims, training=trained(CARE, GENERAL, MIND)) == [50000, LIMIT, 50000, LIMIT]


def test_a_claim_not_yet_earned_takes_no_place() -> None:
    claims = [claim("I1", pathway=GENERAL), claim("I2", pathway=CARE), claim("I3", pathway=MIND)]
    assert outcome(*claims, training=trained(CARE, MIND)) == [LIMIT, 50000, 50000]
    assert outcome(*claims, training=trained(CARE)) == [NOT_YET, 50000, NOT_YET]


def test_claims_are_decided_in_the_order_of_first_recording() -> None:
    corrected = document(claim("I1"), claim("I1", recorded="2024-10-09T09:00", revision=2))
    assert list(decide(claim("I2"), corrected)) == ["I1", "I2"]
    assert decide(claim("I2"), corrected)["I2"].code == LIMIT


@pytest.mark.parametrize(("minutes", "expected"), [(2399, NOT_YET), (2400, 50000)])
def test_one_month_of_40_hours_after_15_hours_of_specialized_training(minutes: int, expected: int | str) -> None:
    assert outcome(claim("I1", ONE), service=served(["2024-03"], minutes)) == [expected]


def test_general_pathways_earn_no_assignment_incentive() -> None:
    facts = {"training": trained(GENERAL, ADULT), "needs": {"R1": {GENERAL, ADULT}}, "service": served(["2024-03"])}
    assert outcome(claim("I1", ONE, GENERAL), claim("I2", SIX, ADULT), **facts) == [NOT_YET, NOT_YET]


def test_the_40_hours_are_of_one_calendar_month_and_one_recipient() -> None:
    assert outcome(claim("I1", ONE), service=served(["2024-03", "2024-04"], 1200)) == [NOT_YET]
    shared = served(["2024-03"], 1200) | served(["2024-03"], 1200, "R2")
    assert outcome(claim("I1", ONE), service=shared) == [NOT_YET]


@pytest.mark.parametrize(("completed", "expected"), [("2024-03-19", 50000), ("2024-03-20", NOT_YET)])
def test_only_days_after_the_15th_hour_count(completed: str, expected: int | str) -> None:
    facts = {"training": trained(CARE, on=completed), "service": served(["2024-03"])}
    assert outcome(claim("I1", ONE), **facts) == [expected]


def test_the_authorization_must_name_the_pathway_on_the_day_of_service() -> None:
    assert outcome(claim("I1", ONE), service=served(["2024-03"]), needs={"R1": {MIND}}) == [NOT_YET]
    changing = Career(
        trained(CARE), served(["2024-03"]), lambda recipient, on: {CARE} if on < day("2024-03-20") else ()
    )
    assert decide_claims([document(claim("I1", ONE))], changing, {}, LAW, LATE)[0].code == NOT_YET


def test_a_recipient_on_the_claim_restricts_it_to_that_recipient() -> None:
    service = served(["2024-03"], recipient="R2")
    assert outcome(claim("I1", ONE, recipient_id="R1"), service=service) == [NOT_YET]
    assert outcome(claim("I1", ONE, recipient_id="R2"), service=service) == [50000]


def test_the_one_month_incentive_is_paid_once() -> None:
    facts = {"training": trained(CARE, MIND), "service": served(["2024-03"]), "needs": {"R1": {CARE, MIND}}}
    assert outcome(claim("I1", ONE), claim("I2", ONE, MIND), **facts) == [50000, LIMIT]


MONTHS = [f"2024-{month:02}" for month in range(3, 13)]


@pytest.mark.parametrize(("months", "expected"), [(MONTHS[:7], 200000), (MONTHS[:6], NOT_YET)])
def test_six_months_after_the_first_that_meets_the_one_month_assignment(months: list[str], expected: int | str) -> None:
    assert outcome(claim("I1", SIX), service=served(months)) == [expected]


def test_the_six_months_are_consecutive_but_need_not_follow_the_first_at_once() -> None:
    first = served(["2024-01"])
    assert outcome(claim("I1", SIX), service=first | served(MONTHS[:6])) == [200000]
    assert outcome(claim("I1", SIX), service=first | served(MONTHS[:5] + MONTHS[6:7])) == [NOT_YET]


def test_the_six_months_are_for_one_recipient_and_the_first_may_be_for_another() -> None:
    first = served(["2024-02"], recipient="R2")
    assert outcome(claim("I1", SIX), service=first | served(MONTHS[:6])) == [200000]
    assert outcome(claim("I1", SIX, recipient_id="R1"), service=first | served(MONTHS[:6])) == [NOT_YET]
    split = first | served(MONTHS[:3]) | served(MONTHS[3:6], recipient="R2")
    assert outcome(claim("I1", SIX), service=split) == [NOT_YET]


def test_months_run_over_the_year() -> None:
    months = ["2022-11", "2022-12", "2023-01", "2023-02", "2023-03", "2023-04", "2023-05"]
    assert outcome(claim("I1", SIX), training=trained(CARE, on="2022-10-05"), service=served(months)) == [200000]


def test_service_counts_until_november_2024() -> None:
    assert outcome(claim("I1", ONE), service=served(["2024-11"])) == [50000]
    assert outcome(claim("I1", ONE), service=served(["2024-12"])) == [NOT_YET]
    assert outcome(claim("I1", SIX), service=served(["2024-05", *MONTHS[3:9]])) == [200000]
    assert outcome(claim("I1", SIX), service=served(MONTHS[3:10])) == [NOT_YET]


def test_together_at_most_3500() -> None:
    claims = [claim("I1"), claim("I2", pathway=MIND), claim("I3", ONE), claim("I4", SIX)]
    facts = {"training": trained(CARE, MIND), "service": served(MONTHS[:7])}
    assert outcome(*claims, **facts) == [50000, 50000, 50000, 200000]
    lower = {"from": date(1900, 1, 1), "value": 300000}
    law = LAW.amended({"overlay.toml": {"incentive": {"total_cents": {"values": [lower]}}}})
    assert outcome(*claims, **facts, law=law) == [50000, 50000, 50000, LIMIT]


def test_the_15th_hour_is_reached_on_its_class_date_whatever_the_order() -> None:
    classes = [PaidTraining(day(f"2024-01-{date:02}"), CARE, 300) for date in (20, 5, 12)]
    assert completed_on(classes, CARE, 900) == day("2024-01-20")
    assert completed_on(classes, CARE, 600) == day("2024-01-12")
    assert completed_on(classes, CARE, 901) is None
    assert completed_on(classes, MIND, 900) is None


@pytest.mark.parametrize(("recorded", "late"), [("2024-11-15T23:59:59", False), ("2024-11-16T00:00:00", True)])
def test_claims_are_taken_until_the_end_of_15_november(recorded: str, late: bool) -> None:
    assert outcome(claim("I1", recorded=recorded)) == ["CLAIM_TOO_LATE" if late else 50000]


def test_a_claim_filed_in_time_is_corrected_later() -> None:
    first = claim("I1", pathway=MIND, recorded="2024-11-15T12:00")
    assert outcome(document(first, claim("I1", recorded="2024-12-02T12:00", revision=2))) == [50000]


def test_claims_come_through_the_portal() -> None:
    assert outcome(claim("I1", channel="OTHER", recorded="2024-11-20T12:00")) == ["CLAIM_NOT_THROUGH_ESP"]


def test_a_withdrawn_claim_claims_nothing_and_leaves_its_place() -> None:
    withdrawn = document(claim("I1"), claim("I1", recorded="2024-10-02T09:00", revision=2, withdrawn=True))
    assert decide(withdrawn, claim("I2"), instructed={"I1": 1}).keys() == {"I2"}
    assert outcome(withdrawn, claim("I2"), instructed={"I1": 1}) == [50000]


def test_what_was_paid_stays_and_cut_training_is_reviewed_by_a_person() -> None:
    kept = decide(claim("I1"), training=trained(CARE, minutes=899), instructed={"I1": 1})["I1"]
    assert (kept.cents, kept.code, kept.clawback) == (50000, None, True)
    assert not decide(claim("I1"), instructed={"I1": 1})["I1"].clawback


def test_service_cut_later_leaves_the_incentive_without_a_finding() -> None:
    kept = decide(claim("I1", ONE), service=served(["2024-03"], 60), instructed={"I1": 1})["I1"]
    assert (kept.cents, kept.code, kept.clawback) == (50000, None, False)


def test_what_was_paid_takes_its_place_before_claims_recorded_earlier() -> None:
    claims = [claim("I1", pathway=GENERAL), claim("I2", pathway=CARE), claim("I3", pathway=MIND)]
    facts = {"training": trained(GENERAL, CARE, MIND), "instructed": {"I2": 1, "I3": 1}}
    assert outcome(*claims, **facts) == [LIMIT, 50000, 50000]


def test_what_was_paid_stays_though_the_limit_was_lowered_since() -> None:
    lower = {"from": date(1900, 1, 1), "value": 1}
    law = LAW.amended({"overlay.toml": {"incentive": {"times": {"TRAINING": {"values": [lower]}}}}})
    paid = [claim("I1"), claim("I2", pathway=MIND)]
    assert outcome(*paid, training=trained(CARE, MIND), instructed={"I1": 1, "I2": 1}, law=law) == [50000, 50000]
    assert outcome(*paid, training=trained(CARE, MIND), law=law) == [50000, LIMIT]


def test_what_was_paid_stays_through_a_correction_that_asks_for_the_same() -> None:
    same = document(claim("I1"), claim("I1", recorded="2024-10-02T09:00", revision=2, channel="OTHER"))
    assert outcome(same, training=[], instructed={"I1": 1}) == [50000]


@pytest.mark.parametrize("change", [{"pathway": MIND}, {"incentive": SIX}, {"recipient_id": "R2"}])
def test_a_correction_that_asks_for_something_else_is_decided_anew(change: dict[str, str]) -> None:
    other = document(claim("I1"), claim("I1", recorded="2024-10-02T09:00", revision=2, **change))
    assert outcome(other, training=[], instructed={"I1": 1}) == [NOT_YET]


def test_a_claim_waits_where_no_incentive_is_in_force_on_its_day() -> None:
    ended = {"from": date(1900, 1, 1), "until": date(2024, 9, 30), "value": 50000}
    law = LAW.amended({"overlay.toml": {"incentive": {"cents": {"TRAINING": {"values": [ended]}}}}})
    verdict = decide(claim("I1"), law=law)["I1"]
    assert (verdict.code, verdict.missing) == (NOT_YET, "this incentive did not exist on the day of your claim")
    assert outcome(claim("I1", recorded="2024-09-30T09:00"), law=law) == [50000]


def test_the_statement_belongs_to_the_civil_date_of_first_recording() -> None:
    filed = document(claim("I1", recorded="2024-09-30T23:30"), claim("I1", recorded="2024-10-05T09:00", revision=2))
    assert first_recorded_on(filed) == day("2024-09-30")


def test_needs_are_those_of_either_program_on_the_day() -> None:
    ihss = AuthorizationTerm(day("2024-01-01"), day("2024-06-30"), "43", 6000, [CARE], "a")
    wpcs = AuthorizationTerm(day("2024-06-30"), None, "43", 6000, [MIND], "b")
    engagement = Engagement("P1", "R1", {"IHSS": [ihss], "WPCS": [wpcs]}, {})
    days = ("2023-12-31", "2024-01-01", "2024-06-30", "2024-07-01")
    assert [needs_on(engagement, day(text)) for text in days] == [set(), {CARE}, {CARE, MIND}, {MIND}]


def test_what_earned_a_claim_is_its_pathway_and_the_service_after_it() -> None:
    """As an explanation shows it. A claim for training itself needs no service; what is not completed shows none."""
    training = [*trained(CARE, on="2024-01-10"), *trained(MIND, on="2024-01-09")]
    record = Career(training, served(["2024-03"]), lambda recipient, on: (CARE,))

    def earned(of: IncentiveClaim, law: Law = LAW) -> Earned:
        return earned_by(document(of), record, law, LATE)

    service = {("R1", day("2024-03-01")): FORTY}
    assert earned(claim("I1", ONE)) == Earned(trained(CARE), day("2024-01-10"), service)
    assert earned(claim("I1")) == Earned(trained(CARE), day("2024-01-10"), {})
    assert earned(claim("I1", ONE, pathway=GENERAL)) == Earned([], None, {})
    ended = {"from": date(1900, 1, 1), "until": date(2024, 9, 30), "value": 50000}
    law = LAW.amended({"overlay.toml": {"incentive": {"cents": {ONE: {"values": [ended]}}}}})
    assert earned(claim("I1", ONE), law) == Earned(trained(CARE), None, {})
