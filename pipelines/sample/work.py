"""How many minutes a provider works on each day of a month, so that the month stays within what is authorized."""

from random import Random

from pipelines.sample.homes import HOUR, Carer, Home
from rules import periods

WORKED_DAYS = (4, 5)  # of a pay period, by those who check in: four or five visits a timesheet
LONGEST_VISIT, SHORTEST_VISIT = 300, 45
LONGEST_SHARED_VISIT = 240  # three recipients in five days of one week stay below 66:00
JITTER = 30
HEAVY_WEEKS, HEAVY = 3, 1.2  # three weeks at 120 % of the weekly maximum: more overtime than the month has


def authorized_minutes(home: Home, day: int) -> int:
    """Monthly minutes of the terms in force on the day."""
    return next(minutes for start, minutes in reversed(home.terms) if start <= day or start == home.terms[0][0])


def _share(home: Home, carer: Carer, month: int, first: int) -> float:
    if home.name == "over_assigned_hours":
        return 0.93 if month == first else 0.75
    return carer.share


def _even(home: Home, share: float, month: int) -> list[int]:
    """Each day's part of the month, by the terms in force that day."""
    days = periods.days_in_month(month)
    return [int(authorized_minutes(home, day) * share / days) for day in range(month, month + days)]


def _live_in(home: Home, share: float, month: int, rng: Random) -> list[int]:
    """Work every day; what one day has more, the next has less."""
    minutes = _even(home, share, month)
    for index in range(0, len(minutes) - 1, 2):
        shift = int(rng.random() * min(JITTER, minutes[index] // 4))
        minutes[index] += shift
        minutes[index + 1] -= shift
    return minutes


def _heavy(home: Home, month: int) -> list[int]:
    """Three full weeks far over the weekly maximum, the rest of the month little."""
    days = periods.days_in_month(month)
    sunday = periods.workweek_of(month + 6)
    heavy = range(sunday - month, sunday - month + 7 * HEAVY_WEEKS)
    daily = int(home.minutes / 4 * HEAVY / 7)
    rest = (home.minutes - daily * len(heavy)) // (days - len(heavy))
    return [daily if index in heavy else rest for index in range(days)]


def beside(home: Home, carer: Carer) -> Carer | None:
    """Whose days a carer shares: the same provider elsewhere, or the first of two who come to one home."""
    if carer.other or carer is home.carers[0] or home.carers[0].live_in:
        return carer.other
    return home.carers[0]


def _days(home: Home, carer: Carer, half: range, rng: Random) -> list[int]:
    """The days of a visit: those of the carer beside, as far as they can, and others."""
    count = rng.choice(WORKED_DAYS)
    neighbour = beside(home, carer)
    elsewhere = neighbour.worked.get(half.start, []) if neighbour else []
    common = [half[index] for index, minutes in enumerate(elsewhere) if minutes][:count]
    others = [day for day in half if day not in common]
    return common[: count - 1] + rng.sample(others, count - len(common[: count - 1]))


def _visiting(home: Home, carer: Carer, share: float, month: int, rng: Random) -> list[int]:
    """A few visits in each half of the month."""
    even = _even(home, share, month)
    minutes = [0] * len(even)
    longest = LONGEST_SHARED_VISIT if carer.other else LONGEST_VISIT
    for half in halves(month):
        days = _days(home, carer, half, rng)
        each = sum(even[half.start - month : half.stop - month]) // len(days)
        for day in days:
            drawn = each - int(rng.random() * JITTER)
            minutes[day - month] = max(SHORTEST_VISIT, min(longest, drawn))
    return minutes


def halves(month: int) -> tuple[range, range]:
    """The days of the two pay periods of a month."""
    middle = periods.period_end(month) + 1
    return range(month, middle), range(middle, periods.next_month(month))


def month_minutes(home: Home, carer: Carer, month: int, first: int, rng: Random) -> list[int]:
    """Minutes worked by day of ``month``; ``first``: the month in which the home's situation shows."""
    share = _share(home, carer, month, first)
    if home.name == "over_maximum_every_month" or (home.name == "month_over_maximum" and month == first):
        minutes = _heavy(home, month)
    elif carer.live_in:
        minutes = _live_in(home, share, month, rng)
    else:
        minutes = _visiting(home, carer, share, month, rng)
    if home.until is not None and home.until < month + len(minutes) - 1:
        worked = max(0, home.until + 1 - month)
        minutes[worked:] = [0] * (len(minutes) - worked)
    return minutes


def waiver_minutes(home: Home, month: int) -> list[int]:
    """Minutes of waiver care by day; the exemption's home has days far over 12:00."""
    days = periods.days_in_month(month)
    daily = home.waiver_minutes // days
    minutes = [daily] * days
    if home.name == "waiver_exemption":
        minutes[3], minutes[4:7] = min(daily * 4, 6 * HOUR), [0] * 3
    return minutes
