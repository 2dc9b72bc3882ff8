"""Which assignment decides a statement's tax class and live-in exclusion.

Authority: TAX-3, TAX-4 (26 USC 3121(b)(3); UI Code 631). In force: always. Does not cover: what each class pays
(`taxes`).
"""

from collections.abc import Mapping, Sequence

from rules.conclusions import AssignmentTerm

UNKNOWN_RELATIONSHIP = "NON_RELATIVE"


def deciding_assignment(assignments: Mapping[str, Sequence[AssignmentTerm]], last: int) -> AssignmentTerm | None:
    """The assignment in force on the last day of a pay period that has one (IHSS before WPCS), else the latest
    before, else the first after, else None. ``assignments`` by program; ``last``: the period's last day."""
    terms = [term for program in ("IHSS", "WPCS") for term in assignments.get(program, ())]
    started = [term for term in terms if term.first <= last]
    if started:
        return max(started, key=lambda term: last if term.last is None else min(last, term.last))
    return min(terms, key=lambda term: term.first, default=None)
