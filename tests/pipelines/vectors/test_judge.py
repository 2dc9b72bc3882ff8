"""The judge of the kit: right answers pass however they are written, everything else is told in a sentence."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

Json = Any


def judged(kit: Path, answers: Path, code: int) -> str:
    """What the judge prints, of a stranger's Python. No answer ends it with a traceback."""
    command = [sys.executable, "-I", "-S", str(kit / "judge.py"), str(answers)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == code and "Traceback" not in found.stderr, found.stdout + found.stderr
    return found.stdout + found.stderr


@pytest.fixture
def answers(door: Path, tmp_path: Path) -> Path:
    """Right answers, to be spoilt."""
    return copytree(door / "answers", tmp_path / "answers")


def paying(answers: Path) -> Path:
    """The first answer that pays."""
    return next(path for path in sorted(answers.iterdir()) if '"net_cents"' in path.read_text())


def changed(path: Path, change: Callable[[Json], object]) -> None:
    answer = json.loads(path.read_text())
    change(answer)
    path.write_text(json.dumps(answer))


def test_our_engine_passes_through_the_door(door: Path) -> None:
    count = len(list((door / "in").iterdir()))
    assert judged(door, door / "answers", 0).endswith(f"All {count} vectors are as expected\n")


def shuffled(value: Json, chance: random.Random) -> Json:
    """The same, in another order, with what is null said."""
    if isinstance(value, dict):
        items = [(name, shuffled(part, chance)) for name, part in value.items()]
        chance.shuffle(items)
        return dict(items) | {"nothing": None}
    if isinstance(value, list):
        return chance.sample([shuffled(part, chance) for part in value], len(value))
    return value


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_lists_and_what_is_null_do_not_count(door: Path, answers: Path, seed: int) -> None:
    for path in answers.iterdir():
        path.write_text(json.dumps(shuffled(json.loads(path.read_text()), random.Random(seed))))
    judged(door, answers, 0)


def first_paid(answer: Json) -> Json:
    return next(run for run in answer["pay_runs"] if run["instructions"])


def a_cent(answer: Json) -> None:
    first_paid(answer)["instructions"][0]["net_cents"] += 1


def a_point(answer: Json) -> None:
    paid = first_paid(answer)["instructions"][0]
    paid["net_cents"] = float(paid["net_cents"])


def a_day(answer: Json) -> None:
    first_paid(answer)["run_date"] = "2199-01-01"


def a_double(answer: Json) -> None:
    first_paid(answer)["instructions"].append(first_paid(answer)["instructions"][0])


def one_less(answer: Json) -> None:
    del first_paid(answer)["instructions"][0]


def a_day_twice(answer: Json) -> None:
    answer["pay_runs"].insert(0, first_paid(answer) | {"instructions": []})


def one_more(answer: Json) -> None:
    answer["pay_runs"].append({"run_date": "2199-01-01"})


def another_name(answer: Json) -> None:
    answer["vector"] += "x"


@pytest.mark.parametrize("change", [a_cent, a_point, a_day, a_double, one_less, a_day_twice, one_more, another_name])
def test_what_is_not_so_is_seen(door: Path, answers: Path, change: Callable[[Json], None]) -> None:
    changed(wrong := paying(answers), change)
    said, count = judged(door, answers, 1), len(list(answers.iterdir()))
    assert said.startswith(f"{wrong.stem}: ") and said.endswith(f"\n1 of {count} vectors are not as expected\n")


HOSTILE = [
    "", "null", "5", '"x"', "[]", "{}", "{} {}", '{"pay_runs": null}', '{"pay_runs": {"2026-01-16": {}}}',
    '{"pay_runs": ["x"]}', '{"pay_runs": [{}]}', '{"pay_runs": [{"run_date": []}]}', '{"pay_runs": [{"run_date": 5}]}',
    "\ufeff{}", "[" * 100_000, "9" * 5_000, '{"pay_runs": [], "\\ud800": NaN}', '{"pay_runs": [], "a\\nAll 1": 1}',
    '{"pay_runs": [], "pay_runs": []}',
]  # fmt: skip


@pytest.mark.parametrize("text", [*HOSTILE, b"\xff\xfe", None], ids=lambda text: repr(text)[:20])
def test_what_is_no_answer_is_told_and_the_others_are_judged(
    door: Path, answers: Path, text: str | bytes | None
) -> None:
    wrong, count = paying(answers), len(list(answers.iterdir()))
    wrong.unlink()
    if text is not None:
        wrong.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = judged(door, answers, 1).splitlines()
    assert said[0].startswith(f"{wrong.stem}: ") and said[-1] == f"1 of {count} vectors are not as expected"
    assert sum(line.startswith("All ") for line in said) == 0


def test_a_name_that_stands_twice_is_not_the_last_of_them(door: Path, answers: Path) -> None:
    wrong = paying(answers)
    wrong.write_text(wrong.read_text().replace('"net_cents":', '"net_cents": 1, "net_cents":', 1))
    assert "the name 'net_cents' stands twice" in judged(door, answers, 1)


def test_an_answer_of_an_earlier_run_is_told(door: Path, answers: Path) -> None:
    (answers / "gone-01.json").write_text("{}")
    said = judged(door, answers, 1)
    assert said.endswith("1 answers are of no vector, the first 'gone-01.json': begin with an empty folder\n")


@pytest.mark.parametrize("lost", ["kit.json", "in/{}", "expected/{}", "in", "expected"])
def test_a_kit_that_is_not_whole_judges_nothing(door: Path, answers: Path, lost: str, tmp_path: Path) -> None:
    kit = copytree(door, tmp_path / "kit")
    path = kit / lost.format(paying(answers).name)
    path.rename(kit / "lost")
    assert "no kit" in (said := judged(kit, answers, 2)) or "no whole kit" in said


@pytest.mark.parametrize("folder", ["expected", "in", "nowhere", "judge.py"])
def test_what_is_no_folder_of_answers_is_not_judged(door: Path, folder: str) -> None:
    assert "is no folder of answers" in judged(door, door / folder, 2)
