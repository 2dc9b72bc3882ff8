"""The facts that decide a payment, and no others: found by the index of a replay or a live job, or by reading all.

What decides a recipient's payments: the recipient's facts, those of its providers, and those of their other recipients.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from fold.admissions import Admissions, Told, admissions_in
from fold.door import Door
from fold.fact_files import FactFile, places_in
from fold.places import FOR_ALL, BlockPlace, Index, indexes_of, keys_of
from fold.rows import Row, arrival, catalog_of, rows_of
from fold.stages import Catalog
from pipelines.explain.paid import ExplainRefusal
from pipelines.files_below import files_below
from pipelines.importing.text_facts import FolderDoor, TextFile, is_text
from pipelines.spoken import say
from rules.conclusion import PRICE
from schemas.ids import PROVIDER, RECIPIENT, person_of, provider_key, recipient_key, settlement_that_made

ONE_SHARD = 1
Rows = dict[tuple[str, str], list[Row]]  # stage and key -> facts


class Concerned(NamedTuple):
    """Facts that decide something: rows by stage and key, the catalog, and the recipients and providers about whom all
    facts are here. ``claimed``: settlements of which a payment to one of these providers is said to have come back."""

    rows: Rows
    catalog: Catalog
    recipients: list[str]
    providers: list[str]
    claimed: list[str]


class FactsFolder:
    """A folder of facts with the index of its replay, if any, or those that a journal has of itself; ``read_wholly``:
    files that no index knows."""

    def __init__(self, events: Path, index: Index | None) -> None:
        self.events = events
        self.indexes = [*([index] if index else ()), *indexes_of(events)]
        self.names = files_below(events).files
        self._known: dict[str, Index] = {}  # by name of a file that is as it was
        for each in self.indexes:
            named = each.files.keys() & {*self.names} - self._known.keys()
            self._known |= {name: each for name in named if each.unchanged(events, name)}
        self.read_wholly = [name for name in self.names if name not in self._known]

    def blocks(self, keys: Iterable[str]) -> list[BlockPlace]:
        """Blocks that hold facts about any of the keys, each once."""
        keys = list(keys)
        found = {at for each in self.indexes for at in each.places(keys) if self._known.get(at.name) is each}
        found |= {
            BlockPlace(name, at) for name in self.read_wholly for key in keys for at in self._noted[name].get(key, ())
        }
        return sorted(found)

    def admissions(self) -> Iterator[Told]:
        """Facts that came late to their pay run, all of them: they name events, not people."""
        return (told for name in self.names for told in admissions_in(self.events / name))

    @cached_property
    def _noted(self) -> dict[str, dict[str, list[int]]]:
        """Blocks by key of the files that must be read wholly."""
        return {name: self._places(name) for name in self.read_wholly}

    def admit(self, places: Iterable[BlockPlace], asked: Callable[[list[str]], bool], door: Door) -> None:
        """What blocks say about those asked for goes through the door."""
        for name, of_file in groupby(places, key=attrgetter("name")):
            with (self.events / name).open("rb") as stream:
                path = self.events / name
                file = TextFile(path) if is_text(path) else FactFile(stream)
                for place in of_file:
                    file.admit(place, asked, door)

    def _places(self, name: str) -> dict[str, list[int]]:
        path = self.events / name
        if is_text(path):
            return TextFile(path).places()
        with path.open("rb") as stream:
            return places_in(stream)


class Facts:
    """Facts read so far, by whom they are about."""

    def __init__(self, folder: FactsFolder, until: int | None) -> None:
        self.folder = folder
        self.door = FolderDoor(ONE_SHARD, until, admissions=Admissions(folder.admissions()))
        self.had: set[str] = set()
        self.rows: Rows = defaultdict(list)
        self.met: dict[str, set[str]] = defaultdict(set)  # who is named together with whom
        self.read([FOR_ALL])

    def read(self, keys: Iterable[str]) -> None:
        """Read all facts about these people."""
        wanted = set(keys) - self.had

        def asked(keys: Iterable[str]) -> bool:
            return not wanted.isdisjoint(keys) and self.had.isdisjoint(keys)

        self.folder.admit(self.folder.blocks(sorted(wanted)), asked, self.door)
        self.had |= wanted
        for stage, (_, block) in self.door.dealer.blocks():
            for row in rows_of([block]):
                self.rows[stage, row[0]].append(row)
                fact = arrival(row).content
                keys = keys_of(fact.KIND, vars(fact))
                for key in keys:
                    self.met[key].update(keys)

    def _met(self, side: str, key: str) -> set[str]:
        """Keys of one side that facts about a person name."""
        return {other for other in self.met.get(key, ()) if person_of(other)[0] == side}

    def recipients_of(self, provider: str) -> list[str]:
        """Recipients that facts about a provider name."""
        return sorted(_ids(self._met(RECIPIENT, provider_key(provider))))

    def concerned(self, recipients: Iterable[str], providers: Iterable[str]) -> Concerned:
        """The facts that decide what these recipients' providers, and these providers, are paid. Raises Refusal."""
        payers = {*map(recipient_key, recipients)}
        paid = {*map(provider_key, providers)}
        self.read(payers | paid)
        if not all(key in self.met for key in payers | paid):
            folder = str(self.folder.events)
            raise ExplainRefusal(say("no fact names this person below {folder}: check the id", folder=folder))
        payers |= {key for each in paid for key in self._met(RECIPIENT, each)}
        self.read(payers)
        paid |= {key for each in payers for key in self._met(PROVIDER, each)}
        self.read(paid)
        claimed = self._claimed(_ids(paid))
        payers |= {key for key in claimed if person_of(key)[0] == RECIPIENT}
        self.read(payers)
        paid |= {key for each in payers for key in self._met(PROVIDER, each)}
        self.read(paid)
        worked_for = payers | {key for each in paid for key in self._met(RECIPIENT, each)}
        self.read(worked_for)
        people = sorted(_ids(worked_for)), sorted(_ids(paid))
        return Concerned(self.rows, catalog_of(self.door.catalog), *people, sorted(claimed))

    def _claimed(self, providers: Iterable[str]) -> set[str]:
        """RUN-4: settlements of which a payment to one of these providers is said to have come back: its method turns
        on them."""
        facts = (arrival(row).content for provider in providers for row in self.rows.get((PRICE, provider), ()))
        named = {fact.instruction_id for fact in facts if fact.KIND == "PaymentOutcome" and fact.outcome == "RETURNED"}
        return {settlement_that_made(id) for id in named}


def _ids(keys: Iterable[str]) -> list[str]:
    return [person_of(key)[1] for key in keys]
