"""The conformance kit is that of the cases, and our own engine passes through its door, as anybody's would."""

from pathlib import Path

import msgspec
import pytest

from pipelines.command.cli import main
from pipelines.vectors.kit import Kit, changelog
from tests.vectors import change, made


def test_the_kit_is_that_of_the_cases(kit: Kit) -> None:
    now = made()
    assert change(kit, now) is None, "run python -m tests.vectors, read what changed, commit"
    for name, expected in kit.expected.items():
        assert {run["run_date"] for run in expected["pay_runs"]} <= {*kit.vectors[name]["pay_runs"]}


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
    assert not found.also


def test_what_no_vector_shows_is_told_too(kit: Kit) -> None:
    """Two kits that differ are of two versions."""
    copy: Kit = msgspec.json.decode(msgspec.json.encode(kit), type=Kit)
    first, second = sorted(copy.vectors)[:2]
    for named in (copy.vectors, copy.expected):
        named[first], named[second] = named[second], named[first]
    for name in (first, second):
        copy.vectors[name]["vector"] = name
    copy.laws["f" * 64] = copy.laws.pop(min(copy.laws))
    found = change(kit, copy)
    assert found is not None and not found.changed and len(found.also) == 2
    assert f"{first} is {second}" in found.also[0] and "1 of " in found.also[1]
    assert found.also[0] in changelog([found])


def test_the_command_writes_the_whole_kit_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], kit: Kit) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["vectors", "--out", str(tmp_path / "kit")])
    assert len(list((tmp_path / "kit" / "in").iterdir())) == len(kit.vectors)
    with pytest.raises(SystemExit, match="2"):
        main(["vectors", "--out", str(tmp_path / "kit")])
    assert "is not empty" in capsys.readouterr().err


@pytest.mark.parametrize("within", ["", "in", "expected", "answers"])
def test_our_answers_do_not_lie_in_the_kit(tmp_path: Path, capsys: pytest.CaptureFixture[str], within: str) -> None:
    """`in` as the folder of answers took the vectors' place."""
    with pytest.raises(SystemExit, match="2"):
        main(["vectors", "--out", str(tmp_path / "kit"), "--answers", str(tmp_path / "kit" / within)])
    assert "a folder beside the kit, not in it" in capsys.readouterr().err and not (tmp_path / "kit").exists()
