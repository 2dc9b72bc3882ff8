"""The benchmark runs, compares what the ways wrote, and judges fairly. No time is ever asserted."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench import counties, instructions, measure, sameness, state_on_beam, stateful, table, what_if
from bench.counties import County, CountyAsked
from bench.measure import BenchRun
from bench.verdict import aims, county_figures, figures, growth
from pipelines.sample.simulate import simulate
from rules.law import Law
from schemas.avro import write_container
from transforms.decode_messages import Subscription

ROOT = Path(__file__).resolve().parents[1]
BENEFITS = {
    "provider_id": "P1", "county": "17", "service_month": 19723, "paid_minutes": 60, "authorized_minutes": 90,
    "eligible": None, "cut_off": 1_700_000_000_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def benched(tmp_path_factory) -> tuple[subprocess.CompletedProcess, dict]:
    """The whole benchmark, as small as it gets."""
    folder = tmp_path_factory.mktemp("bench")
    sizes = ["--recipients", "2", "--months", "1", "--runs", "1", "--ways", "beam"]
    places = ["--build", str(folder / "build"), "--out", str(folder / "latest.json")]
    command = [sys.executable, "-m", "bench", *sizes, *places]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done, json.loads((folder / "latest.json").read_text())


def test_all_ways_give_the_same_records_and_that_is_success(benched):
    done, told = benched
    assert done.returncode == 0, done.stderr
    for size in told["sizes"].values():
        (floor, beam) = (size["records"][way] for way in ("floor", "beam"))
        assert floor == beam and floor[0] > 0


def test_the_large_county_has_four_times_the_recipients(benched):
    sizes = benched[1]["sizes"]
    assert [sizes[name]["recipients"] for name in ("N", "4N")] == [2, 8]
    assert sizes["4N"]["timesheets"] > sizes["N"]["timesheets"] > 0


def test_every_stage_of_the_floor_is_timed(benched):
    stages = benched[1]["sizes"]["N"]["ways"]["floor"]["stages"]
    assert list(stages) == ["read", "authorize", "between", "price", "settle", "method", "close", "write"]


def test_memory_and_cpu_time_are_seen(benched):
    for way in benched[1]["sizes"]["N"]["ways"].values():
        assert way["peak_mb"] > 10
        assert way["cpu_seconds"] > 0 and way["start_seconds"] > 0


def test_each_aim_is_said_to_be_met_or_missed(benched):
    done, told = benched
    said = " ".join(done.stdout.split())
    for aim in told["aims"]:
        assert f"Aim {'met' if aim['met'] else 'missed'}: {aim['aim']}" in said


def runs(*seconds: float) -> list[BenchRun]:
    return [BenchRun(each, each - 1, 2 * each, 100 * each, {"read": each}) for each in seconds]


def county(timesheets: int, **ways: list[BenchRun]) -> dict:
    return county_figures(County(Path("county"), 1, timesheets, 1, 1), ways)


def test_figures_are_medians():
    found = figures(runs(2, 90, 4), 400)
    assert found["seconds"] == 4 and found["peak_mb"] == 400 and found["stages"] == {"read": 4}
    assert found["timesheets_per_second"] == 100
    assert found["timesheets_per_work_second"] == pytest.approx(400 / 3)
    assert found["start_seconds"] == 1


def test_growth_leaves_start_up_out_where_it_says_so():
    grown = growth(county(1, floor=runs(3)), county(4, floor=runs(9)))
    assert grown == {"floor": {"seconds": 3, "work_seconds": 4}}


def judged(small: float, large: float, other: float = 30, timesheets: int = 30_000) -> dict[str, tuple[str, bool]]:
    """The aims, of one engine's times and another's, with a floor of 6 seconds."""
    n = county(timesheets // 4, floor=runs(3), beam=runs(small), other=runs(other))
    many = county(timesheets, floor=runs(6), beam=runs(large), other=runs(other))
    names = ("floor", "speed", "growth")
    return {name: (aim["way"], aim["met"]) for name, aim in zip(names, aims(many, growth(n, many)), strict=True)}


def test_aims_are_met_at_the_bound():
    assert judged(3.5, 10) == {"floor": ("beam", True), "speed": ("beam", True), "growth": ("beam", True)}


def test_each_aim_can_be_missed_alone():
    assert judged(3.5, 10.1, timesheets=60_000)["floor"] == ("beam", False)
    assert judged(3.5, 10, timesheets=29_000)["speed"] == ("beam", False)
    assert judged(3, 10)["growth"] == ("beam", False)


def test_throughput_is_of_the_fastest_way_and_growth_of_the_steepest():
    told = judged(30, 60, other=20)
    assert told["speed"][0] == "other"
    assert told["growth"][0] == "beam"


def test_records_are_the_same_however_they_are_filed(tmp_path):
    records = [{**BENEFITS, "provider_id": name} for name in ("P1", "P2", "P3")]
    for folder in ("one", "two", "three"):
        (tmp_path / folder).mkdir()
    write_container(tmp_path / "one" / "a.avro", "BenefitHours", records[::-1])
    write_container(tmp_path / "two" / "b.avro", "BenefitHours", records[:1])
    write_container(tmp_path / "two" / "c.avro", "BenefitHours", records[1:])
    write_container(tmp_path / "three" / "a.avro", "BenefitHours", [*records[:2], {**records[2], "paid_minutes": 61}])
    one, two, three = (sameness.told(tmp_path / folder) for folder in ("one", "two", "three"))
    assert one == two and one.count == 3
    assert one != three


def test_different_records_are_said_loudly():
    assert "DIFFER" in table.sameness("N", {"floor": (3, "a" * 64), "beam": (3, "b" * 64)})
    assert "same 3 records" in table.sameness("N", {"floor": (3, "a" * 64), "beam": (3, "a" * 64)})


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--ways", "beam,floor"], "--ways floor is no engine's way"),
        (["--county", "28", "--start", "2021-01"], "Napa has no wage rate before 2022-01"),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_2(tmp_path, options, reason):
    places = ["--build", str(tmp_path / "build"), "--out", str(tmp_path / "latest.json")]
    command = [sys.executable, "-m", "bench", *places, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert reason in done.stderr and "Traceback" not in done.stderr


def test_a_county_is_made_once_and_anew_when_its_makers_change(tmp_path, monkeypatch):
    asked = []

    def make(what: CountyAsked, recipients: int, folder: Path) -> None:
        asked.append(recipients)
        folder.mkdir(parents=True)
        (folder / "truth.json").write_text('{"counts": {"Timesheet": 5, "EvvVisit": 6}, "inputs": 11}')

    monkeypatch.setattr(counties, "_make", make)
    what = CountyAsked("17", 1, "2024-01", 1)
    assert counties.made(what, 2, tmp_path) == counties.made(what, 2, tmp_path)
    counties.made(what, 3, tmp_path)
    counties.made(what._replace(seed=2), 3, tmp_path)
    assert asked == [2, 3, 3]
    monkeypatch.setattr(counties, "sources_hash", lambda root: "f" * 64)
    counties.made(what, 2, tmp_path)
    assert asked == [2, 3, 3, 2]


def test_the_hash_follows_every_maker(tmp_path):
    (tmp_path / "pipelines/sample").mkdir(parents=True)
    made = {
        path: (tmp_path / path).write_text("1") for path in ("pipelines/sample/simulate.py", "pipelines/sample/a.toml")
    }
    seen = {counties.sources_hash(tmp_path)}
    for path in made:
        (tmp_path / path).write_text("2")
        seen.add(counties.sources_hash(tmp_path))
    assert len(seen) == 3


def test_a_way_that_fails_says_why(tmp_path):
    with pytest.raises(measure.Failed, match="no such way"):
        measure.run("no such way", tmp_path, tmp_path / "paid")


def test_memory_is_summed_over_children():
    grab = "import subprocess, sys; held = bytearray(60 << 20); subprocess.run([sys.executable, *sys.argv[1:]])"
    wait = "held = bytearray(90 << 20); print(flush=True); input()"
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", grab, "-c", wait], **piped) as parent:
        parent.stdout.readline()
        assert measure.tree_kb(parent.pid) > 150 << 10
        parent.stdin.close()
    assert measure.tree_kb(parent.pid) == 0


def test_tables_fit_a_terminal():
    console = Console(width=80, record=True, file=StringIO())
    big = {"recipients": 3_200, **county(24_000, floor=runs(180), beam=runs(200.5))}
    console.print(table.ways_table("4N", big))
    shown = console.export_text()
    assert "Beam, 1 worker" in shown and "200.5" in shown and "…" not in shown


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> list:
    """Facts of two recipients in a month."""
    folder = tmp_path_factory.mktemp("few")
    simulate(folder, "17", 2, 1, "2024-01", 3, defects=0)
    return [*state_on_beam.facts_in(folder)]


def test_facts_through_state_are_all_used_and_give_the_plain_folds_records(few):
    found = stateful.measured(few, Law.load())
    assert found.wrong == []
    assert found.facts == sum(fact.KIND != "CourseListing" for fact in few)
    assert found.records > 0 and min(found.wakings[stage] for stage in stateful.BUSY) > 0


def test_a_figure_of_refusals_counts_for_nothing(few, monkeypatch):
    """As once it was: messages of no kind, each of them refused, hundreds a second."""
    monkeypatch.setattr(stateful, "Subscription", lambda kind, name: Subscription("", name))
    wrong = "\n".join(stateful.measured(few, Law.load()).wrong)
    assert "messages were refused" in wrong and "authorize: no key was woken" in wrong and "PayRun: 0 said" in wrong


def test_each_question_of_a_what_if_is_a_row_beside_the_baseline_alone(tmp_path: Path) -> None:
    """By laws that are other laws; a question that touches other people than it says has no figure."""
    simulate(tmp_path / "facts", "17", 2, 1, "2024-01", 3)
    asked = (what_if.OF_SIX[0], what_if.OF_ONE[2]._replace(touches=False))  # facts of January alone
    rows = what_if.ratios(tmp_path / "facts", asked, 1, tmp_path)
    assert [row.split(" | ")[0] for row in rows] == ["nothing", *(each.words for each in asked)]
    assert all(each.variant().law.version != what_if.LAW.version for each in (*what_if.OF_SIX, *what_if.OF_ONE))
    assert not (tmp_path / "work").exists()
    untouched = what_if.AskedOfLaw("the wage of another county", "wage.34", 30_000, what_if.JANUARY)
    with pytest.raises(SystemExit, match="another county: touched nobody"):
        what_if.ratios(tmp_path / "facts", (untouched,), 1, tmp_path)
    with pytest.raises(SystemExit, match="touched somebody"):
        what_if.ratios(tmp_path / "facts", (asked[0]._replace(touches=False),), 1, tmp_path)


def test_a_question_may_cost_a_fifth_more_than_a_replay():
    assert "0.900 of it" in instructions.judged(100, 1_100, 1_000, 1_300)
    with pytest.raises(SystemExit, match="costs too much"):
        instructions.judged(100, 1_100, 1_000, 1_301)
