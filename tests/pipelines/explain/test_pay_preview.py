"""What `validate --with FACTS --pay` says that facts would change in money is what a replay with them
pays, to the cent; beside a live journal, what the next pay run pays."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipelines.command import cli
from pipelines.explain.answer import Sources
from pipelines.explain.trial import Trial
from pipelines.sample.simulate import simulate
from rules.periods import business_day_of, cut_off_of, epoch_day, iso
from schemas.avro import write_container
from schemas.envelope import Fact
from schemas.symbols import OF_PROVIDER
from tests.case_files import CASES, read_case_file
from tests.dense_histories import dense_history
from tests.paid import replay_folder
from tests.pipelines.explain.explain_world import LAW, chain, lay
from tests.pipelines.live.drill import World, county, records_below
from tests.pipelines.live.test_publishing import close_next

Records = list[dict[str, Any]]
Told = list[tuple[str, dict[str, Any]]]
Sums = dict[tuple[str, str], tuple[int, int]]


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["validate", *map(str, arguments), "--pay", "--json"])
    assert ended.value.code in (0, 1, None)
    return dict(json.loads(capsys.readouterr().out)["pay"])


def paid_below(folder: Path, until: str) -> Records:
    names = [path.name for path in sorted(folder.glob("*.avro"))]
    last = cut_off_of(epoch_day(date.fromisoformat(until)))
    return list(replay_folder(folder, names, LAW, last).records.get("PaymentInstruction", []))


def by_run(paid: Records) -> Sums:
    """Gross and net by pay run and pay period."""
    sums: dict[tuple[str, str], list[int]] = {}
    for each in paid:
        row = sums.setdefault((iso(business_day_of(each["cut_off"])), iso(each["period_start"])), [0, 0])
        row[0] += each["gross_cents"]
        row[1] += each["net_cents"]
    return {key: (gross, net) for key, (gross, net) in sums.items()}


def moved(before: Records, after: Records) -> Sums:
    """What one pays that the other does not, where that is anything."""
    was, now = by_run(before), by_run(after)
    rows = {key: [now.get(key, (0, 0))[at] - was.get(key, (0, 0))[at] for at in (0, 1)] for key in {*was, *now}}
    return {key: (gross, net) for key, (gross, net) in rows.items() if gross or net}


def told_of(pay: dict[str, Any]) -> Sums:
    rows = {(each["pay_run"], each["pay_period"]): (each["gross_cents"], each["net_cents"]) for each in pay["by_run"]}
    return {key: amounts for key, amounts in rows.items() if any(amounts)}


def assert_adds_up(pay: dict[str, Any]) -> None:
    """Facts to all of it, before and after to the difference."""
    of_facts: dict[tuple[str, str], Counter[str]] = {}
    for fact in pay["facts"]:
        for row in fact["by_run"]:
            of_facts.setdefault((row["pay_run"], row["pay_period"]), Counter()).update(
                {"gross": row["gross_cents"], "net": row["net_cents"]}
            )
    added = {key: (each["gross"], each["net"]) for key, each in of_facts.items()}
    assert {key: each for key, each in added.items() if any(each)} == told_of(pay)
    assert sum(gross for gross, _ in added.values()) == pay["gross_cents"] == sum(g for g, _ in told_of(pay).values())
    for row in pay["by_run"]:
        for part in ("gross", "net"):
            assert row[f"{part}_after_cents"] - row[f"{part}_before_cents"] == row[f"{part}_cents"]


def dealt(facts: Told, folder: Path) -> Path:
    folder.mkdir()
    for kind in {kind for kind, _ in facts}:
        write_container(folder / f"{kind}.avro", kind, [record for each, record in facts if each == kind])
    return folder


def test_a_county_is_paid_what_was_previewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A seventh of its facts is late: also terms, outcomes, exceptions; a replay by the command pays what was said."""
    simulate(tmp_path / "made", "17", 25, 2, "2024-01", 17, 0.1)
    random = Random(3)
    known, late = Told(), Told()
    for kind, record in records_below(tmp_path / "made"):
        (late if kind != "CourseListing" and random.random() < 1 / 7 else known).append((kind, record))
    dealt(known, tmp_path / "known")
    dealt(late, tmp_path / "late")
    pay = asked(capsys, tmp_path / "late", "--with", tmp_path / "known")
    assert_adds_up(pay)
    assert len(pay["facts"]) > 40 and len(pay["by_run"]) > 10 and pay["findings_go"]

    dealt(known + late, tmp_path / "all")
    paid = []
    for name in ("known", "all"):
        events, out = tmp_path / name, tmp_path / f"{name}.out"
        with pytest.raises(SystemExit):
            cli.main(f"replay --events {events} --out {out} --until {pay['until']} --engine plain --quiet".split())
        paid.append([record for kind, record in records_below(out) if kind == "PaymentInstruction"])
    assert told_of(pay) == moved(*paid)


@pytest.mark.parametrize("seed", range(8))
def test_dense_histories_are_paid_what_was_previewed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    facts, random = dense_history(seed).facts, Random(seed)
    late = [each for each in facts if each.KIND != "CourseListing" and random.random() < 1 / 3]
    known = [each for each in facts if each not in late]
    for name, of_folder in (("known", known), ("late", late), ("all", facts)):
        _lay(of_folder, tmp_path / name)
    pay = asked(capsys, tmp_path / "late", "--with", tmp_path / "known")
    assert_adds_up(pay)
    assert [each["pay_run"] for each in pay["facts"]] == sorted(each["pay_run"] for each in pay["facts"])
    assert told_of(pay) == moved(*(paid_below(tmp_path / name, pay["until"]) for name in ("known", "all")))


@pytest.mark.parametrize("file", ["incentives", "sick_leave", "training"])
def test_what_is_settled_by_provider_is_previewed_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    """Classes, incentives and sick leave: the last fact of worked cases is late."""
    differed = 0
    for place, one in enumerate(read_case_file(CASES / f"{file}.toml").cases[:14]):
        *known, last = sorted(one.facts, key=lambda each: (each.KIND == "SickLeaveClaim", each.recorded_at))
        for name, of_folder in (("known", known), ("late", [last]), ("all", one.facts)):
            _lay([*of_folder], tmp_path / f"{name}{place}")
        pay = asked(capsys, tmp_path / f"late{place}", "--with", tmp_path / f"known{place}")
        was, now = (paid_below(tmp_path / f"{name}{place}", pay["until"]) for name in ("known", "all"))
        assert told_of(pay) == moved(was, now)
        differed += any(each["kind"] in OF_PROVIDER for each in now) and was != now
    assert differed


def test_a_chain_of_people_is_followed_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """P1's late sheet takes authorized hours that P2 worked, whose overtime falls away, also that paid for R2."""
    asked_of = chain()
    [late] = [each for each in asked_of.facts if each.document_id.endswith(".0")]
    _lay([each for each in asked_of.facts if each is not late], tmp_path / "known")
    _lay([late], tmp_path / "late")
    _lay(asked_of.facts, tmp_path / "all")

    pay = asked(capsys, tmp_path / "late", "--with", tmp_path / "known")
    until = cut_off_of(epoch_day(date.fromisoformat(pay["until"])))
    tried = Trial(Sources(tmp_path / "known", None, LAW), (), until, [late]).outcome().payments

    expected = moved(*(paid_below(tmp_path / name, pay["until"]) for name in ("known", "all")))
    assert told_of(pay) == expected and sum(each.net for each in tried) == pay["net_cents"]
    assert any(each.instruction.recipient_id == "chain.1.R2" for each in tried)


def _lay(facts: Iterable[Fact], folder: Path) -> None:
    folder.mkdir()
    lay(facts, folder)


def test_what_is_known_already_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _lay(dense_history(3).facts, tmp_path / "known")
    pay = asked(capsys, tmp_path / "known", "--with", tmp_path / "known")
    assert pay["by_run"] == [] and pay["gross_cents"] == 0 and not any(each["by_run"] for each in pay["facts"])


def test_a_course_listing_is_said_not_to_be_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulate(tmp_path, "17", 3, 1, "2024-01", 17, 0.0)
    pay = asked(capsys, tmp_path / "course_listing-0001.avro", "--with", tmp_path / "timesheet-0001.avro")
    assert {each["kind"] for each in pay["not_previewed"]} == {"CourseListing"} and not pay["facts"]


def test_beside_a_journal_the_next_pay_run_sees_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever it was recorded: pay runs before are closed. What that run then pays is what was previewed."""
    days = county(tmp_path / "made", recipients=4)
    late = [record for day in days[:8] for record in day.facts.pop("Timesheet", [])]
    assert late
    world = World(tmp_path / "world", days[0].cut_off - 1000)
    world.live(days[:12]).close()
    write_container(tmp_path / "late.avro", "Timesheet", late)
    pay = asked(capsys, tmp_path / "late.avro", "--with", world.journal)
    assert {each["pay_run"] for each in pay["facts"]} == {min(run for run, _ in told_of(pay))}

    write_container(world.inbox / "late.avro", "Timesheet", late)
    before = len(world.said()["PaymentInstruction"])
    run = iso(business_day_of(close_next(world)))
    made = [each for each in world.said()["PaymentInstruction"] if iso(business_day_of(each["cut_off"])) == run]
    assert before and {key: each for key, each in told_of(pay).items() if key[0] == run} == {
        key: each for key, each in by_run(made).items() if any(each)
    }


def test_without_what_is_known_it_is_asked_wrongly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["validate", str(tmp_path), "--pay"])
    assert ended.value.code == 2 and "--with FACTS" in capsys.readouterr().err
