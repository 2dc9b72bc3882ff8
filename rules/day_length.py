"""A provider's day has no more minutes than the civil day.

Authority: TIME-5 (derived). In force: always; 1,380 and 1,500 minutes on the days daylight saving starts and ends.
Does not cover: minutes that an earlier rule took (they are not counted).
"""

from collections import defaultdict
from collections.abc import Sequence

from rules.periods import day_length_minutes
from rules.worked import Worked


def hold_excess(worked: Sequence[Worked]) -> list[tuple[Worked, int]]:
    """Lower ``minutes`` to what each day can hold; what was taken from whom: the document first recorded last, then the
    larger document id, loses first."""
    totals: dict[int, int] = defaultdict(int)
    for each in worked:
        totals[each.day] += each.minutes
    over = {day: excess for day, total in totals.items() if (excess := total - day_length_minutes(day)) > 0}
    taken: list[tuple[Worked, int]] = []
    for day, excess in over.items():
        of_day = [each for each in worked if each.day == day]
        for each in sorted(of_day, key=lambda w: (w.recorded, w.document_id), reverse=True):
            minutes = min(excess, each.minutes)
            if minutes > 0:
                each.minutes -= minutes
                excess -= minutes
                taken.append((each, minutes))
    return taken
