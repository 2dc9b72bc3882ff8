"""The symbols of every enum of the contract, in its order: each is declared here and nowhere else.

A field of a model takes the ``Literal``; who goes through all of them takes the tuple. Each ``.avsc`` holds the same
symbols after UNKNOWN, its default (``tests/schemas/test_symbols.py``). What an unknown one means nobody may guess:
`known` raises.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Literal, get_args

Program = Literal["IHSS", "WPCS"]
LineProgram = Literal["IHSS", "WPCS", "CAREER_PATHWAYS"]
TimesheetChannel = Literal["ESP", "TTS", "PAPER"]
ClaimChannel = Literal["ESP", "OTHER"]
SickLeaveChannel = Literal["ESP", "PAPER"]
Place = Literal["HOME", "COMMUNITY"]
VisitMethod = Literal["MOBILE_APP", "ESP", "TTS", "MANUAL"]
Funding = Literal["PCSP", "CFCO", "IPO", "IHSS_R", "WPCS"]
PayMode = Literal["ARREARS", "ADVANCE"]
Relationship = Literal["NON_RELATIVE", "SPOUSE", "PARENT", "MINOR_CHILD", "CHILD_18_TO_20", "DOMESTIC_PARTNER"]
Exemption = Literal["NONE", "EXEMPTION_1", "EXEMPTION_2", "EXEMPTION_WPCS"]
IncomeCategory = Literal["SSI_LINKED", "EXPANSION", "SSI_1619B", "WORKING_DISABLED", "NONE"]
Incentive = Literal["TRAINING", "ONE_MONTH_ASSIGNMENT", "SIX_MONTH_ASSIGNMENT"]
Decision = Literal["OVERTURNED", "TRAINING_COMPLETED", "UPHELD"]
Pathway = Literal[
    "GENERAL_HEALTH_AND_SAFETY",
    "ADULT_EDUCATION",
    "COGNITIVE_IMPAIRMENTS_AND_BEHAVIORAL_HEALTH",
    "COMPLEX_PHYSICAL_CARE_NEEDS",
    "TRANSITION_TO_HOME_AND_COMMUNITY_BASED_LIVING",
]
Outcome = Literal["ACCEPTED", "SETTLED", "RETURNED", "VOIDED", "STALE", "RECOVERED"]
PaymentKind = Literal["ARREARS", "ADVANCE", "TRAINING", "INCENTIVE", "SICK_LEAVE"]
PaymentMethod = Literal["DIRECT_DEPOSIT", "WARRANT", "NONE"]
PayeeType = Literal["PROVIDER", "RECIPIENT"]
Earning = Literal["SERVICE", "OVERTIME_PREMIUM", "TRAVEL", "TRAINING", "INCENTIVE", "ADVANCE", "SICK_LEAVE"]
DeductionKind = Literal["FICA", "MEDICARE", "SDI", "SHARE_OF_COST", "ADVANCE_PAID", "OVERPAYMENT_CARRIED"]
FindingOutcome = Literal["NOTED", "WARNING", "HELD", "CUT", "DENIED", "VIOLATION", "NOTICE"]
Addressee = Literal["PROVIDER", "RECIPIENT", "COUNTY"]
AdvanceStatus = Literal[
    "OPEN", "DUE", "PRESUMED_OVERPAYMENT", "MOVE_TO_ARREARS_REVIEW", "MAY_MOVE_TO_ARREARS", "RECONCILED"
]
RejectionReason = Literal["UNREADABLE", "UNKNOWN_SCHEMA", "INVALID", "CONTRADICTORY"]

DECISIONS: tuple[Decision, ...] = get_args(Decision)
EXEMPTIONS: tuple[Exemption, ...] = get_args(Exemption)
PROGRAMS: tuple[Program, ...] = get_args(Program)
PAYMENT_KINDS: tuple[PaymentKind, ...] = get_args(PaymentKind)
EARNINGS: tuple[Earning, ...] = get_args(Earning)
DEDUCTIONS: tuple[DeductionKind, ...] = get_args(DeductionKind)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
FINDING_OUTCOMES: tuple[FindingOutcome, ...] = get_args(FindingOutcome)
ADDRESSEES: tuple[Addressee, ...] = get_args(Addressee)

OF_PROVIDER: tuple[PaymentKind, ...] = ("TRAINING", "INCENTIVE", "SICK_LEAVE")
"""Kinds that the provider's own settlement pays: they know no share of cost and no advance."""
TAXES: tuple[DeductionKind, ...] = ("FICA", "MEDICARE", "SDI")
CARRIED: DeductionKind = "OVERPAYMENT_CARRIED"


GONE = "GONE"
"""In the place of a symbol, of a document that was forgotten since it says nothing any more (TIME-6): in no fact."""


class UnknownSymbol(ValueError):
    """A symbol that the code does not know, where leaving it out would change money."""


def known(symbols: Iterable[str], allowed: Container[str], what: str) -> None:
    """Raises UnknownSymbol unless all are among those allowed. ``what`` they are, in the singular."""
    if unknown := {each for each in symbols if each not in allowed}:
        raise UnknownSymbol(f"no {what} that is known here: {', '.join(sorted(unknown))}")
