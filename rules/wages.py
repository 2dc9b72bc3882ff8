"""The hourly rate of a day: the county's wage, never below the State minimum.

Authority: WAGE-1, WAGE-2 (WIC 12306.1; difference paid on late rates: assumption), MIN-1 (Labor Code 1182.12), OT-6.
In force: by parameter; nothing in force holds the hours. Does not cover: which county (the composition knows the
authorization).
"""

from functools import lru_cache
from typing import NamedTuple

from rules.law import Law, NotInForce

REMEMBERED = 60 * 60 * 60  # county days


class Wage(NamedTuple):
    """Mills an hour; or why there is none: ``code`` of the finding and what is ``missing``, in words."""

    rate_mills: int
    code: str | None = None
    missing: str = ""


def wage(county: str, day: int, law: Law, known_at: int) -> Wage:
    """The rate of ``county`` in force on ``day`` as known at the cut-off ``known_at``."""
    return _wage(county, day, law, known_at if law.publications else None)


@lru_cache(maxsize=REMEMBERED)
def _wage(county: str, day: int, law: Law, known_at: int | None) -> Wage:
    try:
        rate: int = law.value(f"wage.{county}", day, known_at)
    except NotInForce:
        return Wage(0, "NOT_IN_FORCE", f"wage rate of county {county}")
    try:
        minimum: int = law.value("minimum_wage", day, known_at)
    except NotInForce:
        return Wage(0, "NOT_IN_FORCE", "State minimum wage")
    return Wage(rate) if rate >= minimum else Wage(0, "RATE_BELOW_MINIMUM")
