"""Punches of a pair, In and Out, to shifts. What has no other end is an open visit, and of a timesheet a bad row."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipelines.importing.cells import MINUTES_IN_HOUR, BadCell
from pipelines.importing.documents import once, rejected
from pipelines.importing.drafts import DocumentDraft, unnamed_id
from pipelines.importing.ledger import ImportLedger
from pipelines.importing.map import ImportMap
from pipelines.importing.shifts import Ends, parts_of
from pipelines.importing.spool import Spooled
from rules.periods import period_of

OF_A_PUNCH = ("punch", "punched_at")


class Shift(NamedTuple):
    """Two punches, or one that is alone."""

    start: Spooled | None
    end: Spooled | None
    shared: bool = False  # its end is the beginning of the next

    @property
    def rows(self) -> list[Spooled]:
        """Those that no other shift counts."""
        return [each for each in (self.start, None if self.shared else self.end) if each]

    @property
    def ends(self) -> Ends:
        """As instants."""
        return Ends(*(each.draft.body["punched_at"] if each else None for each in (self.start, self.end)))


def paired(rows: Sequence[Spooled], asked: ImportMap) -> Iterator[Shift]:
    """Shifts of punches in order of time."""
    longest = asked.rows.longest_shift_hours * MINUTES_IN_HOUR
    begun: Spooled | None = None
    for row in rows:
        is_in = row.draft.body["punch"] == "IN"
        shift = Shift(begun, row, shared=is_in)
        closes = begun is not None and (not is_in or asked.rows.in_closes) and shift.ends.minutes <= longest
        if closes:
            yield shift
        elif begun is not None:
            yield Shift(begun, None)
        if not closes and not is_in:
            yield Shift(None, row)
        begun = row if is_in else None
    if begun is not None:
        yield Shift(begun, None)


def regrouped(asked: ImportMap, rows: Sequence[Spooled], ledger: ImportLedger) -> Iterator[tuple[str, list[Spooled]]]:
    """Rows by document, each with what its shift says of it."""
    made: dict[str, list[Spooled]] = {}
    for shift in paired(once(rows, ledger), asked):
        for spooled in _drafted(asked, shift, ledger):
            made.setdefault(spooled.draft.document, []).append(spooled)
    yield from made.items()


def _drafted(asked: ImportMap, shift: Shift, ledger: ImportLedger) -> Iterator[Spooled]:
    first, *others = shift.rows
    body = {name: value for name, value in first.draft.body.items() if name not in OF_A_PUNCH}
    ledger.minutes["read"] += shift.ends.minutes
    if asked.kind == "EvvVisit":
        body |= {"check_in_at": shift.ends.start, "check_out_at": shift.ends.end}
        draft = DocumentDraft(unnamed_id(asked, body), None, first.draft.same, body, minutes=shift.ends.minutes)
        yield first._replace(draft=draft)
    else:
        yield from _hours(asked, shift, body, ledger)
        if shift.ends.end is None or shift.ends.start is None:
            return
    for each in others:
        ledger.became("used", 0)
        ledger.assume(each.said)


def _hours(asked: ImportMap, shift: Shift, body: dict[str, object], ledger: ImportLedger) -> Iterator[Spooled]:
    first = shift.rows[0]
    try:
        parts = parts_of(shift.ends, 0, asked.rows, lambda words: ledger.noted.update([words]))
    except BadCell as bad:
        rejected(
            ledger, [each._replace(draft=each.draft._replace(minutes=0)) for each in shift.rows], bad.expected, "punch"
        )
        return
    for number, period in enumerate(sorted({period_of(part.day) for part in parts})):
        within = tuple(part for part in parts if period_of(part.day) == period)
        keyed = body | {"period_start": period}
        minutes = sum(part.minutes for part in within)
        draft = DocumentDraft(unnamed_id(asked, keyed), None, first.draft.same, keyed, within, minutes)
        yield first._replace(draft=draft, first=not number)
