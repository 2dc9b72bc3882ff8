"""The hourly rate of a day: the county's wage, never below the State minimum.

Authority: WAGE-1, WAGE-2 (WIC 12306.1; carried forward, difference paid on late rates: assumptions), MIN-1 (Labor Code
1182.12), OT-6. In force: by parameter; before a county's first row nothing is, which holds the hours. Does not cover:
which county (the composition knows the authorization).

A wage carried forward is raised to the minimum wage of the day; one that is named and below it is held. The minimum
wage touches money where it raised a wage, and only there is it named if it was carried forward itself.
"""

from functools import lru_cache
from typing import NamedTuple

from rules.law import Law, NotInForce

MINIMUM, OF_COUNTY = "minimum_wage", "wage."
NO_RATE = ("NOT_IN_FORCE", "RATE_BELOW_MINIMUM")  # codes of findings about time that has no rate
REMEMBERED = 60 * 60 * 60  # county days


def is_wage(name: str) -> bool:
    """Is it a parameter that nothing asks for but ``wage``?"""
    return name == MINIMUM or (name.startswith(OF_COUNTY) and name.removeprefix(OF_COUNTY).isdigit())


class Wage(NamedTuple):
    """Mills an hour; or why there is none: ``code`` of the finding and what is ``missing``, in words.

    ``assumptions``: names of this project's own choices behind the rate.
    """

    rate_mills: int
    code: str | None = None
    missing: str = ""
    assumptions: tuple[str, ...] = ()


def wage(county: str, day: int, law: Law, known_at: int) -> Wage:
    """The rate of ``county`` in force on ``day`` as known at the cut-off ``known_at``."""
    if law.takes_notes:
        law = law.to_ask((f"{OF_COUNTY}{county}", MINIMUM), day)
    return _wage(county, day, law, known_at if law.publications or law.takes_notes else None)


@lru_cache(maxsize=REMEMBERED)
def _wage(county: str, day: int, law: Law, known_at: int | None) -> Wage:
    name = f"{OF_COUNTY}{county}"
    try:
        found = law.entry(name, day, known_at)
    except NotInForce:
        return Wage(0, "NOT_IN_FORCE", f"wage rate of county {county}")
    try:
        minimum: int = law.value(MINIMUM, day, known_at)
    except NotInForce:
        return Wage(0, "NOT_IN_FORCE", "State minimum wage")
    assumed = law.assumptions(name, day, known_at)
    if found.value >= minimum:
        return Wage(found.value, assumptions=assumed)
    if found.carried_from is None:
        return Wage(0, "RATE_BELOW_MINIMUM")
    return Wage(minimum, assumptions=assumed + law.assumptions(MINIMUM, day, known_at))
