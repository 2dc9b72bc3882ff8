"""What a fact would do before it is filed: what `validate` says of it, and what the pay runs to come would say with it
and would not say without, if nothing else came."""

from typing import NamedTuple

from pipelines.check.counter import Counter, Placed
from pipelines.check.verdict import verdict
from pipelines.desk.leave import LeaveChange, changed_leave
from pipelines.desk.payments import sources
from pipelines.desk.shelf import DeskShelf
from pipelines.desk.station import Station
from pipelines.explain.paid import ExplainRefusal
from pipelines.explain.trial import Trial, TrialOutcome
from rules.periods import business_day_of, cut_off_after, cut_off_of, next_business_day
from schemas.avro import Unreadable
from schemas.envelope import Fact
from schemas.finding import Finding
from schemas.ids import person_of
from schemas.payment_instruction import PaymentInstruction
from schemas.types import Json

RUNS_AHEAD = 25  # business days: a week ends and its overtime is paid, a month closes


class PreviewRow(NamedTuple):
    """A payment that would be made, or be another: minutes of its lines, cents."""

    instruction: PaymentInstruction
    minutes: int
    gross: int
    net: int


class FactPreview(NamedTuple):
    """``seen_by``: the pay run (business day) that sees it first; ``rows``: by pay run; ``until``: the last one looked
    at; ``refusal``: why nothing can be said; ``strangers``: ids that no fact names."""

    seen_by: int
    until: int
    rows: list[PreviewRow]
    begins: list[Finding]
    ends: list[Finding]
    told: Json | None
    refusal: str
    strangers: list[str]
    leave: list[LeaveChange]

    @property
    def net(self) -> int:
        """Cents in all."""
        return sum(row.net for row in self.rows)

    @property
    def minutes(self) -> int:
        """Minutes in all."""
        return sum(row.minutes for row in self.rows)


def preview(station: Station, shelf: DeskShelf, fact: Fact) -> FactPreview:
    """Try a fact on the facts of the people whom it names."""
    seen = cut_off_after(fact.recorded_at)
    day = business_day_of(seen)
    for _ in range(RUNS_AHEAD):
        day = next_business_day(day)
    until = cut_off_of(day)
    try:
        trial = Trial(sources(station, shelf), (), until, [fact])
        told = _verdict(trial, fact, station)
        outcome = trial.outcome()
    except (ExplainRefusal, Unreadable) as refused:
        words = refused.message if isinstance(refused, Unreadable) else refused.words
        return FactPreview(business_day_of(seen), day, [], [], [], None, words, [], [])
    strangers = [id for _, id in map(person_of, trial.strangers)]
    begins = [each for id, each in outcome.stands.items() if not _same(outcome.stood.get(id), each)]
    ends = [each for id, each in outcome.stood.items() if id not in outcome.stands]
    leave = changed_leave(outcome)
    return FactPreview(business_day_of(seen), day, differing(outcome), begins, ends, told, "", strangers, leave)


def differing(outcome: TrialOutcome) -> list[PreviewRow]:
    """Payments that are not the same, in the order of pay runs."""
    rows = []
    for id in {**outcome.before, **outcome.after}:
        before, after = outcome.before.get(id), outcome.after.get(id)
        either = after or before
        assert either is not None
        was, now = (
            (_minutes(each), each.gross_cents, each.net_cents) if each else (0, 0, 0) for each in (before, after)
        )
        if was != now:
            rows.append(PreviewRow(either, *(b - a for a, b in zip(was, now, strict=True))))
    return sorted(rows, key=lambda row: (row.instruction.cut_off, row.instruction.instruction_id))


def _minutes(paid: PaymentInstruction) -> int:
    """Of its lines; a premium is for minutes that stand on another line too."""
    return sum(line.minutes for line in paid.lines if line.earning != "OVERTIME_PREMIUM")


def _same(one: Finding | None, other: Finding) -> bool:
    return one is not None and (one.message, one.outcome) == (other.message, other.outcome)


def _verdict(trial: Trial, fact: Fact, station: Station) -> Json:
    """What `validate` says, beside what is known of these people. Raises Unreadable for what the job would reject."""
    sent, known = Counter(fact.recorded_at), Counter(fact.recorded_at)
    sent.admit(fact)
    sent.tally.inputs += 1
    sent.placed = [Placed(fact.source, fact)]
    known.placed = [Placed(each.source, each) for each in trial.known]
    known.tally.latest_cut_off = cut_off_after(fact.recorded_at)
    return verdict(sent, known, station.law)
