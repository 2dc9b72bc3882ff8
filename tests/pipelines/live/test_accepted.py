"""An operator corrects code or law: what was said stays said, and the next pay run says the differences, once."""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fold.door import admission
from fold.key_memory import whole
from pipelines.live import past
from pipelines.live.as_said import Kept
from pipelines.live.memory import CountyMemory
from pipelines.live.past import OtherHistory
from pipelines.live.pay_run import PayRuns, RunLetters
from pipelines.live.segments import Damaged
from pipelines.live.verify import verify
from pipelines.misuse import Misuse
from rules.adjustment import deductions_said
from rules.conclusion import SETTLE
from rules.kept import Account, Charges
from rules.law import Law
from rules.periods import business_day_of, civil_date, cut_offs, epoch_day, midnight
from rules.settle.draft import PaymentDraft
from schemas.avro import encode_message
from schemas.envelope import Fact
from schemas.journal import Entry
from tests.histories import WINDOWS as HISTORY_WINDOWS
from tests.histories import History, histories
from tests.paid import replay_plain
from tests.pipelines.live.drill import LAW, Day, Records, World
from tests.pipelines.live.test_scenario import WINDOWS, dealt, scenario

pytestmark = pytest.mark.engines

DEARER = {"from": date(2024, 7, 1), "value": 99_000, "grade": "assumption", "citation": "a test's own"}
CHEAPER = DEARER | {"value": 17_000}

STRICTER = {
    "visits.toml": {"evv": {"policy": {"IHSS": {"values": [DEARER | {"from": date(2021, 1, 1), "value": "warn"}]}}}},
    "limits.toml": {
        "violation": {"usual_weekly_minutes": {"values": [DEARER | {"from": date(1900, 1, 1), "value": 300}]}}
    },
}
STRICT = LAW.amended(STRICTER)
WAGES = [name for name in LAW.names() if name.startswith("wage.") and name[-2:].isdigit()]


def other_law(value: dict[str, Any]) -> Law:
    return LAW.amended({"wages.toml": {"wage": {"17": {"values": [value]}}}})


def to_date(said: Records) -> dict[str, tuple[int, int, int]]:
    """Gross, net and outstanding by statement, as of its last instruction."""
    ordered = sorted(said["PaymentInstruction"], key=lambda one: (one["cut_off"], one["sequence"]))
    names = ("gross_to_date_cents", "net_to_date_cents", "outstanding_cents")
    return {one["statement_id"]: tuple(one[name] for name in names) for one in ordered}


def worth(paid: dict[str, tuple[int, int, int]], days: list[Day]) -> dict[str, int]:
    """Net less what is outstanding, of the statements that no outcome was ever heard of."""
    named = {one["instruction_id"].rpartition(":")[0] for day in days for one in day.facts.get("PaymentOutcome", [])}
    assert len(named) < len(paid) // 2
    return {id: net - outstanding for id, (_, net, outstanding) in paid.items() if id not in named}


def standing(said: Records) -> dict[str, dict[str, Any]]:
    """Findings that stand, without when they were said; reconciliations and hours of benefit likewise."""
    newest: dict[str, dict[str, Any]] = {}
    for one in sorted(said["Finding"], key=lambda one: one["cut_off"]):
        newest[one["finding_id"]] = one
    return {id: without(one, "cut_off") for id, one in newest.items() if not one["cleared"]}


def undated(findings: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Without the date by which a notice may be disputed, and the sentences that name it."""
    return {id: without(one, "due_by", "message", "next_step") for id, one in findings.items()}


def latest(said: Records, kind: str, *ids: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    ordered = sorted(said[kind], key=lambda one: one["cut_off"])
    return {tuple(one[id] for id in ids): without(one, "cut_off") for one in ordered}


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


def accepting(world: World, law: Law, until: int) -> Any:
    return world.job(law=law, accept=until)


@pytest.fixture
def half(days: list[Day]) -> int:
    return len(days) * 2 // 3


@pytest.mark.parametrize("value", [DEARER, CHEAPER], ids=["dearer", "cheaper"])
def test_the_next_pay_run_says_the_differences_once(
    world: World, days: list[Day], half: int, tmp_path: Path, value: dict[str, Any]
) -> None:
    law = other_law(value)
    world.live(days[:half]).close()
    before = {path.name: path.read_bytes() for path in world.out.glob("*.avro")}
    with pytest.raises(OtherHistory):
        world.job(law=law)
    world.live(days[half:], accepting(world, law, days[half - 1].cut_off)).close()
    said = world.said()
    assert {name: (world.out / name).read_bytes() for name in before} == before, "the past was edited"

    always = World(tmp_path / "always", days[0].cut_off - 1000)
    always.live(days, always.job(law=law)).close()
    wanted, found = to_date(always.said()), to_date(said)
    assert {id: gross for id, (gross, _, _) in found.items()} == {id: gross for id, (gross, _, _) in wanted.items()}
    assert worth(found, days) == worth(wanted, days)
    ids = [one["instruction_id"] for one in said["PaymentInstruction"]]
    assert len(set(ids)) == len(ids) and all(one["net_cents"] >= 0 for one in said["PaymentInstruction"])
    hours = ("provider_id", "county", "service_month")
    assert latest(said, "BenefitHours", *hours) == latest(always.said(), "BenefitHours", *hours)
    paid_later = [one for one in said["PaymentInstruction"] if one["cut_off"] == days[half].cut_off]
    assert len(paid_later) > 5


def test_all_that_is_made_again_obeys_it(world: World, days: list[Day], half: int) -> None:
    """Memory thrown away after an acceptance, and another one on top: the same letters, whoever folds."""
    law = other_law(DEARER)
    world.live(days[:half]).close()
    world.live(days[half:-6], accepting(world, law, days[half - 1].cut_off)).close()
    (world.journal / "memory.sqlite").unlink()
    world.job(law=law).close()
    with pytest.raises(OtherHistory):
        world.job(law=LAW)
    world.live(days[-6:-3], accepting(world, LAW, days[-7].cut_off)).close()
    (world.journal / "memory.sqlite").unlink()
    world.live(days[-3:], world.job(law=LAW)).close()
    owed = to_date(world.said())
    assert worth(owed, days) == worth(to_date(world.replayed(days[-1].cut_off)), days)
    assert any(out for _, _, out in owed.values()), "what was paid too much is outstanding"


@pytest.mark.parametrize("backwards", [False, True], ids=["never said", "said and wrong"])
def test_what_the_world_has_heard_ends_as_this_code_says(tmp_path: Path, backwards: bool) -> None:
    """Findings too: violations and warnings about visits that only one of two laws gives, both ways."""
    begins = midnight(epoch_day(WINDOWS["work"]))
    days = dealt(scenario("work"), begins)
    half = len(days) * 2 // 3
    old, new = (STRICT, LAW) if backwards else (LAW, STRICT)
    world, always = World(tmp_path, begins), World(tmp_path / "always", begins)
    world.live(days[:half], world.job(law=old)).close()
    world.live(days[half:], accepting(world, new, days[half - 1].cut_off)).close()
    assert (world.journal / "accepted.json").exists()
    always.live(days, always.job(law=new)).close()
    found, wanted = standing(world.said()), standing(always.said())
    assert undated(found) == undated(wanted)
    for id, one in found.items():  # a notice that was never given, or wrongly, is given with a date of its own
        never_given = one["outcome"] == "NOTED" and one["due_by"] is None  # it was excused before it could be
        assert never_given or (one["due_by"] or 0) >= (wanted[id]["due_by"] or 0)
    told = next(json.loads(line) for line in world.log.getvalue().splitlines() if "history accepted" in line)
    assert told["taken_back" if backwards else "said_again"] >= 2
    names = ("recipient_id", "service_month")
    assert latest(world.said(), "AdvanceReconciliation", *names) == latest(
        always.said(), "AdvanceReconciliation", *names
    )


ACROSS_YEARS = tuple(window for window in HISTORY_WINDOWS if window[0] == 2025)
LEVEL = [DEARER | {"from": date(year, 1, 1), "value": 60_000} for year in (2025, 2026)]
OTHERWISE = {
    "work": {"share_of_cost.toml": {"share_of_cost": {"benefit_level_cents": {"individual": {"values": LEVEL}}}}},
    "careers": {
        "training.toml": {
            "training": {
                "first_class_day": {"values": [DEARER | {"from": date(1900, 1, 1), "value": date(2024, 9, 1)}]}
            }
        }
    },
}


@pytest.mark.parametrize("name", OTHERWISE)
@pytest.mark.parametrize("backwards", [False, True])
def test_accounts_are_what_was_sent(tmp_path: Path, name: str, backwards: bool) -> None:
    """Each as the letters have it, charges of share of cost that agree with it, and a statement that it is of."""
    begins = midnight(epoch_day(WINDOWS[name]))
    days = dealt([fact for fact in scenario(name) if fact.KIND != "CourseListing"], begins)
    # At once: a late one is looked at only when something is decided again, which an acceptance does earlier.
    days[0].facts["CourseListing"] = [each.model_dump() for each in scenario(name) if each.KIND == "CourseListing"]
    half = len(days) * 2 // 3
    old, new = LAW, LAW.amended(OTHERWISE[name])
    if backwards:
        old, new = new, old
    world = World(tmp_path, begins)
    world.live(days[:half], world.job(law=old)).close()
    job = accepting(world, new, days[half - 1].cut_off)
    assert (world.journal / "accepted.json").exists()
    sent = {one["instruction_id"]: one["net_cents"] for one in world.said()["PaymentInstruction"]}
    assert instructed(job.memory, new, days[half - 1].cut_off) == sent
    world.live(days[half:], job).close()
    found = {id: gross for id, (gross, _, _) in to_date(world.said()).items() if gross}
    always = World(tmp_path / "always", begins)
    always.live(days, always.job(law=new)).close()
    assert found == {id: gross for id, (gross, _, _) in to_date(always.said()).items() if gross}


def instructed(memory: CountyMemory, law: Law, cut_off: int) -> dict[str, int]:
    """Net of every instruction in the accounts that are remembered."""
    found: dict[str, int] = {}
    for state in memory.states():
        kept = whole(state.key, state.body)
        filed = Kept(state.key, state.body, law).case.filed if state.stage == SETTLE else None
        for unit, conclusions in kept.said.items():
            charged: Counter[str] = Counter()
            for id, cents in conclusions.get("charges", Charges([])).charged:
                charged[id] += cents
            for name, account in conclusions.items():
                if isinstance(account, Account):
                    found |= {said.instruction_id: said.net_cents for said in account.said}
                    assert filed is not None
                    statement = filed.statements[unit.month].get(name.partition(":")[2])
                    assert statement is not None or "ADVANCE" in name
                    if statement is not None:
                        standing = PaymentDraft(statement, account, filed, law, cut_off).said
                        assert deductions_said(standing).get("SHARE_OF_COST", 0) == charged[statement.statement_id]
    return found


def test_only_the_last_pay_run_can_be_accepted_and_only_with_its_letters(
    world: World, days: list[Day], half: int
) -> None:
    law = other_law(DEARER)
    world.live(days[:half]).close()
    with pytest.raises(Misuse, match="the last one decided"):
        accepting(world, law, days[half - 2].cut_off)
    letters = sorted((world.journal / "outbox").glob("*/letters.avro"))
    whole = letters[3].read_bytes()
    letters[3].unlink()
    with pytest.raises(Damaged, match="restore it from backup"):
        accepting(world, law, days[half - 1].cut_off)
    assert not (world.journal / "accepted.json").exists()
    letters[3].write_bytes(whole)
    accepting(world, law, days[half - 1].cut_off).close()
    assert not verify(world.journal).faults
    letters[3].write_bytes(letters[-1].read_bytes())
    assert "restore outbox" in verify(world.journal).faults[-1]
    for path in (world.journal / "outbox").rglob("seal.json"):
        path.unlink()  # as in a journal of before there were seals
    with pytest.raises(OtherHistory, match="restore outbox"):
        world.job(law=law)


def test_a_death_within_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies while it makes its memory again after the acceptance was written; the next start says the same."""
    begins = midnight(epoch_day(WINDOWS["work"]))
    days = dealt(scenario("work"), begins)
    half, remember = len(days) * 2 // 3, PayRuns.remember
    runs = sum(1 for _ in cut_offs(days[0].cut_off, days[half - 1].cut_off))
    alive, world, left = World(tmp_path / "alive", begins), World(tmp_path / "dead", begins), [runs - 2]
    alive.live(days[:half]).close()
    alive.live(days[half:], accepting(alive, STRICT, days[half - 1].cut_off)).close()
    world.live(days[:half]).close()

    def dies(self: PayRuns, run: RunLetters, said: Any = None) -> None:
        left[0] -= (world.journal / "accepted.json").exists()
        if left[0] < 0:
            raise KeyboardInterrupt
        remember(self, run, said)

    monkeypatch.setattr(past, "RUNS_AT_ONCE", 1)
    monkeypatch.setattr(PayRuns, "remember", dies)
    with pytest.raises(KeyboardInterrupt):
        accepting(world, STRICT, days[half - 1].cut_off)
    monkeypatch.undo()
    world.live(days[half:], world.job(law=STRICT)).close()
    assert len(json.loads((world.journal / "accepted.json").read_bytes())) == 1
    assert world.said() == alive.said()


def test_nothing_to_accept_changes_nothing(world: World, days: list[Day], half: int) -> None:
    world.live(days[:half]).close()
    accepting(world, LAW, days[half - 1].cut_off).close()
    assert not (world.journal / "accepted.json").exists()


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(), st.sampled_from([DEARER, CHEAPER]), st.floats(0.2, 0.9))
def test_whatever_the_history_gross_ends_as_the_new_law_has_it(
    history: History, value: dict[str, Any], part: float
) -> None:
    """All kinds of facts: advances, shares of cost, outcomes; the law changes somewhere in the middle."""
    law = wages_of(value)
    runs = list(cut_offs(min(admission(fact) for fact in history.facts), history.until))
    last = runs[int(part * (len(runs) - 1))]
    folder = Path(tempfile.mkdtemp())
    try:
        world = World(folder, runs[0] - 1000)
        fold(world, LAW, history.facts, runs[0], last, None)
        accepted = fold(world, law, history.facts, last + 1, history.until, last)
        said = world.said()
    finally:
        shutil.rmtree(folder)
    found = {one["statement_id"]: 0 for one in said["PaymentInstruction"]}
    found |= {id: gross for id, (gross, _, _) in to_date(said).items()}
    straight = replay_plain(history.facts, law, history.until).records
    wanted = {id: gross for id, (gross, _, _) in to_date({"PaymentInstruction": [], **straight}).items()}
    if accepted:
        assert {id: gross for id, gross in found.items() if gross} == {id: g for id, g in wanted.items() if g}


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(windows=ACROSS_YEARS), st.sampled_from([DEARER, CHEAPER]), st.floats(0.1, 0.9))
def test_an_acceptance_pays_what_a_law_published_then_would(
    history: History, value: dict[str, Any], part: float
) -> None:
    """To the cent, deduction by deduction, also across two payment years: the law's own way to change the past is a
    value that is published later (WAGE-2), and says what was instructed before from accounts that never were others."""
    runs = list(cut_offs(min(admission(fact) for fact in history.facts), history.until))
    last = runs[int(part * (len(runs) - 1))]
    published = civil_date(business_day_of(last))
    law, by_itself = (wages_of(value | more) for more in ({}, {"published": published}))
    folder = Path(tempfile.mkdtemp())
    try:
        world = World(folder, runs[0] - 1000)
        fold(world, LAW, history.facts, runs[0], last, None)
        fold(world, law, history.facts, last + 1, history.until, last)
        said = world.said()["PaymentInstruction"]
    finally:
        shutil.rmtree(folder)
    straight = replay_plain(history.facts, by_itself, history.until).records.get("PaymentInstruction", [])
    assert {one["instruction_id"]: money(one) for one in said} == {
        one["instruction_id"]: money(one) for one in straight
    }
    assert len({one["instruction_id"] for one in said}) == len(said)
    assert all(one["net_cents"] >= 0 for one in said)


def wages_of(value: dict[str, Any]) -> Law:
    """The law with this wage in all counties, always."""
    return LAW.amended({"wages.toml": {"wage": {name[-2:]: {"values": at_all_times(name, value)} for name in WAGES}}})


def money(instruction: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in instruction.items() if name.endswith("_cents") or name == "deductions"}


def at_all_times(name: str, value: dict[str, Any]) -> list[dict[str, Any]]:
    """A value wherever there was one."""
    days = {entry.from_day for entry in LAW.parameters[name].entries}
    return [value | {"from": civil_date(day)} for day in sorted(days)]


def fold(world: World, law: Law, facts: Sequence[Fact], first: int, last: int, accept: int | None) -> bool:
    """Let a job of this law close the pay runs with cut-offs from first to last; whether anything was accepted."""
    job = world.job(law=law, accept=accept)
    for number, fact in enumerate(facts):
        run = job.deciding.begun if fact.KIND == "CourseListing" else admission(fact)
        if first <= run <= last:
            job.journal.append([Entry(number, 0, run, "", encode_message(fact))])
    job.close_runs(last)
    job.close()
    return accept is None or (world.journal / "accepted.json").exists()


def test_a_replay_of_an_accepted_journal_says_that_it_is_another_story(
    world: World, days: list[Day], half: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipelines.command import cli

    world.live(days[:half]).close()
    accepting(world, other_law(DEARER), days[half - 1].cut_off).close()
    with pytest.raises(SystemExit) as ended:
        cli.main(["replay", "--events", str(world.journal), "--out", str(tmp_path / "check"), "--quiet"])
    assert ended.value.code == 0 and "was accepted as said" in capsys.readouterr().err
