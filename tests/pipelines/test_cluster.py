"""A replay on a Dask cluster: every byte as one process writes it, whatever dies, and nothing where it may not be
trusted. Real schedulers, real workers, real kills (``make cluster``)."""

import datetime
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fold.beat import Beat
from fold.stages import STAGES
from pipelines import replay as replaying
from pipelines import tasks as tasks_of_all
from pipelines.command import cli
from pipelines.misuse import MachineLost, Misuse
from pipelines.on_worker import NONCE, Ticket, WorkerRefused, WorkerReport, do_task, package_digest, report, wrong
from pipelines.replay import LOCK, PARTIAL, PLAIN, replay
from pipelines.sample.simulate import simulate
from pipelines.work import Cluster, TlsFiles, Work
from rules.conclusion import METHOD
from rules.law import Law
from schemas import private

distributed = pytest.importorskip("distributed", reason="pip install 'ihss-payroll[cluster]'")
from deploy.local.cluster import HERE, LocalCluster, Program, cluster, records  # noqa: E402
from pipelines import cluster as on_cluster  # noqa: E402

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
LAW = Law.load()
OVERLAY = """
[minimum_wage]
values = [{ from = 2016-01-01, value = 30000, grade = "assumption", citation = "a what-if" }]
"""
SMALLER = 1 << 15  # bytes in a shard, so that each stage has several tasks
BARRIERS = ("read", *STAGES)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county with wrong records and broken files."""
    folder = tmp_path_factory.mktemp("facts")
    simulate(folder, "17", 60, 3, "2024-07", 5, 0.05)
    return folder


@pytest.fixture(scope="module", autouse=True)
def finely() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replaying, "BYTES_IN_SHARD", SMALLER)
        patch.setattr(tasks_of_all, "BYTES_IN_TASK", SMALLER)
        yield


@pytest.fixture(scope="module")
def paid(facts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process writes."""
    out = tmp_path_factory.mktemp("paid")
    replay(facts, out, None, LAW, engine=PLAIN)
    assert sum(name.startswith("finding-authorize") for name in records(out)) > 3
    return records(out)


@pytest.fixture(scope="module")
def local() -> Iterator[LocalCluster]:
    """A scheduler; workers as each test needs them."""
    with cluster(workers=0) as begun:
        yield begun


@pytest.fixture
def workers(local: LocalCluster) -> list[Program]:
    """Two that live and have joined."""
    living = [each for each in local.programs[1:] if each.poll() is None]
    living += [local.worker() for _ in range(2 - len(living))]
    with distributed.Client(local.address) as client:
        client.wait_for_workers(2, timeout=60)
    return living


def on(local: LocalCluster, facts: Path, out: Path, law: Law = LAW) -> dict[str, bytes]:
    replay(facts, out, None, law, cluster=Cluster(local.address))
    assert {path.name for path in out.iterdir() if path.name.startswith(".")} == {LOCK}
    return records(out)


def published(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()} - {PARTIAL, LOCK}


class Killing(threading.Thread):
    """Kills a program with -9 as soon as a worker has told of a stage (of its own, if it is a worker)."""

    def __init__(self, program: Program, stage: str, out: Path, own: bool = True) -> None:
        super().__init__(daemon=True)
        self.program, self.stage = program, stage
        self.beats = out, f"{PARTIAL}/*/beat-{program.pid if own else '*'}-*"

    def run(self) -> None:
        out, pattern = self.beats
        while not any(self.stage in path.read_text() for path in out.glob(pattern)):
            time.sleep(0.001)
        self.program.kill()

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self.join(60)
        assert self.program.wait(60) == -signal.SIGKILL


def test_two_workers_write_what_one_does_alone(
    local: LocalCluster, workers: list[Program], facts: Path, paid: dict[str, bytes], tmp_path: Path
) -> None:
    assert on(local, facts, tmp_path / "out") == paid
    assert on(local, facts, tmp_path / "out") == paid, "over what is there already"


@pytest.mark.parametrize("stage", [stage for stage in BARRIERS if stage != METHOD])
def test_a_worker_killed_in_a_stage_changes_no_byte(
    stage: str, local: LocalCluster, workers: list[Program], facts: Path, paid: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with Killing(workers[0], stage, out):
        assert on(local, facts, out) == paid


@pytest.mark.parametrize("barrier", range(len(BARRIERS) + 1))
def test_a_worker_killed_between_stages_changes_no_byte(
    barrier: int,
    local: LocalCluster,
    workers: list[Program],
    facts: Path,
    paid: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before what files tell is read, before they are read themselves, before each stage; the last one finds nothing
    to do if no payment waits for its method."""
    passed, each = [0], on_cluster._each

    def killing(client: Any, ticket: Any, do: Callable[..., Any], tasks: Sequence[Any]) -> list[Any]:
        if do.__name__ != "_sum":
            if passed[0] == barrier:
                workers[0].kill()
                workers[0].wait()
            passed[0] += 1
        return each(client, ticket, do, tasks)

    monkeypatch.setattr(on_cluster, "_each", killing)
    assert on(local, facts, tmp_path / "out") == paid
    assert passed[0] == len(BARRIERS) + 1 and workers[0].poll() is not None


def test_when_the_scheduler_dies_nothing_is_published_and_one_line_says_so(
    facts: Path, paid: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with cluster() as mine, Killing(mine.programs[0], "price", out, own=False), pytest.raises(SystemExit) as ended:
        cli.main(["replay", "--events", str(facts), "--out", str(out), "--cluster", mine.address, "--quiet"])
    said = capsys.readouterr()
    assert ended.value.code == 1 and not published(out) and not said.out
    assert re.fullmatch(r"ihss-payroll: the scheduler of the cluster is gone: .*\n", said.err)
    replay(facts, out, None, LAW, engine=PLAIN)
    assert records(out) == paid


def test_without_any_worker_left_it_ends(
    local: LocalCluster, workers: list[Program], facts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_cluster, "PATIENCE", 1.0)
    out = tmp_path / "out"
    out.mkdir()
    with Killing(workers[0], "price", out), pytest.raises(MachineLost, match="no worker of the cluster is left"):
        workers[1].kill()
        on(local, facts, out)
    assert not published(out)
    with pytest.raises(MachineLost, match="no worker has joined"):
        on(local, facts, out)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house as another worker may have it."""
    house = tmp_path_factory.mktemp("house")
    for layer in ("schemas", "rules", "fold", "transforms", "pipelines"):
        shutil.copytree(ROOT / layer, house / layer, ignore=shutil.ignore_patterns("__pycache__"))
    return house


@pytest.mark.parametrize(
    ("path", "old", "new", "says"),
    [
        ("rules/parameters/wages.toml", "value = 10000", "value = 10001", "has another law"),
        ("rules/overtime.py", '"""', '"""Of another version. ', "has another version of ihss-payroll"),
    ],
)
def test_a_worker_of_another_law_or_version_is_refused(
    path: str,
    old: str,
    new: str,
    says: str,
    local: LocalCluster,
    workers: list[Program],
    elsewhere: Path,
    facts: Path,
    tmp_path: Path,
) -> None:
    text = (elsewhere / path).read_text()
    (elsewhere / path).write_text(text.replace(old, new, 1))
    out = tmp_path / "out"
    stranger = local.worker(elsewhere)
    with distributed.Client(local.address) as client:
        client.wait_for_workers(len(workers) + 1, timeout=60)
    with pytest.raises(Misuse, match=f"worker tcp://{HERE}:.* {says}"):
        on(local, facts, out)
    assert not published(out)
    stranger.kill()
    stranger.wait()
    (elsewhere / path).write_text(text)


def test_an_overlay_reaches_the_workers(
    local: LocalCluster, workers: list[Program], facts: Path, paid: dict[str, bytes], tmp_path: Path
) -> None:
    overlay = tmp_path / "law"
    overlay.mkdir()
    (overlay / "wage.toml").write_text(OVERLAY)
    law = Law.load(overlay)
    replay(facts, tmp_path / "here", None, law, engine=PLAIN)
    replay(facts, tmp_path / "there", None, law, cluster=Cluster(local.address, overlay=overlay))
    assert records(tmp_path / "there") == records(tmp_path / "here") != paid


# --- who may listen ---------------------------------------------------------------------------------------------------


def certificates(folder: Path) -> TlsFiles:
    """An authority that signed itself, and a certificate of this machine."""
    now = datetime.datetime.now(datetime.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("authority", "localhost")]
    made = []
    for name, key in zip(names, keys, strict=True):
        made.append(
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(names[0])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=name == names[0], path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))]), critical=False)
            .sign(keys[0], hashes.SHA256())
        )
    files = TlsFiles(*(folder / name for name in ("ca.pem", "cert.pem", "key.pem")))
    for path, certificate in zip(files[:2], made, strict=True):
        private.written(path, certificate.public_bytes(serialization.Encoding.PEM))
    secret = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    private.written(files.key, secret)
    return files


def test_with_tls_files_it_pays_and_a_stranger_gets_nothing(
    facts: Path, paid: dict[str, bytes], tmp_path: Path
) -> None:
    for folder in ("ours", "theirs"):
        (tmp_path / folder).mkdir()
    ours, theirs = certificates(tmp_path / "ours"), certificates(tmp_path / "theirs")
    options = ("--tls-ca-file", str(ours[0]), "--tls-cert", str(ours[1]), "--tls-key", str(ours[2]))
    with cluster(security=options) as mine:
        with pytest.raises(Misuse, match="does not answer"):
            replay(facts, tmp_path / "no", None, LAW, cluster=Cluster(mine.address, theirs))
        replay(facts, tmp_path / "out", None, LAW, cluster=Cluster(mine.address, ours))
    assert records(tmp_path / "out") == paid and not published(tmp_path / "no")


@pytest.mark.parametrize(
    ("addresses", "refused"),
    [
        (["tcp://127.0.0.1:8786", "tcp://127.0.0.1:4000"], False),
        (["tcp://[::1]:8786"], False),
        (["tls://10.0.0.1:8786", "tls://10.0.0.2:4000"], False),
        (["tcp://10.0.0.1:8786"], True),
        (["tcp://127.0.0.1:8786", "tcp://10.0.0.2:4000"], True),
        (["ucx://10.0.0.1:8786"], True),
    ],
)
def test_nobody_else_may_listen(addresses: list[str], refused: bool) -> None:
    if refused:
        with pytest.raises(Misuse, match="without TLS"):
            on_cluster._refuse_in_the_clear(addresses)
    else:
        on_cluster._refuse_in_the_clear(addresses)


def test_a_worker_shows_the_folder_that_it_sees(tmp_path: Path) -> None:
    work = Work(tmp_path, [], tmp_path, 2, Beat(), None)
    ticket = Ticket(work, False, WorkerReport(package_digest(), LAW.version, "a nonce"))
    (tmp_path / NONCE).write_text("a nonce")
    assert wrong(report(ticket), ticket.needs) is None
    for folder in (tmp_path / "nowhere", tmp_path):
        (tmp_path / NONCE).write_text("another")
        there = ticket._replace(work=work._replace(out=folder))
        assert "does not see the same folder" in str(wrong(report(there), ticket.needs))
        with pytest.raises(WorkerRefused):
            do_task(there, lambda replay, task: pytest.fail("it was done"), None)
