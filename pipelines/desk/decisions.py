"""What was decided at this desk: each fact that was filed, by whom and when, in a log that is only added to.

A decision is a fact like any other: a file of it lands where the job, or the next replay, takes facts from. To undo it
its withdrawal is filed, which is a decision too.
"""

from collections.abc import Iterator
from typing import NamedTuple

from fold.places import keys_of
from pipelines.desk.safety import alone_at, line_of, lines_in, utc
from pipelines.desk.shelf import DeskShelf
from pipelines.desk.station import Station
from pipelines.live.durable import sync
from pipelines.what_if.variant import revised
from schemas import FACTS
from schemas.avro import write_container
from schemas.envelope import Fact
from schemas.types import Json

SOURCE = "desk."


class FiledDecision(NamedTuple):
    """A fact that was filed: ``at`` UTC, ``number`` in the log from 1; ``undone``: it is a withdrawal, or a
    later decision of the same document took its place."""

    number: int
    at: str
    officer: str
    fact: Fact
    undone: bool


def source_of(officer: str) -> str:
    """Who says so, of facts that an officer files."""
    return SOURCE + officer


def document_of(fact: Fact) -> tuple[object, ...]:
    """What makes a document one: its kind, number and key fields."""
    return (fact.KIND, fact.document_id, *(getattr(fact, name) for name in fact.KEY_FIELDS))


def decided(station: Station) -> list[FiledDecision]:
    """All decisions, oldest first."""
    told = [(line["at"], line["officer"], _fact(line["fact"])) for line in lines_in(station.log)]
    last = {document_of(fact): fact for _, _, fact in told}
    return [
        FiledDecision(number, at, officer, fact, fact.withdrawn or last[document_of(fact)].revision > fact.revision)
        for number, (at, officer, fact) in enumerate(told, 1)
    ]


def about(station: Station, key: str) -> list[FiledDecision]:
    """Decisions about a person, newest first."""
    return [each for each in decided(station) if key in keys_of(each.fact.KIND, vars(each.fact))][::-1]


def next_revision(station: Station, shelf: DeskShelf, fact: Fact) -> int:
    """The number that a new revision of a document has, after all that came and all that was filed here."""
    known = {name: getattr(fact, name) for name in fact.KEY_FIELDS}
    came = shelf.last_revision(fact.KIND, fact.document_id, known)
    filed = [each.fact.revision for each in decided(station) if document_of(each.fact) == document_of(fact)]
    return 1 + max([came, *filed])


def file(station: Station, shelf: DeskShelf, officer: str, fact: Fact) -> bool:
    """Put a fact into the log, as of now, and then where it is taken from; False: another revision of its document came
    or was filed since it was looked at, and this is not filed. What is in the log already is landed again, should it
    not have been: the job takes it once. Raises OSError."""
    with alone_at(station.log) as log:
        known = next((each.fact for each in decided(station) if each.fact.event_id == fact.event_id), None)
        if known is not None:
            _land(station, known)
            return True
        if next_revision(station, shelf, fact) != fact.revision:
            return False
        fact = revised(fact, {"recorded_at": station.clock()})
        told: Json = fact.model_dump() | {"kind": fact.KIND}
        log.write(line_of({"at": utc(station.clock()), "officer": officer, "fact": told}))
        sync(log)
        _land(station, fact)
    return True


def _land(station: Station, fact: Fact) -> None:
    assert station.land is not None
    path = station.land / f"desk-{fact.event_id}.avro"
    write_container(path, fact.KIND, [fact.model_dump() | {"admitted_cut_off": None}])


def _fact(told: Json) -> Fact:
    kind = told.pop("kind")
    return FACTS[kind].model_validate(told)


def waiting(station: Station, shelf: DeskShelf) -> Iterator[FiledDecision]:
    """Those that no pay run has seen, also where the fact is there already."""
    seen = "SELECT 1 FROM facts JOIN records ON record = records.id WHERE event_id = ? AND source = ? AND cut_off <= ?"
    for each in decided(station):
        if not shelf.one(seen, each.fact.event_id, each.fact.source, shelf.newest):
            yield each
