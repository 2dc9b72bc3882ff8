"""A provider's day has no more minutes than the civil day.

Authority: TIME-5 (derived). In force: always; 1,380 and 1,500 minutes on the days daylight saving starts and ends.
Does not cover: minutes that an earlier rule took (they are not counted).
"""

from collections import defaultdict
from collections.abc import Iterable

from rules.conclusions import Worked
from rules.periods import day_length_minutes


def hold_excess(worked: Iterable[Worked]) -> list[tuple[Worked, int]]:
    """Lower ``minutes`` to what each day can hold; what was taken from whom: the document first recorded last, then the
    larger document id, loses first."""
    days: dict[int, list[Worked]] = defaultdict(list)
    for each in worked:
        days[each.day].append(each)
    taken: list[tuple[Worked, int]] = []
    for day, of_day in days.items():
        excess = sum(each.minutes for each in of_day) - day_length_minutes(day)
        for each in sorted(of_day, key=lambda w: (w.recorded, w.document_id), reverse=True) if excess > 0 else ():
            minutes = min(excess, each.minutes)
            if minutes > 0:
                each.minutes -= minutes
                excess -= minutes
                taken.append((each, minutes))
    return taken
