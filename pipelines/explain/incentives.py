"""What earned an incentive: its claims, their classes, and the months of service after them."""

from collections.abc import Iterable, Iterator

from pipelines.explain.tree import Node
from pipelines.explain.words import NO_WORDS, long_day, month_name, word
from pipelines.spoken import say
from pipelines.wording import money
from rules.conclusions import Statement
from rules.incentives import Earned, IncentiveVerdict
from rules.periods import hhmm, iso


def earned_nodes(statement: Statement, decided: Iterable[tuple[IncentiveVerdict, Earned]]) -> Iterator[Node]:
    """The paid claims of a statement, each with what earned it."""
    for verdict, earned in decided:
        claim = verdict.document.current
        if verdict.code is None and verdict.document.reference in statement.documents:
            what, pathway = word(claim.incentive, NO_WORDS), word(claim.pathway, NO_WORDS).lower()
            said = say("{what}, pathway {pathway}, claim {claim}", what=what, pathway=pathway, claim=claim.document_id)
            parts = [_training(earned), *_service(earned)]
            yield Node(
                what="claim",
                text=said + f": {money(verdict.cents)}",
                cents=verdict.cents,
                document=verdict.document.reference,
                parts=parts,
            )


def _training(earned: Earned) -> Node:
    """Classes by date. Of a claim that was paid before a correction they may no longer suffice."""
    minutes = sum(each.minutes for each in earned.training)
    reached = earned.completed_on
    end = say("too few now") if reached is None else say("enough on {day}", day=long_day(reached))
    days = [
        Node(
            what="day",
            text=long_day(each.class_date) + f" {hhmm(each.minutes)}",
            day=iso(each.class_date),
            minutes=each.minutes,
        )
        for each in earned.training
    ]
    text = say("{hours} of paid training in this pathway, {end}", hours=hhmm(minutes), end=end)
    return Node(what="training", text=text, minutes=minutes, rule="INC-4", adds=("minutes",), parts=days)


def _service(earned: Earned) -> Iterator[Node]:
    months = sorted((month, recipient, minutes) for (recipient, month), minutes in earned.service.items() if minutes)
    if months:
        parts = [
            Node(
                what="month",
                text=say("{month}, for {who}", month=month_name(month), who=recipient) + f": {hhmm(minutes)}",
                day=iso(month),
                minutes=minutes,
            )
            for month, recipient, minutes in months
        ]
        text = say("Paid service that counts: after that day, for recipients who need this pathway")
        yield Node(what="service", text=text, rule="INC-2", parts=parts)
