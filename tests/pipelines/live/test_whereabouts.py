"""The index that a job keeps of its journal: true, private, made again when it is not; `explain` reads by it alone."""

import os
import shutil
from pathlib import Path

import pytest

from fold.places import Index
from pipelines.explain import facts
from pipelines.explain.answer import Sources, answer, question_of
from pipelines.explain.facts import FactsFolder
from pipelines.explain.paid import Paid
from pipelines.explain.tree import Node
from pipelines.live.whereabouts import note_all
from rules.law import Law
from tests.pipelines.live.drill import Day, World, records_below

LAW = Law.load()


@pytest.fixture
def paid(world: World, days: list[Day]) -> World:
    """A job that has closed pay runs, and has facts of the next one."""
    job = world.live(days[:12])
    world.land(days[12])
    job.round(world.source(job))
    job.close()
    return world


def indexes(world: World) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((world.journal / "places").iterdir())}


def explained(world: World, limit: int = 4) -> list[list[Node]]:
    said = records_below(world.out)
    ids = sorted(each["instruction_id"] for kind, each in said if kind == "PaymentInstruction")[:limit]
    assert ids
    return [answer(question_of(id), Sources(world.journal, Paid(world.out), LAW)).statements for id in ids]


def test_explain_reads_by_the_index_what_it_reads_without(paid: World, monkeypatch: pytest.MonkeyPatch) -> None:
    open_run = set(FactsFolder(paid.journal, None).read_wholly)
    assert len({name.split("/")[1] for name in open_run}) <= 1, "only of the pay run that is not closed"
    read, places_in = [], facts.places_in
    monkeypatch.setattr(facts, "places_in", lambda stream: read.append(stream.name) or places_in(stream))
    by_index = explained(paid)
    assert {str(Path(name).relative_to(paid.journal)) for name in read} == open_run
    shutil.rmtree(paid.journal / "places")
    assert explained(paid) == by_index


def test_names_of_people_are_for_the_owner_alone(paid: World) -> None:
    places = paid.journal / "places"
    assert places.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in places.iterdir()} == {0o600}


def wrong(places: Path, how: str) -> None:
    """Spoil the index of the last closed pay run."""
    first, *_, last = sorted(places.iterdir())
    if how == "gone":
        last.unlink()
    elif how == "of another pay run":
        shutil.copy(first, last)
    elif how == "half":
        last.write_bytes(last.read_bytes()[:-1])
    elif how == "one bit":
        content = bytearray(last.read_bytes())
        content[-1] ^= 1
        last.write_bytes(content)
    else:
        (places / "2024-07-01.4711").write_bytes(b"left by a job that was killed")


@pytest.mark.parametrize("how", ["gone", "of another pay run", "half", "one bit", "left over"])
def test_what_is_not_true_is_not_believed_and_made_again(paid: World, how: str) -> None:
    told, before = explained(paid), indexes(paid)
    wrong(paid.journal / "places", how)
    assert indexes(paid) != before
    assert explained(paid) == told
    paid.job().close()
    assert indexes(paid) == before


def test_a_segment_that_changed_is_read_itself(paid: World) -> None:
    """Also one of the same size whose date was set back."""
    wholly = FactsFolder(paid.journal, None).read_wholly
    path = sorted((paid.journal / "segments").rglob("*.avro"))[0]
    path.write_bytes(bytes(reversed(path.read_bytes())))
    assert {*FactsFolder(paid.journal, None).read_wholly} - {*wholly} == {path.relative_to(paid.journal).as_posix()}


def test_a_restored_journal_needs_no_comparing_after_a_start(paid: World, days: list[Day]) -> None:
    places = [*(paid.journal / "places").iterdir()]
    for path in places:
        os.utime(path, (0, 0))
    note_all(paid.journal, days[11].cut_off)
    for path in places:
        segments = [paid.journal / name for name in Index(path).files]
        assert all(each.stat().st_mtime_ns <= path.stat().st_mtime_ns for each in segments)
