"""What was found, as JSON."""

from collections.abc import Sequence

from pipelines.find.about import About, Payment
from pipelines.find.arrived import Arrived
from pipelines.find.search import FoundId
from pipelines.own_name import pasted
from rules.periods import iso
from schemas.finding import Finding
from schemas.leave_balance import LeaveBalance
from schemas.types import Json


def as_json(hits: Sequence[FoundId], about: About | None, facts: Sequence[Arrived], commands: Sequence[str]) -> Json:
    """What was found; of one, all about it. Amounts in cents, time in minutes."""
    told: Json = {"found": [each._asdict() for each in hits], "next": list(map(pasted, commands))}
    if about is None:
        return told
    return told | {
        "periods": [iso(each) for each in about.periods],
        "payments": [_payment(each) for each in about.payments],
        "findings": [_finding(each) for each in about.findings],
        "documents": [
            {
                "document": each.document,
                "revision": each.revision,
                "withdrawn": each.withdrawn,
                "event_id": each.event_id,
            }
            for each in facts
        ],
        "rejections": about.rejected,
        "leave": [_balance(each) for each in about.leave],
    }


def _payment(payment: Payment) -> Json:
    said, came_back = payment
    return {
        "instruction_id": said.instruction_id, "period_start": iso(said.period_start), "run_date": iso(said.run_date),
        "gross_cents": said.gross_cents, "net_cents": said.net_cents, "held_minutes": said.held_minutes,
        "came_back": iso(came_back) if came_back is not None else None,
    }  # fmt: skip


def _finding(told: Finding) -> Json:
    names = ("finding_id", "code", "outcome", "addressee", "provider_id", "recipient_id", "document_id", "minutes")
    return {name: getattr(told, name) for name in (*names, "message", "next_step")}


def _balance(told: LeaveBalance) -> Json:
    days = ("leave_year", "earned_on", "usable_from", "ends_on")
    spelled = {name: None if (day := getattr(told, name)) is None else iso(day) for name in days}
    minutes = ("granted_minutes", "used_minutes", "left_minutes")
    return spelled | {name: getattr(told, name) for name in minutes}
