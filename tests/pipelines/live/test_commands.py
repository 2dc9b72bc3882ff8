"""The commands of the live job, as an operator types them."""

import errno
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipelines.command import cli
from pipelines.live.telling import WRONG
from schemas.avro import write_container
from tests.pipelines.live.drill import Day, World, records_below

LIVE = Path(__file__).resolve().parents[3] / "pipelines" / "live"


def typed(*words: object) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def quiet_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signal.signal", lambda number, action: None)


def job(world: World, day: str, *more: object) -> int:
    return typed("run", *world.edges, "--close-run", day, *more)


def land(world: World, days: list[Day], wrong: bool) -> dict[str, Any]:
    """All facts of the county as files, one readable timesheet of a day with 25 hours too many or not; that one."""
    spoiled: dict[str, Any] = {}
    for day in days:
        for kind, records in day.facts.items():
            if kind == "Timesheet" and not spoiled and readable(records[0]):
                spoiled = records[0]
                records = [spoiled | ({"minutes_worked": [9999, *spoiled["minutes_worked"][1:]]} if wrong else {})]
            write_container(world.inbox / f"{kind}-{day.cut_off}.avro", kind, records)
    return spoiled


def readable(record: dict[str, Any]) -> bool:
    return sum(record["minutes_worked"]) > 0 and max(record["minutes_worked"]) <= 1440 and not record["withdrawn"]


def paid(world: World) -> dict[str, int]:
    """Gross to date by statement."""
    said = [record for kind, record in records_below(world.out) if kind == "PaymentInstruction"]
    return {one["statement_id"]: one["gross_to_date_cents"] for one in sorted(said, key=lambda one: one["sequence"])}


def test_a_quiet_job_says_what_is_wrong_alone(
    world: World, days: list[Day], capsys: pytest.CaptureFixture[str]
) -> None:
    land(world, days[:1], wrong=True)
    (world.inbox / "notes.txt").write_text("not a fact")
    assert job(world, "2024-10-31", "--quiet") == 0
    events = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert events == ["ignored"]
    told = re.findall(r'\.tell\("([a-z ]+)"', "".join(path.read_text() for path in LIVE.glob("*.py")))
    assert {*told} > WRONG and len({*told}) > 8


def test_a_repaired_fact_ends_as_if_right_at_first(
    world: World, days: list[Day], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = World(tmp_path / "right", 0)
    land(right, days, wrong=False)
    assert job(right, "2024-10-31") == 0
    spoiled = land(world, days, wrong=True)
    assert job(world, "2024-10-30") == 0
    capsys.readouterr()
    assert typed("rejections", "list", "--journal", world.journal, "--reason", "INVALID") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "minutes_worked[0]" in line]
    number = next(words[0] for words in lines if "Timesheet" in words[4])
    assert typed("rejections", "list", "--journal", world.journal, "--reason", "INVALID", "--json") == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [ours] = [each for each in listed if each["number"] == int(number)]
    assert ours["field"] == "minutes_worked[0]" and ours["bytes"] > 0 and "raw" not in ours
    assert typed("rejections", "show", number, "--journal", world.journal) == 0
    told = json.loads(capsys.readouterr().out)
    resend = ("rejections", "resend", number, "--journal", world.journal, "--to", f"folder:{world.inbox}")
    text = tmp_path / "repaired.json"
    text.write_text(json.dumps(told))
    assert typed(*resend, "--repaired", text) == 2
    assert "still invalid: minutes_worked[0]" in capsys.readouterr().err
    told["fields"]["minutes_worked"][0] = spoiled["minutes_worked"][0]
    text.write_text(json.dumps(told))
    assert typed(*resend, "--repaired", text) == 0
    assert paid(world) != paid(right)
    assert job(world, "2024-10-31") == 0
    assert paid(world) == paid(right)


def test_what_a_wrong_clock_rejected_is_sent_again_at_once(
    world: World, days: list[Day], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An operator vouched for a clock two months behind; the clock is put right."""
    right = World(tmp_path / "right", 0)
    land(right, days[:9], wrong=False)
    assert job(right, "2024-10-31") == 0
    land(world, days[:9], wrong=False)
    assert job(world, "2024-05-31") == 0
    resend = ("rejections", "resend", "--all", "--field", "recorded_at", "--journal", world.journal)
    capsys.readouterr()
    assert typed(*resend, "--to", f"folder:{world.inbox}") == 0
    said = capsys.readouterr().out
    assert said.endswith("0 cannot be used yet\n") and not said.startswith("0 ")
    assert job(world, "2024-10-31") == 0
    assert paid(world) == paid(right) != {}


def test_misuse_is_one_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    asked = {
        "run --from x --to folder:o --close-run 2024-10-31": "neither folder:PATH nor pubsub:PROJECT",
        "run --from folder:i --to folder:o --close-run 2024-10-27": "is no business day",
        "run --from folder:i --to folder:o --close-run 2024-10-31 --clock c": "give one of them",
        "run --from folder:i --to folder:o --clock nowhere": "must hold a date and time",
        "run --from folder:i --to pubsub:p --resume-after 2024-10-30": "name with --sent-sums the content_sha256",
        "run --from folder:i --to folder:o --resume-after 2024-10-30 --sent-sums 12": "as they stand in the PayRun",
        f"run --from folder:i --to folder:o --sent-sums {'0' * 64},,7": "give both",
        "journal verify": "is no journal",
        "journal accept-loss": "is no journal",
        "rejections show 5": "is no journal",
        "rejections resend --to folder:.": "name one rejection and its --repaired text, or --all",
        "journal backup nowhere": "is no journal",
        "journal restore nowhere": "holds no manifest.json",
    }
    for words, said in asked.items():
        assert typed(*words.split(), "--journal", world.root / "none") == 2, words
        told = capsys.readouterr().err
        assert said in told and told.count("\n") == 1


def test_verify_says_what_is_there(world: World, days: list[Day], capsys: pytest.CaptureFixture[str]) -> None:
    land(world, days[:3], wrong=False)
    assert job(world, "2024-10-31") == 0
    assert typed("journal", "verify", "--journal", world.journal) == 0
    assert "1 pay runs: whole" in capsys.readouterr().out
    assert typed("journal", "verify", "--journal", world.journal, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["whole"] and told["pay_runs"] == 1 and told["facts"] > 0 and told["faults"] == []
    assert typed("journal", "verify", "--journal", world.journal, "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    path = next((world.journal / "segments").rglob("*.avro"))
    raw = bytearray(path.read_bytes())
    raw[-40] ^= 1
    path.write_bytes(raw)
    assert typed("journal", "verify", "--journal", world.journal) == 1
    assert "restore it from backup" in capsys.readouterr().err
    assert typed("journal", "verify", "--journal", world.journal, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["whole"] and "restore it from backup" in told["faults"][0]
    assert typed("rejections", "list", "--journal", world.journal) == 1
    told = capsys.readouterr()
    assert "restore it from backup" in told.err and told.err.count("\n") == 1


def test_what_the_machine_refuses_has_its_own_remedy(
    world: World, days: list[Day], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is gone is no full disk."""
    land(world, days[:2], wrong=False)

    def gone(*_: Any) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr("pipelines.live.folder_out.FolderOut.send", gone)
    assert job(world, "2024-10-30") == 1
    told = capsys.readouterr().err.splitlines()[-1]
    assert "No such file" in told and "--to" in told and "make room" not in told
