"""The benchmark of a State month fails unless all of its facts were taken; no time is ever asserted."""

import json
from pathlib import Path

import pytest

from bench import state_month
from pipelines.sample.simulate import simulate

TAKEN = {
    "inputs": {"total": 12, "rejected": 2, "not_yet_due": 0, "by_kind": {"Timesheet": {"used": 10}}},
    "instructions": {"ARREARS": {"count": 3}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("from-1", "from-2"):
        (tmp_path / name).mkdir()
        told = {"inputs": 6, "rejections": {"INVALID": 1}, "counts": {"Timesheet": 5}}
        (tmp_path / name / "truth.json").write_text(json.dumps(told))
    return tmp_path


def test_all_that_was_made_was_taken(folder: Path) -> None:
    assert state_month.as_made(folder, TAKEN) == {"Timesheet": 10}


@pytest.mark.parametrize(
    "otherwise",
    [
        {"inputs": TAKEN["inputs"] | {"total": 11}},
        {"inputs": TAKEN["inputs"] | {"rejected": 12}},
        {"inputs": TAKEN["inputs"] | {"not_yet_due": 1}},
        {"inputs": TAKEN["inputs"] | {"by_kind": {}}},
        {"instructions": {"ARREARS": {"count": 0}}},
    ],
)
def test_a_replay_that_took_less_is_no_figure(folder: Path, otherwise: dict) -> None:
    with pytest.raises(SystemExit):
        state_month.as_made(folder, TAKEN | otherwise)


def test_parts_are_the_whole_and_share_nobody(tmp_path: Path) -> None:
    assert [*state_month._parts(12_000)] == [(1, 5_000), (5_001, 5_000), (10_001, 2_000)]
    counts = [
        simulate(tmp_path / name, "17", size, 1, "2024-01", 7, 0, first=first)["counts"]["Timesheet"]
        for name, first, size in (("a", 1, 2), ("b", 3, 2), ("whole", 1, 4))
    ]
    assert sum(counts[:2]) == pytest.approx(counts[2], abs=4)  # homes that share a provider part at the seam
