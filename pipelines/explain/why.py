"""What changed since the payment before, and which fact changed it."""

from collections.abc import Sequence
from typing import Any

from fold.rows import arrival
from pipelines.came_back import ReversedPayments
from pipelines.explain.cause import Cause, NewFact, cause, published
from pipelines.explain.fold import ExplainFold
from pipelines.explain.tree import Node
from pipelines.explain.words import changed_fields, kind_name, long_day, moment
from pipelines.wording import money
from rules.documents import reference
from rules.periods import hhmm
from schemas.payment_instruction import PaymentInstruction

MINUTES = ("claimed_minutes", "paid_minutes", "held_minutes", "cut_minutes", "denied_minutes")


def change_node(instruction: PaymentInstruction, before: PaymentInstruction | None, fold: ExplainFold) -> Node:
    """The difference to the payment before, with its cause."""
    if before is None:
        text = "The first payment of this statement, and what made it"
    else:
        text = f"Since the payment of {long_day(before.run_date)}: {_difference(before, instruction)}. What made it"
    return Node(what="change", text=text, parts=_causes(cause(fold, instruction), instruction, fold))


def _difference(before: PaymentInstruction, now: PaymentInstruction) -> str:
    said = [
        f"{name.removesuffix('_minutes')} {hhmm(old)} → {hhmm(new)}"
        for name in MINUTES
        if (old := getattr(before, name)) != (new := getattr(now, name))
    ]
    said += [
        f"{name} to date {money(old)} → {money(new)}"
        for name in ("gross", "net")
        if (old := getattr(before, f"{name}_to_date_cents")) != (new := getattr(now, f"{name}_to_date_cents"))
    ]
    return "; ".join(said) or "hours, gross and net are the same"


def _causes(found: Cause, instruction: PaymentInstruction, fold: ExplainFold) -> list[Node]:
    nodes = [_fact(fact, instruction, fold) for fact in found.facts]
    if found.only_together:
        text = "Only together: with one of these alone nothing would have been paid or changed"
        nodes = [Node(what="together", text=text, parts=nodes)]
    return nodes + ([_time(found.time, fold, bool(nodes))] if found.time is not None else [])


def _fact(fact: NewFact, instruction: PaymentInstruction, fold: ExplainFold) -> Node:
    """A fact without which the payment would be another; it names people other than those of the payment."""
    content = fact.arrival.content
    text = f"{kind_name(content.KIND)} {content.document_id} revision {content.revision}"
    people = [getattr(content, name, None) for name in ("provider_id", "recipient_id")]
    if any(who is not None and who not in (instruction.provider_id, instruction.recipient_id) for who in people):
        text += f" of {' for '.join(who for who in people if who)}"
    text += f", recorded {moment(content.recorded_at)} by {content.source}"
    if content.withdrawn:
        text += ": withdrawn"
    elif (earlier := _revision_before(content, fold)) is not None:
        text += f": {changed_fields(earlier, content)}"
    elif content.KIND == "PaymentOutcome":
        text += f": {content.outcome.lower()}"
    return Node(what="fact", text=text, document=reference(content))


def _revision_before(content: Any, fold: ExplainFold) -> Any | None:
    """The revision that a fact corrects."""
    named = [getattr(content, name) for name in type(content).KEY_FIELDS]
    of_kind = (row for rows in fold.concerned.rows.values() for row in rows if row[-1] == content.KIND)
    found = [
        other
        for other in (arrival(row).content for row in of_kind)
        if other.document_id == content.document_id
        and other.revision < content.revision
        and [getattr(other, name) for name in type(other).KEY_FIELDS] == named
    ]
    return max(found, key=lambda other: other.revision, default=None)


def _time(instruction: PaymentInstruction, fold: ExplainFold, beside_facts: bool) -> Node:
    """No fact came: a review that the rules had asked for."""
    without = "And without any fact" if beside_facts else "No new fact"
    names = published(fold.law, instruction)
    if names:
        return Node(what="published", text=f"{without}: {', '.join(names)} became known", rule="WAGE-2")
    if instruction.kind == "ADVANCE":
        return Node(what="advance_due", text=f"{without}: the advance fell due", rule="ADV-3")
    if any(line.earning == "OVERTIME_PREMIUM" for line in instruction.lines):
        text = f"{without}: a workweek with overtime had ended, so its premium was due"
        return Node(what="workweek_ended", text=text, rule="OT-5")
    return Node(what="review", text=f"{without}: what an earlier one set in motion fell due in this pay run")


def payments_node(said: Sequence[PaymentInstruction], came_back: ReversedPayments) -> Node:
    """All payments of a statement so far; one that came back counts nothing (RUN-4)."""
    ids = [each.instruction_id for each in said]
    reversed_ids = {id for id in ids if came_back.since(id) is not None}
    moved = {each.instruction_id: 0 if each.instruction_id in reversed_ids else each.net_cents for each in said}
    parts = [
        Node(
            what="payment_made",
            text=f"{long_day(each.run_date)}: {money(each.net_cents)}, {each.instruction_id}"
            + (", which came back or was stopped" if each.instruction_id in reversed_ids else ""),
            cents=moved[each.instruction_id],
            document=each.instruction_id,
        )
        for each in said
    ]
    total = sum(moved.values())
    return Node(
        what="payments",
        text=f"{len(said)} payment{'s' * (len(said) != 1)} of this statement, together {money(total)}",
        cents=total,
        adds=("cents",),
        parts=parts,
    )
