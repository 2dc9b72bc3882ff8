"""``ihss-payroll find``: what an id means, what came of it, and commands that work as pasted; so does `rejections`."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from pipelines.command import cli
from pipelines.find.arrived import arrived
from pipelines.report.books import Books
from pipelines.report.records import ReportFolder
from pipelines.wording import clock
from rules.periods import iso
from schemas.finding import Finding
from schemas.ids import document_of
from tests.pipelines.report.report_world import county, records, rewrite


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return county(tmp_path_factory.mktemp("find"), recipients=8, months=2)


@pytest.fixture
def asked(capsys: pytest.CaptureFixture[str]) -> Any:
    def ask(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(word) for word in words])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ask


def held(paid: Path) -> Finding:
    """A finding that stands and holds time."""
    return Books(ReportFolder(paid), None, None).findings.of("HELD")[0]


def test_everything_that_was_paid_or_told_is_found_by_its_id(world: tuple[Path, Path], asked: Any) -> None:
    _, paid = world
    one = max(records(paid, "PaymentInstruction"), key=lambda each: each["net_cents"])
    told = held(paid)
    ids = {
        "provider": one["provider_id"], "recipient": one["recipient_id"], "instruction": one["instruction_id"],
        "statement": one["statement_id"], "document": document_of(one["documents"][0]), "finding": told.finding_id,
    }  # fmt: skip
    for kind, id in ids.items():
        code, out, _ = asked("find", id, "--paid", paid, "--json")
        found = json.loads(out)
        assert code == 0 and found["found"] == [{"kind": kind, "id": id}]
        if kind != "finding":
            assert one["instruction_id"] in {each["instruction_id"] for each in found["payments"]}
        else:
            assert found["findings"][0]["next_step"] == told.next_step


def test_a_persons_money_and_what_is_held(world: tuple[Path, Path], asked: Any) -> None:
    _, paid = world
    told = held(paid)
    provider = told.provider_id
    mine = [each for each in records(paid, "PaymentInstruction") if each["provider_id"] == provider]
    found = json.loads(asked("find", provider, "--paid", paid, "--json")[1])
    assert sum(each["net_cents"] for each in found["payments"]) == sum(each["net_cents"] for each in mine) > 0
    assert {each["run_date"] for each in found["payments"]} == {iso(each["run_date"]) for each in mine}
    assert told.finding_id in {each["finding_id"] for each in found["findings"]}
    _, out, _ = asked("find", provider, "--paid", paid)
    assert "Not paid, and who acts next" in out and "FACTS: the folder that was paid from" in out


def test_a_provider_sees_what_is_left_of_sick_leave(tmp_path: Path, asked: Any) -> None:
    """The newest balance of each leave year, whichever file it is in."""
    _, paid = county(tmp_path, recipients=8, months=8)
    told = sorted(records(paid, "LeaveBalance"), key=lambda each: each["cut_off"])
    assert told
    newest = {(each["provider_id"], each["leave_year"]): each for each in told}
    for provider in {each["provider_id"] for each in told}:
        mine = [each for (one, _), each in sorted(newest.items(), reverse=True) if one == provider]
        leave = json.loads(asked("find", provider, "--paid", paid, "--json")[1])["leave"]
        assert [each["leave_year"] for each in leave] == [iso(each["leave_year"]) for each in mine]
        for name in ("granted_minutes", "used_minutes", "left_minutes"):
            assert [each[name] for each in leave] == [each[name] for each in mine]
        shown = asked("find", provider, "--paid", paid)[1]
        assert "Paid sick leave, by leave year" in shown and clock(mine[0]["left_minutes"]) in shown


def test_a_part_means_people_before_what_is_named_after_them(world: tuple[Path, Path], asked: Any) -> None:
    _, paid = world
    code, out, _ = asked("find", "p00000", "--paid", paid, "--json")
    hits = json.loads(out)["found"]
    assert code == 0 and len(hits) > 1 and {each["kind"] for each in hits} == {"provider"}
    assert {each["kind"] for each in json.loads(asked("find", "awaiting", "--paid", paid, "--json")[1])["found"]} == {
        "finding"
    }
    assert "Next\nihss-payroll find P000004" in asked("find", "p00000", "--paid", paid)[1]


def test_commands_work_as_pasted(world: tuple[Path, Path], tmp_path: Path, asked: Any, monkeypatch: Any) -> None:
    facts, paid = world
    monkeypatch.chdir(tmp_path)
    provider = records(paid, "PaymentInstruction")[0]["provider_id"]
    commands = json.loads(asked("find", provider, "--paid", paid, "--events", facts, "--json")[1])["next"]
    pasted = {shlex.split(each)[1]: shlex.split(each)[1:] for each in commands}
    assert {"explain"} <= set(pasted) and all(shlex.split(each)[0] == "ihss-payroll" for each in commands)
    pasted.pop("statement", None)  # takes seconds to draw; tests/pipelines/statements asks for the same words
    for words in pasted.values():
        assert asked(*words)[0] == 0, words


def test_a_document_of_which_nothing_was_said(world: tuple[Path, Path], asked: Any) -> None:
    """With the facts it is found by number and by event; without them it is said where else to look."""
    facts, paid = world
    known = {document_of(each) for paid_ in records(paid, "PaymentInstruction") for each in paid_["documents"]}
    one = next(each for each in arrived(facts, "EvvVisit") if each.document not in known and each.people)
    code, _, err = asked("find", one.event_id, "--paid", paid)
    assert code == 1 and "--events" in err
    for text in (one.document, one.event_id):
        code, out, _ = asked("find", text, "--paid", paid, "--events", facts, "--json")
        assert code == 0 and one.event_id in {each["event_id"] for each in json.loads(out)["documents"]}


def test_nothing_is_found(world: tuple[Path, Path], asked: Any) -> None:
    _, paid = world
    for text, code in ("no-such-id", 1), (" ", 2):
        assert asked("find", text, "--paid", paid)[0] == code
    assert asked("find", "P1", "--paid", paid / "none")[0] == 2


def test_a_changed_pay_run_is_not_shown(world: tuple[Path, Path], tmp_path: Path, asked: Any) -> None:
    _, paid = world
    for kind in ("PaymentInstruction", "Finding", "AdvanceReconciliation", "BenefitHours", "PayRun"):
        rewrite(tmp_path, kind, records(paid, kind))
    [first, *others] = records(paid, "PaymentInstruction")
    rewrite(tmp_path, "PaymentInstruction", [first | {"net_cents": first["net_cents"] + 1}, *others])
    for words in (("find", first["provider_id"]), ("explain", "--provider", first["provider_id"])):
        code, out, err = asked(*words, "--paid", tmp_path)
        assert code == 2 and not out and "another content_sha256" in err


def test_explain_lists_the_pay_periods_of_a_person(world: tuple[Path, Path], asked: Any) -> None:
    _, paid = world
    provider = records(paid, "PaymentInstruction")[0]["provider_id"]
    mine = {
        iso(each["period_start"]) for each in records(paid, "PaymentInstruction") if each["provider_id"] == provider
    }
    code, out, _ = asked("explain", "--provider", provider, "--paid", paid, "--json")
    told = [each["period"] for each in json.loads(out)["periods"]]
    assert code == 0 and mine <= set(told) and told == sorted(told, reverse=True)
    _, out, _ = asked("explain", "--provider", provider, "--paid", paid)
    assert f"--provider {provider} --period {told[0]}" in out
    assert asked("explain", "--provider", "NOBODY", "--paid", paid)[0] == 1
    assert "--period is missing" in asked("explain", "--provider", provider)[2]


def test_rejections_of_a_replay(world: tuple[Path, Path], tmp_path: Path, asked: Any) -> None:
    _, paid = world
    said = records(paid, "Rejection")
    code, out, _ = asked("rejections", "list", "--paid", paid, "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [(each["reason"], each["origin"]) for each in told] == [
        (each["reason"], each["origin"]) for each in said
    ]
    for number, each in enumerate(said, 1):
        raw = tmp_path / str(number)
        code, out, err = asked("rejections", "show", number, "--paid", paid, "--raw", raw)
        assert code == 0 and raw.read_bytes() == each["raw"] and each["message"] in err
    assert asked("rejections", "show", 99, "--paid", paid)[0] == 2
    assert "no pay run" in asked("rejections", "list", "--paid", tmp_path)[2]
    assert "name one place" in asked("rejections", "list")[2]


def test_what_came_as_json_is_shown_as_it_came(world: tuple[Path, Path], tmp_path: Path, asked: Any) -> None:
    line = b'{"kind": "EvvVisit", "fields": {}}'
    rewrite(tmp_path, "Rejection", [records(world[1], "Rejection")[0] | {"raw": line}])
    assert asked("rejections", "show", 1, "--paid", tmp_path)[1].encode().strip() == line
