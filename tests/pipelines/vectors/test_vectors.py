"""The conformance kit is that of the cases, and our own engine passes through its door, as anybody's would."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from pipelines.command.cli import main
from pipelines.vectors.engine import answer_all
from pipelines.vectors.kit import Kit, changelog, stored_kit, write_kit
from tests.vectors import change, made

EACH = 6
"""One vector in so many goes through the door here; all are compared with the cases."""


@pytest.fixture(scope="module")
def kit() -> Kit:
    return stored_kit()


@pytest.fixture(scope="module")
def door(kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kit as a stranger has it, and the folder ``answers`` with what our engine says."""
    names = sorted(kit.vectors)[::EACH]
    some = msgspec.structs.replace(
        kit,
        vectors={name: kit.vectors[name] for name in names},
        expected={name: kit.expected[name] for name in names},
    )
    folder = tmp_path_factory.mktemp("kit")
    write_kit(some, folder)
    assert answer_all(folder, folder / "answers") == len(names)
    return folder


def judged(door: Path, answers: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", str(door / "judge.py"), str(answers)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_kit_is_that_of_the_cases(kit: Kit) -> None:
    now = made()
    stale = "run python -m tests.vectors, read what changed, commit"
    assert change(kit, now) is None and kit.laws.keys() == now.laws.keys(), stale


def test_every_law_id_with_a_case_is_in_its_changelog(kit: Kit) -> None:
    told = changelog(kit.changes)
    assert all(f"**{id}**" in told for vector in kit.vectors.values() for id in vector["law"])


def test_a_change_is_told_by_law_id(kit: Kit) -> None:
    copy: Kit = msgspec.json.decode(msgspec.json.encode(kit), type=Kit)
    first, second, third = sorted(copy.vectors)[:3]
    copy.expected[first]["pay_runs"].append({"run_date": "2199-01-01"})
    copy.vectors[second]["sentence"] += " Or so."
    del copy.vectors[third]
    found = change(kit, copy)
    assert found is not None and found.version == kit.version + 1
    assert {name for names in found.changed.values() for name in names} == {first}
    assert {name for names in found.added.values() for name in names} == {second}
    assert {name for names in found.removed.values() for name in names} == {second, third}


def test_our_engine_passes_through_the_door(door: Path) -> None:
    found = judged(door, door / "answers")
    assert found.returncode == 0, found.stdout
    assert "All vectors are as expected" in found.stdout


@pytest.mark.parametrize("part", ["net_cents", "run_date", "missing"])
def test_a_cent_a_day_or_an_answer_that_is_not_so_is_seen(door: Path, part: str, tmp_path: Path) -> None:
    for path in (door / "answers").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    paid = (path for path in sorted(tmp_path.iterdir()) if '"net_cents"' in path.read_text())
    wrong = next(paid)
    answer: dict[str, Any] = json.loads(wrong.read_text())
    run = next(run for run in answer["pay_runs"] if run["instructions"])
    if part == "net_cents":
        run["instructions"][0]["net_cents"] += 1
    elif part == "run_date":
        run["run_date"] = "2199-01-01"
    wrong.write_text(json.dumps(answer))
    if part == "missing":
        wrong.unlink()
    found = judged(door, tmp_path)
    assert found.returncode == 1 and found.stdout.startswith(f"{wrong.stem}: ")
    assert "1 vectors are not as expected" in found.stdout


def test_vectors_and_answers_are_of_their_schemas(door: Path) -> None:
    for schema, folders in (("vector", ["in"]), ("answer", ["expected", "answers"])):
        judge = jsonschema.Draft202012Validator(json.loads((door / f"{schema}.schema.json").read_text()))
        for path in (path for folder in folders for path in (door / folder).iterdir()):
            judge.validate(json.loads(path.read_text()))


def test_the_command_writes_the_whole_kit_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], kit: Kit) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["vectors", "--out", str(tmp_path / "kit")])
    assert len(list((tmp_path / "kit" / "in").iterdir())) == len(kit.vectors)
    with pytest.raises(SystemExit, match="2"):
        main(["vectors", "--out", str(tmp_path / "kit")])
    assert "is not empty" in capsys.readouterr().err
