"""Who hangs together: people whose pay can change because of a fact about another.

A recipient's authorization is shared by providers, a provider's workweek by recipients. A payroll of one such circle
says of its people what the payroll of all says, and takes a moment instead of minutes.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from schemas.envelope import Fact
from schemas.ids import payee_of

Person = tuple[str, str]  # P or R, id


class Circles:
    """Joins the people that facts name together."""

    def __init__(self) -> None:
        self._parent: dict[Person, Person] = {}

    def join(self, fact: Fact) -> None:
        """The people of a fact belong to one circle."""
        named = [*people(fact)]
        for other in named[1:]:
            self._parent[self.of(other)] = self.of(named[0])

    def of(self, person: Person) -> Person:
        """The one who stands for a person's circle."""
        parent = self._parent
        while (above := parent.get(person, person)) != person:
            parent[person] = person = parent.get(above, above)
        return person

    def touched(self, facts: Iterable[Fact]) -> set[Person]:
        """The circles of facts."""
        return {self.of(person) for fact in facts for person in people(fact)}


def people(fact: Any) -> Iterator[Person]:
    """Everybody a fact names; nobody for reference data."""
    if fact.KIND == "PaymentOutcome":
        named = payee_of(str(fact.instruction_id))
        yield ("P" if named.provider_id is not None else "R"), named.payee_id
        if named.recipient_id is not None:
            yield "R", named.recipient_id
        return
    if (provider := getattr(fact, "provider_id", None)) is not None:
        yield "P", provider
    if (recipient := getattr(fact, "recipient_id", None)) is not None:
        yield "R", recipient
    for trip in getattr(fact, "trips", ()):
        yield "R", trip.to_recipient_id
