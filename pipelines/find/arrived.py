"""Documents that arrived, of which a paid folder may say nothing yet: found in the facts by number, event or person."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fold.places import keys_of
from pipelines.files_below import folder_of_facts, tell_unread
from pipelines.find.search import DOCUMENT, FoundId
from pipelines.find.search import PROVIDER as OF_PROVIDER
from pipelines.find.search import RECIPIENT as OF_RECIPIENT
from pipelines.importing.text_facts import FolderDoor
from rules.periods import period_of
from schemas.avro import Unreadable
from schemas.envelope import Fact
from schemas.ids import PROVIDER, RECIPIENT, document_name, person_of

SIDES = {PROVIDER: OF_PROVIDER, RECIPIENT: OF_RECIPIENT}
DAYS = ("period_start", "service_date", "class_date", "workweek_start")
"""Fields that say which pay period a fact is about, the first that it has."""


class Arrived(NamedTuple):
    """A revision of a document: by kind and number, who it is about, and the pay period, None: it names none."""

    document: str
    event_id: str
    revision: int
    withdrawn: bool
    recorded_at: int
    people: tuple[FoundId, ...]
    period: int | None

    def named(self) -> Iterator[FoundId]:
        """What can be found by it."""
        yield FoundId(DOCUMENT, self.document)
        yield from self.people


def arrived(events: Path, text: str) -> list[Arrived]:
    """Facts with the text in a number or a person's id, or that are the event, oldest first. Raises Misuse."""
    below = folder_of_facts(events, "--events")
    tell_unread(below)
    sieve = _Sieve(text.casefold())
    for name in below.files:
        for _ in sieve.read_file(events / name, name):
            pass
    return sorted(set(sieve.kept), key=lambda each: (each.recorded_at, each))


def named_in(facts: list[Arrived], text: str) -> Iterator[FoundId]:
    """What facts name that the text is part of; of an event its document."""
    wanted = text.casefold()
    for each in facts:
        near = [named for named in each.named() if wanted in named.id.casefold()]
        yield from near or [FoundId(DOCUMENT, each.document)]


class _Sieve(FolderDoor):
    """Keeps the facts that a text finds."""

    def __init__(self, wanted: str) -> None:
        super().__init__(1, None)
        self.wanted = wanted
        self.kept: list[Arrived] = []

    def admit(self, fact: Fact, block: int = 0) -> None:
        one = arrived_of(fact)
        ids = (named.id.casefold() for named in one.named())
        if self.wanted == one.event_id.casefold() or any(self.wanted in id for id in ids):
            self.kept.append(one)

    def reject(self, raw: bytes, origin: str, wrong: Unreadable) -> None:
        """The replay said so already."""


def arrived_of(fact: Fact) -> Arrived:
    """What can be found by a fact."""
    sides = [person_of(key) for key in keys_of(fact.KIND, vars(fact))]
    people = tuple(FoundId(SIDES[side], id) for side, id in sides if side in SIDES and id)
    day = next((found for name in DAYS if (found := getattr(fact, name, None)) is not None), None)
    period = None if day is None else period_of(day)
    name = document_name(fact.KIND, fact.document_id)
    return Arrived(name, fact.event_id, fact.revision, fact.withdrawn, fact.recorded_at, people, period)
