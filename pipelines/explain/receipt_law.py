"""The numbers of the law that a receipt shows: each as it was looked up, and the text that they stand in."""

import base64
import zlib

import msgspec

from pipelines.explain.receipt_parts import LawShown, NumberOfLaw
from rules.law import Law, LawEntry
from rules.periods import iso
from rules.wages import MINIMUM, wage

BEST = 9  # of zlib's levels


class LawUsed:
    """The law as known at a pay run, remembering what was looked up."""

    def __init__(self, law: Law, cut_off: int) -> None:
        self.law, self.cut_off = law, cut_off
        self._looked_up: dict[tuple[str, int], LawEntry] = {}  # by name and first day in force

    def __call__(self, name: str, day: int) -> int:
        """A number in force on a day. Raises NotInForce."""
        value: int = self._entry(name, day).value
        return value

    def symbols(self, name: str, day: int) -> tuple[str, ...]:
        """Symbols in force on a day. Raises NotInForce."""
        value: tuple[str, ...] = self._entry(name, day).value
        return value

    def _entry(self, name: str, day: int) -> LawEntry:
        entry = self.law.entry(name, day, self.cut_off)
        self._looked_up.setdefault((name, entry.from_day), entry)
        return entry

    def wage(self, county: str, day: int) -> int:
        """Mills an hour (WAGE-1, MIN-1)."""
        self(f"wage.{county}", day)
        self(MINIMUM, day)
        return wage(county, day, self.law, self.cut_off).rate_mills

    def shown(self) -> LawShown:
        """All that was looked up, and the whole text."""
        text = msgspec.json.encode(self.law.parameters, order="deterministic")
        used = [_shown(name, found) for (name, _), found in sorted(self._looked_up.items())]
        return LawShown(text=base64.b64encode(zlib.compress(text, BEST)).decode(), used=used)


def _shown(name: str, entry: LawEntry) -> NumberOfLaw:
    return NumberOfLaw(
        name=name,
        value=msgspec.Raw(msgspec.json.encode(entry.value)),
        since=iso(entry.from_day),
        until=None if entry.until is None else iso(entry.until),
        published=None if entry.published is None else iso(entry.published),
        grade=entry.grade,
        citation=entry.citation,
        law=entry.law,
    )
