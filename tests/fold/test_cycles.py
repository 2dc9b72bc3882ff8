"""What a fold drops goes at once: nothing of it waits for the collector of cycles (`fold.collections`)."""

import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fold.collections import frozen_pages, pass_over, rare_collections
from pipelines import plain
from pipelines.sample.simulate import simulate
from rules.law import Law


@pytest.fixture
def garbage() -> Iterator[list[object]]:
    """What the collector has found since; it comes only when asked."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


def test_no_stage_leaves_cycles(tmp_path: Path, garbage: list[object]) -> None:
    """A month that knows itself over three corners is as good as leaked: a settlement did, 550,000 objects a county."""
    simulate(tmp_path, "17", 25, 3, "2026-01", 5, 0.01)
    gc.collect()
    garbage.clear()
    paid = plain.replay_folder(tmp_path, [path.name for path in sorted(tmp_path.glob("*.avro"))], Law.load())
    gc.collect()
    ours = Counter(
        type(each).__name__
        for each in garbage
        if type(each).__module__.partition(".")[0] in ("rules", "fold", "schemas")
    )
    assert paid.records["PaymentInstruction"]
    assert not ours


def test_what_is_there_is_passed_over_but_collected_at_last(garbage: list[object]) -> None:
    gc.set_debug(0)
    with rare_collections():
        lonely: list[object] = []
        lonely.append(lonely)
        del lonely
    assert gc.collect(0) == gc.collect(1) == 0
    assert gc.collect() == 1


def test_frozen_objects_stay_frozen(garbage: list[object]) -> None:
    with frozen_pages():
        frozen = gc.get_freeze_count()
        pass_over()
        assert gc.get_freeze_count() >= frozen > 0
    assert gc.get_freeze_count() == 0
