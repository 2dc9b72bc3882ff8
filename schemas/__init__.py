"""What crosses the boundary: the roll of all kinds, facts in and conclusions out.

A kind is a pair of files: ``<kind>.avsc``, the Avro schema others read, and ``<kind>.py``, its model (of a conclusion
its struct), which says what is acceptable. ``avro.py`` goes from bytes to these and back.
"""

from schemas.admission import Admission
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.benefit_hours import BenefitHours
from schemas.course_listing import CourseListing
from schemas.envelope import Crossing, Fact, OutgoingRecord, Record, RepeatedRecord
from schemas.evv_visit import EvvVisit
from schemas.finding import Finding
from schemas.hours_exception import HoursException
from schemas.incentive_claim import IncentiveClaim
from schemas.income_assessment import IncomeAssessment
from schemas.leave_balance import LeaveBalance
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction
from schemas.payment_outcome import PaymentOutcome
from schemas.provider_assignment import ProviderAssignment
from schemas.provider_enrollment import ProviderEnrollment
from schemas.rejection import Rejection
from schemas.service_authorization import ServiceAuthorization
from schemas.sick_leave_claim import SickLeaveClaim
from schemas.timesheet import Timesheet
from schemas.training_attendance import TrainingAttendance
from schemas.training_claim import TrainingClaim
from schemas.travel_claim import TravelClaim
from schemas.violation_decision import ViolationDecision

FACTS: dict[str, type[Fact]] = {
    "Timesheet": Timesheet,
    "EvvVisit": EvvVisit,
    "ServiceAuthorization": ServiceAuthorization,
    "ProviderAssignment": ProviderAssignment,
    "ProviderEnrollment": ProviderEnrollment,
    "IncomeAssessment": IncomeAssessment,
    "TravelClaim": TravelClaim,
    "CourseListing": CourseListing,
    "TrainingAttendance": TrainingAttendance,
    "TrainingClaim": TrainingClaim,
    "IncentiveClaim": IncentiveClaim,
    "SickLeaveClaim": SickLeaveClaim,
    "HoursException": HoursException,
    "ViolationDecision": ViolationDecision,
    "PaymentOutcome": PaymentOutcome,
}

CONCLUSIONS: dict[str, type[OutgoingRecord]] = {
    "PaymentInstruction": PaymentInstruction,
    "Finding": Finding,
    "AdvanceReconciliation": AdvanceReconciliation,
    "LeaveBalance": LeaveBalance,
    "BenefitHours": BenefitHours,
    "PayRun": PayRun,
    "Rejection": Rejection,
}

KINDS_OF_RUN = tuple(kind for kind in CONCLUSIONS if kind not in ("PayRun", "Rejection"))
"""What a pay run says but itself, in the order of the contract; a rejection is of no run."""
REPEATED = tuple(kind for kind, record in CONCLUSIONS.items() if issubclass(record, RepeatedRecord))

ARRIVALS: dict[str, type[Record]] = {"Admission": Admission}
"""What the unbounded job says about facts that came late, and a replay of its journal obeys."""

KINDS: dict[str, type[Crossing]] = {**FACTS, **CONCLUSIONS, **ARRIVALS}
