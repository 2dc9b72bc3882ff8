"""Every claimed minute of service: paid, held, cut or denied, and what to do about those that are not paid."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipelines.explain.evidence import Side, evidence
from pipelines.explain.tree import Node
from pipelines.explain.words import PEOPLE, short_day
from pipelines.wording import REASONS, in_words
from rules.authorize_month import MonthOfTime
from rules.authorize_tally import Tally
from rules.conclusions import Loss, Statement
from rules.findings import catalog
from rules.instructions import minutes_fields
from rules.law import Law
from rules.periods import business_day_of, closing_cut_off, hhmm, iso, month_of

NOT_PAID = ("HELD", "CUT", "DENIED")
FindingRecord = Mapping[str, Any]


def tallies_of(statement: Statement, month: MonthOfTime | None) -> list[Tally]:
    """The timesheets of a statement."""
    found = month.tallies if month else []
    return [each for each in found if (each.key[0], each.period) == (statement.provider_id, statement.period_start)]


def losses_of(statement: Statement, side: Side) -> list[Loss]:
    """Minutes that are not paid, by document and reason."""
    counts = side.of_provider.counts.get((statement.recipient_id or "", statement.period_start))
    of_recipient = (loss for tally in tallies_of(statement, side.of_recipient) for loss in tally.losses)
    sums: dict[Loss, int] = defaultdict(int)
    for loss in (*of_recipient, *(counts.losses if counts else ())):
        sums[loss._replace(minutes=0)] += loss.minutes
    return [loss._replace(minutes=minutes) for loss, minutes in sums.items()]


def time_node(statement: Statement, side: Side, findings: Iterable[FindingRecord], law: Law) -> Node:
    """What became of all service minutes that were claimed."""
    minutes = minutes_fields(statement)
    paid = minutes["paid_minutes"]
    losses = losses_of(statement, side)
    parts = [Node(what="paid", text=f"Paid: {hhmm(paid)}", minutes=paid)]
    for outcome in NOT_PAID:
        of_outcome = [loss for loss in losses if loss.outcome == outcome]
        whole = minutes[f"{outcome.lower()}_minutes"]
        if whole or of_outcome:
            nodes = [loss_node(loss, statement, side, findings, law) for loss in of_outcome]
            text = f"{outcome.capitalize()}: {hhmm(whole)}"
            parts.append(Node(what=outcome.lower(), text=text, minutes=whole, adds=("minutes",), parts=nodes))
    return Node(
        what="time",
        text=f"Service claimed: {hhmm(statement.claimed_minutes)}",
        minutes=statement.claimed_minutes,
        adds=("minutes",),
        parts=parts,
    )


def loss_node(loss: Loss, statement: Statement, side: Side, findings: Iterable[FindingRecord], law: Law) -> Node:
    """Why minutes of a document are not paid, who acts next and by when."""
    about = {"code": loss.code, "document_id": loss.document_id, "provider_id": statement.provider_id}
    found = [each for each in findings if all(each[name] == value for name, value in about.items())]
    exact = [each for each in found if each["recipient_id"] in (None, statement.recipient_id)]
    closing = closes(month_of(statement.period_start), law)
    finding = next(iter(exact or found), None)
    node = finding_node(finding, loss.code, loss.minutes, closing, f"Timesheet/{loss.document_id}")
    node.parts = evidence(loss, statement.provider_id, side)
    return node


def finding_node(
    finding: FindingRecord | None, code: str, minutes: int | None, closing: str, document: str | None
) -> Node:
    """A finding as people read it. None: its sentence was said of other minutes of the document; the law's words do."""
    entry = catalog()[code]
    reason = in_words(code, REASONS)
    amount = f"{hhmm(minutes)}: " if minutes is not None else ""
    sentence = finding["message"] if finding else reason
    outcome = finding["outcome"] if finding else entry["outcome"]
    due = finding["due_by"] if finding else None
    addressee = finding["addressee"] if finding else entry["addressee"]
    return Node(
        what="reason" if outcome in NOT_PAID else "finding",
        text=f"{amount}{reason}. To {PEOPLE[addressee]}: “{sentence}”",
        minutes=minutes,
        document=document,
        rule=entry["rule"],
        authority=entry["authority"],
        acts=addressee,
        next_step=finding["next_step"] if finding else None,
        due_by=iso(due) if due is not None else closing if outcome in NOT_PAID else None,
    )


def closes(month: int, law: Law) -> str:
    """The last business day whose pay run can still change a month (TIME-6)."""
    return iso(business_day_of(closing_cut_off(month, law.value("filing.closes_after_months", month))))


def timesheet_nodes(statement: Statement, side: Side) -> Iterator[Node]:
    """Each timesheet by day: claimed and paid."""
    paid: dict[tuple[str, str, int], int] = defaultdict(int)
    for worked in side.of_provider.worked:
        if worked.earning == "SERVICE" and worked.recipient_id == statement.recipient_id:
            paid[worked.document_id, worked.program, worked.day] += worked.minutes
    for tally in tallies_of(statement, side.of_recipient):
        if tally.claim.claimed:
            yield _timesheet(tally, paid)


def _timesheet(tally: Tally, paid: Mapping[tuple[str, str, int], int]) -> Node:
    """Of a correction that waits, what it claims above the approved revision is claimed too (TIME-3)."""
    _, program, period, document_id = tally.key
    days = []
    for index, minutes in enumerate(tally.claim.by_day):
        if minutes:
            day = period + index
            kept = paid.get((document_id, program, day), 0)
            text = f"{short_day(day)} {hhmm(minutes)}" + (f" (paid {hhmm(kept)})" if kept != minutes else "")
            days.append(Node(what="day", text=text, day=iso(day), minutes=minutes))
    revision = tally.claim.standing.revision
    return Node(
        what="timesheet",
        text=f"Timesheet {document_id} revision {revision}, {program}: {hhmm(tally.claim.claimed)} claimed",
        minutes=tally.claim.claimed,
        document=f"Timesheet/{document_id}/{revision}",
        adds=("minutes",),
        parts=days,
    )
