"""Each timesheet by service day: claimed and paid, and where these differ what each rule took."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pipelines.explain.evidence import Side
from pipelines.explain.hours import losses_by_day, tallies_of
from pipelines.explain.tree import Node
from pipelines.explain.words import outcome, reason, short_day
from pipelines.spoken import joined, say, within
from rules.authorize.tally import HoursTally
from rules.conclusions import Statement
from rules.findings import Loss, catalog
from rules.periods import hhmm, iso
from schemas.ids import reference

DayOfDocument = tuple[str, str, int]  # document id, program, day


def timesheet_nodes(statement: Statement, side: Side) -> Iterator[Node]:
    """The timesheets of a statement. Of a correction that waits, what it claims above the approved revision is claimed
    too (TIME-3)."""
    paid: dict[DayOfDocument, int] = defaultdict(int)
    for worked in side.of_provider.worked:
        if worked.earning == "SERVICE" and worked.recipient_id == statement.recipient_id:
            paid[worked.document_id, worked.program, worked.day] += worked.minutes
    lost: dict[DayOfDocument, list[Loss]] = defaultdict(list)
    for loss in losses_by_day(statement, side):
        lost[loss.document_id, loss.program, loss.day].append(loss)
    for tally in tallies_of(statement, side.of_recipient):
        if tally.claim.claimed:
            yield _timesheet(tally, paid, lost)


def _timesheet(
    tally: HoursTally, paid: Mapping[DayOfDocument, int], lost: Mapping[DayOfDocument, Sequence[Loss]]
) -> Node:
    _, program, period, document_id = tally.key
    days = []
    for index, minutes in enumerate(tally.claim.by_day):
        key = document_id, program, period + index
        if minutes:
            days.append(_day(period + index, minutes, paid.get(key, 0), lost.get(key, ())))
    revision, claimed = tally.claim.standing.revision, tally.claim.claimed
    kept = sum(paid.get((document_id, program, period + index), 0) for index in range(len(tally.claim.by_day)))
    said = {"document": document_id, "revision": str(revision), "program": program, "claimed": hhmm(claimed)}
    what = say("all paid") if kept == claimed else say("{hours} paid", hours=hhmm(kept))
    return Node(
        what="timesheet",
        text=say(
            "Timesheet {document} revision {revision}, {program}, by day: {claimed} claimed, {what}", **said, what=what
        ),
        minutes=claimed,
        document=reference("Timesheet", document_id, revision),
        adds=("minutes",),
        parts=days,
    )


def _day(day: int, claimed: int, paid: int, losses: Sequence[Loss]) -> Node:
    """A day; its parts say what became of the minutes, where not all were paid."""
    node = Node(what="day", text=short_day(day) + f" {hhmm(claimed)}", day=iso(day), minutes=claimed)
    if not losses and paid == claimed:
        return node
    node.parts = [Node(what="paid", text=say("paid {hours}", hours=hhmm(paid)), minutes=paid), *map(_lost, losses)]
    node.adds = ("minutes",)
    node.text += ": " + joined(", ", (part.text + f" ({part.rule})" * bool(part.rule) for part in node.parts))
    return node


def _lost(loss: Loss) -> Node:
    text = outcome(loss.outcome).lower() + f" {hhmm(loss.minutes)}, " + within(reason(loss.code))
    return Node(what=loss.outcome.lower(), text=text, minutes=loss.minutes, rule=catalog()[loss.code]["rule"])
