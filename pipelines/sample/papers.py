"""The county's papers on a home: authorizations, assignments, enrolments, income assessments."""

from random import Random

from pipelines.sample.facts import fact, revised
from pipelines.sample.homes import HOUR, WITH_SHARE_OF_COST, Home
from pipelines.sample.shelf import Fact, Record, Shelf, Truth
from pipelines.sample.window import Window, moment
from rules import periods

FUNDING = ("PCSP", "CFCO", "IPO", "IHSS_R")
FUNDING_WEIGHTS = (50, 42, 4, 4)
IPO_CEILING = 195 * HOUR
SEVERE = (("FEEDING", 420), ("TRANSFER", 300), ("BOWEL_AND_BLADDER_CARE", 360), ("BATHING_ORAL_HYGIENE_GROOMING", 300))
LIGHT = (("DOMESTIC", 90), ("LAUNDRY", 60), ("SHOPPING_FOR_FOOD", 60), ("AMBULATION", 120), ("DRESSING", 100))
ADVANCE = {"advance_pay", "advance_with_share_of_cost", "advance_below_usual", "advance_without_impairment"}
IMPAIRED = ADVANCE - {"advance_without_impairment"}
CATEGORIES = ("SSI_LINKED", "EXPANSION", "SSI_1619B", "WORKING_DISABLED")
CATEGORY_WEIGHTS = (62, 28, 4, 6)


class Desk:
    """Where one recipient's papers are written: the home, the sample's window, and what takes facts and truth."""

    def __init__(self, home: Home, window: Window, shelf: Shelf, truth: Truth) -> None:
        self.home, self.window, self.shelf, self.truth = home, window, shelf, truth
        self.rng: Random = home.rng
        self.source = f"county.{window.county}"
        self.facts: list[Fact] = []

    def put(self, kind: str, record: Record) -> Fact:
        """Files a fact, unless it would be recorded after the sample ends."""
        if self.window.open_at(record["recorded_at"]):
            self.shelf.put(kind, record)
            self.facts.append((kind, record))
        return kind, record

    def plant(self, facts: list[Fact], **grain: str) -> None:
        """Notes the situation of the home as planted by these facts."""
        self.truth.plant(self.home.name, facts, **grain)

    def before(self) -> int:
        """An instant in the month before the sample starts."""
        return moment(self.window.first - self.rng.randrange(2, 28), self.rng)


def _impairment(home: Home, rng: Random) -> tuple[bool, tuple[tuple[str, int], ...]]:
    if home.name in IMPAIRED or home.minutes > 240 * HOUR:
        return True, SEVERE
    if home.name == "impairment_mismatch":
        return True, LIGHT
    return False, LIGHT if rng.random() < 0.3 else ()


def _authorization(desk: Desk) -> Record:
    home, rng = desk.home, desk.rng
    severe, services = _impairment(home, rng)
    funding = rng.choices(FUNDING, FUNDING_WEIGHTS)[0]
    if home.name == "authorization_over_ceiling":
        severe, services, funding = False, (), "IPO"
    elif not severe and home.minutes > IPO_CEILING:
        funding = "PCSP"
    fields = {
        "recipient_id": home.recipient_id, "program": "IHSS", "county": desk.window.county,
        "effective_from": home.terms[0][0], "effective_to": None,
        "monthly_minutes": home.minutes, "funding": funding, "severely_impaired": severe,
        "protective_supervision_minutes": 0,
        "services": [{"service": name, "minutes_per_week": minutes} for name, minutes in services],
        "pay_mode": "ADVANCE" if home.name in ADVANCE else "ARREARS",
        "concurrent_care": home.name == "concurrent_care",
        "training_needs": [home.pathway] if home.pathway else [],
        "deceased_on": None,
        "payee_account_token": f"tok-{rng.getrandbits(48):012x}" if home.name in ADVANCE else None,
    }  # fmt: skip
    return fact(desk.source, f"SA{home.number:06d}", desk.before(), fields)


def _next_authorization(desk: Desk, first: Record, effective_from: int) -> None:
    """Another authorization with more hours; the home works by it from its first day."""
    minutes = min(first["monthly_minutes"] * 5 // 4, IPO_CEILING if not first["severely_impaired"] else 283 * HOUR)
    minutes = max(minutes, first["monthly_minutes"])
    desk.home.terms.append((effective_from, minutes))
    recorded = max(moment(effective_from - 12, desk.rng), first["recorded_at"] + 1)
    document = f"{first['document_id']}-2"
    changes = {"document_id": document, "event_id": f"{document}.1", "recorded_at": recorded}
    later = {**first, **changes, "effective_from": effective_from, "monthly_minutes": minutes}
    desk.plant([desk.put("ServiceAuthorization", later)])


def authorize(desk: Desk) -> None:
    """Files the authorizations of the home, as its situation wants them."""
    home, window, rng = desk.home, desk.window, desk.rng
    record = _authorization(desk)
    first_end = periods.month_end(window.first)
    middle = window.months[len(window.months) // 2]
    if home.name == "no_authorization":
        home.until = window.first + 40
        return
    if home.name == "authorization_recorded_late":
        record["recorded_at"] = moment(first_end - rng.randrange(4), rng)
    if home.name == "authorization_over_ceiling":
        record["monthly_minutes"] = 230 * HOUR
    paper = desk.put("ServiceAuthorization", record)
    if home.name in ("authorization_over_ceiling", "impairment_mismatch"):
        desk.plant([paper])
    elif home.name == "authorization_rises":
        _next_authorization(desk, record, middle)
    elif home.name == "authorization_changes_mid_month":
        _next_authorization(desk, record, middle + rng.randrange(9, 20))
    elif home.name == "authorization_raised_late":
        _raise_late(desk, record, first_end)
    elif home.name == "recipient_dies":
        _die(desk, record, middle + rng.randrange(3, 24))
    elif home.name == "waiver_hours_on_top" or home.name == "waiver_exemption":
        home.waiver_minutes = (40 if home.name == "waiver_exemption" else rng.randrange(20, 45)) * HOUR
        desk.put("ServiceAuthorization", _waiver(home, record))


def _raise_late(desk: Desk, record: Record, first_end: int) -> None:
    raised = record["monthly_minutes"] * 13 // 10
    desk.home.terms[0] = (desk.home.terms[0][0], raised)
    desk.put("ServiceAuthorization", revised(record, moment(first_end + 12, desk.rng), monthly_minutes=raised))


def _die(desk: Desk, record: Record, day: int) -> None:
    """Work is claimed for the rest of the pay period, which the family did not know to stop."""
    desk.home.until = periods.period_end(periods.period_of(day))
    desk.put("ServiceAuthorization", revised(record, moment(day + desk.rng.randrange(2, 9), desk.rng), deceased_on=day))
    desk.home.died_on = day


def _waiver(home: Home, record: Record) -> Record:
    document = f"WA{home.number:06d}"
    return {
        **record, "event_id": f"{document}.1", "document_id": document, "program": "WPCS", "funding": "WPCS",
        "monthly_minutes": home.waiver_minutes, "services": [], "pay_mode": "ARREARS", "payee_account_token": None,
    }  # fmt: skip


def assess(desk: Desk) -> None:
    """Files what the county knows of the recipient's income."""
    home, rng, window = desk.home, desk.rng, desk.window
    if home.name == "no_assessment":
        desk.truth.plant(home.name, [], recipient_id=home.recipient_id)
        return
    category = "NONE" if home.has_share_of_cost else rng.choices(CATEGORIES, CATEGORY_WEIGHTS)[0]
    fields = {
        "recipient_id": home.recipient_id, "effective_from": window.first - 31 * rng.randrange(1, 12),
        "effective_to": None, "category": category, "couple": rng.random() < 0.1, "blind": False, "blind_spouse": False,
        "unearned_cents": rng.randrange(120_000, 165_000) if home.has_share_of_cost else rng.randrange(60_000, 110_000),
        "earned_cents": rng.randrange(10_000, 50_000) if rng.random() < 0.1 else 0,
        "impairment_work_expense_cents": 0, "blind_work_expense_cents": 0,
    }  # fmt: skip
    if home.name in WITH_SHARE_OF_COST:
        fields |= {"couple": False, "unearned_cents": rng.randrange(150_000, 170_000)}
    record = fact(desk.source, f"IA{home.number:06d}", desk.before(), fields)
    late = moment(periods.month_end(window.first) + 6, rng)
    if home.name == "assessment_recorded_late":
        record["recorded_at"] = late
    paper = desk.put("IncomeAssessment", record)
    if home.name == "assessment_lowered":
        lower = revised(record, late, unearned_cents=record["unearned_cents"] - 30_000)
        paper = desk.put("IncomeAssessment", lower)
    if home.name in ("assessment_recorded_late", "assessment_lowered"):
        desk.plant([paper])
