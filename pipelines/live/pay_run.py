"""A pay run: what is new in the journal is folded stage by stage onto what is remembered, and becomes letters.

The same functions as `pipelines.plain`, taken up again at each cut-off. Rejections first, the PayRun last.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from pipelines.live.memory import Kept, Memory, Told
from pipelines.live.outbox import ORDER, Letter, letter_of
from rules.law import Law
from rules.periods import business_day_of, iso
from schemas.journal import Entry
from transforms.close_run import pay_runs
from transforms.door import Door
from transforms.rows import Row, rows_of
from transforms.shard import Shard
from transforms.stages import STAGES
from transforms.tally import Tally

ONE_SHARD = 1
ID_FIELDS = {
    "Finding": ("finding_id",),
    "AdvanceReconciliation": ("recipient_id", "service_month"),
    "BenefitHours": ("provider_id", "county", "service_month"),
}


class Run(NamedTuple):
    """What a pay run came to. ``keys``: how many were decided again; ``told``, ``listings``: what to remember."""

    letters: list[Letter]
    tally: Tally
    keys: int
    told: Told
    listings: list[bytes]


class PayRuns:
    """Folds one pay run after the other."""

    def __init__(self, memory: Memory, law: Law) -> None:
        self.memory, self.law = memory, law

    def fold(self, cut_off: int, entries: Iterable[Entry]) -> Run:
        """Decide a pay run from its entries; it is remembered when ``remember`` says so."""
        door = Door(ONE_SHARD, None)
        seen = [_read(door, entry) for entry in entries]
        known = self.memory.learn(door.catalog)
        before = self.memory.told()
        if before is not None and before.first_claim is not None:
            door.tally.claim_seen(before.first_claim)
        records, keys = self._stages(cut_off, door)
        records["Rejection"] = [{**each, "seen_at": at} for at, rejected in seen for each in rejected]
        records["PayRun"] = pay_runs(_since(door.tally, cut_off), self.law, cut_off)
        letters = [*_letters(records, cut_off)]
        return Run(letters, door.tally, keys, Told(cut_off, door.tally.first_claim), known)

    def remember(self, run: Run) -> None:
        """The run is decided: the next one builds on it."""
        self.memory.commit(run.told, run.listings)

    def _stages(self, cut_off: int, door: Door) -> tuple[dict[str, list[dict[str, Any]]], int]:
        """Records by kind; the tally of the stages is added to the door's."""
        records: dict[str, list[dict[str, Any]]] = defaultdict(list)
        blocks: dict[str, list[bytes]] = defaultdict(list)
        _take(blocks, door)
        keys = 0
        for stage in STAGES:
            shard = Shard(stage, self.law, self.memory.catalog, cut_off, ONE_SHARD)
            keys += self._fold_stage(stage, cut_off, blocks.pop(stage, []), shard)
            _take(blocks, shard)
            door.tally.merge(shard.tally)
            for kind, said in shard.records.items():
                records[kind] += said
        return records, keys

    def _fold_stage(self, stage: str, cut_off: int, blocks: list[bytes], shard: Shard) -> int:
        rows: dict[str, list[Row]] = defaultdict(list)
        for row in rows_of(blocks):
            rows[row[0]].append(row)
        keys = sorted({*rows, *self.memory.due(stage, cut_off)})
        for key in keys:
            kept = self.memory.get(stage, key) or Kept(STAGES[stage](key, self.law, self.memory.catalog), self.law)
            shard.tell(kept.decide(shard.in_order(rows[key]), cut_off, self.law))
            self.memory.put(stage, key, kept)
        shard.sort_records()
        return len(keys)


def _read(door: Door, entry: Entry) -> tuple[int, list[dict[str, Any]]]:
    """Let an entry in; when it came, and the rejection if it is one."""
    before = len(door.rejections)
    door.read_entry(entry)
    return entry.arrived_at, door.rejections[before:]


def _take(blocks: dict[str, list[bytes]], dealt: Door | Shard) -> None:
    for stage, (_, block) in dealt.dealer.blocks():
        blocks[stage].append(block)


def _since(tally: Tally, cut_off: int) -> Tally:
    """The tally as one whose pay runs begin with this one, unless there is none yet."""
    begun = tally.first_claim is not None and tally.first_claim <= cut_off
    return Tally(first_claim=cut_off if begun else None, runs=tally.runs)


def _letters(records: dict[str, list[dict[str, Any]]], cut_off: int) -> Iterable[Letter]:
    run = iso(business_day_of(cut_off))
    for kind in ORDER:
        for record in records.get(kind, []):
            yield letter_of(kind, record, _id(kind, record, run))


def _id(kind: str, record: dict[str, Any], run: str) -> str:
    """What no other letter has: an instruction's own id, else that of the record and the pay run."""
    if kind == "PaymentInstruction":
        return str(record["instruction_id"])
    if kind == "Rejection":
        return f"Rejection:{hashlib.sha256(record['origin'].encode() + record['raw']).hexdigest()}:{run}"
    return ":".join([kind, *(str(record[name]) for name in ID_FIELDS.get(kind, ())), run])
