"""The words a payroll officer reads for the symbols of the contract."""

from rules.money import dollars
from rules.periods import hhmm

REASONS = {
    "V1": "Over the weekly limit for a recipient",
    "V2": "Over a recipient's weekly maximum",
    "V3": "Over the weekly limit for several recipients",
    "V4": "Over the weekly limit of travel",
    "CLAIM_NOT_THROUGH_ESP": "Claim not through the State's web portal",
    "CONFLICTING_REVISION": "Two versions under one revision number",
    "DOCUMENT_MOVED": "One timesheet under two people",
    "FILING_LIMIT": "Came after the month had closed",
    "PAY_OVERDUE": "Held longer than pay may take",
    "POSSIBLE_DUPLICATE": "Most likely one sheet sent twice",
    "NOT_IN_FORCE": "No rate or other value is known for that day",
    "PROVIDER_NOT_ASSIGNED": "Provider not assigned to the recipient",
    "PROVIDER_NOT_ENROLLED": "Provider not enrolled",
    "OVER_SICK_LEAVE_BALANCE": "More sick leave than was left",
    "SICK_LEAVE_ALREADY_CLAIMED": "Sick leave claimed twice for a day",
    "SICK_LEAVE_NOT_USABLE": "No sick leave to use on that day",
    "SICK_LEAVE_REVIEW": "Sick leave paid, and its service cut since",
    "SICK_LEAVE_STEP": "Sick leave of a length that is not paid",
    "SHARE_OF_COST_DUE": "Share of cost to collect",
}
"""Finding codes whose own words would not do."""

KINDS = {
    "Admission": "Late admission",
    "CourseListing": "Course listing",
    "EvvVisit": "EVV visit",
    "HoursException": "Hours exception",
    "IncentiveClaim": "Incentive claim",
    "IncomeAssessment": "Income assessment",
    "PaymentOutcome": "Payment outcome",
    "ProviderAssignment": "Provider assignment",
    "ProviderEnrollment": "Provider enrollment",
    "ServiceAuthorization": "Service authorization",
    "SickLeaveClaim": "Sick leave claim",
    "TrainingAttendance": "Training attendance",
    "TrainingClaim": "Training claim",
    "TravelClaim": "Travel claim",
    "ViolationDecision": "Violation decision",
}

REJECTIONS = {
    "UNREADABLE": "Damaged or not Avro",
    "UNKNOWN_SCHEMA": "No record of ours, or fields of other types",
    "INVALID": "A field is missing or out of its range",
    "CONTRADICTORY": "Fields that contradict each other",
}

EARNINGS = {
    "SERVICE": "Service",
    "OVERTIME_PREMIUM": "Overtime premium",
    "TRAVEL": "Travel between recipients",
    "TRAINING": "Training",
    "INCENTIVE": "Incentive",
    "ADVANCE": "Advance",
    "SICK_LEAVE": "Paid sick leave",
}

DEDUCTIONS = {
    "FICA": "Social Security (FICA)",
    "MEDICARE": "Medicare",
    "SDI": "State disability (SDI)",
    "SHARE_OF_COST": "Share of cost, paid by recipients",
    "ADVANCE_PAID": "Paid before as an advance",
    "OVERPAYMENT_CARRIED": "Set against overpayments",
}

DEDUCED_BY = {
    "FICA": "TAX-3",
    "MEDICARE": "TAX-3",
    "SDI": "TAX-3",
    "SHARE_OF_COST": "SOC-5",
    "ADVANCE_PAID": "ADV-5",
    "OVERPAYMENT_CARRIED": "MONEY-2",
}
"""The law id of each kind of deduction."""

PAID_FOR = {
    "ARREARS": "Work done",
    "ADVANCE": "Advances to recipients",
    "TRAINING": "Training",
    "INCENTIVE": "Incentives",
    "SICK_LEAVE": "Paid sick leave",
}

NOT_COVERED = (
    "Not covered: COVID-19 supplemental sick leave; back-up provider differential; union, health and other deductions; "
    "income tax, W-2, thresholds and refunds; restaurant meals; the WPCS ceiling of 24:00 a day; buy-out; "
    "funding shares. See README."
)
"""LAW.md section 15, for whoever might look for it in a payroll."""


def in_words(symbol: str, words: dict[str, str]) -> str:
    """The words for a symbol; without any, the symbol itself read aloud: ``NO_VISIT`` is ``No visit``."""
    return words.get(symbol, symbol.replace("_", " ").capitalize())


CARRIED = "Overpaid, not taken back, less what was set against it"


def deduction_in_words(kind: str, cents: int) -> str:
    """The words for cents taken off: what is below zero of an overpayment is left to be recovered, not set against."""
    return CARRIED if kind == "OVERPAYMENT_CARRIED" and cents < 0 else in_words(kind, DEDUCTIONS)


def money(cents: int) -> str:
    """``$1,001.56``, or ``-$5.00``."""
    return f"-${dollars(-cents)}" if cents < 0 else f"${dollars(cents)}"


def clock(minutes: int) -> str:
    """Minutes as hours and minutes with thousands apart: ``148,333:20``."""
    whole, rest = hhmm(abs(minutes)).split(":")
    return f"{'-' if minutes < 0 else ''}{int(whole):,}:{rest}"
