"""Weeks over the limit: timesheets with one full week over 40:00, and what the county says to it."""

from collections.abc import Callable

from pipelines.sample.episodes import Planted
from pipelines.sample.facts import fact
from pipelines.sample.sheets import Sheet
from pipelines.sample.shelf import Fact
from pipelines.sample.window import moment
from rules import periods

OVER = 43 * 60 + 24
LEAST_IN_PERIOD = 50 * 60
HIGHEST_MAXIMUM = 160 * 60  # monthly minutes of a recipient whose weekly maximum is 40:00
EXTRA_MINUTES = 300


def _first_full_week(period: int) -> int:
    return periods.workweek_of(period + 6)


def _overwork(sheet: Sheet) -> bool:
    """Moves the period's work into its first full week; False where the hours do not allow it."""
    home, total = sheet.desk.home, sum(sheet.minutes)
    fits = sheet.carer.live_in and home.pays_plainly and home.minutes <= HIGHEST_MAXIMUM and len(home.terms) == 1
    if not fits or home.waiver_minutes or total < LEAST_IN_PERIOD or 0 in sheet.minutes:
        return False
    start = _first_full_week(sheet.period) - sheet.period
    rest = (total - OVER) // (len(sheet.minutes) - 7)
    sheet.minutes[:] = [rest] * len(sheet.minutes)
    sheet.minutes[start : start + 7] = [OVER // 7] * 7
    return True


def week_over_40(sheet: Sheet) -> Planted:
    return [sheet.file()] if _overwork(sheet) else None


def _week_paper(sheet: Sheet, kind: str, prefix: str, recorded_at: int, **fields: object) -> Fact:
    week = _first_full_week(sheet.period)
    fields = {"provider_id": sheet.carer.provider_id, **fields, "workweek_start": week}
    document = f"{prefix}{sheet.document_id[2:]}"
    return sheet.desk.put(kind, fact(sheet.desk.source, document, recorded_at, fields))


def week_over_40_excused(sheet: Sheet) -> Planted:
    if not _overwork(sheet):
        return None
    before = moment(_first_full_week(sheet.period), sheet.desk.rng)
    terms = {"recipient_id": sheet.carer.recipient_id, "extra_minutes": EXTRA_MINUTES}
    return [sheet.file(), _week_paper(sheet, "HoursException", "HX", before, **terms)]


def _decided(decision: str) -> Callable[[Sheet], Planted]:
    """A violation and what the county decided on it."""

    def episode(sheet: Sheet) -> Planted:
        if not _overwork(sheet):
            return None
        at = sheet.later(10, 14)
        return [sheet.file(), _week_paper(sheet, "ViolationDecision", "VD", at, decision=decision)]

    return episode


violation_overturned = _decided("OVERTURNED")
violation_removed_by_training = _decided("TRAINING_COMPLETED")
violation_upheld = _decided("UPHELD")
