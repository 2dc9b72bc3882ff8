"""A shard of a stage, as it is and as each variant would have it: only keys that a variant can touch are decided again,
and only from the pay run on that it touches (`pipelines.what_if.forking`).

Two things touch a key: the law answers otherwise what the key asked of it (`rules.asked_law`), or other rows come to
it than in the baseline, from facts that are otherwise or from a key of a stage before. What a variant says otherwise
travels as rows taken away and rows added.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from fold.rows import Row, arrival
from fold.shard import Records, Shard
from fold.stages import STAGES, Catalog
from fold.tally import RunTotals, Tally
from pipelines.what_if.forking import NEVER, Forking
from pipelines.what_if.moves import Moves
from pipelines.what_if.standing import Standing, standing_of, standing_payments
from pipelines.what_if.sums import WhatIfSums
from pipelines.what_if.variant import Touch, Variant
from rules.conclusion import METHOD, PRICE
from rules.documents import Arrival
from rules.law import Law
from rules.method import AwaitsMethod
from rules.restatement import CaseFile, Change
from schemas.envelope import OutgoingRecord
from schemas.finding import Finding
from schemas.payment_instruction import PaymentInstruction


class Uncounted(Tally):
    """What a replay counts of its records, a what-if adds up itself (`sums`)."""

    def pay(self, instruction: PaymentInstruction) -> None:
        """It is not counted."""

    def find(self, finding: Finding) -> None:
        """It is not counted."""


NO_ARRIVALS: Mapping[Row, Arrival] = MappingProxyType({})
Routed = tuple[str, Row]  # the stage to which a row goes


class StageAsked(NamedTuple):
    """What decides a shard's keys, and whether sums by person and pay period are asked for."""

    stage: str
    catalog: Catalog
    until: int
    by_person: bool = False


class SaidPart(NamedTuple):
    """What some of a key's changes came to: rows for later stages, instructions that are said or wait for their method,
    other records, minutes by statement, and what came back, by pay run."""

    rows: list[Routed]
    paid: list[OutgoingRecord]
    records: Records
    hours: dict[str, list[int]]
    runs: dict[int, RunTotals]


class KeySaid(NamedTuple):
    """What a key came to: records, minutes by statement, and what stands at the end."""

    records: Records
    hours: dict[str, list[int]]
    standing: Standing

    @property
    def told(self) -> tuple[Records, Standing]:
        """What is compared."""
        return self.records, self.standing


def said_by(parts: Iterable[SaidPart]) -> KeySaid:
    """All that a key said, in parts one after the other. Instructions are those that stand at the end (RUN-4)."""
    records, hours, paid, runs = Records(), dict[str, list[int]](), list[OutgoingRecord](), dict[int, RunTotals]()
    for part in parts:
        paid += part.paid
        hours.update(part.hours)
        runs.update(part.runs)
        for kind, said in part.records.items():
            records[kind] = [*records.get(kind, ()), *said]
    records["PaymentInstruction"] = standing_payments(paid, runs)
    return KeySaid(records, hours, standing_of(records))


class Changed(NamedTuple):
    """What a variant does to a stage's rows."""

    gone: Counter[Routed]
    more: Counter[Routed]


class ShardOfVariants:
    """Folds keys one after another; ``rows`` go on to later stages, ``changed`` is what each variant does to them."""

    def __init__(self, deciding: StageAsked, touch: Touch, variants: list[Variant]) -> None:
        self.deciding, self.touch, self.variants = deciding, touch, variants
        self.rows: list[Routed] = []
        self.changed = [Changed(Counter(), Counter()) for _ in variants]
        self.baseline = WhatIfSums()
        self.sums, self.moves = [WhatIfSums() for _ in variants], [Moves() for _ in variants]

    def decide(self, key: str, rows: list[Row], arriving: list[tuple[list[Row], list[Row]]]) -> None:
        """A key whose ``rows`` came; of each variant, which of them would not, and what would come beside them."""
        arrivals = self._arrivals(rows)
        otherwise = [min((cut_off for _, cut_off, *_ in (*gone, *more)), default=NEVER) for gone, more in arriving]
        touch, until = self.touch, self.deciding.until
        along = touch.in_wages_alone if self.deciding.stage == PRICE else [False for _ in otherwise]
        forking = Forking(touch.law, touch.asked, otherwise, along, until)
        changes, forks = forking.as_it_is(partial(self._case, key), list(arrivals.values()))
        cuts = sorted({0, len(changes), *(fork.said for fork in forks if fork)})
        parts = {begin: self._part(changes[begin:end]) for begin, end in pairwise(cuts)}
        self.rows += (row for part in parts.values() for row in part.rows)
        before = said_by(parts.values())
        self._add(self.baseline, 1, before)
        for number, fork in enumerate(forks):
            if fork is None:
                continue
            if not fork.goes_along:
                fresh = self._arrivals(_otherwise(rows, *arriving[number]), arrivals)
                fork.changes += forking.otherwise_from(fork, partial(self._case, key), list(fresh.values()))
            after = self._part(fork.changes)
            kept = [part for begin, part in parts.items() if begin < fork.said]
            self._note(number, before, said_by([*kept, after]))
            self._deal(number, [row for begin, part in parts.items() if begin >= fork.said for row in part.rows], after)

    def _case(self, key: str, law: Law) -> CaseFile:
        return STAGES[self.deciding.stage](key, law, self.deciding.catalog)

    def _shard(self) -> Shard:
        stage, catalog, until, _ = self.deciding
        shard = Shard(stage, self.touch.law, catalog, until, 1)
        shard.tally = Uncounted()
        return shard

    def _arrivals(self, rows: list[Row], known: Mapping[Row, Arrival] = NO_ARRIVALS) -> dict[Row, Arrival]:
        """Rows in the order of recording, each once; ``known``: what some of them are."""
        return {row: known.get(row) or arrival(row) for row in self._shard().once([*rows])}

    def _part(self, changes: list[Change]) -> SaidPart:
        shard = self._shard()
        shard.tell(changes)
        rows = [(to, row) for (to, _), dealt in shard.dealer.hands.items() for row in dealt]
        paid = shard.records.pop("PaymentInstruction", [])
        if self.deciding.stage == METHOD:  # they count in their settlement, which knows what stands
            paid = []
        waiting = [arrival(row).content for to, row in rows if to == METHOD and row[-1] == AwaitsMethod.__name__]
        paid += [each.instruction for each in waiting if each]
        return SaidPart(rows, paid, shard.records, shard.hours, shard.tally.runs)

    def _add(self, sums: WhatIfSums, sign: int, said: KeySaid) -> None:
        sums.add(sign, said.records, said.hours, said.standing)
        if self.deciding.by_person:
            sums.add_people(sign, said.records, said.hours, said.standing)

    def _note(self, number: int, before: KeySaid, after: KeySaid) -> None:
        self.moves[number].compare(self.deciding.stage, before.told, after.told)
        self._add(self.sums[number], -1, before)
        self._add(self.sums[number], 1, after)

    def _deal(self, number: int, was: list[Routed], now: SaidPart) -> None:
        """Rows that were dealt since a variant parted, and those that it deals."""
        before, after = Counter(was), Counter(now.rows)
        self.changed[number].gone.update(before - after)
        self.changed[number].more.update(after - before)


def _otherwise(rows: list[Row], gone: list[Row], more: list[Row]) -> list[Row]:
    """What comes to a key in a variant."""
    return [*(Counter(rows) - Counter(gone)).elements(), *more] if gone or more else rows


def by_key(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows of each key."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return found
