"""Check-in and check-out of those who do not live with the recipient, and what goes wrong with them."""

from collections.abc import Callable

from pipelines.sample.facts import fact, revised
from pipelines.sample.homes import NIGHTLY
from pipelines.sample.sheets import Sheet
from pipelines.sample.shelf import Record
from pipelines.sample.situations import VISIT
from pipelines.sample.window import MILLIS_IN_MINUTE, clock, daylight_saving_days
from pipelines.sample.work import beside
from rules.periods import iso

SLOT_STARTS = (405, 750, 1095)  # minutes after midnight: morning, afternoon, evening
LATE_START = 1_320  # 22:00, for the visit over midnight
HALF_AN_HOUR = 30
METHODS, METHOD_WEIGHTS = ("MOBILE_APP", "ESP", "TTS", "MANUAL"), (62, 22, 13, 3)
REPORTED_AFTER = 20_000
PLACES = ("HOME", "COMMUNITY")


def _visit(sheet: Sheet, day: int, check_in: int, check_out: int) -> Record:
    rng = sheet.desk.rng
    method = rng.choices(METHODS, METHOD_WEIGHTS)[0]
    fields = {
        "provider_id": sheet.carer.provider_id,
        "recipient_id": sheet.carer.recipient_id,
        "program": sheet.program,
        "check_in_at": check_in,
        "check_out_at": check_out,
        "check_in_place": "HOME",
        "check_out_place": PLACES[rng.random() < 0.1],
        "method": method,
    }
    document = f"EV{sheet.document_id[2:]}-{day - sheet.period:02d}"
    return fact(f"evv.{method.lower()}", document, check_out + REPORTED_AFTER, fields)


# How often each overlap is planted.
OVERLAPS = {
    "provider_overlap": 1,
    "recipient_overlap": 1,
    "recipient_overlap_three_times": 3,
    "concurrent_care": 1,
    "spans_overlap": 1,
}


def _overlapping(sheet: Sheet, day: int) -> Record | None:
    """A visit of an overlap situation, which lies on another's; None when all of them are made."""
    home, neighbour = sheet.desk.home, beside(sheet.desk.home, sheet.carer)
    if home.overlaps >= OVERLAPS.get(home.name, 0) or neighbour is None or day not in neighbour.visited:
        return None
    begins, ends = neighbour.visited[day]
    worked = sheet.minutes[day - sheet.period] * MILLIS_IN_MINUTE
    if home.name == "spans_overlap":
        # Ten minutes in common, half an hour of unpaid gap: both claims fit into the union.
        begins, worked = ends - 10 * MILLIS_IN_MINUTE, worked + HALF_AN_HOUR * MILLIS_IN_MINUTE
    visit = _visit(sheet, day, begins, begins + worked)
    home.overlaps += 1
    sheet.desk.plant([("EvvVisit", visit)], day=iso(day))
    return visit


def _regular(sheet: Sheet, day: int) -> Record:
    """A visit that covers the day's claim, with a few minutes to spare."""
    rng = sheet.desk.rng
    check_in = clock(day, SLOT_STARTS[sheet.carer.slot]) + int(rng.random() * 900_000)
    worked = sheet.minutes[day - sheet.period] * MILLIS_IN_MINUTE
    return _visit(sheet, day, check_in, check_in + worked + int(rng.random() * 480_000))


Episode = Callable[[Sheet, int, Record], list[Record] | None]


def no_visit(sheet: Sheet, day: int, visit: Record) -> list[Record]:
    return []


def no_check_out(sheet: Sheet, day: int, visit: Record) -> list[Record]:
    return [{**visit, "check_out_at": None}]


def hours_exceed_visits(sheet: Sheet, day: int, visit: Record) -> list[Record] | None:
    worked = sheet.minutes[day - sheet.period]
    if worked <= HALF_AN_HOUR:
        return None
    return [{**visit, "check_out_at": visit["check_in_at"] + (worked - HALF_AN_HOUR) * MILLIS_IN_MINUTE}]


def check_out_before_check_in(sheet: Sheet, day: int, visit: Record) -> list[Record]:
    return [{**visit, "check_out_at": visit["check_in_at"] - HALF_AN_HOUR * MILLIS_IN_MINUTE}]


def visit_corrected(sheet: Sheet, day: int, visit: Record) -> list[Record]:
    first = {**visit, "check_out_at": None}
    return [first, revised(first, visit["recorded_at"] + 86_400_000, check_out_at=visit["check_out_at"])]


def _alone(sheet: Sheet) -> bool:
    """Whether no other visit can be in the way at night: the only provider, in the evening or not shared."""
    home = sheet.desk.home
    at_night = sheet.carer.slot == len(SLOT_STARTS) - 1 or home.name in NIGHTLY
    return at_night and len(home.carers) == 1 and sheet.carer.other is None


def visit_over_midnight(sheet: Sheet, day: int, visit: Record) -> list[Record] | None:
    index = day - sheet.period
    worked, evening = sheet.minutes[index], 24 * 60 - LATE_START
    if not _alone(sheet) or worked <= evening or index + 1 >= len(sheet.minutes) or sheet.minutes[index + 1]:
        return None
    sheet.minutes[index : index + 2] = [evening, worked - evening]
    check_in = clock(day + 1, 0) - evening * MILLIS_IN_MINUTE
    return [_visit(sheet, day, check_in, check_in + worked * MILLIS_IN_MINUTE)]


def visit_over_daylight_saving(sheet: Sheet, day: int, visit: Record) -> list[Record] | None:
    """From 00:30 to 03:30 as the clock shows when it skips an hour, to 02:30 when it repeats one."""
    index = day - sheet.period
    changes = daylight_saving_days(sheet.period, sheet.period + len(sheet.minutes) - 1)
    # Spring's 00:30 to 03:30 lasts 2:00, autumn's 00:30 to 02:30 lasts 3:00.
    lasting = {change: 120 if clock(change + 1, 0) - clock(change, 0) < 86_400_000 else 180 for change in changes}
    if not changes or sheet.minutes[index] < lasting[changes[0]]:
        return None
    if day != changes[0] and sheet.minutes[changes[0] - sheet.period]:
        return None
    sheet.minutes[index], sheet.minutes[changes[0] - sheet.period] = 0, lasting[changes[0]]
    check_in = clock(changes[0], HALF_AN_HOUR)
    return [_visit(sheet, day, check_in, check_in + lasting[changes[0]] * MILLIS_IN_MINUTE)]


EPISODES: dict[str, Episode] = {
    each.__name__: each
    for each in (
        no_visit,
        no_check_out,
        hours_exceed_visits,
        check_out_before_check_in,
        visit_corrected,
        visit_over_midnight,
        visit_over_daylight_saving,
    )
}


class Visits:
    """The visits of one timesheet; made before it is filed, since a night's visit moves minutes between days."""

    def __init__(self, sheet: Sheet, irregular: bool) -> None:
        self.sheet = sheet
        self.irregular = irregular
        self.shown: list[tuple[str, int, list[Record]]] = []
        for index, worked in enumerate(list(sheet.minutes)):
            # A night's visit may have put its second part on this day.
            if worked and sheet.minutes[index] == worked:
                self._make(sheet.period + index)

    def _make(self, day: int) -> None:
        visit = _overlapping(self.sheet, day) or _regular(self.sheet, day)
        name = self._drawn()
        irregular = EPISODES[name](self.sheet, day, visit) if name else None
        if name and irregular is not None:
            self.shown.append((name, day, irregular))
        else:
            self.sheet.carer.visited[day] = (visit["check_in_at"], visit["check_out_at"])
        for record in [visit] if irregular is None else irregular:
            self.sheet.desk.put("EvvVisit", record)

    def _drawn(self) -> str:
        home = self.sheet.desk.home
        if home.situation and home.situation.unit == "visit":
            return "" if self.shown or home.shown else home.name
        drawn = VISIT.draw(home.rng) if self.irregular else None
        return drawn.name if drawn else ""
