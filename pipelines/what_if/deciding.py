"""A shard of a stage, as it is and as each variant would have it: only keys that a variant can touch are decided again.

Two things touch a key: the law answers otherwise what the key asked of it (`rules.law.AskedLaw`), or other rows come to
it than in the baseline, from facts that are otherwise or from a key of a stage before. What a variant says otherwise
travels as rows taken away and rows added.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from fold.rows import Row, arrival
from fold.shard import Records, Shard
from fold.stages import Catalog
from pipelines.what_if.moves import Moves
from pipelines.what_if.standing import Standing, standing_of, standing_payments
from pipelines.what_if.sums import WhatIfSums
from pipelines.what_if.variant import Touch, Variant
from rules.conclusion import METHOD
from rules.law import AskedLaw, Law
from rules.method import AwaitsMethod
from schemas.envelope import OutgoingRecord

Routed = tuple[str, Row]  # the stage to which a row goes


class StageAsked(NamedTuple):
    """What decides a shard's keys, and whether sums by person and pay period are asked for."""

    stage: str
    catalog: Catalog
    until: int
    by_person: bool = False


class KeySaid(NamedTuple):
    """What a key came to: rows for later stages, records, minutes by statement, and what stands at the end."""

    rows: list[Routed]
    records: Records
    hours: dict[str, list[int]]
    standing: Standing

    @property
    def told(self) -> tuple[Records, Standing]:
        """What is compared."""
        return self.records, self.standing


NOTHING = KeySaid([], {}, {}, standing_of({}))


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
        law = AskedLaw(self.touch.law) if self.touch.names else self.touch.law
        before = self._folded(key, rows, law) if rows else NOTHING
        self.rows += before.rows
        self._add(self.baseline, 1, before)
        asked = law.asked if isinstance(law, AskedLaw) else ()
        for number, touched in enumerate(self.touch.touched(asked)):
            gone, more = arriving[number]
            if touched or gone or more:
                others = [*(Counter(rows) - Counter(gone)).elements(), *more]
                after = self._folded(key, others, self.variants[number].law) if others else NOTHING
                self._note(number, before, after)
        if isinstance(law, AskedLaw):
            law.forget()

    def _folded(self, key: str, rows: list[Row], law: Law) -> KeySaid:
        stage, catalog, until, _ = self.deciding
        shard = Shard(stage, law, catalog, until, 1)
        shard.fold_key(key, list(rows))
        dealt = [(to, row) for (to, _), dealt in shard.dealer.hands.items() for row in dealt]
        records = shard.records | {"PaymentInstruction": self._standing_payments(shard, dealt)}
        return KeySaid(dealt, records, shard.tally.hours, standing_of(records))

    def _standing_payments(self, shard: Shard, dealt: list[Routed]) -> list[OutgoingRecord]:
        """Instructions of a settlement that stand at the end (RUN-4), in the order in which they were said. Those that
        wait for their method count here, where it is known which do not stand, and not where they are said."""
        if self.deciding.stage == METHOD:
            return []
        waiting = [arrival(row).content for to, row in dealt if to == METHOD and row[-1] == AwaitsMethod.__name__]
        said = [*shard.records.get("PaymentInstruction", ()), *(each.instruction for each in waiting if each)]
        return standing_payments(said, shard.tally.runs)

    def _add(self, sums: WhatIfSums, sign: int, said: KeySaid) -> None:
        sums.add(sign, said.records, said.hours, said.standing)
        if self.deciding.by_person:
            sums.add_people(sign, said.records, said.hours, said.standing)

    def _note(self, number: int, before: KeySaid, after: KeySaid) -> None:
        self.moves[number].compare(self.deciding.stage, before.told, after.told)
        self._add(self.sums[number], -1, before)
        self._add(self.sums[number], 1, after)
        if before.rows != after.rows:
            was, now = Counter(before.rows), Counter(after.rows)
            self.changed[number].gone.update(was - now)
            self.changed[number].more.update(now - was)


def by_key(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows of each key."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return found
