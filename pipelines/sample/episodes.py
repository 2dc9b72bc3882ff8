"""What happens to a timesheet: one function per situation of unit `sheet`.

Each files the revisions and returns the facts that show the situation, or None, nothing filed, where it does not fit.
"""

from collections.abc import Callable

from pipelines.sample.facts import fact, revised
from pipelines.sample.sheets import MILLIS_IN_HOUR, Sheet
from pipelines.sample.shelf import Fact
from pipelines.sample.window import moment
from rules import periods

CORRECTED_MINUTES = 120
ADDED_MINUTES = 40  # below what a month leaves of its authorization
MONTHS_TO_CLOSED = 27
HOUR = 60

Planted = list[Fact] | None


def late_approval(sheet: Sheet) -> Planted:
    return [sheet.file(approved=False), sheet.file(2, sheet.later(5, 12))]


def never_approved(sheet: Sheet) -> Planted:
    return [sheet.file(approved=False)]


def _longest_day(sheet: Sheet) -> int:
    return sheet.minutes.index(max(sheet.minutes))


def _changed(sheet: Sheet, minutes: int) -> list[int]:
    changed = list(sheet.minutes)
    changed[_longest_day(sheet)] += minutes
    return changed


def corrected_up(sheet: Sheet) -> Planted:
    return [sheet.file(), sheet.file(2, sheet.later(12, 40), minutes=_changed(sheet, ADDED_MINUTES))]


def _corrected_down(sheet: Sheet, least: int, most: int) -> Planted:
    if not sheet.desk.home.pays_plainly or max(sheet.minutes) <= CORRECTED_MINUTES:
        return None
    return [sheet.file(), sheet.file(2, sheet.later(least, most), minutes=_changed(sheet, -CORRECTED_MINUTES))]


def corrected_down(sheet: Sheet) -> Planted:
    return _corrected_down(sheet, 12, 40)


def correction_not_approved(sheet: Sheet) -> Planted:
    return [sheet.file(), sheet.file(2, sheet.later(12, 40), approved=False, minutes=_changed(sheet, ADDED_MINUTES))]


def withdrawn(sheet: Sheet) -> Planted:
    if not sheet.desk.home.pays_plainly:
        return None
    return [sheet.file(), sheet.file(2, sheet.later(12, 40), withdrawn=True)]


def supplemental(sheet: Sheet) -> Planted:
    forgotten = _longest_day(sheet)
    rest = [0 if day == forgotten else minutes for day, minutes in enumerate(sheet.minutes)]
    only = [minutes if day == forgotten else 0 for day, minutes in enumerate(sheet.minutes)]
    if not any(rest):
        return None
    document = f"{sheet.document_id}-S"
    other = sheet.file(1, sheet.later(7, 25), minutes=only, document_id=document, event_id=f"{document}.1")
    return [sheet.file(minutes=rest), other]


def sent_twice(sheet: Sheet) -> Planted:
    sheet.desk.truth.repeated["same_event"] += 1
    return [sheet.file(), sheet.file()]


def sent_again(sheet: Sheet) -> Planted:
    first = sheet.file()
    again = {**first[1], "event_id": f"{sheet.document_id}.again", "recorded_at": sheet.later(1, 5)}
    sheet.desk.truth.repeated["same_content"] += 1
    return [first, sheet.desk.put("Timesheet", again)]


def conflicting_revision(sheet: Sheet) -> Planted:
    event = f"{sheet.document_id}.other"
    return [sheet.file(), sheet.file(1, sheet.later(1, 6), minutes=_changed(sheet, ADDED_MINUTES), event_id=event)]


def filed_before_worked(sheet: Sheet) -> Planted:
    last = sheet.period + max(day for day, minutes in enumerate(sheet.minutes) if minutes)
    if last == sheet.period:
        return None
    return [sheet.file(at=moment(last - 1, sheet.desk.rng))]


def filed_after_two_years(sheet: Sheet) -> Planted:
    """Another timesheet, for a month that closed before the sample begins."""
    period = periods.add_months(periods.month_of(sheet.period), -MONTHS_TO_CLOSED)
    document = f"{sheet.document_id}-F"
    minutes = [HOUR] * periods.period_days(period)
    event = f"{document}.1"
    sheet.file()
    return [sheet.file(minutes=minutes, document_id=document, event_id=event, period_start=period)]


def filed_under_two_providers(sheet: Sheet) -> Planted:
    carers = sheet.desk.home.carers
    if len(carers) == 1 or sheet.carer is not carers[0]:
        return None
    other, event = carers[1].provider_id, f"{sheet.document_id}.moved"
    moved = sheet.file(1, sheet.later(1, 5), provider_id=other, event_id=event)
    if sheet.desk.rng.random() < 0.5:
        gone = revised(moved[1], sheet.later(10, 20), withdrawn=True)
        sheet.desk.put("Timesheet", {**gone, "event_id": f"{event}.2"})
    return [sheet.file(), moved]


def _fill_day(sheet: Sheet, index: int, minutes: int) -> bool:
    """Moves work of the days around to one day, so that the month's total stays."""
    missing = minutes - sheet.minutes[index]
    nearest = sorted(range(len(sheet.minutes)), key=lambda day: abs(day - index))
    for day in nearest[1:]:
        taken = min(missing, sheet.minutes[day])
        sheet.minutes[day] -= taken
        missing -= taken
    sheet.minutes[index] = minutes - missing
    return missing == 0


def _one_who_lives_in(sheet: Sheet) -> bool:
    home = sheet.desk.home
    return home.pays_plainly and sheet.carer.live_in and not home.waiver_minutes


def day_too_long(sheet: Sheet) -> Planted:
    if not _one_who_lives_in(sheet) or sum(sheet.minutes) < 1450:
        return None
    _fill_day(sheet, len(sheet.minutes) // 2, 1450)
    return [sheet.file()]


def daylight_saving_day_too_long(sheet: Sheet) -> Planted:
    days = range(sheet.period, sheet.period + len(sheet.minutes))
    short = [index for index, day in enumerate(days) if periods.day_length_minutes(day) < 24 * 60]
    if not short or not _one_who_lives_in(sheet) or sum(sheet.minutes) < 1400:
        return None
    _fill_day(sheet, short[0], 1400)
    return [sheet.file()]


def _outcome(sheet: Sheet, outcome: str, recorded_at: int, after: int, **fields: object) -> Fact:
    at = recorded_at + after * 24 * MILLIS_IN_HOUR
    paid = {"instruction_id": sheet.instruction(recorded_at), "outcome": outcome, "cents": None, "reason": None}
    record = fact("payments", f"PO{sheet.document_id[2:]}", at, {**paid, **fields})
    return sheet.desk.put("PaymentOutcome", record)


def _paid(outcome: str, after: int, with_token: bool | None = None) -> Callable[[Sheet], Planted]:
    """Files the timesheet and what became of its first payment."""

    def episode(sheet: Sheet) -> Planted:
        if not _one_who_lives_in(sheet) or with_token not in (None, sheet.carer.token is not None):
            return None
        return [sheet.file(), _outcome(sheet, outcome, sheet.recorded_at, after)]

    return episode


def payment_settled(sheet: Sheet) -> Planted:
    planted = _paid("ACCEPTED", 4)(sheet)
    if planted:
        accepted = planted[1][1]
        settled = revised(accepted, accepted["recorded_at"] + 1, outcome="SETTLED")
        planted.append(sheet.desk.put("PaymentOutcome", settled))
    return planted


payment_returned = _paid("RETURNED", 6, with_token=True)
payment_voided = _paid("VOIDED", 7)
payment_stale = _paid("STALE", 12, with_token=False)


def payment_returned_then_new_account(sheet: Sheet) -> Planted:
    planted = payment_returned(sheet)
    enrollment = sheet.carer.enrollment
    if planted and enrollment:
        sheet.carer.enrollment = revised(enrollment, sheet.later(11, 13), account_token=f"{sheet.carer.token}-new")
        planted.append(sheet.desk.put("ProviderEnrollment", sheet.carer.enrollment))
    return planted


def outcome_without_instruction(sheet: Sheet) -> Planted:
    never = sheet.instruction(sheet.recorded_at).replace("ARREARS:", "ADVANCE:", 1)
    sheet.file()
    return [_outcome(sheet, "SETTLED", sheet.recorded_at, 5, instruction_id=never)]


def overpayment_recovered(sheet: Sheet) -> Planted:
    planted = _corrected_down(sheet, 8, 9)
    if planted:
        # Five days: the pay run that says the correction has passed, whatever weekend or holiday lies between.
        planted.append(_outcome(sheet, "RECOVERED", planted[1][1]["recorded_at"], 5, cents=1000))
    return planted
