"""A variant: another law, other facts, or both; and what of the baseline it can touch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from pipelines.overlays.differences import days_differing
from rules.asked_law import AskedLaw
from rules.law import Law
from rules.money import half_up
from rules.wages import is_wage
from schemas.envelope import Fact

F = TypeVar("F", bound=Fact)
HUNDRED = 100


class FactChange(NamedTuple):
    """Facts of a kind whose fields have the values of ``where``, and no less than those of ``at_least``: a whole number
    becomes ``per_cent`` more and ``more`` than that, or ``set`` if that is given."""

    kind: str
    field: str
    where: Mapping[str, Any]
    per_cent: Fraction = Fraction(0)
    more: int = 0
    set: Any = None
    at_least: Mapping[str, int] = {}

    def of(self, fact: Fact) -> Fact:
        """The fact as it would be. Raises pydantic's ValidationError."""
        if self.kind != fact.KIND or any(getattr(fact, name) != value for name, value in self.where.items()):
            return fact
        if any(getattr(fact, name) < value for name, value in self.at_least.items()):
            return fact
        now = getattr(fact, self.field)
        if self.set is not None:
            new = self.set
        elif now is None:
            return fact
        else:
            share = (HUNDRED + self.per_cent) / HUNDRED
            new = half_up(now * share.numerator, share.denominator) + self.more
        return fact if new == now else revised(fact, {self.field: new})


def revised(fact: F, changed: dict[str, Any]) -> F:
    """The fact with other values, which are judged as all are. Raises pydantic's ValidationError."""
    return type(fact).model_validate(vars(fact) | changed)


class Variant:
    """``label``: what it is within its scenario, "" where there is one; ``law``: what it is decided by; ``facts``: what
    becomes of facts, one after the other."""

    def __init__(self, label: str, law: Law, facts: Iterable[FactChange] = ()) -> None:
        self.label, self.law, self.facts = label, law, tuple(facts)

    def fact(self, fact: Fact) -> Fact:
        """The fact as it would be. Raises pydantic's ValidationError."""
        for change in self.facts:
            fact = change.of(fact)
        return fact


class Touch:
    """A baseline's law beside that of each variant: made once in a process, for all its keys."""

    def __init__(self, law: Law, variants: Iterable[Variant]) -> None:
        self.law, self.laws = law, [each.law for each in variants]
        differing = [days_differing(law, other) for other in self.laws]
        watched: dict[str, list[range]] = defaultdict(list)
        for of_other in differing:
            for name, days in of_other.items():
                watched[name] += days
        self.asked = AskedLaw(law, self.laws, watched) if watched else None
        """None: all are decided by one law."""
        self.in_wages_alone = [
            other.publications == law.publications and all(map(is_wage, names))
            for other, names in zip(self.laws, differing, strict=True)
        ]
        """Of each variant: differs its law in nothing but wages, known at the same pay runs?"""
