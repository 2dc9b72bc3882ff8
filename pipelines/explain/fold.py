"""The rules run once more on the facts concerned: the same case files, with the traces of what they decide.

Nothing is decided here. A key whose facts are the same is folded once, however often it is asked about.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from fold.rows import Row, rows_of
from fold.shard import Records, Shard
from fold.stages import STAGES
from pipelines.came_back import ReversedPayments
from pipelines.explain.facts import ONE_SHARD, Concerned, Rows
from rules.conclusion import AUTHORIZE, METHOD, PRICE, SETTLE
from rules.conclusions import PaymentTurned
from rules.documents import Arrival
from rules.incentives import Earned, IncentiveVerdict
from rules.kept import ServiceDays
from rules.law import Law
from rules.price.case import JudgedLifetime
from rules.price.sick_leave import JudgedLeave
from rules.restatement import LIFETIME, Before, CaseFile, Change, Decision, Trace, Unit, restate
from rules.settle.month import MonthOfPay
from schemas.avro import Out
from schemas.payment_instruction import PaymentInstruction

Month = TypeVar("Month", bound=Trace)
Bare = tuple[int, int, str, str, bytes, str]  # a row without its key


class WatchedCase:
    """A case file whose traces are kept, each month's as last decided."""

    def __init__(self, case: CaseFile) -> None:
        self.case = case
        self.months: dict[int, Trace] = {}
        self.earned: list[tuple[IncentiveVerdict, Earned]] = []  # as last decided
        self.leave: JudgedLeave | None = None  # as last decided

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File it."""
        return self.case.admit(arrival)

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """As the rules decide."""
        decision = self.case.decide(unit, before, cut_off)
        if isinstance(decision.trace, JudgedLifetime):
            self.earned = decision.trace.incentives.earned() if decision.trace.incentives else []
            self.leave = decision.trace.leave
        elif decision.trace is not None:
            self.months[unit.month] = decision.trace
        return decision

    def followers(self, unit: Unit, change: Change, now: Before) -> Iterable[Unit]:
        """As the rules say; and leave is told with service that grants nothing more."""
        leave = [LIFETIME] if isinstance(change.now or change.before, ServiceDays) else []
        return [*self.case.followers(unit, change, now), *leave]


class Key(NamedTuple):
    """One key of one stage, folded: how it was decided, what it tells later stages, and its records."""

    watched: WatchedCase
    rows: Rows
    records: Records
    turns: list[tuple[int, PaymentTurned]]  # what pay runs alone tell of payments (RUN-4), with the cut-off


class ExplainedFold(NamedTuple):
    """All keys folded, by stage and key."""

    keys: Mapping[tuple[str, str], Key]

    def month(self, stage: str, key: str, month: int, kind: type[Month]) -> Month | None:
        """A month as it was last decided; None if it never was."""
        folded = self.keys.get((stage, key))
        found = folded.watched.months.get(month) if folded else None
        return found if isinstance(found, kind) else None

    def months_of_pay(self, settlement: str) -> list[MonthOfPay]:
        """Of a settlement, each as it was last decided."""
        folded = self.keys.get((SETTLE, settlement))
        return [each for each in folded.watched.months.values() if isinstance(each, MonthOfPay)] if folded else []

    def earned(self, provider: str) -> list[tuple[IncentiveVerdict, Earned]]:
        """A provider's incentive claims, each with what earned it."""
        return self.keys[PRICE, provider].watched.earned

    def leave(self, provider: str) -> JudgedLeave | None:
        """A provider's paid sick leave; None: nothing was earned or claimed."""
        folded = self.keys.get((PRICE, provider))
        return folded.watched.leave if folded else None

    def records(self, kind: type[Out]) -> list[Out]:
        """Records of a kind, by cut-off and id."""
        found = (record for key in self.keys.values() for record in key.records.get(kind.KIND, ()))
        return [record for record in found if isinstance(record, kind)]

    def came_back(self) -> ReversedPayments:
        """Which payments do not stand."""
        told = ReversedPayments()
        for instruction in self.records(PaymentInstruction):
            told.instruction(instruction)
        for cut_off, turn in (turn for key in self.keys.values() for turn in key.turns):
            told.turn(cut_off, turn.instruction_id, turn.reversed)
        return told


class ExplainFold:
    """Folds facts up to a cut-off. ``settlements``: the settlement keys asked about."""

    def __init__(self, concerned: Concerned, settlements: Iterable[str], law: Law, until: int) -> None:
        self.concerned, self.law, self.until = concerned, law, until
        self.wanted = {
            AUTHORIZE: concerned.recipients,
            PRICE: concerned.providers,
            SETTLE: sorted({*settlements, *concerned.claimed}),
            METHOD: concerned.providers,
        }
        self._known: dict[tuple[str, str, tuple[Row, ...]], Key] = {}

    def run(self, without: frozenset[Bare] = frozenset()) -> ExplainedFold:
        """Decide everything as of every cut-off, ``without`` some facts (rows without their key)."""
        rows: Rows = defaultdict(list)
        for name, given in self.concerned.rows.items():
            rows[name] += [row for row in given if not without or unkeyed(row) not in without]
        keys: dict[tuple[str, str], Key] = {}
        for stage, wanted in self.wanted.items():
            for key in wanted:
                keys[stage, key] = folded = self._fold(stage, key, rows[stage, key])
                for name, told in folded.rows.items():
                    rows[name] += told
        return ExplainedFold(keys)

    def _fold(self, stage: str, key: str, rows: list[Row]) -> Key:
        known = (stage, key, tuple(sorted(rows)))
        if known not in self._known:
            shard = Shard(stage, self.law, self.concerned.catalog, self.until, ONE_SHARD)
            watched = WatchedCase(STAGES[stage](key, self.law, self.concerned.catalog))
            shard.tell(restate(watched, shard.in_order(list(rows)), self.until, self.law))
            shard.sort_records()
            turns = [(cut_off, each) for cut_off, run in shard.tally.runs.items() for each in run.came_back]
            self._known[known] = Key(watched, _dealt(shard), shard.records, turns)
        return self._known[known]


def unkeyed(row: Row) -> Bare:
    """A fact, whoever reads it."""
    return row[1:]


def _dealt(shard: Shard) -> Rows:
    told: Rows = defaultdict(list)
    for stage, (_, block) in shard.dealer.blocks():
        for row in rows_of([block]):
            told[stage, row[0]].append(row)
    return told
