"""Every claimed minute of service: paid, held, cut or denied, and what to do about those that are not paid."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pipelines.explain.evidence import Side, evidence
from pipelines.explain.tree import Node
from pipelines.explain.words import PEOPLE, outcome, reason
from pipelines.law_text import authority_told
from pipelines.spoken import Spoken, say
from rules.authorize.month import MonthOfTime
from rules.authorize.tally import HoursTally
from rules.conclusions import Statement
from rules.findings import Loss, RuleFinding, catalog, finding_record
from rules.instructions import paid_minutes
from rules.law import Law
from rules.periods import business_day_of, closing_cut_off, hhmm, iso, month_of, period_end
from schemas.finding import Finding
from schemas.ids import DocumentNamed, document_name, document_named

NOT_PAID = ("HELD", "CUT", "DENIED")


def tallies_of(statement: Statement, month: MonthOfTime | None) -> list[HoursTally]:
    """The timesheets of a statement."""
    found = month.tallies if month else []
    return [each for each in found if (each.key[0], each.period) == (statement.provider_id, statement.period_start)]


def losses_by_day(statement: Statement, side: Side) -> list[Loss]:
    """Minutes that are not paid, as the rules of both sides took them."""
    counts = side.of_provider.counts.get((statement.recipient_id or "", statement.period_start))
    of_recipient = (loss for tally in tallies_of(statement, side.of_recipient) for loss in tally.losses)
    return [*of_recipient, *(counts.losses if counts else ())]


def losses_of(statement: Statement, side: Side) -> list[Loss]:
    """Minutes that are not paid, by document and reason (the day is the period's first)."""
    sums: dict[Loss, int] = defaultdict(int)
    for loss in losses_by_day(statement, side):
        sums[loss._replace(minutes=0, day=statement.period_start)] += loss.minutes
    return [loss._replace(minutes=minutes) for loss, minutes in sums.items()]


def not_paid(statement: Statement) -> dict[str, int]:
    """Service minutes that are claimed and not paid, by outcome."""
    return {"HELD": statement.held_minutes, "CUT": statement.cut_minutes, "DENIED": statement.denied_minutes}


def time_node(statement: Statement, side: Side, findings: Iterable[Finding], law: Law) -> Node:
    """What became of all service minutes that were claimed."""
    paid, minutes = paid_minutes(statement), not_paid(statement)
    losses = losses_of(statement, side)
    parts = [Node(what="paid", text=say("Paid: {hours}", hours=hhmm(paid)), minutes=paid)]
    for symbol in NOT_PAID:
        of_outcome = [loss for loss in losses if loss.outcome == symbol]
        whole = minutes[symbol]
        if whole or of_outcome:
            nodes = [loss_node(loss, statement, side, findings, law) for loss in of_outcome]
            text = outcome(symbol) + f": {hhmm(whole)}"
            parts.append(Node(what=symbol.lower(), text=text, minutes=whole, adds=("minutes",), parts=nodes))
    return Node(
        what="time",
        text=say("Service claimed: {hours}", hours=hhmm(statement.claimed_minutes)),
        minutes=statement.claimed_minutes,
        adds=("minutes",),
        parts=parts,
    )


def loss_node(loss: Loss, statement: Statement, side: Side, findings: Iterable[Finding], law: Law) -> Node:
    """Why minutes of a document are not paid, who acts next and by when."""
    closing = closes(month_of(statement.period_start), law)
    finding = _finding_of(loss, statement, list(findings))
    node = finding_node(finding, loss.code, loss.minutes, closing, f"Timesheet/{loss.document_id}")
    node.parts = evidence(loss, statement.provider_id, side)
    return node


def _finding_of(loss: Loss, statement: Statement, findings: Sequence[Finding]) -> Finding:
    """What was said of these minutes; where it was said of more (a finding is about a document), the same sentence
    about these."""
    of_code = [each for each in findings if each.code == loss.code and _is_about(each, loss, statement)]
    exact = (
        each for each in of_code if each.minutes == loss.minutes and each.provider_id in (None, statement.provider_id)
    )
    return next(exact, None) or _said_anew(loss, statement) or next(iter(of_code))


def document_of(finding: Finding) -> str | None:
    """``kind/number`` of the document that a finding is about; None: it is about none."""
    named = document_named(finding.finding_id)
    return document_name(named.kind, named.document_id) if named else None


def _is_about(finding: Finding, loss: Loss, statement: Statement) -> bool:
    """By its document, or by its people and day (EVV-4)."""
    people = finding.provider_id == statement.provider_id and finding.recipient_id == statement.recipient_id
    if (named := document_named(finding.finding_id)) is not None:
        sheet = DocumentNamed("Timesheet", loss.document_id, iso(statement.period_start))
        return people and (named, finding.program) == (sheet, loss.program)
    day = finding.service_date
    return people and day is not None and statement.period_start <= day <= period_end(statement.period_start)


def _said_anew(loss: Loss, statement: Statement) -> Finding | None:
    """The sentence about exactly these minutes; None where it needs words that only its rule knows."""
    if loss.program == "CAREER_PATHWAYS":
        return None
    finding = RuleFinding(
        loss.code,
        loss.outcome,
        catalog()[loss.code]["addressee"],
        provider_id=statement.provider_id,
        recipient_id=statement.recipient_id,
        program=loss.program,
        document_id=loss.document_id,
        statement_id=statement.statement_id,
        minutes=loss.minutes,
    )
    try:
        return finding_record("", finding, 0, cleared=False)
    except KeyError:
        return None


def finding_node(finding: Finding, code: str, minutes: int | None, closing: str, document: str | None) -> Node:
    """A finding as people read it, with the minutes of it that are meant here."""
    due, not_paid = finding.due_by, finding.outcome in NOT_PAID
    who, message = PEOPLE[finding.addressee], Spoken(finding.message, lambda speaker: speaker.told(finding)[0])
    text = say("{reason}. To {who}: “{message}”", reason=reason(code), who=who, message=message)
    return Node(
        what="reason" if not_paid else "finding",
        text=(f"{hhmm(minutes)}: " if minutes is not None else "") + text,
        minutes=minutes,
        document=document,
        rule=finding.rule,
        authority=authority_told(finding.rule, finding.authority),
        acts=finding.addressee,
        next_step=Spoken(finding.next_step, lambda speaker: speaker.told(finding)[1]),
        due_by=iso(due) if due is not None else closing if not_paid else None,
    )


def closes(month: int, law: Law) -> str:
    """The last business day whose pay run can still change a month (TIME-6)."""
    return iso(business_day_of(closing_cut_off(month, law.value("filing.closes_after_months", month))))
