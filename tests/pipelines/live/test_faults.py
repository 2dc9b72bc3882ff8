"""What else goes wrong: poison, redelivery, a full disk, a bad clock, a sink that does not answer."""

import json
import os
import resource
import shutil
import subprocess
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from pipelines.check.rejections import rejections
from pipelines.live import folders, memory
from pipelines.live.clock_doubt import ClockDoubt
from pipelines.live.collector import Batch, Collector, Message
from pipelines.live.folder_out import FolderOut
from pipelines.live.journal import Journal
from pipelines.live.outbox import Letter, NotSent
from pipelines.live.verify import verify
from pipelines.live.vital_signs import unwell
from schemas import FACTS
from schemas.avro import MARKER, encode, encode_message, fingerprint_of, validate, write_container
from schemas.envelope import Fact
from tests.pipelines.live.drill import LAW, TRUSTED, Day, World

pytestmark = pytest.mark.drill

HOUR = 3_600_000


@pytest.fixture
def sheets(days: list[Day]) -> list[Fact]:
    """Timesheets that can be read."""
    found = []
    for day in days:
        for record in day.facts.get("Timesheet", []):
            try:
                found.append(FACTS["Timesheet"].model_validate(record))
            except ValueError:
                continue
    return found


@pytest.fixture
def collector(world: World, days: list[Day]) -> Collector:
    """One that comes up at the end, so that nothing of the county is in its future."""
    journal = Journal(world.journal)
    return Collector(journal, days[-1].cut_off, ClockDoubt(journal, TRUSTED))


def take(collector: Collector, now: int, *taken: Message) -> None:
    collector.take(Batch(list(taken), lambda: None), now)


def test_poison_is_rejected_with_its_bytes(collector: Collector, days: list[Day], sheets: list[Fact]) -> None:
    now, sheet = days[-1].cut_off - 1, sheets[0]
    future = sheet.model_copy(update={"recorded_at": now + HOUR})
    visit = MARKER + fingerprint_of("EvvVisit") + encode(sheet)[:9]
    poison = {
        b"": "UNREADABLE",
        Random(1).randbytes(500): "UNREADABLE",
        MARKER + Random(2).randbytes(50): "UNKNOWN_SCHEMA",
        bytes(10_000_000): "UNREADABLE",
        visit: "UNKNOWN_SCHEMA",
        encode_message(future): "INVALID",
        encode_message(sheet)[:-1]: "UNREADABLE",
    }
    take(collector, now, *(Message(raw, "s/1", "Timesheet") for raw in poison), Message(encode_message(sheet), "s/2"))
    entries = list(collector.journal.entries(collector.open_run))
    assert {entry.raw: entry.reason for entry in entries} == poison | {encode_message(sheet): None}
    assert collector.rejections == Counter(poison.values())


def test_a_conclusion_is_no_fact(collector: Collector, days: list[Day]) -> None:

    run = {"run_date": 1, "cut_off": 1, "totals": [], "instructions_sha256": "0" * 64}
    raw = encode_message(validate("PayRun", run | {"findings": 0, "assumptions": [], "law_version": ""}))
    take(collector, days[-1].cut_off, Message(raw, "s/1"))
    assert collector.rejections == {"UNKNOWN_SCHEMA": 1}


def test_redelivery_changes_nothing(world: World, days: list[Day]) -> None:
    """Each file of the county five times, as other files and in other pay runs."""
    once = World(world.root / "once", days[0].cut_off - 1000)
    once.live(days).close()
    wanted = {key: records for key, records in once.said().items() if key not in ("Rejection", "PayRun")}
    five = [Day(day.cut_off, {kind: each * 5 for kind, each in day.facts.items()}) for day in days]
    world.live(five).close()
    said = world.said()
    assert {key: said[key] for key in wanted} == wanted


def test_a_full_disk_ends_the_job_and_loses_nothing(world: World, days: list[Day]) -> None:
    """The journal may grow to some bytes only; then there is room again."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    job = world.job()
    world.now = days[0].cut_off - 1
    world.land(days[0])
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, hard))
    try:
        with pytest.raises(OSError):
            job.round(world.source(job))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    job.close()
    assert list(world.inbox.glob("*.avro")), "what is not in the journal must not be acknowledged"
    world.live(days).close()
    assert not verify(world.journal).faults
    assert world.said() == world.replayed(days[-1].cut_off)


class Deaf:
    """A sink that does not answer so many times."""

    def __init__(self, within, times: int) -> None:
        self.within, self.times, self.heard = within, times, []

    def send(self, run, letters, first, confirm) -> None:
        self.heard += [letter.id for letter in letters[first:]]
        if self.times:
            self.times -= 1
            confirm(first + (len(letters) - first) // 2)
            raise NotSent("nobody there")
        self.within.send(run, letters, first, confirm)

    def said(self, run) -> None:
        return None

    def close(self) -> None:
        self.within.close()


def test_what_was_not_confirmed_is_sent_again_and_no_more(world: World, days: list[Day]) -> None:
    job = world.live(days[:-1])
    sink = job.outbox.sink = Deaf(FolderOut(world.out), 1)
    letters = [Letter("Finding", f"letter {number}", b"") for number in range(9)]
    job.outbox.sink.within = Silent()
    job.outbox.decide(days[-1].cut_off, letters)
    job.unsent = 1
    job.round(world.source(job))
    assert "\nihss_unsent_pay_runs 1\n" in (world.journal / "metrics.prom").read_text()
    job.round(world.source(job))
    assert json.loads((world.journal / "health.json").read_bytes())["unsent_pay_runs"] == 0
    assert sink.heard == [letter.id for letter in letters + letters[4:]]
    job.close()


class Silent:
    """A sink that takes all."""

    def send(self, run, letters, first, confirm) -> None:
        confirm(len(letters))

    def said(self, run) -> None:
        return None

    def close(self) -> None:
        """Nothing to let go."""


def test_nothing_comes_to_a_closed_pay_run(collector: Collector, days: list[Day], sheets: list[Fact]) -> None:
    """Though the clock went back."""
    take(collector, days[0].cut_off - 1, Message(b"", "s/1"))
    take(collector, sheets[0].recorded_at, Message(encode_message(sheets[0]), "s/2"))
    assert [entry.origin for entry in collector.journal.entries(collector.open_run)] == ["s/1", "s/2"]


@pytest.mark.parametrize("after", range(4))
def test_a_file_is_taken_once_though_the_job_dies_in_it(
    world: World, days: list[Day], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """It dies after some batches of two; after the last, before it says that the file is taken."""
    monkeypatch.setattr(folders, "LARGEST_BATCH", 2)
    kind, records = next((kind, each) for kind, each in days[0].facts.items() if len(each) > 4)
    write_container(world.inbox / "facts.avro", kind, records[:5])
    world.now = days[0].cut_off - 1
    job = world.job()
    for number, batch in enumerate(world.source(job).batches()):
        job.collector.take(Batch(batch.messages, lambda: None), world.now)
        if number == after:
            break
    job.close()
    job = world.job()
    job.round(world.source(job))
    job.close()
    verdict = verify(world.journal)
    assert verdict.facts + verdict.rejections == 5 and not list(world.inbox.glob("*.avro"))


@pytest.mark.parametrize("nights", [0, 1])
def test_a_file_that_the_job_died_in_is_known_to_have_been_rejected(
    world: World, days: list[Day], monkeypatch: pytest.MonkeyPatch, nights: int
) -> None:
    """So that it is taken again when somebody moves it back; also where the night fell in between, and later."""
    monkeypatch.setattr(folders, "LARGEST_BATCH", 2)
    kind, records = next((kind, each) for kind, each in days[0].facts.items() if len(each) > 4)
    future = records[0] | {"recorded_at": days[0].cut_off + 30 * HOUR}
    write_container(world.inbox / "facts.avro", kind, [future, *records[1:5]])
    world.now = days[0].cut_off - 1
    job = world.job()
    batch = next(iter(world.source(job).batches()))
    job.collector.take(Batch(batch.messages, lambda: None), world.now)
    job.close()
    world.now = days[nights].cut_off - 1
    job = world.job()
    job.round(world.source(job))
    assert list(job.journal.taken.values()) == [True]
    world.now = days[nights + 1].cut_off
    job.round(world.source(job))
    job.close()
    assert list(Journal(world.journal).taken.values()) == [True]


def test_a_gap_and_a_misplaced_segment_are_found(world: World, days: list[Day]) -> None:
    world.live(days).close()
    paths = sorted((world.journal / "segments").rglob("*.avro"))
    moved = paths[0].with_name("000009.avro")
    paths[5].rename(paths[0].with_name("000009.avro"))
    assert any("belongs to another pay run" in fault for fault in verify(world.journal).faults)
    moved.unlink()
    assert any("missing" in fault for fault in verify(world.journal).faults)


def test_nothing_said_of_itself_names_anybody(world: World, days: list[Day]) -> None:
    """Logs, counters and health of a whole run hold no id and no token of its input."""
    world.live(days).close()
    files = [world.journal / name for name in ("metrics.prom", "health.json")]
    told = world.log.getvalue() + "".join(path.read_text() for path in files)
    names = ("event_id", "document_id", "provider_id", "recipient_id", "account_token", "payee_account_token")
    secrets = {
        str(fact[name]) for day in days for of_kind in day.facts.values() for fact in of_kind for name in names
        if fact.get(name)
    }  # fmt: skip
    assert len(secrets) > 100
    words = set(json.dumps(told).replace('\\"', " ").replace(",", " ").replace("}", " ").split())
    assert not {secret for secret in secrets if secret in words or (len(secret) > 4 and secret in told)}
    assert Path(world.journal / "metrics.prom").read_text().count("ihss_") > 10


def test_poison_of_ten_megabytes_lands_as_a_file(world: World, days: list[Day]) -> None:
    """It is one rejection that says where its bytes are, which letters do not carry; the facts beside it are paid."""
    poison = bytes(10_000_000)
    (world.inbox / "poison.avro").write_bytes(poison)
    world.live(days).close()
    (entry,) = [each for each in rejections(world.journal) if "10,000,000 bytes" in (each.message or "")]
    assert entry.reason == "UNREADABLE" and not list(world.inbox.glob("*.avro"))
    (kept,) = (world.inbox / "quarantine").glob("*.avro")
    assert kept.read_bytes() == poison and kept.stem in (entry.message or "")
    (said,) = [each for each in world.said()["Rejection"] if "10,000,000 bytes" in each["message"]]
    assert said["raw"] == b"" and world.said() == world.replayed(days[-1].cut_off)


def test_a_disk_that_is_really_full(small_disk: Path, world: World, days: list[Day]) -> None:
    """It ends the job wherever that was: entry, memory or outbox; with room again it loses and doubles nothing."""
    world.journal = small_disk / "journal"
    with pytest.raises(OSError, match="No space left"):
        world.live(days)
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    left = [day for day in days if day.cut_off > world.now]
    world.live(left or days[-1:]).close()
    assert not verify(world.journal).faults
    assert world.said() == world.replayed(days[-1].cut_off)
    published = {fact["event_id"] for day in days for of_kind in day.facts.values() for fact in of_kind}
    assert verify(world.journal).facts + verify(world.journal).rejections >= len(published)


def test_a_job_that_is_well_says_so_now_and_then(world: World, days: list[Day]) -> None:
    """Nothing has changed, and still its health is written again; of one that stands or is troubled the check tells."""
    job = world.job()
    path, machine = world.journal / "health.json", world.teller.machine()
    assert unwell(world.journal, machine / 1000, 900) == [f"no job has said how it is in {world.journal}"]
    world.teller.machine = lambda: machine
    for waited, written in ((0, True), (9_000, False), (10_000, True), (19_000, False), (-3_600_000, True)):
        path.unlink(missing_ok=True)
        world.teller.machine = lambda at=machine + waited: at
        job.round(world.source(job))
        assert path.exists() == written, waited
    job.round(world.source(job))
    world.teller.machine = lambda: machine + 20_000
    job.round(world.source(job))
    job.close()
    now = path.stat().st_mtime
    assert unwell(world.journal, now + 900, 900) == []
    assert "said nothing of itself for 901 seconds" in unwell(world.journal, now + 901, 900)[0]
    assert unwell(world.journal, now - 900, 900) == []
    assert "901 seconds ahead of the clock, which was set back" in unwell(world.journal, now - 901, 900)[0]
    health = json.loads(path.read_bytes())
    for sign, told in (
        ({"clock_doubted": 1}, "clock is doubted"), ({"unsent_pay_runs": 2}, "2 pay runs are closed and not sent"),
        ({"oldest_unacknowledged_seconds": 301}, "waited for 301 seconds"),
    ):  # fmt: skip
        path.write_text(json.dumps(health | sign))
        [said] = unwell(world.journal, path.stat().st_mtime, 900)
        assert told in said
    path.write_text("{")
    assert "is no JSON" in unwell(world.journal, now, 900)[0]


def test_how_long_the_oldest_waits_is_counted(world: World, days: list[Day]) -> None:
    """From when a file landed until it is in the journal; in counters, health and at the end of a pay run."""
    job = world.job()
    world.land(days[0])
    landed = world.teller.machine() - 90_000
    for path in world.inbox.glob("*.avro"):
        os.utime(path, (landed / 1000, landed / 1000))
    job.round(world.source(job))
    assert 90 <= json.loads((world.journal / "health.json").read_bytes())["oldest_unacknowledged_seconds"] < 100
    assert "\nihss_oldest_unacknowledged_seconds 9" in (world.journal / "metrics.prom").read_text()
    world.now = days[0].cut_off
    job.round(world.source(job))
    job.close()
    assert json.loads((world.journal / "health.json").read_bytes())["oldest_unacknowledged_seconds"] == 0
    told = [json.loads(line) for line in world.log.getvalue().splitlines()]
    (run,) = [line for line in told if line["event"] == "pay run"]
    assert run["oldest_unacknowledged_seconds"] == 0 and sum(run["facts"].values()) > 5
    assert {"rejections", "findings", "keys", "net_cents", "engine"} <= run.keys()


def test_a_clock_that_goes_back_is_no_fault_of_the_journal(collector: Collector, days: list[Day]) -> None:
    """Clocks are set right all the time; nobody could restore anything from a backup."""
    take(collector, days[0].cut_off - 1, Message(b"", "s/1"))
    take(collector, days[0].cut_off - 5, Message(b"", "s/2"))
    assert not verify(collector.journal.folder).faults


def test_a_log_that_nobody_reads_any_more_stops_no_pay(days: list[Day], tmp_path: Path) -> None:
    world = World(tmp_path / "unheard", days[0].cut_off - 1000)
    read, write = os.pipe()
    os.close(read)
    world.log = os.fdopen(write, "w", buffering=1)
    world.live(days[:3]).close()
    assert world.said()["PayRun"] or world.said()["Rejection"]
    with suppress(BrokenPipeError):
        world.log.close()


def _ask_the_code_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the code is asked for, as it is then."""
    monkeypatch.setattr(memory, "_mark_of_code", memory._mark_of_code.__wrapped__)


def test_texts_of_findings_are_of_the_code_that_memory_is_made_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for layer in ("schemas", "rules", "fold", "pipelines/live"):
        (tmp_path / layer).mkdir(parents=True)
    monkeypatch.setattr(memory, "ROOT", tmp_path)
    _ask_the_code_anew(monkeypatch)
    marks = set()
    for name in ("rules/law.py", "rules/findings.toml", "schemas/timesheet.avsc"):
        marks.add(memory.mark_of(LAW))
        (tmp_path / name).write_text("other")
    assert len({*marks, memory.mark_of(LAW)}) == 4


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the code that decides, which a memory takes for its own."""
    for layer in ("schemas", "rules", "fold", "pipelines/live"):
        shutil.copytree(memory.ROOT / layer, tmp_path / layer, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(memory, "ROOT", tmp_path)
    _ask_the_code_anew(monkeypatch)
    return tmp_path


def test_memory_is_made_anew_when_any_file_that_decides_has_changed(house: Path) -> None:
    deciding = [path for path in house.rglob("*") if path.suffix in (".py", ".toml", ".avsc")]
    depths = {len(path.relative_to(house).parts) for path in deciding}
    assert len(deciding) > 100 and max(depths) > min(depths)
    marks = {memory.mark_of(LAW)}
    for path in deciding:
        with path.open("a") as text:
            text.write("\n")
        marks.add(memory.mark_of(LAW))
    assert len(marks) == len(deciding) + 1


def test_memory_is_made_anew_when_a_rule_deep_in_the_house_changes(house: Path, tmp_path: Path) -> None:
    """Also one that has moved with the same text: what is remembered names modules."""
    journal = tmp_path / "journal"
    journal.mkdir()
    deep = house / "rules" / "price" / "month.py"
    for change in (lambda: deep.write_text(deep.read_text() + "# more\n"), lambda: deep.rename(deep.with_name("a.py"))):
        kept = memory.CountyMemory(journal, LAW)
        kept.commit(memory.Told(1, None), [])
        kept.close()
        assert memory.CountyMemory(journal, LAW).told() == memory.Told(1, None)
        change()
        assert memory.CountyMemory(journal, LAW).told() is None
