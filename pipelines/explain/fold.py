"""The rules run once more on the facts concerned, watched: the same case files, kept with the months they decided.

Nothing is decided here. A key whose facts are the same is folded once, however often it is asked about.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from msgspec.structs import asdict

from fold.rows import Row, rows_of
from fold.shard import Records, Shard
from fold.stages import Catalog
from pipelines.came_back import CameBack as Told
from pipelines.explain.facts import ONE_SHARD, Concerned, Rows
from rules.authorize.case import RecipientFile
from rules.authorize.month import MonthOfTime
from rules.incentives import Earned, IncentiveVerdict, earned_by
from rules.law import Law
from rules.method import MethodFile
from rules.price.case import ProviderFile
from rules.price.incentives import decided_claims
from rules.price.month import MonthOfWork
from rules.price.violations import Notice
from rules.restatement import AUTHORIZE, LIFETIME, METHOD, PRICE, SETTLE, Before, CaseFile, Decision, Unit, restate
from rules.settle.case import SettlementFile
from rules.settle.month import MonthOfPay
from rules.settle.outcomes import CameBack


class WatchedRecipient(RecipientFile):
    """Keeps each month as it was last decided."""

    def __init__(self, recipient_id: str, law: Law, catalog: Catalog) -> None:
        super().__init__(recipient_id, law)
        self.months: dict[int, MonthOfTime] = {}

    def month_of_time(self, month: int, cut_off: int) -> MonthOfTime:
        self.months[month] = decided = super().month_of_time(month, cut_off)
        return decided


class WatchedProvider(ProviderFile):
    """Keeps each month as it was last decided."""

    def __init__(self, provider_id: str, law: Law, catalog: Catalog) -> None:
        super().__init__(provider_id, law, catalog)
        self.months: dict[int, MonthOfWork] = {}
        self.earned: dict[str, tuple[IncentiveVerdict, Earned]] = {}  # by document, as last decided

    def month_of_work(self, month: int, before: Before, cut_off: int) -> MonthOfWork:
        self.months[month] = decided = super().month_of_work(month, before, cut_off)
        return decided

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        if unit == LIFETIME and self.filed.incentives:
            law = self.law.as_known_at(cut_off)
            record, verdicts = decided_claims(self.filed, Notice(self.provider_id, before, law, cut_off))
            self.earned = {
                each.document.reference: (each, earned_by(each.document, record, law, cut_off)) for each in verdicts
            }
        return super().decide(unit, before, cut_off)


class WatchedSettlement(SettlementFile):
    """Keeps each month as it was last decided."""

    def __init__(self, key: str, law: Law, catalog: Catalog) -> None:
        super().__init__(key, law)
        self.months: dict[int, MonthOfPay] = {}

    def month_of_pay(self, month: int, before: Before, cut_off: int) -> MonthOfPay:
        self.months[month] = decided = super().month_of_pay(month, before, cut_off)
        return decided


WATCHED: dict[str, Callable[[str, Law, Catalog], CaseFile]] = {
    AUTHORIZE: WatchedRecipient,
    PRICE: WatchedProvider,
    SETTLE: WatchedSettlement,
    METHOD: lambda provider, law, catalog: MethodFile(),
}


class Key(NamedTuple):
    """One key of one stage, folded: its case file, what it tells later stages, and its records."""

    case: Any
    rows: Rows
    records: Records
    turns: list[tuple[int, CameBack]]  # what pay runs alone tell of payments (RUN-4), with the cut-off


class Folded(NamedTuple):
    """All keys folded, by stage and key."""

    keys: Mapping[tuple[str, str], Key]

    def month(self, stage: str, key: str, month: int) -> Any:
        """A month as it was last decided; None if it never was."""
        folded = self.keys.get((stage, key))
        return folded.case.months.get(month) if folded else None

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Records of a kind, by cut-off and id."""
        return [record for key in self.keys.values() for record in key.records.get(kind, ())]

    def came_back(self) -> Told:
        """Which payments do not stand."""
        told = Told()
        for instruction in self.records("PaymentInstruction"):
            told.instruction(instruction)
        for cut_off, turn in (turn for key in self.keys.values() for turn in key.turns):
            told.pay_run({"cut_off": cut_off, "came_back": [asdict(turn)]})
        return told


class Fold:
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

    def run(self, without: frozenset[Row] = frozenset()) -> Folded:
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
        return Folded(keys)

    def _fold(self, stage: str, key: str, rows: list[Row]) -> Key:
        known = (stage, key, tuple(sorted(rows)))
        if known not in self._known:
            shard = Shard(stage, self.law, self.concerned.catalog, self.until, ONE_SHARD)
            case = WATCHED[stage](key, self.law, self.concerned.catalog)
            shard.tell(restate(case, shard.in_order(list(rows)), self.until, self.law))
            shard.sort_records()
            turns = [(cut_off, each) for cut_off, run in shard.tally.runs.items() for each in run.came_back]
            self._known[known] = Key(case, _dealt(shard), shard.records, turns)
        return self._known[known]


def unkeyed(row: Row) -> Any:
    """A fact, whoever reads it."""
    return row[1:]


def _dealt(shard: Shard) -> Rows:
    told: Rows = defaultdict(list)
    for stage, (_, block) in shard.dealer.blocks():
        for row in rows_of([block]):
            told[stage, row[0]].append(row)
    return told
