"""No element on its way between steps is large, however much a shard has to say: blocks and tallies go in parts, and of
records, which are written where they are concluded, the names.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.pvalue import PCollection

from fold import content, rows, tally_parts
from fold.beat import Beat
from fold.tally import RunTotals, Tally, merged
from fold.tally_parts import parts
from pipelines import on_beam, pool
from pipelines.payroll import build
from pipelines.sample.simulate import simulate
from pipelines.work import Work
from rules.law import Law

MOST = 8 << 20  # bytes an element may have
SMALL = 32 << 10


class Made(PipelineVisitor):
    """All that steps give, but for what is grouped: its values are read one after the other."""

    def __init__(self) -> None:
        self.collections: list[PCollection] = []

    def visit_transform(self, node: AppliedPTransform) -> None:
        if not isinstance(node.transform, beam.GroupByKey):
            self.collections += [each for each in node.outputs.values() if isinstance(each, PCollection)]


def weighed(element: Any, folder: str, name: str) -> None:
    coder = beam.coders.registry.get_coder(type(element))
    with (Path(folder) / name).open("a") as sizes:
        sizes.write(f"{len(coder.encode(element))}\n")


def weighing(folder: Path) -> Any:
    """The pipeline, with a scale at everything that a step gives."""
    folder.mkdir()

    def built(pipeline: beam.Pipeline, *about: Any) -> Any:
        whole, made = build(pipeline, *about), Made()
        pipeline.visit(made)
        for number, each in enumerate(made.collections):
            name = f"{number} {each.tag}".replace("/", ".")
            each | f"Weigh {name}" >> beam.Map(weighed, str(folder), name)
        return whole

    return built


@pytest.fixture
def county(tmp_path: Path) -> tuple[Path, list[str]]:
    simulate(facts := tmp_path / "facts", "17", 60, 2, "2026-01", 5, 0.01)
    return facts, sorted(path.name for path in facts.glob("*.avro"))


@pytest.mark.engines
def test_no_element_is_large(tmp_path: Path, county: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """One shard of everything, and limits that a small county meets."""
    monkeypatch.setattr(rows, "BYTES_IN_BLOCK", SMALL)
    monkeypatch.setattr(tally_parts, "MOST_BYTES", SMALL)
    monkeypatch.setattr(content, "BODIES_IN_BLOCK", 100)
    monkeypatch.setattr(on_beam, "build", weighing(tmp_path / "sizes"))
    works = [Work(*county, tmp_path / name, 1, Beat(), None) for name in ("beam", "plain")]
    for work in works:
        work.out.mkdir()
    on_beam.run(works[0], Law.load(), [], 0)
    sizes = {path.name: [*map(int, path.read_text().split())] for path in (tmp_path / "sizes").iterdir()}
    assert not {name: most for name, each in sizes.items() if (most := max(each)) > SMALL + 1000}
    split = {name.split()[1] for name, each in sizes.items() if sum(each) > 2 * SMALL}
    assert {"price", "settle", "tally"} <= split, "nothing there was too large for one element"
    pool.run(works[1], Law.load(), 1)
    said = [{path.name: path.read_bytes() for path in work.out.glob("*.avro")} for work in works]
    assert said[0] == said[1] and len(said[0]) > 5


def test_an_element_may_have_8_mb() -> None:
    assert max(rows.BYTES_IN_BLOCK, tally_parts.MOST_BYTES) * 2 <= MOST


def tallies() -> Iterator[Tally]:
    for people in (0, 1, 2, 1000):
        names = {f"person {number}" for number in range(people)}
        run = RunTotals(
            {"ARREARS NONE": [people, 1, 1]}, sorted(names), 2, {"a"}, [], {"Finding": [(b"1", b"2")] * people}
        )
        hours = {"claimed_minutes": people}
        yield Tally(
            inputs=7, latest_cut_off=5, runs={5: run, 9: RunTotals()}, providers=names, hours=hours, first_claim=5
        )


@pytest.mark.parametrize("most", (1, 500, 1 << 20))
def test_parts_are_the_whole(most: int) -> None:
    for tally in tallies():
        made = [*parts(tally, most)]
        again = merged(made)
        for run in again.runs.values():
            run.ids.sort()
        assert again == tally
        assert most == 1 or all(len(part) <= most for part in made)
