"""One recipient after the other: who they are, their papers, their timesheets and what happens to them."""

from collections.abc import Callable
from random import Random

from pipelines.sample import episodes, weeks
from pipelines.sample.defects import spoiled
from pipelines.sample.episodes import Planted
from pipelines.sample.homes import Carer, Home
from pipelines.sample.leave import claim_leave, last_day_of_work
from pipelines.sample.papers import Desk, assess, authorize
from pipelines.sample.sheets import Sheet, draw_sheet
from pipelines.sample.shelf import Fact, Shelf, Truth
from pipelines.sample.situations import ROLL, SHEET
from pipelines.sample.terms import assign, enroll
from pipelines.sample.training import train
from pipelines.sample.travel import claim_travel
from pipelines.sample.visits import Visits
from pipelines.sample.window import Window
from pipelines.sample.work import halves, month_minutes, waiver_minutes
from rules.periods import iso

EPISODES: dict[str, Callable[[Sheet], Planted]] = {
    name: getattr(weeks, name, None) or getattr(episodes, name)
    for name, situation in ROLL.items()
    if situation.unit == "sheet"
}
# Situations of a home that show on its first timesheet, or on the first that the named rule touches.
SHOWN_ON_FIRST_SHEET = {
    "authorization_recorded_late", "no_authorization", "provider_not_assigned", "assignment_recorded_late",
    "not_enrolled_yet", "enrollment_recorded_late", "advance_pay", "advance_with_share_of_cost", "exemption_over_90",
    "advance_without_impairment", "advance_below_usual", "siblings_over_66", "month_over_maximum",
    "over_maximum_every_month",
}  # fmt: skip
SHOWN_ON_SECOND_SHEET = {"authorization_raised_late", "over_assigned_hours"}


def live(home: Home, window: Window, shelf: Shelf, truth: Truth) -> Desk:
    """Files everything about a home that was drawn for the window."""
    desk = Desk(home, window, shelf, truth)
    authorize(desk)
    if home.name == "siblings_over_66":
        home.until = window.months[0] + 27
    home.until = home.until or last_day_of_work(desk)
    enroll(desk)
    assign(desk)
    assess(desk)
    for month in window.months:
        for carer in home.carers:
            _work_a_month(desk, carer, month)
    for carer in home.carers:
        claim_travel(desk, carer)
    if home.name.startswith(("training_", "incentive_", "assignment_incentives")):
        train(desk)
    if home.name.startswith("sick_leave_"):
        claim_leave(desk)
    return desk


def _work_a_month(desk: Desk, carer: Carer, month: int) -> None:
    home, first = desk.home, desk.window.months[0]
    minutes = month_minutes(home, carer, month, first, desk.rng)
    stands_in = home.name == "second_provider_over_authorized" and carer is not home.carers[0]
    for half in halves(month):
        worked = minutes[half.start - month : half.stop - month]
        if any(worked) and not (stands_in and half.start != first + 15):
            _file(desk, draw_sheet(desk, carer, "IHSS", half.start, worked))
        if home.waiver_minutes:
            waiver = waiver_minutes(home, month)[half.start - month : half.stop - month]
            _file_waiver(desk, draw_sheet(desk, carer, "WPCS", half.start, waiver))


def _file_waiver(desk: Desk, sheet: Sheet) -> None:
    filed = sheet.file()
    if not desk.home.shown:
        desk.home.shown = True
        desk.plant([filed])


def _drawn(desk: Desk) -> str:
    home = desk.home
    if home.situation is None:
        drawn = SHEET.draw(desk.rng)
        return drawn.name if drawn else ""
    return home.name if home.situation.unit == "sheet" and not home.shown else ""


def _file(desk: Desk, sheet: Sheet) -> None:
    """Files a timesheet with its visits; something goes wrong with one of them at most."""
    home, name = desk.home, _drawn(desk)
    planted = EPISODES[name](sheet) if name else None
    visits = None if sheet.carer.live_in else Visits(sheet, irregular=not planted and home.situation is None)
    if planted:
        home.shown = home.situation is not None
        desk.truth.plant(name, planted)
        return
    filed = sheet.file()
    sheet.carer.worked[sheet.period] = sheet.minutes
    for shown, day, records in visits.shown if visits else []:
        home.shown = home.situation is not None
        desk.truth.plant(shown, [filed, *(("EvvVisit", record) for record in records)], day=iso(day))
    _show_home(desk, sheet, filed)


def _show_home(desk: Desk, sheet: Sheet, filed: Fact) -> None:
    """Plants the home's situation on the timesheet that shows it."""
    home, first = desk.home, sheet.period == desk.window.first
    if home.name in SHOWN_ON_FIRST_SHEET:
        shows = first and sheet.carer is home.carers[0]
    elif home.name in SHOWN_ON_SECOND_SHEET:
        shows = sheet.period == desk.window.first + 15
    elif home.name == "second_provider_over_authorized":
        shows = sheet.carer is not home.carers[0]
    else:
        ended = home.died_on if home.name == "recipient_dies" else _last_enrolled(home)
        shows = ended is not None and any(sheet.minutes[max(0, ended + 1 - sheet.period) :]) and ended >= sheet.period
    if shows and not home.shown:
        home.shown = True
        desk.plant([filed])


def _last_enrolled(home: Home) -> int | None:
    enrollment = home.carers[0].enrollment if home.name == "enrollment_ends" else None
    return enrollment["effective_to"] if enrollment else None


def spoil(desk: Desk, rng: Random, defects: float) -> None:
    """Adds wrong copies of the home's facts at the wanted rate; ``rng`` is another stream than the home's."""
    for fact in desk.facts if defects else []:
        if rng.random() < defects:
            reason, record = spoiled(fact, rng)
            desk.shelf.put(fact[0], record)
            desk.truth.rejections[reason] += 1
