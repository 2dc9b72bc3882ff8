"""A law for the next version of a streaming job: its preview from the journal is what the updated job says in the first
pay run that knows it, and an update that comes after that pay run is known to be late."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from fold.key import look_after
from pipelines.command import cli
from pipelines.live.clock import day_of_run
from pipelines.misuse import Misuse
from pipelines.plain import replay_plain
from pipelines.stepwise import Steps
from pipelines.what_if.moves import OnePayment
from pipelines.what_if.updating import first_to_know, late, preview_of_update
from rules.law import Law
from rules.periods import MILLIS_IN_SECOND, business_day_of, civil_date, cut_off_after
from schemas.payment_instruction import PaymentInstruction
from tests.dense_histories import history_to_the_end
from tests.histories import History
from tests.paid import door_of
from tests.pipelines.live.test_every_parameter import change_of
from tests.pipelines.what_if.test_compare import amounts, write_facts

LAW = Law.load()
DAY = 24 * 60 * 60 * MILLIS_IN_SECOND
NAMES = ("wage.01", "minimum_wage", "overtime.weekly_threshold_minutes")
SEEDS = (0, 2, 4, 5)
NEVER: Callable[[int], bool] = lambda now: False  # noqa: E731


@cache
def begins(seed: int) -> tuple[History, int]:
    """A history, and the first pay run of a month in its middle."""
    history = history_to_the_end(seed, LAW)
    seen = sorted(cut_off_after(fact.recorded_at) for fact in history.facts)
    return history, look_after(seen[len(seen) // 2])


def job(seed: int, law: Law, is_updated: Callable[[int], bool]) -> list[PaymentInstruction]:
    """What the job says that is updated with a law once a pay run is over."""
    history, _ = begins(seed)
    steps = Steps(door_of(history.facts, history.until), LAW, history.until, seed)

    def update(now: int, state: object) -> None:
        if is_updated(now):
            steps.law = law
            for fold in steps.folds.values():
                fold.law = law

    said = steps.run(update).records.get("PaymentInstruction", [])
    return [each for each in said if isinstance(each, PaymentInstruction)]


def of_run(said: list[PaymentInstruction], cut_off: int) -> dict[str, tuple[int, int]]:
    return {each.instruction_id: (each.gross_cents, each.net_cents) for each in said if each.cut_off == cut_off}


def otherwise(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> list[OnePayment]:
    pairs = {id: (before.get(id, (0, 0)), after.get(id, (0, 0))) for id in sorted({*before, *after})}
    return [OnePayment(id, a[0], b[0], a[1], b[1]) for id, (a, b) in pairs.items() if a != b]


@pytest.mark.parametrize("name", NAMES)
def test_the_updated_job_pays_what_was_previewed(name: str, tmp_path: Path) -> None:
    found = 0
    for seed in SEEDS:
        history, look = begins(seed)
        law = LAW.with_published(change_of(name, look), look)
        (facts := tmp_path / str(seed)).mkdir()
        seen = preview_of_update(write_facts(facts, history.facts), LAW, law, look, tmp_path / "work")

        before, after = (
            of_run(job(seed, law, when), look) for when in (NEVER, lambda now, at=look: now >= at - 6 * DAY)
        )

        assert seen.cut_off == look and seen.payments == otherwise(before, after), seed
        assert seen.net_cents == sum(net for _, net, _ in seen.sums.people.values()), seed
        found += len(seen.payments)
    assert found
    assert not (tmp_path / "work").exists()


def test_an_update_after_its_pay_run_is_known_to_be_late() -> None:
    """And it is late: what the job says is not what a replay by the law says."""
    missed = 0
    for seed in SEEDS:
        history, look = begins(seed)
        law = LAW.with_published(change_of("wage.01", look), look)
        assert late(LAW, law, look - 1) is None and first_to_know(LAW, law, look - 1) == look
        why = late(LAW, law, look)
        assert why is not None and why.startswith("wage.01 from ") and day_of_run(look) in why
        replayed = replay_plain(history.facts, law, history.until)
        said = {
            each.instruction_id: (each.gross_cents, each.net_cents)
            for each in job(seed, law, lambda now, at=look: now >= at)
        }
        missed += {id: each for id, each in said.items() if any(each)} != amounts(replayed)
    assert missed


def test_what_begins_on_a_day_to_come_is_never_late() -> None:
    """Nobody is decided by it yet, whether or not it says when it is published; and there is nothing to preview."""
    _, look = begins(0)
    day = civil_date(business_day_of(look) + 90)
    law = LAW.amended({"x": {"travel": {"weekly_minutes": {"values": [{"from": day, "value": 60}]}}}})
    assert late(LAW, law, look) is None
    with pytest.raises(Misuse, match="no value becomes known"):
        first_to_know(LAW, law, look)


# --- the commands -----------------------------------------------------------------------------------------------------


def wage(folder: Path, published: str, mills: int = 21_000) -> Path:
    """A law for the next version."""
    folder.mkdir()
    value = (
        f'{{ from = 2024-07-01, value = {mills}, published = {published}, grade = "assumption", citation = "a test" }}'
    )
    (folder / "wage.toml").write_text(f"[wage.17]\nvalues = [{value}]\n")
    return folder


def ended(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as done:
        cli.main([str(each) for each in arguments])
    out, err = capsys.readouterr()
    return int(done.value.code or 0), out, err


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Of Lake, July 2024 and after."""
    (facts := tmp_path / "journal").mkdir()
    return write_facts(facts, history_to_the_end(5, LAW).facts)


def test_law_preview(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = tmp_path / "clock"
    clock.write_text("2024-07-20T09:00")
    asked = "law", "preview", wage(tmp_path / "law", "2024-07-31"), "--events", journal, "--clock", clock
    code, out, _ = ended(capsys, *asked, "--json", "--with-ids")
    told = json.loads(out)
    assert code == 0 and told["pay_run"] == "2024-08-01" and "confirm" not in told
    assert told["payments"] == len(told["rows"]) > 0
    code, out, _ = ended(capsys, *asked)
    assert code == 0 and "Pay run 2024-08-01: " in out

    clock.write_text("2024-08-02T09:00")
    code, _, err = ended(capsys, *asked)
    assert code == 1 and "too late: wage.17 from 2024-07-01 is otherwise for the pay run of 2024-08-01" in err
    code, _, err = ended(capsys, *asked[:2], wage(tmp_path / "other", "2024-08-15"), *asked[3:])
    assert code == 2 and "decides only those to whom something happens" in err


def test_launch_update_refuses_a_law_that_comes_too_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    law = wage(tmp_path / "law", "2024-09-30")
    options = {"project": "lab-project", "region": "us-west2", "law": str(law)}
    (tmp_path / "launch.json").write_text(json.dumps(options))
    asked = "launch", "update", "--options", tmp_path / "launch.json", "--change", "law"
    for dry in ([], ["--law-before", wage(tmp_path / "before", "2024-09-30", 20_000), "--dry-run"]):
        code, _, err = ended(capsys, *asked, *dry)
        assert code == 2 and "--change law: wage.17 from 2024-07-01" in err
    for more in (["--late", "--dry-run"], ["--law-before", law, "--dry-run"], ["--dry-run"]):
        code, _, err = ended(capsys, *asked, *more)
        assert "--change law" not in err, "it goes on, to the address that no cloud can read"
        assert code == 2 and "gs://my-bucket/law" in err
