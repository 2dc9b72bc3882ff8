"""One shard of one stage: its keys folded one after another. The plain-function twin of `restate.Restate`."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from fold.beat import Beat
from fold.collections import pass_over, rare_collections
from fold.content import Bodies, note_content
from fold.news import News
from fold.rows import Dealer, Row, arrival, conclusion_row, rows_of
from fold.stages import STAGES, Catalog, counted_in, counts_as_fact
from fold.tally import MINUTES, StandingPayments, Tally
from rules.conclusion import OUT, SETTLE, Conclusion
from rules.conclusions import ContractRecord, InstructionRecord, PaymentTurned, Statement
from rules.documents import Arrival
from rules.findings import RuleFinding, finding_record
from rules.law import Law
from rules.method import AwaitsMethod
from rules.restatement import Change, restate
from schemas import CONCLUSIONS, KINDS_OF_RUN
from schemas.envelope import OutgoingRecord
from schemas.finding import Finding

UNWATCHED = Beat()
Records = dict[str, list[OutgoingRecord]]  # by kind


class Shard:
    """What the keys of a shard conclude: rows for the next stage, records that leave the house, and a tally."""

    def __init__(self, stage: str, law: Law, catalog: Catalog, until: int, shards: int) -> None:
        self.stage, self.law, self.catalog, self.until = stage, law, catalog, until
        self.dealer, self.tally = Dealer(shards), Tally()
        self.records: Records = defaultdict(list)
        self.hours: dict[str, list[int]] = {}  # MINUTES by statement, as of the last decision
        self.bodies: Bodies = {}  # of the records, once all keys were told

    def fold(self, blocks: Iterable[bytes], beat: Beat = UNWATCHED) -> "Shard":
        """Decide every key of the blocks as of every cut-off that matters to it; ``beat`` hears how far it is."""
        keys: dict[str, list[Row]] = defaultdict(list)
        with rare_collections():
            for row in rows_of(blocks):
                keys[row[0]].append(row)
            pass_over()
            for done, key in enumerate(order := sorted(keys), 1):
                self.fold_key(key, keys.pop(key))
                beat.of_shard(self.stage, done, len(order))
            self.finish()
        return self

    def finish(self) -> None:
        """When all keys were told: records in their order, and what each pay run says (`fold.content`)."""
        self.sort_records()
        self.bodies = note_content(self.tally, self.records)

    def sort_records(self) -> None:
        """Records of each kind by cut-off, then id."""
        for kind, records in self.records.items():
            records.sort(key=ORDER[kind])

    def fold_key(self, key: str, rows: list[Row]) -> None:
        """Decide one key as of every cut-off that matters to it."""
        case = STAGES[self.stage](key, self.law, self.catalog)
        self.tell(restate(case, self.in_order(rows), self.until, self.law))

    def tell(self, changes: Iterable[Change]) -> None:
        """What changed for one key: to the next stage, or out of the house."""
        standing: dict[str, Finding] = {}
        payments = StandingPayments()
        for change in changes:
            said = change.now if change.now is not None else change.before
            kind = type(said)
            if kind is RuleFinding:
                self._find(change, said, standing)
            elif isinstance(said, ContractRecord):
                self._say(change, payments)
            elif kind is AwaitsMethod:
                payments.instruct(said.instruction)
                self._deal(change, said)
            elif kind is PaymentTurned:
                payments.turn(said)
                self.tally.run(change.cut_off).came_back.append(said)
            else:
                self._deal(change, said)
                self._count_hours(change, said)
        for finding in standing.values():
            self.tally.find(finding)
        self.tally.add_came_back(payments.came_back)

    def _deal(self, change: Change, said: Conclusion) -> None:
        """To the next stage, if one reads it. TypeError: it leaves the house, and nobody here writes it down."""
        stop = said.to
        if stop is OUT:
            raise TypeError(f"what becomes of a {type(said).__name__} that leaves the house?")
        if stop is not None:
            row = conclusion_row(stop.key, change.cut_off, change.id, type(said).__name__, change.now)
            self.dealer.deal(stop.stage, row)

    def in_order(self, rows: list[Row]) -> list[Arrival]:
        """Arrivals in the order of recording; an event that came twice comes once, and counts in its first stage."""
        arrivals, news = [arrival(row) for row in self.once(rows)], News()
        for each in arrivals:
            if counts_as_fact(each.kind, self.stage) and news.is_new(each.content):
                self.tally.run(each.cut_off).facts += 1
        return arrivals

    def once(self, rows: list[Row]) -> list[Row]:
        """Rows in the order of recording; one that came twice comes once, and counts in its first stage."""
        rows.sort()
        once: list[Row] = []
        for row in rows:
            if once and row == once[-1]:
                self.tally.duplicates += counted_in(row[-1]) == self.stage
            else:
                once.append(row)
        return once

    def count_facts(self, rows: Iterable[Row]) -> None:
        """Facts that are new to their key, by the run that sees them first; one that several stages read counts in its
        first."""
        for row in rows:
            if counts_as_fact(row[-1], self.stage):
                self.tally.run(row[1]).facts += 1

    def _find(self, change: Change, finding: RuleFinding, standing: dict[str, Finding]) -> None:
        record = finding_record(change.id, finding, change.cut_off, cleared=change.now is None)
        self.records["Finding"].append(record)
        self.tally.run(change.cut_off).findings += 1
        standing.pop(change.id, None)
        if change.now is not None:
            standing[change.id] = record

    def _say(self, change: Change, payments: StandingPayments) -> None:
        if change.now is None:
            return
        if isinstance(change.now, InstructionRecord):
            paid = change.now.content
            self.records[paid.KIND].append(paid)
            self.tally.pay(paid)
            if self.stage == SETTLE:  # of one that waited for its method, its settlement counts what came back
                payments.instruct(paid)
            return
        content = change.now.content
        self.records[content.KIND].append(replace(content, cut_off=change.cut_off))

    def _count_hours(self, change: Change, said: object) -> None:
        if isinstance(said, Statement) and said.kind == "ARREARS":
            self.hours[change.id] = now = _minutes(change.now)
            for name, was, minutes in zip(MINUTES, _minutes(change.before), now, strict=True):
                self.tally.count(self.tally.hours, name, minutes - was)


def _minutes(said: Statement | None) -> list[int]:
    return [0 if said is None else getattr(said, name) for name in MINUTES]


ORDER: dict[str, Callable[[Any], Any]] = {kind: attrgetter("cut_off", *CONCLUSIONS[kind].KEY) for kind in KINDS_OF_RUN}
