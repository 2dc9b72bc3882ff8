"""What changed since the payment before, and which fact changed it."""

from collections.abc import Sequence
from typing import Any

from fold.rows import arrival
from pipelines.came_back import ReversedPayments
from pipelines.explain.cause import Cause, NewFact, cause, published
from pipelines.explain.fold import ExplainFold
from pipelines.explain.tree import Node
from pipelines.explain.words import changed_fields, long_day, moment, outcome, revision_of
from pipelines.spoken import joined, say
from pipelines.wording import money
from rules.documents import reference
from rules.periods import hhmm
from schemas.payment_instruction import PaymentInstruction

MINUTES = {
    "claimed_minutes": say("claimed"), "paid_minutes": say("paid"), "held_minutes": say("held"),
    "cut_minutes": say("cut"), "denied_minutes": say("denied"),
}  # fmt: skip
CENTS = {"gross_to_date_cents": say("gross to date"), "net_to_date_cents": say("net to date")}


def change_node(instruction: PaymentInstruction, before: PaymentInstruction | None, fold: ExplainFold) -> Node:
    """The difference to the payment before, with its cause."""
    if before is None:
        text = say("The first payment of this statement, and what made it")
    else:
        day, difference = long_day(before.run_date), _difference(before, instruction)
        text = say("Since the payment of {day}: {difference}. What made it", day=day, difference=difference)
    return Node(what="change", text=text, parts=_causes(cause(fold, instruction), instruction, fold))


def _difference(before: PaymentInstruction, now: PaymentInstruction) -> str:
    said = [
        words + f" {hhmm(old)} → {hhmm(new)}"
        for name, words in MINUTES.items()
        if (old := getattr(before, name)) != (new := getattr(now, name))
    ]
    said += [
        words + f" {money(old)} → {money(new)}"
        for name, words in CENTS.items()
        if (old := getattr(before, name)) != (new := getattr(now, name))
    ]
    return joined("; ", said) if said else say("hours, gross and net are the same")


def _causes(found: Cause, instruction: PaymentInstruction, fold: ExplainFold) -> list[Node]:
    nodes = [_fact(fact, instruction, fold) for fact in found.facts]
    if found.only_together:
        text = say("Only together: with one of these alone nothing would have been paid or changed")
        nodes = [Node(what="together", text=text, parts=nodes)]
    return nodes + ([_time(found.time, fold, bool(nodes))] if found.time is not None else [])


def _fact(fact: NewFact, instruction: PaymentInstruction, fold: ExplainFold) -> Node:
    """A fact without which the payment would be another; it names people other than those of the payment."""
    content = fact.arrival.content
    text = revision_of(content)
    people = [getattr(content, name, None) for name in ("provider_id", "recipient_id")]
    if any(who is not None and who not in (instruction.provider_id, instruction.recipient_id) for who in people):
        provider, recipient = (*(who for who in people if who), "")[:2]
        of_both = say("of {provider} for {recipient}", provider=provider, recipient=recipient)
        text += " " + (of_both if recipient else say("of {who}", who=provider))
    text += ", " + say("recorded {moment} by {source}", moment=moment(content.recorded_at), source=content.source)
    if content.withdrawn:
        text += ": " + say("withdrawn")
    elif (earlier := _revision_before(content, fold)) is not None:
        text += ": " + changed_fields(earlier, content)
    elif content.KIND == "PaymentOutcome":
        text += ": " + outcome(content.outcome).lower()
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
    without = say("And without any fact") if beside_facts else say("No new fact")
    names = published(fold.law, instruction)
    if names:
        text = without + ": " + say("{names} became known", names=joined(", ", names))
        return Node(what="published", text=text, rule="WAGE-2")
    if instruction.kind == "ADVANCE":
        return Node(what="advance_due", text=without + ": " + say("the advance fell due"), rule="ADV-3")
    if any(line.earning == "OVERTIME_PREMIUM" for line in instruction.lines):
        text = without + ": " + say("a workweek with overtime had ended, so its premium was due")
        return Node(what="workweek_ended", text=text, rule="OT-5")
    due = say("what an earlier one set in motion fell due in this pay run")
    return Node(what="review", text=without + ": " + due)


def payments_node(said: Sequence[PaymentInstruction], came_back: ReversedPayments) -> Node:
    """All payments of a statement so far; one that came back counts nothing (RUN-4)."""
    ids = [each.instruction_id for each in said]
    reversed_ids = {id for id in ids if came_back.since(id) is not None}
    moved = {each.instruction_id: 0 if each.instruction_id in reversed_ids else each.net_cents for each in said}
    parts = [
        Node(
            what="payment_made",
            text=long_day(each.run_date)
            + f": {money(each.net_cents)}, {each.instruction_id}"
            + (", " + say("which came back or was stopped") if each.instruction_id in reversed_ids else ""),
            cents=moved[each.instruction_id],
            document=each.instruction_id,
        )
        for each in said
    ]
    total = sum(moved.values())
    return Node(
        what="payments",
        text=_together(len(said), money(total)),
        cents=total,
        adds=("cents",),
        parts=parts,
    )


def _together(count: int, amount: str) -> str:
    if count == 1:
        return say("{count} payment of this statement, together {amount}", count=str(count), amount=amount)
    return say("{count} payments of this statement, together {amount}", count=str(count), amount=amount)
