"""Edges of documents that no worked case stands on: spans beside others, minutes that a timesheet gave up."""

from types import SimpleNamespace
from typing import Any

from rules.documents import Terms
from rules.law import Law
from rules.price.documents import TakenBack, enrollments_deciding
from rules.to_provider import AuthorizedTime, Engagement
from rules.worked_time import price_time
from tests.rules.settlement import fact
from tests.rules.test_edges import AS_WRITTEN, worked
from tests.rules.test_edges_of_money import MAY, assignment


def test_a_span_in_which_another_document_ends_is_one_span_after_others() -> None:
    """The document that begins last wins; what ends within it changes neither it nor the spans before it."""
    terms: Terms[Any] = Terms()
    for document, first, last in (("A", MAY, MAY + 19), ("B", MAY + 2, None), ("C", MAY + 4, None)):
        terms.file(assignment(document, first, last, 1_000_000))
    found = [(span.first - MAY, span.last - MAY, span.fact.document_id) for span in terms.spans(MAY, MAY + 29)]
    assert found == [(0, 1, "A"), (2, 3, "B"), (4, 29, "C")]
    assert [span[:2] for span in terms.spans(MAY + 10, MAY + 29)] == [(MAY + 10, MAY + 29)]


@AS_WRITTEN
def test_minutes_given_up_are_named_beside_travel_of_their_day_and_beside_all_of_an_exempt_week() -> None:
    """Time worked on that day does not stand on them, as long as the week is no longer than it may be."""
    sheet = SimpleNamespace(given_up=[0, 30], period_start=MAY, documents=["Timesheet/T1/2"])
    filed: Any = SimpleNamespace(times={MAY: {"T1": sheet}})
    taken = TakenBack(MAY, filed, {}, Law.load())
    pieces = [worked(MAY + 1, 60), worked(MAY + 1, 15, earning="TRAVEL", recipient_id="R2")]
    assert list(taken._of_weeks(pieces, exempt=False)) == [(("ARREARS", "R2", MAY), {"Timesheet/T1/2"})]
    everywhere = [(("ARREARS", recipient, MAY), {"Timesheet/T1/2"}) for recipient in ("R1", "R2")]
    assert list(taken._of_weeks(pieces, exempt=True)) == everywhere


def test_visits_are_held_against_each_day_of_a_pay_period_and_no_other() -> None:
    """EVV-5: its first and its last day too."""
    time = approved_time((9, 2), minutes=[60, 0, 45])
    assert [time.compared(MAY + index) for index in (-1, 0, 1, 2, 3)] == [0, 60, 0, 45, 0]


def test_an_exemption_of_the_last_workweek_of_a_month_is_named_in_all_of_it() -> None:
    """LIMIT-6: May 2026 ends on a Sunday, whose workweek ends on 6 June."""
    for first, named in ((MAY + 30, True), (MAY + 36, True), (MAY + 37, False)):
        terms: Terms[Any] = Terms()
        for document, since, exemption in (("E1", MAY - 90, "NONE"), ("E2", first, "EXEMPTION_WPCS")):
            terms.file(
                fact(
                    "ProviderEnrollment", 1_000_000, document, provider_id="P1", county="43", exemption=exemption,
                    effective_from=since,
                )
            )  # fmt: skip
        found = enrollments_deciding(terms, MAY)
        assert found == {"ProviderEnrollment/E1/1"} | ({"ProviderEnrollment/E2/1"} if named else set())


def approved_time(payable: tuple[int, int] | None, minutes: list[int]) -> AuthorizedTime:
    total = sum(minutes)
    return AuthorizedTime(
        "P1", "R1", "IHSS", MAY, "T1", 2, (9, 2), payable, [((9, 2), total)], minutes, ["43"] * len(minutes),
        total, 0, 0, 0, ["Timesheet/T1/2"], [],
    )  # fmt: skip


def test_time_became_payable_when_it_was_approved_and_not_when_it_was_corrected() -> None:
    """What was never approved by anybody's stamp counts from when it was recorded."""

    def payable(approved: tuple[int, int] | None) -> tuple[int, int]:
        time = approved_time(approved, [60])
        [worked] = price_time(time, lambda day: True, lambda county, day: (19_000, None, "", ())).worked
        return worked.payable

    assert payable((5, 1)) == (5, 1)
    assert payable(None) == (9, 2)


def test_a_document_that_gave_up_the_first_or_the_last_day_of_a_period_is_named() -> None:
    gone = Engagement("P1", "R1", [], {}, departed=[(MAY, MAY + 3, "A"), (MAY + 20, MAY + 22, "B")])
    assert gone.departed_on(MAY + 3, MAY + 20) == {"A", "B"}
    assert gone.departed_on(MAY + 4, MAY + 19) == set()
