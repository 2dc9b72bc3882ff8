"""The job and a real Pub/Sub server, each a program of its own: kill -9, a server that stands still, the same answer.

Left out where the server is not built (`make server`, which needs Go).
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from types import SimpleNamespace

import pytest

from deploy.local import drill, server
from pipelines.live.pubsub import ENCODING, message_of
from pipelines.live.topics import topics_of_conclusions, topics_of_facts
from schemas import CONCLUSIONS, FACTS

pytestmark = pytest.mark.drill

NOON = datetime(2026, 1, 20, 20, tzinfo=UTC)
SEED = int(os.environ.get("SEED") or SystemRandom().randrange(10**6))
KILLS = int(os.environ.get("KILLS", "1"))
BUILT = server.CACHE / "pstest"


def test_every_kind_has_its_topic() -> None:
    def kebab(kind: str) -> str:
        return "ihss.v1." + "".join(f"-{each.lower()}" if each.isupper() else each for each in kind)[1:]

    assert topics_of_facts() == {kind: kebab(kind) for kind in FACTS}
    assert topics_of_conclusions() == {kind: kebab(kind) for kind in CONCLUSIONS}


def received(body: bytes, **attributes: str) -> SimpleNamespace:
    return SimpleNamespace(message=SimpleNamespace(data=body, attributes=attributes, message_id="7", publish_time=NOON))


def test_plain_avro_with_the_attributes_of_a_schema_is_the_same_message() -> None:
    plain = message_of(received(b"body", **{ENCODING: "BINARY"}), "Timesheet", "projects/p/subscriptions/s")
    assert plain.raw.startswith(b"\xc3\x01") and plain.raw.endswith(b"body") and plain.origin == "s/7"
    assert message_of(received(b"raw"), "Timesheet", "s").raw == b"raw"
    json = message_of(received(b"{}", **{ENCODING: "JSON"}), "Timesheet", "s")
    assert json.wrong is not None and json.raw == b"{}"


@pytest.fixture
def running() -> Iterator[subprocess.Popen]:
    if not BUILT.exists():
        pytest.skip("the Pub/Sub server is not built: make server (needs Go)")
    with server.serving(BUILT) as process:
        yield process


def test_killed_and_stopped_it_agrees_with_the_replay(
    running: subprocess.Popen, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The drill, while the job is killed and the server stands still for a moment."""
    print(f"SEED={SEED} KILLS={KILLS}")
    job = drill.DrilledJob(tmp_path / "journal", tmp_path / "clock")
    trouble = threading.Thread(target=torment, args=(job, running, Random(SEED)), daemon=True)
    job.when_up = trouble.start
    code = drill.drill(tmp_path, recipients=4, seed=SEED % 97, job=job)
    trouble.join()
    told = capsys.readouterr().out
    assert code == 0 and "live and replay agree" in told, f"SEED={SEED}\n{told}"
    assert job.lives == KILLS + 1 and job.running.returncode == 0


def torment(job: "drill.Job", running: subprocess.Popen, random: Random) -> None:
    """Kill the job so many times; once the server stands still."""
    running.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    running.send_signal(signal.SIGCONT)
    for _ in range(KILLS):
        time.sleep(random.uniform(0.1, 2.0))
        job.kill_and_restart()
