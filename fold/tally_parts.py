"""A tally in parts that each fit on the way between steps; merged in any order they are the whole again."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from msgspec.structs import replace

from fold.tally import RunTotals, Tally

MOST_BYTES = 4 << 20  # of a part: half of what an element of the pipeline may have
Key = TypeVar("Key")
Value = TypeVar("Value")


def parts(tally: Tally, most: int | None = None) -> Iterator[bytes]:
    """Packed, each of at most so many bytes (None: ``MOST_BYTES``), but for one with a single run and a single block of
    each kind."""
    packed = tally.packed()
    if len(packed) > (most or MOST_BYTES):
        first, second = _halves(tally)
        if second != Tally():
            yield from parts(first, most)
            yield from parts(second, most)
            return
    yield packed


def _halves(tally: Tally) -> tuple[Tally, Tally]:
    """Counts stay with the first; what there is one of for each person, statement or record is shared."""
    providers, more_providers = _half(dict.fromkeys(sorted(tally.providers)))
    recipients, more_recipients = _half(dict.fromkeys(sorted(tally.recipients)))
    runs, more_runs = _half(tally.runs)
    if len(tally.runs) == 1:
        (only, run), *_ = tally.runs.items()
        run, more = _halves_of_run(run)
        runs, more_runs = {only: run}, {only: more} if more != RunTotals() else {}
    first = replace(tally, providers={*providers}, recipients={*recipients}, runs=runs)
    second = Tally(providers={*more_providers}, recipients={*more_recipients}, runs=more_runs)
    return first, second


def _halves_of_run(run: RunTotals) -> tuple[RunTotals, RunTotals]:
    ids, came_back = _middle(run.ids), _middle(run.came_back)
    said = {kind: (blocks[: _middle(blocks)], blocks[_middle(blocks) :]) for kind, blocks in run.said.items()}
    first = replace(
        run,
        ids=run.ids[:ids],
        came_back=run.came_back[:came_back],
        said={kind: blocks for kind, (blocks, _) in said.items()},
    )
    second = RunTotals(
        ids=run.ids[ids:],
        came_back=run.came_back[came_back:],
        said={kind: blocks for kind, (_, blocks) in said.items() if blocks},
    )
    return first, second


def _middle(things: Sequence[object]) -> int:
    return (len(things) + 1) // (1 + 1)


def _half(things: Mapping[Key, Value]) -> tuple[dict[Key, Value], dict[Key, Value]]:
    middle = _middle([*things])
    return dict(islice(things.items(), middle)), dict(islice(things.items(), middle, None))
