"""What differs between two payrolls: records by key and field, findings that stand, money by kind, county and reason.

All amounts in cents and minutes. ``told`` is what ``ihss-payroll diff --json`` prints; ids of people and documents are
in it only when asked for.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import msgspec

from pipelines.check.fields import as_said, changed_fields, difference, flat, same
from pipelines.check.moved import Moved
from pipelines.check.pairs import KEYS, Pair, Payroll, pairs
from pipelines.check.standing import KnownStanding
from pipelines.summary import summary_in
from rules.periods import business_day_of, iso
from schemas.envelope import OutgoingRecord
from schemas.finding import Finding
from schemas.payment_instruction import PaymentInstruction
from schemas.types import Json

Beat = Callable[[str, int, int], None]
Sums = dict[str, dict[str, int]]
BEATS = 4096  # records between two beats


class Difference:
    """Reads both folders once. ``listed``: also keep each changed field of each record, with its ids."""

    def __init__(self, a: Payroll, b: Payroll, listed: bool = False) -> None:
        self.a, self.b, self.listed = a, b, listed
        self.counts: dict[str, Counter[str]] = {kind: Counter() for kind in KEYS}
        self.fields: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.money: dict[str, Counter[tuple[str, str, str]]] = {"a": Counter(), "b": Counter()}
        self.moved, self.standing = Moved(), KnownStanding()
        self.changes: list[Json] = []

    def read(self, beat: Beat) -> "Difference":
        """Set all kinds beside each other, findings first: they are reasons for what else differs."""
        done, size = 0, self.a.size + self.b.size
        for kind in sorted(KEYS, key=lambda kind: kind != "Finding"):
            for pair in pairs(kind, self.a, self.b):
                self._take(pair)
                done += 1
                if not done % BEATS:
                    beat("read", (self.a.bytes_read + self.b.bytes_read) >> 10, size >> 10)
        return self

    @property
    def is_same(self) -> bool:
        """Nothing is added, removed or changed."""
        return not any(count[how] for count in self.counts.values() for how in ("added", "removed", "changed"))

    def _take(self, pair: Pair) -> None:
        count = self.counts[pair.kind]
        for side, record in (("a", pair.before), ("b", pair.after)):
            if record is not None:
                count[side] += 1
                self._sum(side, record)
        if pair.before is not None and pair.after is not None and same(pair.before, pair.after):
            count["same"] += 1
            return
        how = "added" if pair.before is None else "removed" if pair.after is None else "changed"
        count[how] += 1
        self._differs(pair, how)

    def _sum(self, side: str, record: OutgoingRecord) -> None:
        if isinstance(record, Finding):
            self.standing.say(side, record)
        if not isinstance(record, PaymentInstruction):
            return
        sums = self.money[side]
        sums["net", record.kind, ""] += record.net_cents
        for line in record.lines:
            sums["gross", record.kind, line.county or ""] += line.cents
        for deduction in record.deductions:
            sums["deductions", deduction.kind, ""] += deduction.cents

    def _differs(self, pair: Pair, how: str) -> None:
        changed = changed_fields(flat(pair.before), flat(pair.after))
        for sign, record in ((-1, pair.before), (1, pair.after)):
            if isinstance(record, PaymentInstruction):
                self.moved.take(sign, record)
        if how == "changed":
            for field, (one, other) in changed.items():
                so_far = self.fields[pair.kind, field]
                so_far[0] += 1
                so_far[1] += difference(field, one, other)
        if self.listed:
            self._list(pair, how, changed)

    def _list(self, pair: Pair, how: str, changed: dict[str, tuple[object, object]]) -> None:
        named = zip(KEYS[pair.kind], pair.key, strict=True)
        run = iso(business_day_of(pair.key[0])) if KEYS[pair.kind][0] == "cut_off" else None
        key = " ".join(str(as_said(name, part)) for name, part in named if name != "cut_off")
        row = {"kind": pair.kind, "run": run, "key": key, "change": how}
        self.changes += (
            {**row, "field": field, "a": as_said(field, one), "b": as_said(field, other)}
            for field, (one, other) in changed.items()
            if field not in KEYS[pair.kind] and field != "raw"
        )

    def told(self) -> Json:
        """All of it as JSON."""
        reasons = self.moved.by_reason(self.standing.reasons())
        told = {
            "same": self.is_same,
            "a": _side(self.a.folder),
            "b": _side(self.b.folder),
            "records": {kind: _counted(count) for kind, count in self.counts.items()},
            "fields": [
                {"kind": kind, "field": field, "records": records, "difference": amount}
                for (kind, field), (records, amount) in sorted(self.fields.items())
            ],
            **{part: self._sums(part) for part in ("gross", "deductions", "net")},
            "payees": self.moved.payees(),
            "reasons": reasons,
            "findings": self.standing.told(),
        }
        return told | ({"statements": self.moved.statements(), "changes": self.changes} if self.listed else {})

    def _sums(self, part: str) -> list[Json]:
        named = sorted({name for sums in self.money.values() for name in sums if name[0] == part})
        return [
            {"kind": name[1], "county": name[2] or None, **_sides(self.money["a"][name], self.money["b"][name])}
            for name in named
        ]


def _side(folder: Path) -> Json:
    """What summary.json says of the law and the last day; null where a live job wrote none. Raises Misuse."""
    names, summary = ("until", "law_version", "law_overlay"), summary_in(folder)
    said = msgspec.to_builtins(summary) if summary else dict.fromkeys(names)
    return {"folder": str(folder), **{name: said[name] for name in names}}


def _counted(count: Counter[str]) -> dict[str, int]:
    return {name: count[name] for name in ("a", "b", "same", "added", "removed", "changed")}


def _sides(a: int, b: int) -> dict[str, int]:
    return {"a_cents": a, "b_cents": b, "difference_cents": b - a}
