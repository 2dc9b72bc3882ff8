"""Paid sick leave: claims of providers who live in, before and after their service has earned it (LAW.md, 13a)."""

from datetime import date

from pipelines.sample.facts import fact, revised
from pipelines.sample.papers import Desk
from pipelines.sample.shelf import Fact
from pipelines.sample.window import moment
from rules.periods import civil_day, epoch_day, month_end

FIRST_DAY = epoch_day(date(2018, 7, 1))
USABLE_IN_MONTH = 3  # counted from 0: 60 days after a day of the first month have passed
DAY_OF_LEAVE, EARLY_DAY = 5, 10  # days after the month's first
FULL_DAY, WHOLE_DAY, NO_STEP = 8 * 60, 24 * 60, 75
ONE_MONTH_OF_WORK = {"sick_leave_review"}
CUT_MINUTES = 20 * 60


class Claimant:
    """The home's first provider, who claims leave for its recipient."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.carer = desk, desk.home.carers[0]
        self.claims = 0

    def claim(self, day: int, minutes: int = FULL_DAY, recorded_on: int | None = None) -> Fact:
        """Files a claim for a day, some days after it."""
        self.claims += 1
        fields = {
            "channel": self.desk.rng.choice(("ESP", "ESP", "PAPER")),
            "provider_id": self.carer.provider_id,
            "recipient_id": self.desk.home.recipient_id,
            "program": "IHSS",
            "service_date": day,
            "minutes": minutes,
        }
        on = day + self.desk.rng.randrange(1, 4) if recorded_on is None else recorded_on
        document = f"SL{self.carer.provider_id[1:]}-{self.claims}"
        record = fact("esp", document, moment(on, self.desk.rng) + self.claims, fields)
        return self.desk.put("SickLeaveClaim", record)

    def cut_service(self, recorded_on: int) -> list[Fact]:
        """Corrects the first timesheets down, approved, so that what earned the leave is not there any more."""
        cut = []
        for kind, record in [each for each in self.desk.facts if each[0] == "Timesheet"]:
            left, minutes = CUT_MINUTES, list(record["minutes_worked"])
            for index, worked in enumerate(minutes):
                minutes[index] -= min(worked, left)
                left -= min(worked, left)
            at = moment(recorded_on, self.desk.rng)
            signed = {"provider_signed_at": at, "recipient_approved_at": at}
            cut.append(self.desk.put(kind, revised(record, at, minutes_worked=minutes, **signed)))
        return cut


def claim_leave(desk: Desk) -> None:
    """Files what the home's situation says about sick leave, where the window is long enough to earn and use it."""
    name, window, claimant = desk.home.name, desk.window, Claimant(desk)
    if window.first < FIRST_DAY:
        return
    if name == "sick_leave_too_early":
        desk.plant([claimant.claim(window.first + EARLY_DAY, FULL_DAY // 2)])
    elif len(window.months) > USABLE_IN_MONTH:
        desk.plant(_claims(name, claimant, window.months[USABLE_IN_MONTH] + DAY_OF_LEAVE))


def _claims(name: str, claimant: Claimant, day: int) -> list[Fact]:
    if name == "sick_leave_step":
        return [claimant.claim(day, NO_STEP)]
    if name == "sick_leave_twice":
        return [claimant.claim(day, recorded_on=day + 1), claimant.claim(day, recorded_on=day + 2)]
    if name == "sick_leave_over_balance":
        return [claimant.claim(day, WHOLE_DAY), claimant.claim(day + 1, WHOLE_DAY)]
    if name == "sick_leave_ahead":
        return [claimant.claim(day, recorded_on=day - 7)]
    first = claimant.claim(day)
    if name == "sick_leave_review":
        return [first, *claimant.cut_service(civil_day(first[1]["recorded_at"]) + 7)]
    return [first]


def last_day_of_work(desk: Desk) -> int | None:
    """Of a home that works for one month alone; None: as long as the window."""
    return month_end(desk.window.first) if desk.home.name in ONE_MONTH_OF_WORK else None
