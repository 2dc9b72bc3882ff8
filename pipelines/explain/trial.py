"""What pay runs would say if one thing were otherwise: a fact more, or another law. Nothing of it is paid.

The same fold as `explain`, twice, over the facts of the people concerned.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from fold.places import keys_of
from fold.rows import arrival
from pipelines.explain.answer import Sources
from pipelines.explain.facts import Concerned, Facts, FactsFolder
from pipelines.explain.fold import ExplainedFold, ExplainFold, unkeyed
from pipelines.explain.statement import standing_findings
from rules.law import Law
from rules.periods import business_day_of, cut_off_of, next_business_day
from schemas.envelope import Fact
from schemas.finding import Finding
from schemas.ids import RECIPIENT, person_of, provider_key, recipient_key
from schemas.leave_balance import LeaveBalance
from schemas.payment_instruction import PaymentInstruction

LeaveKey = tuple[str, int]
RUNS_AHEAD = 25  # business days: a week ends and its overtime is paid, a month closes


class DifferingPayment(NamedTuple):
    """A payment that would be made, or be another: how many minutes of its lines and cents more. ``before``, ``after``:
    None where there is none."""

    before: PaymentInstruction | None
    after: PaymentInstruction | None
    minutes: int
    gross: int
    net: int

    @property
    def instruction(self) -> PaymentInstruction:
        """As it would be, or as it is if it would not."""
        either = self.after or self.before
        assert either is not None
        return either


class TrialOutcome(NamedTuple):
    """What is said without and with what is tried: instructions by id, findings that stand at the end by id,
    the newest balances of paid sick leave by provider and leave year."""

    before: dict[str, PaymentInstruction]
    after: dict[str, PaymentInstruction]
    stood: dict[str, Finding]
    stands: dict[str, Finding]
    had: dict[LeaveKey, LeaveBalance]
    has: dict[LeaveKey, LeaveBalance]

    @property
    def payments(self) -> list[DifferingPayment]:
        """Those that are not the same, in the order of pay runs."""
        rows = []
        for id in {**self.before, **self.after}:
            before, after = self.before.get(id), self.after.get(id)
            was, now = (_amounts(each) for each in (before, after))
            if was != now:
                rows.append(DifferingPayment(before, after, *(b - a for a, b in zip(was, now, strict=True))))
        return sorted(rows, key=lambda row: (row.instruction.cut_off, row.instruction.instruction_id))

    @property
    def begins(self) -> list[Finding]:
        """Findings that would stand, or say something else."""
        return [each for id, each in self.stands.items() if not _same(self.stood.get(id), each)]

    @property
    def ends(self) -> list[Finding]:
        """Findings that would stand no longer."""
        return [each for id, each in self.stood.items() if id not in self.stands]


def outcome_of(before: ExplainedFold, after: ExplainedFold) -> TrialOutcome:
    """Two folds beside each other."""
    return TrialOutcome(
        _instructions(before), _instructions(after), _findings(before), _findings(after), _leave(before), _leave(after)
    )


def last_looked_at(cut_off: int) -> int:
    """The last pay run (cut-off) in which what one sees first may still pay otherwise."""
    day = business_day_of(cut_off)
    for _ in range(RUNS_AHEAD):
        day = next_business_day(day)
    return cut_off_of(day)


class Trial:
    """Of some people, by key, and of everybody who hangs together with them, over any number of others: their pay may
    change with theirs. ``until``: the last cut-off looked at; ``new``: facts that are tried, not yet anywhere;
    ``strangers``: people whom no other fact names.

    Raises ExplainRefusal for somebody whom no fact names.
    """

    def __init__(self, sources: Sources, people: Iterable[str], until: int, new: Sequence[Fact] = ()) -> None:
        index = sources.paid.index if sources.paid else None
        self.facts, self.law, self.until, self.new = (
            Facts(FactsFolder(sources.events, index), until),
            sources.law,
            until,
            new,
        )
        named = {*people, *(key for fact in new for key in keys_of(fact.KIND, vars(fact)))}
        self.facts.read(named)
        self.strangers = sorted(key for key in named if key not in self.facts.met)
        for fact in new:
            self.facts.door.take(fact)
        self.facts.read(())
        sides = [person_of(key) for key in sorted(named)]
        recipients = [id for side, id in sides if side == RECIPIENT]
        providers = [id for side, id in sides if side != RECIPIENT]
        self.concerned = self._circle(recipients, providers)

    def _circle(self, recipients: list[str], providers: list[str]) -> Concerned:
        """All that facts say of them and of those whom these name, until nobody is added."""
        found = self.facts.concerned(recipients, providers)
        if (found.recipients, found.providers) == (recipients, providers):
            return found
        return self._circle(found.recipients, found.providers)

    @cached_property
    def known(self) -> list[Fact]:
        """Facts about the people concerned, without those tried, each once."""
        tried = {(fact.source, fact.event_id) for fact in self.new}
        rows = {unkeyed(row): row for of_key in self.facts.rows.values() for row in of_key}
        found = (arrival(row).content for row in rows.values())
        return [fact for fact in found if (fact.source, fact.event_id) not in tried]

    def outcome(self, law: Law | None = None) -> TrialOutcome:
        """With the facts tried, and by a law (None: by the same)."""
        tried = {(fact.source, fact.event_id) for fact in self.new}
        rows = (row for of_key in self.concerned.rows.values() for row in of_key)
        without = frozenset(unkeyed(row) for row in rows if (row[3], row[4]) in tried)
        fold = self._fold(self.law)
        before = fold.run(without)
        return outcome_of(before, (fold if law is None else self._fold(law)).run())

    def _fold(self, law: Law) -> ExplainFold:
        people = self.concerned
        settlements = [*map(recipient_key, people.recipients), *map(provider_key, people.providers)]
        return ExplainFold(people, settlements, law, self.until)


def _instructions(folded: ExplainedFold) -> dict[str, PaymentInstruction]:
    return {each.instruction_id: each for each in folded.records(PaymentInstruction)}


def _findings(folded: ExplainedFold) -> dict[str, Finding]:
    return {each.finding_id: each for each in standing_findings(folded)}


def _leave(folded: ExplainedFold) -> dict[LeaveKey, LeaveBalance]:
    return {(each.provider_id, each.leave_year): each for each in folded.records(LeaveBalance)}


def _amounts(paid: PaymentInstruction | None) -> tuple[int, int, int]:
    """Minutes of its lines (a premium is for minutes that stand on another line too), gross and net."""
    if paid is None:
        return 0, 0, 0
    minutes = sum(line.minutes for line in paid.lines if line.earning != "OVERTIME_PREMIUM")
    return minutes, paid.gross_cents, paid.net_cents


def _same(one: Finding | None, other: Finding) -> bool:
    return one is not None and (one.message, one.outcome) == (other.message, other.outcome)
