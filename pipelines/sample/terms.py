"""The papers on a provider: enrolment with the county, assignment to the recipient."""

from pipelines.sample.facts import fact, revised
from pipelines.sample.homes import Carer
from pipelines.sample.papers import Desk
from pipelines.sample.shelf import Record
from pipelines.sample.window import moment
from rules import periods

# The regular hours of the home, above which the month of `over_assigned_hours` goes.
ASSIGNED_SHARE = 0.8


def _enrollment(desk: Desk, carer: Carer, document_id: str) -> Record:
    fields = {
        "provider_id": carer.provider_id, "county": desk.window.county,
        "effective_from": desk.window.first - 31 * desk.rng.randrange(3, 60), "effective_to": None,
        "account_token": carer.token, "exemption": "NONE", "exemption_from": None, "exemption_to": None,
    }  # fmt: skip
    return fact(desk.source, document_id, desk.before(), fields)


def enroll(desk: Desk) -> None:
    """Files the enrolments of the providers that came with this home."""
    for carer in desk.home.carers:
        if carer.other is None:
            _enroll(desk, carer)
        elif desk.home.name == "exemption_over_90":
            record = _enrollment(desk, carer, f"EX{desk.home.number:06d}")
            record |= {"effective_from": desk.window.first - 14, "exemption": "EXEMPTION_2"}
            desk.put("ProviderEnrollment", record)


def _enroll(desk: Desk, carer: Carer) -> None:
    name, first, rng = desk.home.name, desk.window.first, desk.rng
    record = _enrollment(desk, carer, f"EN{carer.provider_id[1:]}")
    if name == "not_enrolled_yet":
        record["effective_from"] = first + 9
    elif name == "enrollment_recorded_late":
        record["recorded_at"] = moment(periods.month_end(first) - rng.randrange(4), rng)
    elif name == "waiver_exemption":
        record["exemption"] = "EXEMPTION_WPCS"
    paper = desk.put("ProviderEnrollment", record)
    if name == "enrollment_ends":
        middle = desk.window.months[len(desk.window.months) // 2] + 5
        desk.home.until = periods.period_end(middle)
        paper = desk.put("ProviderEnrollment", revised(record, moment(middle - 2, rng), effective_to=middle))
    carer.enrollment = paper[1]


def _assignment(desk: Desk, carer: Carer, program: str) -> Record:
    fields = {
        "provider_id": carer.provider_id, "recipient_id": desk.home.recipient_id, "program": program,
        "effective_from": desk.home.terms[0][0], "effective_to": None, "monthly_minutes": None,
        "relationship": carer.relationship, "live_in": carer.live_in,
    }  # fmt: skip
    return fact(desk.source, f"AS{carer.provider_id[1:]}-{desk.home.number}-{program[0]}", desk.before(), fields)


def assign(desk: Desk) -> None:
    """Files the assignments of the home's providers, as its situation wants them."""
    home, first = desk.home, desk.window.first
    if home.name == "provider_not_assigned":
        home.until = first + 40
        return
    for carer in home.carers:
        record = _assignment(desk, carer, "IHSS")
        if home.name == "assignment_recorded_late":
            record["recorded_at"] = moment(periods.month_end(first) - desk.rng.randrange(4), desk.rng)
        elif home.name in ("hours_assigned", "over_assigned_hours"):
            share = carer.share if home.name == "hours_assigned" else ASSIGNED_SHARE
            record["monthly_minutes"] = int(home.minutes * share) + 1
        paper = desk.put("ProviderAssignment", record)
        if home.name == "hours_assigned":
            desk.plant([paper])
        if home.waiver_minutes:
            desk.put("ProviderAssignment", _assignment(desk, carer, "WPCS"))
