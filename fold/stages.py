"""The stages: who reads what under which key, and where what they conclude goes.

One table, so that nobody has to look for it: facts to stages (`routes`), case files to stages (`STAGES`), conclusions
to the next stage (`next_stop`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from rules.authorize.case import RecipientFile
from rules.conclusions import AuthorizedTime, Engagement, LateTime, PayeeAccount, Statement, VisitSpans, VisitWarning
from rules.law import Law
from rules.method import AwaitsMethod, MethodFile, PaymentReturned
from rules.price.case import ProviderFile
from rules.restatement import CaseFile
from rules.settle.case import SettlementFile
from schemas import FACTS
from schemas.course_listing import CourseListing
from schemas.envelope import Fact

Catalog = Mapping[str, Sequence[CourseListing]]
AUTHORIZE, PRICE, SETTLE, METHOD = "authorize", "price", "settle", "method"
STAGES: dict[str, Callable[[str, Law, Catalog], CaseFile]] = {
    AUTHORIZE: lambda recipient, law, catalog: RecipientFile(recipient, law),
    PRICE: lambda provider, law, catalog: ProviderFile(provider, law, catalog),
    SETTLE: lambda key, law, catalog: SettlementFile(key, law),
    METHOD: lambda provider, law, catalog: MethodFile(),
}
CLAIMS_PAY = {"Timesheet", "TravelClaim", "TrainingClaim", "IncentiveClaim"}

_OF_RECIPIENT = {"Timesheet", "EvvVisit", "ServiceAuthorization", "ProviderAssignment"}
_OF_PROVIDER = {
    "ProviderEnrollment", "TravelClaim", "TrainingClaim", "TrainingAttendance",
    "IncentiveClaim", "HoursException", "ViolationDecision",
}  # fmt: skip
_OF_SETTLEMENT = {"IncomeAssessment", "ServiceAuthorization", "ProviderAssignment"}


class Stop(NamedTuple):
    """A stage and the key under which it reads."""

    stage: str
    key: str


def routes(fact: Any) -> list[Stop]:
    """Where a fact goes. CourseListings go nowhere: they are reference data."""
    stops = []
    if fact.KIND in _OF_RECIPIENT:
        stops.append(Stop(AUTHORIZE, fact.recipient_id))
    if fact.KIND in _OF_PROVIDER:
        stops.append(Stop(PRICE, fact.provider_id))
    if fact.KIND in _OF_SETTLEMENT:
        stops.append(Stop(SETTLE, f"R/{fact.recipient_id}"))
    if fact.KIND == "PaymentOutcome":
        stops += _readers_of_outcome(fact.instruction_id)
    return stops


def counted_in(kind: str) -> str:
    """The stage that counts facts of a kind, of those that read them."""
    return AUTHORIZE if kind in _OF_RECIPIENT else PRICE if kind in _OF_PROVIDER else SETTLE


def counts_as_fact(kind: str, stage: str) -> bool:
    """Is a row of this kind a fact that the stage counts?"""
    return kind in FACTS and counted_in(kind) == stage


def _readers_of_outcome(instruction_id: str) -> list[Stop]:
    """The settlement that made an instruction, by its id ``kind:payee:recipient:period:run`` (any, if it is none of
    ours), and the provider it paid, whose other settlements hear of a return (RUN-4)."""
    kind, payee, *_ = (*instruction_id.split(":"), "")
    settlement = Stop(SETTLE, settlement_that_made(instruction_id))
    return [settlement, Stop(PRICE, payee)] if kind in ("ARREARS", "TRAINING", "INCENTIVE") else [settlement]


def settlement_that_made(instruction_id: str) -> str:
    """The key of the settlement that an instruction is of, by its id; any, if it is none of ours."""
    kind, payee, recipient, *_ = (*instruction_id.split(":"), "", "")
    return f"P/{payee}" if kind in ("TRAINING", "INCENTIVE") else f"R/{recipient}"


def claims_pay(fact: Fact) -> bool:
    """Does pay begin with it (PayRun)?"""
    return fact.KIND in CLAIMS_PAY or getattr(fact, "pay_mode", None) == "ADVANCE"


def next_stop(conclusion: Any) -> Stop | None:
    """Where a conclusion goes; None: it stays in the house."""
    stop = _NEXT.get(type(conclusion))
    return stop(conclusion) if stop else None


def _to_provider(conclusion: Any) -> Stop:
    return Stop(PRICE, conclusion.provider_id)


def _to_method(conclusion: Any) -> Stop:
    return Stop(METHOD, conclusion.provider_id)


def _to_settlement(conclusion: Any) -> Stop:
    return Stop(SETTLE, conclusion.key)


_NEXT: dict[type, Callable[[Any], Stop]] = {
    AuthorizedTime: _to_provider,
    Engagement: _to_provider,
    VisitSpans: _to_provider,
    VisitWarning: _to_provider,
    LateTime: _to_provider,
    Statement: _to_settlement,
    PayeeAccount: _to_settlement,
    PaymentReturned: _to_method,
    AwaitsMethod: _to_method,
}
