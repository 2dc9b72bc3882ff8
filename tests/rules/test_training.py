"""Which minutes of a class are payable, and at which county's wage: LAW section 12, TRAIN-1 to TRAIN-6."""

from collections.abc import Callable, Iterable
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.conclusions import AssignmentTerm, AuthorizationTerm
from rules.documents import Arrival, Document
from rules.law import Law
from rules.periods import PACIFIC, cut_off_after, epoch_day
from rules.to_provider import Engagement
from rules.training import TrainingVerdict, county, course_catalog, decide_claims, listed
from schemas.course_listing import CourseListing
from schemas.envelope import Fact
from schemas.training_attendance import TrainingAttendance
from schemas.training_claim import TrainingClaim

LAW = Law.load()
PATHWAY = "GENERAL_HEALTH_AND_SAFETY"
CLASS = "2024-03-05"
LATE = 1_800_000_000_000


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=PACIFIC).timestamp() * 1000)


def document(*revisions: Fact) -> Document:
    """A document of revisions filed in the order given."""
    filed: Document = Document()
    for fact in revisions:
        place = cut_off_after(fact.recorded_at), fact.recorded_at, fact.source, fact.event_id
        filed.file(Arrival(*place, b"", fact.KIND, fact))
    return filed


def claim(id: str = "C1", recorded: str = "2024-03-06T09:00", minutes: int = 300, **fields: object) -> TrainingClaim:
    message = {"event_id": f"{id}-{recorded[-5:-3]}", "source": "esp", "recorded_at": at(recorded)}
    own = {
        "document_id": id,
        "revision": 1,
        "withdrawn": False,
        "channel": "ESP",
        "provider_id": "P1",
        "course_id": "K1",
    }
    return TrainingClaim.model_validate(message | own | {"class_date": day(CLASS), "minutes_claimed": minutes} | fields)


def attended(minutes: int = 300, verified: bool = True, **fields: object) -> TrainingAttendance:
    message = {"event_id": "A", "source": "trainer", "recorded_at": at("2024-03-06T08:00"), "revision": 1}
    own = {"document_id": "A", "withdrawn": False, "provider_id": "P1", "course_id": "K1", "class_date": day(CLASS)}
    return TrainingAttendance.model_validate(
        message | own | {"minutes_attended": minutes, "verified": verified} | fields
    )


def listing(id: str = "L1", since: str = "2022-09-01", **fields: object) -> CourseListing:
    message = {"event_id": id, "source": "catalog", "recorded_at": at("2022-08-01T09:00"), "revision": 1}
    own = {"document_id": id, "withdrawn": False, "course_id": "K1", "title": "A course", "pathway": PATHWAY}
    return CourseListing.model_validate(message | own | {"listed_from": day(since)} | fields)


def decide(
    *claims: TrainingClaim | Document[TrainingClaim],
    attendance: Iterable[TrainingAttendance] = (attended(),),
    listings: Iterable[CourseListing] = (listing(),),
    enrolled: Callable[[int], bool] = lambda day: True,
    law: Law = LAW,
) -> list[TrainingVerdict]:
    documents = [each if isinstance(each, Document) else document(each) for each in claims]
    return decide_claims(documents, attendance, course_catalog(map(document, listings)), enrolled, law, LATE)


def codes(verdicts: Iterable[TrainingVerdict]) -> list[str | None]:
    return [verdict.code for verdict in verdicts]


def test_a_verified_class_is_payable() -> None:
    (verdict,) = decide(claim())
    assert (verdict.code, verdict.payable_minutes, verdict.minutes_refused, verdict.pathway) == (None, 300, 0, PATHWAY)


def test_minutes_above_the_attendance_are_cut() -> None:
    (verdict,) = decide(claim(minutes=301))
    assert (verdict.code, verdict.payable_minutes, verdict.cut_minutes) == ("OVER_VERIFIED_ATTENDANCE", 300, 1)


def test_claimed_minutes_limit_the_attendance() -> None:
    assert decide(claim(minutes=299))[0].payable_minutes == 299


@pytest.mark.parametrize("attendance", [[], [attended(verified=False)], [attended(course_id="K2")]])
def test_without_verified_attendance_all_is_held(attendance: list[TrainingAttendance]) -> None:
    (verdict,) = decide(claim(), attendance=attendance)
    assert (verdict.code, verdict.held_minutes, verdict.payable_minutes) == ("ATTENDANCE_NOT_VERIFIED", 300, 0)


def test_a_verified_attendance_counts_before_others_and_then_the_longest() -> None:
    attendance = [attended(500, verified=False), attended(120), attended(240), attended(60)]
    assert decide(claim(), attendance=attendance)[0].payable_minutes == 240


def test_refusals_in_their_order() -> None:
    """Each cause is taken away in turn; the next one names the reason."""
    causes = [
        ("CLAIM_NOT_THROUGH_ESP", {"channel": "OTHER"}),
        ("PROGRAM_NOT_IN_FORCE", {"class_date": day("2024-09-18")}),
        ("CLAIM_TOO_LATE", {"recorded": "2024-11-16T00:00"}),
        ("TRAINING_ALREADY_CLAIMED", {"minutes": 301}),
    ]
    for place, (code, _) in enumerate(causes):
        later = {name: value for _, wrong in causes[place:] for name, value in wrong.items()}
        first = claim("C0", "2024-03-06T08:00", class_date=later.get("class_date", day(CLASS)))
        assert decide(first, claim(**({"recorded": "2024-03-07T09:00"} | later)))[-1].code == code
    gone = {"enrolled": lambda day: False, "listings": [], "attendance": []}
    for name, code in [("enrolled", "PROVIDER_NOT_ENROLLED"), ("listings", "COURSE_NOT_IN_CATALOG")]:
        assert codes(decide(claim(), **gone)) == [code]
        del gone[name]
    assert codes(decide(claim(), **gone)) == ["ATTENDANCE_NOT_VERIFIED"]


def test_denied_claims_pay_nothing() -> None:
    (verdict,) = decide(claim(channel="OTHER"))
    assert (verdict.payable_minutes, verdict.denied_minutes, verdict.minutes_refused) == (0, 300, 300)


@pytest.mark.parametrize(
    ("class_date", "code"),
    [("2022-09-30", True), ("2022-10-01", False), ("2024-09-17", False), ("2024-09-18", True), ("1900-01-01", True)],
)
def test_the_class_lies_within_the_program(class_date: str, code: bool) -> None:
    """Worked example 12."""
    attendance = [attended(class_date=day(class_date))]
    listings = [listing(since="1900-01-01")]
    verdicts = decide(claim(class_date=day(class_date)), attendance=attendance, listings=listings)
    assert codes(verdicts) == ["PROGRAM_NOT_IN_FORCE" if code else None]


@pytest.mark.parametrize(("recorded", "late"), [("2024-11-15T23:59:59", False), ("2024-11-16T00:00:00", True)])
def test_claims_are_taken_until_the_end_of_15_november(recorded: str, late: bool) -> None:
    assert codes(decide(claim(recorded=recorded))) == ["CLAIM_TOO_LATE" if late else None]


def test_a_claim_filed_in_time_is_corrected_later() -> None:
    filed = document(claim(recorded="2024-11-15T12:00"), claim(recorded="2024-12-20T12:00", minutes=200, revision=2))
    (verdict,) = decide(filed)
    assert (verdict.code, verdict.payable_minutes) == (None, 200)


def test_a_class_is_paid_once_to_the_claim_recorded_first() -> None:
    verdicts = decide(claim("C2", "2024-03-06T11:00"), claim("C1", "2024-03-06T10:00"))
    assert [(v.document.current.document_id, v.code) for v in verdicts] == [
        ("C1", None), ("C2", "TRAINING_ALREADY_CLAIMED"),
    ]  # fmt: skip


def test_a_correction_keeps_the_place_of_its_claim() -> None:
    filed = document(claim("C1", "2024-03-06T10:00"), claim("C1", "2024-03-20T10:00", revision=2))
    verdicts = decide(claim("C2", "2024-03-06T11:00"), filed)
    assert verdicts[0].document is filed
    assert codes(verdicts) == [None, "TRAINING_ALREADY_CLAIMED"]


def test_a_held_claim_keeps_its_class_and_a_denied_one_does_not() -> None:
    both = [claim("C1", "2024-03-06T10:00"), claim("C2", "2024-03-06T11:00")]
    assert codes(decide(*both, attendance=[])) == ["ATTENDANCE_NOT_VERIFIED", "TRAINING_ALREADY_CLAIMED"]
    both[0] = claim("C1", "2024-03-06T10:00", channel="OTHER")
    assert codes(decide(*both)) == ["CLAIM_NOT_THROUGH_ESP", None]


def test_a_withdrawn_claim_leaves_its_class_to_another() -> None:
    withdrawn = document(claim("C1", "2024-03-06T10:00"), claim("C1", "2024-03-08T10:00", revision=2, withdrawn=True))
    assert codes(decide(withdrawn, claim("C2", "2024-03-06T11:00"))) == [None]


def test_the_same_course_on_another_day_is_another_class() -> None:
    attendance = [attended(), attended(class_date=day("2024-03-06"))]
    other = claim("C2", "2024-03-07T10:00", class_date=day("2024-03-06"))
    assert codes(decide(claim(), other, attendance=attendance)) == [None, None]


def test_the_law_of_the_class_date_decides() -> None:
    value = {"from": date(2024, 3, 5), "value": ["ESP", "OTHER"]}
    law = LAW.amended({"overlay.toml": {"training": {"channels": {"values": [value]}}}})
    assert codes(decide(claim(channel="OTHER"), law=law)) == [None]
    before = claim(channel="OTHER", class_date=day("2024-03-04"))
    assert codes(decide(before, law=law)) == ["CLAIM_NOT_THROUGH_ESP"]


def test_a_class_is_denied_where_no_channel_is_in_force_on_its_date() -> None:
    ended = {"from": date(1900, 1, 1), "until": date(2024, 3, 4), "value": ["ESP"]}
    law = LAW.amended({"overlay.toml": {"training": {"channels": {"values": [ended]}}}})
    assert codes(decide(claim(), law=law)) == ["PROGRAM_NOT_IN_FORCE"]


def test_the_course_is_listed_on_the_class_date() -> None:
    catalog = course_catalog([document(listing(listed_to=day("2024-03-05")))])
    assert [listed(catalog, "K1", day(text)) is None for text in ("2022-08-31", "2022-09-01", "2024-03-05")] == [
        True, False, False,
    ]  # fmt: skip
    assert listed(catalog, "K1", day("2024-03-06")) is None
    assert listed(catalog, "K2", day("2024-03-05")) is None


def test_the_later_listing_is_in_force_then_the_one_recorded_last_then_the_larger_id() -> None:
    recorded = {"recorded_at": at("2022-08-02T09:00")}
    older, newer = listing("L9"), listing("L1", since="2023-01-01")
    catalog = course_catalog(map(document, [newer, older, listing("L2", event_id="L1", **recorded)]))
    assert [each.document_id for each in catalog["K1"]] == ["L1", "L2", "L9"]
    twins = [listing("L1", event_id="E"), listing("L2", event_id="E")]
    assert course_catalog(map(document, twins))["K1"][0].document_id == "L2"
    assert course_catalog(map(document, twins[::-1]))["K1"][0].document_id == "L2"


def test_a_withdrawn_listing_is_no_listing() -> None:
    assert course_catalog([document(listing(), listing(revision=2, withdrawn=True))]) == {}


@given(st.permutations([claim(f"C{place}", f"2024-03-06T{place + 9:02}:00") for place in range(4)]))
def test_the_order_of_claims_does_not_matter(claims: list[TrainingClaim]) -> None:
    verdicts = decide(*claims)
    assert [verdict.document.current.document_id for verdict in verdicts] == ["C0", "C1", "C2", "C3"]
    assert codes(verdicts) == [None] + ["TRAINING_ALREADY_CLAIMED"] * 3


def engagement(authorizations: dict[str, str], assigned: str = "IHSS", until: str | None = None) -> Engagement:
    """Authorizations by program and county from 2024-01-01; an assignment from then, to ``until``."""
    first, last = day("2024-01-01"), day(until) if until else None
    terms = {program: [AuthorizationTerm(first, None, code, 6000, [], "a")] for program, code in authorizations.items()}
    return Engagement("P1", "R1", terms, {assigned: [AssignmentTerm(first, last, None, "NON_RELATIVE", False, "b")]})


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (engagement({"IHSS": "17", "WPCS": "19"}), "17"),
        (engagement({"WPCS": "19", "IHSS": "17"}, assigned="WPCS"), "17"),
        (engagement({"WPCS": "19"}), "19"),
        (engagement({"IHSS": "17"}, until=CLASS), "17"),
        (engagement({"IHSS": "17"}, until="2024-03-04"), "43"),
        (engagement({}), "43"),
        (None, "43"),
    ],
)
def test_the_county_of_the_recipient_else_of_the_enrolment(terms: Engagement | None, expected: str) -> None:
    assert county(claim(recipient_id="R1"), terms, "43") == expected


def test_another_recipients_terms_do_not_count() -> None:
    assert county(claim(recipient_id="R2"), engagement({"IHSS": "17"}), "43") == "43"
    assert county(claim(), engagement({"IHSS": "17"}), "43") == "43"
