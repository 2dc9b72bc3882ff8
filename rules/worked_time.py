"""From authorized time to minutes with a rate: enrolled? at what wage?

Authority: WHO-1 (WIC 12301.6, 12305.81-.87), WAGE-1, MIN-1. In force: always. Does not cover: travel and training
minutes.
"""

from collections.abc import Callable
from typing import NamedTuple

from rules.to_provider import AuthorizedTime
from rules.worked import Worked

Problem = tuple[str, str]  # code of the finding, what is missing
Wage = Callable[[str, int], tuple[int, str | None, str, tuple[str, ...]]]
NOT_ENROLLED = 0, "PROVIDER_NOT_ENROLLED", "", ()


class Priced(NamedTuple):
    """What is left of one timesheet, by day, and minutes that were refused by problem and day."""

    worked: list[Worked]
    refused: dict[Problem, dict[int, int]]


def price_time(time: AuthorizedTime, enrolled: Callable[[int], bool], wage: Wage) -> Priced:
    """Ask of each day whether the provider was enrolled and what the county pays."""
    worked: list[Worked] = []
    refused: dict[Problem, dict[int, int]] = {}
    payable = time.payable or time.recorded
    reference = time.documents[0]
    for index, minutes in enumerate(time.minutes):
        if not minutes:
            continue
        day = time.period_start + index
        rate, code, missing, assumed = wage(time.counties[index], day) if enrolled(day) else NOT_ENROLLED
        if code is not None:
            refused.setdefault((code, missing), {})[day] = minutes
            continue
        worked.append(
            Worked(
                day,
                "SERVICE",
                payable,
                time.recorded,
                time.document_id,
                reference,
                time.recipient_id,
                time.program,
                time.counties[index],
                rate,
                minutes,
                0,
                assumed,
            )
        )
    return Priced(worked, refused)
