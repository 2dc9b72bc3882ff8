"""The rows of a document put together: what stands twice counts once, hours of a day are added up, versions follow the
sender's numbers."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipelines.importing.ledger import ImportLedger
from pipelines.importing.map import ImportMap
from pipelines.importing.readings import Bad
from pipelines.importing.spool import Spooled
from rules.periods import hhmm, iso
from schemas import FACTS
from schemas.symbols import RejectionReason
from schemas.types import LONGEST_DAY, Fields, days_of_pay_period

SIGNED, APPROVED = "provider_signed_at", "recipient_approved_at"
CONTRADICTORY: RejectionReason = "CONTRADICTORY"


class Version(NamedTuple):
    """What a document says, and the rows that say it. ``sequence``: the sender's number of it."""

    body: Fields
    rows: list[Spooled]
    sequence: int | None = None

    @property
    def minutes(self) -> int:
        """All that it claims."""
        return sum(row.draft.minutes for row in self.rows)

    def keys(self, kind: str) -> Fields:
        """Its key fields."""
        return {name: self.body.get(name) for name in FACTS[kind].KEY_FIELDS}


def rejected(
    ledger: ImportLedger, rows: Sequence[Spooled], expected: str, field: str, reason: RejectionReason = CONTRADICTORY
) -> None:
    """These rows cannot be used."""
    for row in rows:
        ledger.reject(row.file, row.place, Bad("", "", expected, reason, field), row.raw)
        ledger.became("rejected", row.draft.minutes, row.first)


def once(rows: Sequence[Spooled], ledger: ImportLedger) -> list[Spooled]:
    """Each row once; what says the same again is a duplicate."""
    seen: dict[tuple[str, int | None], Spooled] = {}
    for row in rows:
        if seen.setdefault((row.draft.same, row.draft.sequence), row) is not row:
            ledger.became("duplicates", row.draft.minutes, row.first)
    return list(seen.values())


def versions(asked: ImportMap, rows: Sequence[Spooled], ledger: ImportLedger) -> list[Version]:
    """The versions of a document, the oldest first; rows that contradict each other are rejected."""
    kept = once(rows, ledger)
    if any(row.draft.parts for row in kept):
        return list(_added_up(asked, kept, ledger))
    numbers = [row.draft.sequence for row in kept]
    if len(kept) == 1 or (None not in numbers and len(set(numbers)) == len(numbers)):
        return [Version(row.draft.body, [row], row.draft.sequence) for row in kept]
    if asked.rows.repeated == "last" and len(set(numbers)) == 1:
        last = max(kept, key=lambda row: (row.file, row.place))
        for row in kept:
            if row is not last:
                ledger.became("superseded", row.draft.minutes, row.first)
        return [Version(last.draft.body, [last], last.draft.sequence)]
    rejected(ledger, kept, "one row for a document: these differ, and nothing says which is newer", "document_id")
    return []


def _added_up(asked: ImportMap, rows: list[Spooled], ledger: ImportLedger) -> Iterator[Version]:
    """A timesheet of the hours of its days."""
    rows = _days_that_can_be(asked, rows, ledger)
    if not rows:
        return
    bodies = [row.draft.body for row in rows]
    names = {name for body in bodies for name in body} - {SIGNED, APPROVED}
    differing = sorted(name for name in names if len({str(body.get(name)) for body in bodies}) > 1)
    if differing:
        rejected(ledger, rows, f"one {differing[0]} for a timesheet: its rows have several", differing[0])
        return
    body = dict(bodies[0])
    signed = [each[SIGNED] for each in bodies if SIGNED in each]
    approved = [each[APPROVED] for each in bodies if APPROVED in each]
    body |= {SIGNED: max(signed)} if signed else {}
    # Approved is what all of it is approved: hours that the recipient has not seen wait with the rest.
    body[APPROVED] = max(approved) if len(approved) == len(bodies) else None
    days = [0] * days_of_pay_period(body["period_start"])
    for part in (part for row in rows for part in row.draft.parts):
        days[part.day - body["period_start"]] += part.minutes
    yield Version(body | {"minutes_worked": days}, rows)


def _days_that_can_be(asked: ImportMap, rows: list[Spooled], ledger: ImportLedger) -> list[Spooled]:
    """Rows without those of days that say two things, or that no day can hold."""
    by_day: dict[int, list[Spooled]] = {}
    for row in rows:
        for part in row.draft.parts:
            by_day.setdefault(part.day, []).append(row)
    wrong: dict[int, str] = {}
    for day, theirs in by_day.items():
        total = sum(part.minutes for row in theirs for part in row.draft.parts if part.day == day)
        if asked.rows.shape == "day" and len(theirs) > 1 and not _correct(asked):
            wrong[day] = f"one row for a pair and day: {len(theirs)} differ for {iso(day)}"
        elif not 0 <= total <= LONGEST_DAY:
            wrong[day] = f"hours of a day from 0:00 to {hhmm(LONGEST_DAY)}: those of {iso(day)} come to {hhmm(total)}"
    return _without(rows, wrong, ledger)


def _correct(asked: ImportMap) -> bool:
    """Whether rows of a day may correct each other."""
    each = asked.fields.get("minutes")
    return each is not None and each.corrections


def _without(rows: list[Spooled], wrong: dict[int, str], ledger: ImportLedger) -> list[Spooled]:
    kept = []
    for row in rows:
        words = next((wrong[part.day] for part in row.draft.parts if part.day in wrong), None)
        if words is None:
            kept.append(row)
        else:
            rejected(ledger, [row], words, "minutes_worked")
    return kept
