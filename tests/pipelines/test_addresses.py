"""Replay at addresses: the bytes of any replay, on a file system in memory that fails wherever it may, and on a real
Cloud Storage server (``make addresses``)."""

import json
import runpy
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import fastavro
import pytest
from google.cloud import dataflow_v1beta3 as dataflow
from google.cloud import storage
from google.protobuf import json_format

from deploy.graphs import BATCH
from deploy.local.server import BUCKET, STORAGE, built, storing
from fold.beat import Beat
from fold.publications import LawPublication, law_of_folder, obeying_told, overlay_mark, told_in
from pipelines import pool
from pipelines.command import cli
from pipelines.facts_at import facts_at
from pipelines.files_below import files_below
from pipelines.launch import batch
from pipelines.launch.graph import graph_in
from pipelines.launch.options import Options
from pipelines.live.journal import Journal
from pipelines.misuse import Misuse
from pipelines.on_beam import RUNNER
from pipelines.publishing_at import COMPLETE, Publishing
from pipelines.replay import PARTIAL, PLAIN, SUMMARY, replay
from pipelines.replay_job import BEGUN, JOB, pipeline_of, replay_at
from pipelines.sample.simulate import simulate
from pipelines.work import Work
from rules.law import Law
from rules.periods import cut_off_after, epoch_day, midnight
from schemas import FACTS
from schemas.avro import Container, Unreadable, encode_message, validate
from schemas.journal import LAW as OF_LAW
from schemas.journal import LAW_ORIGIN, Entry
from tests.pipelines.memory_files import FILES, Broken, Failed
from transforms.decode_events import ReadAhead

ROOT = Path(__file__).parents[2]
LAW = Law.load()
EVENTS, OUT = "memory://county/facts", "memory://county/paid"
WAITING = f"{OUT}/{PARTIAL}/0"


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few people, broken files, one that nobody reads, a table, and one in a folder below."""
    folder = tmp_path_factory.mktemp("facts")
    simulate(folder, "17", 6, 2, "2024-07", 5, 0.1)
    (folder / "note.txt").write_text("Not a fact.\n")
    (folder / "sheet.csv").write_text("heading,of,no,template\n1,2,3,4\n")
    (folder / "below").mkdir()
    (folder / "timesheet-0001.avro").rename(folder / "below" / "timesheet-0001.avro")
    return folder


@pytest.fixture(scope="module")
def paid(facts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a replay of folders writes."""
    out = tmp_path_factory.mktemp("paid")
    replay(facts, out, None, LAW, engine=PLAIN)
    return comparable({path.name: path.read_bytes() for path in out.iterdir() if path.is_file()})


def comparable(files: dict[str, bytes]) -> dict[str, bytes]:
    """Without how long it took."""
    said = {name: content for name, content in files.items() if name != ".lock"}
    said[SUMMARY] = json.dumps(json.loads(said[SUMMARY]) | {"seconds": 0}).encode()
    return said


@pytest.fixture
def there(facts: Path) -> Iterator[None]:
    """The facts, in memory."""
    FILES.clear()
    Broken.after = None
    FILES.update({f"{EVENTS}/{path.relative_to(facts)}": path.read_bytes() for path in files_of(facts)})
    yield
    FILES.clear()
    Broken.after = None


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def below(address: str) -> dict[str, bytes]:
    return {path.removeprefix(f"{address}/"): content for path, content in FILES.items() if path.startswith(address)}


def quietly(*_: Any) -> None: ...


@pytest.mark.engines
@pytest.mark.usefixtures("there")
def test_addresses_and_folders_give_the_same_bytes(facts: Path, paid: dict[str, bytes], tmp_path: Path) -> None:
    """From and to either, over what lay there; nothing else is left, and nothing else is touched."""
    FILES[f"{OUT}/finding-price-0063.avro"] = b"of before"
    FILES.update({f"{OUT}/mine.txt": b"mine", f"{OUT}/a/finding.avro": b""})
    (tmp_path / "finding-price-0063.avro").touch()
    for events, out in ((EVENTS, OUT), (EVENTS, str(tmp_path)), (str(facts), OUT)):
        summary = replay_at(events, out, None, LAW, [], quietly)
        assert summary.inputs.ignored_files == ["note.txt"]
    kept = {"mine.txt": b"mine", "a/finding.avro": b""}
    assert comparable(below(OUT)) == paid | kept
    assert comparable({path.name: path.read_bytes() for path in tmp_path.iterdir()}) == paid


@pytest.mark.usefixtures("there")
def test_what_is_read_is_what_a_folder_would_have_read(facts: Path) -> None:
    _, files, ignored = files_below(facts)
    assert facts_at(EVENTS)[:2] == (files, ignored) == facts_at(str(facts))[:2]
    FILES[f"{EVENTS}/segments/2024-07-31/000000.avro"] = b"of a journal"
    assert facts_at(EVENTS).files == ["segments/2024-07-31/000000.avro"]


Waiting = tuple[bytes, list[bytes], list[str], list[Any]]


@pytest.fixture(scope="module")
def worked(facts: Path) -> Path:
    """A folder in which tasks left their work."""
    work = facts.with_name("waiting")
    pool.run(Work(facts, files_below(facts).files, work, 2, Beat(), None), LAW, 1)
    return work


@pytest.fixture
def waiting(worked: Path) -> Waiting:
    """Records and parts of the index that wait to be published, and what was counted."""
    FILES.update({f"{WAITING}/{path.name}": path.read_bytes() for path in worked.iterdir() if path.is_file()})
    return b"", [(worked / "tally").read_bytes()], [path.name for path in worked.glob("*.avro")], []


@pytest.mark.usefixtures("there")
def test_publishing_may_fail_anywhere_and_be_tried_again(waiting: Waiting, paid: dict[str, bytes]) -> None:
    """Whatever was done before it failed: where summary.json is, the rest is whole; the next try ends the same, and so
    does one after all was done."""
    begun, publish = dict(FILES), Publishing(EVENTS, OUT, WAITING, LAW, 2, None, 0.0)
    old = {f"{OUT}/{SUMMARY}": b"{}", f"{OUT}/finding-price-0063.avro": b"of before"}
    failures = 0
    while True:
        FILES.clear()
        FILES.update(begun | old)
        Broken.changes, Broken.after = 0, failures
        try:
            publish(*waiting)
            break
        except Failed:
            failures += 1
        Broken.after = None
        shown = below(OUT)
        assert SUMMARY not in shown or shown[SUMMARY] == b"{}" or comparable(published(shown)) == paid
        publish(*waiting)
        assert comparable(published(below(OUT))) == paid, failures
    assert failures > 30
    Broken.after = None
    publish(*waiting)
    assert comparable(published(below(OUT))) == paid
    assert {name for name in below(OUT) if "/" in name} == {f"{PARTIAL}/0/{COMPLETE}"}


def published(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if "/" not in name}


@pytest.mark.usefixtures("there")
def test_a_record_that_is_nowhere_is_never_published_as_nothing(waiting: Waiting) -> None:
    begins, tally, names, law = waiting
    with pytest.raises(FileNotFoundError, match="1 files are neither in"):
        Publishing(EVENTS, OUT, WAITING, LAW, 2, None, 0.0)(begins, tally, [*names, "finding-price-0001x.avro"], law)
    assert SUMMARY not in below(OUT)


@pytest.mark.usefixtures("there")
def test_mistakes_get_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for events, out, says in (
        ("memory://nowhere", OUT, "No file of facts below"),
        (EVENTS, f"{EVENTS}/paid", "lie within each other"),
        (f"{EVENTS}/", EVENTS, "lie within each other"),
        ("nosuch://county/facts", OUT, "cannot be listed"),
        (EVENTS, "nosuch://county/out", "cannot be written to"),
    ):
        with pytest.raises(Misuse, match=says) as said:
            replay_at(events, out, None, LAW, [], quietly)
        assert "\n" not in str(said.value)
    assert not below(OUT)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--engine", "pool"], "is read by Beam alone: leave --engine pool"),
        (["--cluster", "tcp://127.0.0.1:8786"], "is read by Beam alone: leave --cluster"),
    ],
)
def test_other_engines_read_no_address(more: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    if "--cluster" in more:
        pytest.importorskip("distributed")
    with pytest.raises(SystemExit) as ended:
        cli.main(["replay", "--events", EVENTS, "--out", OUT, *more])
    assert ended.value.code == 2 and says in capsys.readouterr().err


# --- the batch job ----------------------------------------------------------------------------------------------------


@pytest.mark.engines
def test_the_steps_of_the_job_are_those_that_landed() -> None:
    """`python -m deploy.graphs` writes them."""
    assert batch.batch_graph().steps == graph_in(BATCH).steps


@pytest.mark.engines
def test_a_dry_run_of_the_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "launch.json").write_text(json.dumps({"project": "lab-project", "region": "us-west2"}))
    asked = ["launch", "replay", "--options", str(tmp_path / "launch.json"), "--out", "gs://lab-bucket/paid"]
    with pytest.raises(SystemExit) as ended:
        cli.main([*asked, "--events", "gs://lab-bucket/facts", "--shards", "512", "--dry-run", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert not ended.value.code and "Publish" in said["steps"]
    request = json_format.ParseDict(said["request"], dataflow.LaunchFlexTemplateRequest.pb()())
    launch = request.launch_parameter
    assert launch.job_name == said["job"] and launch.job_name.startswith(f"{JOB}-")
    assert dict(launch.parameters) == {
        "events": "gs://lab-bucket/facts", "out": "gs://lab-bucket/paid", "shards": "512",
    }  # fmt: skip
    assert not launch.container_spec.metadata.streaming and not launch.environment.enable_streaming_engine
    for wrong, says in (("/tmp/facts", "--events /tmp/facts cannot be"), ("gs://lab-bucket/paid/a", "within each")):
        with pytest.raises(SystemExit) as ended:
            cli.main([*asked, "--events", wrong])
        assert ended.value.code == 2 and says in capsys.readouterr().err


def test_one_place_is_one_job() -> None:
    """Dataflow refuses a second job of a name while the first runs, so two never write to one folder."""
    options = Options("lab-project", "us-west2")
    names = [batch.ReplayLaunch(options, {"out": out}).job for out in ("gs://a/b", "gs://a/b/", "gs://a/c")]
    assert names[0] == names[1] != names[2] and all(len(name) < 64 for name in names)


def test_parameters_of_the_template_are_options_of_the_job() -> None:
    options = pipeline_of(["--events=gs://a/b", "--out=gs://a/c", "--shards=2"]).options.get_all_options()
    known = json.loads(batch.METADATA.read_text())["parameters"]
    assert {each["name"] for each in known} == set(batch.EXAMPLES) <= set(options)


@pytest.mark.parametrize(("more", "started"), [(["--events=gs://a/b"], "replay_job"), ([], "streaming")])
def test_the_image_starts_a_replay_where_there_are_facts(
    more: list[str], started: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, list[str]]] = []
    for name in ("replay_job", "streaming"):
        monkeypatch.setattr(f"pipelines.{name}.run", lambda arguments, name=name: asked.append((name, arguments)))
    monkeypatch.setattr(sys, "argv", ["main.py", "--law=", "--until=2026-01-30", *more])
    runpy.run_path(str(ROOT / "deploy/dataflow/main.py"), run_name="__main__")
    assert asked == [(started, ["--until=2026-01-30", *more])]


# --- a real server ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket(facts: Path) -> Iterator[storage.Bucket]:
    program = built(STORAGE)
    if program is None:
        pytest.skip("no Cloud Storage server")
    with storing(program):
        kept = storage.Client.create_anonymous_client().bucket(BUCKET)
        for path in files_of(facts):
            kept.blob(f"facts/{path.relative_to(facts)}").upload_from_filename(str(path))
        yield kept


def in_bucket(bucket: storage.Bucket, folder: str) -> dict[str, bytes]:
    blobs = bucket.client.list_blobs(bucket, prefix=f"{folder}/")
    return {blob.name.removeprefix(f"{folder}/"): blob.download_as_bytes() for blob in blobs}


@pytest.mark.addresses
@pytest.mark.parametrize("more", [[], ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]])
def test_a_replay_of_a_bucket(
    more: list[str], bucket: storage.Bucket, paid: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """Twice over itself, in this process and with two workers."""
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            asked = ["--events", f"gs://{BUCKET}/facts", "--out", f"gs://{BUCKET}/paid"]
            cli.main(["replay", *asked, "--quiet", *(["--", *more] if more else [])])
        assert not ended.value.code
        assert comparable(in_bucket(bucket, "paid")) == paid


@pytest.mark.addresses
def test_the_job_of_dataflow_itself_run_here(bucket: storage.Bucket, paid: dict[str, bytes]) -> None:
    """The very pipeline that is launched, which lists the facts by itself, on Beam's own runner."""
    where = [f"--events=gs://{BUCKET}/facts", f"--out=gs://{BUCKET}/job"]
    pipeline_of([f"--runner={RUNNER}", "--no_auth", *where]).run().wait_until_finish()
    found = in_bucket(bucket, "job")
    (complete,) = [name for name in found if name.startswith(PARTIAL)]
    assert complete.endswith(COMPLETE) and comparable(published(found)) == paid


@pytest.mark.addresses
def test_a_bucket_that_is_not_there(bucket: storage.Bucket) -> None:
    for events, out, says in (
        ("none/facts", f"{BUCKET}/x", "cannot be listed"),
        (f"{BUCKET}/facts", "none/x", "cannot be written"),
    ):
        with pytest.raises(Misuse, match=says):
            replay_at(f"gs://{events}", f"gs://{out}", None, LAW, [], quietly)
    assert BEGUN not in in_bucket(bucket, "x")


# --- a journal with a published law -----------------------------------------------------------------------------------


def journal_of(facts: Path, folder: Path) -> Path:
    """A live job's journal: the facts of a folder, and raises that were published, the later one first by name."""
    told = {fact.event_id: fact for path in files_of(facts) for fact in readable(path) if fact.KIND in FACTS}
    entries = [Entry(0, 0, cut_off_after(each.recorded_at), "f", encode_message(each)) for each in told.values()]
    days = ("2024-08-05", 21_000), ("2024-08-20", 23_000)
    raises = [raised(value, cut_off_after(midnight(epoch_day(date.fromisoformat(day))))) for day, value in days]
    journal = Journal(folder)
    journal.append([*entries, *raises])
    journal.close()
    return folder


def readable(path: Path) -> Iterator[Any]:
    if path.suffix != ".avro" or path.name in ("not_avro.avro", "truncated.avro"):
        return
    with path.open("rb") as stream, suppress(Unreadable):
        container = Container(stream)
        for _, record in container:
            with suppress(Unreadable):
                yield validate(container.kind, record)


def raised(value: int, cut_off: int) -> Entry:
    """The raise of the county's wage from July on, as an entry that this pay run is the first to know."""
    said = f'{{ from = 2024-07-01, value = {value}, grade = "assumption", citation = "a test" }}'
    overlay = {"wages.toml": f"[wage.17]\nvalues = [ {said} ]\n"}
    change = LawPublication("officer", 0, "2024-07-01", overlay, overlay_mark(overlay), "", LAW.version)
    return Entry(0, 0, cut_off, LAW_ORIGIN, change.raw, OF_LAW)


@pytest.fixture(scope="module")
def journal(facts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return journal_of(facts, tmp_path_factory.mktemp("journal"))


@pytest.fixture(scope="module")
def obeyed(journal: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a replay of the journal on a disk writes: by three laws, one after the other."""
    out = tmp_path_factory.mktemp("obeyed")
    summary = replay(journal, out, None, LAW, engine=PLAIN)
    assert summary.law_version != LAW.version
    runs = [each for path in out.glob("pay_run*.avro") for each in decoded(path)]
    assert len({each["law_version"] for each in runs}) == 3
    return comparable({path.name: path.read_bytes() for path in out.iterdir() if path.is_file()})


def decoded(path: Path) -> list[Any]:
    with path.open("rb") as stream:
        return list(fastavro.reader(stream))


@pytest.mark.engines
def test_a_journal_at_an_address_is_paid_by_what_was_published(journal: Path, obeyed: dict[str, bytes]) -> None:
    FILES.clear()
    FILES.update({f"{EVENTS}/{path.relative_to(journal)}": path.read_bytes() for path in files_of(journal)})
    try:
        replay_at(EVENTS, OUT, None, LAW, [], quietly)
        assert comparable(below(OUT)) == obeyed
    finally:
        FILES.clear()


def test_changes_of_law_are_obeyed_in_any_order_of_files(journal: Path) -> None:
    """A worker hears of them as the files come."""
    files = files_below(journal).files
    told = [each for name in reversed(files) for each in told_in(journal, name)]
    law = obeying_told(LAW, told)
    assert len(told) == 2 and law.version == law_of_folder(LAW, [journal / name for name in files]).version
    assert law.value("wage.17", epoch_day(date(2024, 7, 1)), 1 << 50) == 23_000


def test_only_at_an_address_files_are_read_for_the_law(journal: Path) -> None:
    """Who replays a folder has read it before the pipeline is built."""
    name = next(name for name in files_below(journal).files if list(told_in(journal, name)))
    FILES[f"{EVENTS}/{name}"] = (journal / name).read_bytes()
    try:
        tags = [each.tag for each in ReadAhead(EVENTS).process(name)]
        assert tags == ["law"] and not list(ReadAhead(str(journal)).process(name))
    finally:
        FILES.clear()


@pytest.mark.addresses
def test_a_journal_in_a_bucket_is_paid_by_what_was_published(
    bucket: storage.Bucket, journal: Path, obeyed: dict[str, bytes]
) -> None:
    """By the command, and by the job of Dataflow."""
    for path in files_of(journal):
        bucket.blob(f"journal/{path.relative_to(journal)}").upload_from_filename(str(path))
    with pytest.raises(SystemExit) as ended:
        cli.main(["replay", "--events", f"gs://{BUCKET}/journal", "--out", f"gs://{BUCKET}/obeyed", "--quiet"])
    assert not ended.value.code
    assert comparable(in_bucket(bucket, "obeyed")) == obeyed
    where = [f"--events=gs://{BUCKET}/journal", f"--out=gs://{BUCKET}/by-job"]
    pipeline_of([f"--runner={RUNNER}", "--no_auth", *where]).run().wait_until_finish()
    assert comparable(published(in_bucket(bucket, "by-job"))) == obeyed
