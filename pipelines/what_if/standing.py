"""What stands at the end of what one key said: the newest of each finding and record, payments that did not return."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from fold.shard import Records
from fold.tally import RunTotals
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.benefit_hours import BenefitHours
from schemas.envelope import OutgoingRecord
from schemas.finding import Finding
from schemas.ids import statement_of
from schemas.payment_instruction import PaymentInstruction


class Standing(NamedTuple):
    """What holds at the end for one key, by id: of findings code, outcome and minutes; of benefits whether the hours
    reach; of advances status, open minutes and cents; of statements what was overpaid and not taken back; of
    findings whose they are, (county, payee type, id)."""

    findings: dict[str, tuple[str, str, int]]
    benefits: dict[tuple[str, str, int], bool | None]
    advances: dict[tuple[str, int], tuple[str, int, int]]
    outstanding: dict[str, int]
    homes: set[tuple[str, str, str]]


def standing_of(records: Records) -> Standing:
    """The newest of each, of records in the order in which they were said."""
    made = Standing({}, {}, {}, {}, set())
    for each in records.get("Finding", ()):
        _find(made, each)
    for each in records.get("BenefitHours", ()):
        assert isinstance(each, BenefitHours)
        made.benefits[each.provider_id, each.county, each.service_month] = each.eligible
    for each in records.get("AdvanceReconciliation", ()):
        assert isinstance(each, AdvanceReconciliation)
        made.advances[each.recipient_id, each.service_month] = each.status, each.open_minutes, each.advanced_cents
    for each in records.get("PaymentInstruction", ()):
        assert isinstance(each, PaymentInstruction)
        made.outstanding[each.statement_id] = each.outstanding_cents
    return made


def _find(made: Standing, finding: Any) -> None:
    assert isinstance(finding, Finding)
    people = ("PROVIDER", finding.provider_id), ("RECIPIENT", finding.recipient_id)
    made.homes.update((finding.county, side, id) for side, id in people if finding.county and id)
    if finding.cleared:
        made.findings.pop(finding.finding_id, None)
    else:
        made.findings[finding.finding_id] = finding.code, finding.outcome, finding.minutes or 0


def standing_payments(said: Iterable[Any], runs: Mapping[int, RunTotals]) -> list[OutgoingRecord]:
    """Without those that came back: an instruction names all earlier ones of its statement that do not stand, and where
    none was said a pay run does. ``said``: instructions; ``runs``: by cut-off."""
    paid = sorted(said, key=lambda each: (each.cut_off, each.instruction_id))
    gone: dict[str, set[str]] = {}
    turned = [(cut_off, each) for cut_off, run in runs.items() for each in run.came_back]
    events = [*((each.cut_off, 0, each) for each in paid), *((cut_off, 1, each) for cut_off, each in turned)]
    for _, _, each in sorted(events, key=lambda event: event[:2]):
        if isinstance(each, PaymentInstruction):
            gone[each.statement_id] = {*each.reversed}
        else:
            of_statement = gone.setdefault(statement_of(each.instruction_id), set())
            of_statement.add(each.instruction_id) if each.reversed else of_statement.discard(each.instruction_id)
    everything = {id for ids in gone.values() for id in ids}
    return [each for each in paid if each.instruction_id not in everything]
