"""The stages: their case files (`STAGES`), where facts go (`routes`), and the classes of all they conclude.

Where a conclusion goes it says in its class (`rules.conclusion.Conclusion`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rules.authorize.case import RecipientFile
from rules.conclusion import AUTHORIZE, METHOD, PRICE, SETTLE, Conclusion, Stop
from rules.law import Law
from rules.method import MethodFile
from rules.price.case import ProviderFile
from rules.restatement import CaseFile
from rules.settle.case import SettlementFile
from schemas import FACTS
from schemas.course_listing import CourseListing
from schemas.envelope import Fact
from schemas.ids import payee_of, recipient_key, settlement_that_made
from schemas.service_authorization import ServiceAuthorization
from schemas.symbols import PAYMENT_KINDS

Catalog = Mapping[str, Sequence[CourseListing]]
STAGES: dict[str, Callable[[str, Law, Catalog], CaseFile]] = {
    AUTHORIZE: lambda recipient, law, catalog: RecipientFile(recipient, law),
    PRICE: lambda provider, law, catalog: ProviderFile(provider, law, catalog),
    SETTLE: lambda key, law, catalog: SettlementFile(key, law),
    METHOD: lambda provider, law, catalog: MethodFile(),
}
CLAIMS_PAY = {"Timesheet", "TravelClaim", "TrainingClaim", "IncentiveClaim", "SickLeaveClaim"}

_OF_RECIPIENT = {"Timesheet", "EvvVisit", "ServiceAuthorization", "ProviderAssignment"}
_OF_PROVIDER = {
    "ProviderEnrollment", "TravelClaim", "TrainingClaim", "TrainingAttendance",
    "IncentiveClaim", "SickLeaveClaim", "HoursException", "ViolationDecision",
}  # fmt: skip
_OF_SETTLEMENT = {"IncomeAssessment", "ServiceAuthorization", "ProviderAssignment"}


def _concluded(parent: type[Conclusion]) -> Iterator[type[Conclusion]]:
    """All classes of conclusions: who concludes one is imported above."""
    for each in parent.__subclasses__():
        yield from _concluded(each)
        if not each.__subclasses__():
            yield each


CONCLUSIONS: dict[str, type[Conclusion]] = {each.__name__: each for each in _concluded(Conclusion)}


def routes(fact: Any) -> list[Stop]:
    """Where a fact goes. CourseListings go nowhere: they are reference data."""
    stops = []
    if fact.KIND in _OF_RECIPIENT:
        stops.append(Stop(AUTHORIZE, fact.recipient_id))
    if fact.KIND in _OF_PROVIDER:
        stops.append(Stop(PRICE, fact.provider_id))
    if fact.KIND in _OF_SETTLEMENT:
        stops.append(Stop(SETTLE, recipient_key(fact.recipient_id)))
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
    named, settlement = payee_of(instruction_id), Stop(SETTLE, settlement_that_made(instruction_id))
    provider = named.provider_id if named.kind in PAYMENT_KINDS else None
    return [settlement] if provider is None else [settlement, Stop(PRICE, provider)]


def claims_pay(fact: Fact) -> bool:
    """Does pay begin with it (PayRun)?"""
    return fact.KIND in CLAIMS_PAY or (isinstance(fact, ServiceAuthorization) and fact.pay_mode == "ADVANCE")
