"""A journal of years is found and read in bounded parts: on a disk, and in a bucket by Google's own client."""

import http.server
import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import apache_beam as beam
import pytest
from apache_beam.metrics import Metrics, MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from schemas import FACTS
from schemas.avro import validate
from schemas.cloud_journal import topic_of
from tests.pipelines.test_cloud_journal import message, written
from tests.schemas.samples import SAMPLES
from transforms import read_journal
from transforms.journal_folders import files_in, months_in
from transforms.read_journal import ReadJournal

FILES = int(os.environ.get("JOURNAL_FILES", "5000"))
"""``make cloud`` reads 100,000."""
MONTHS = tuple(product(range(2024, 2026), range(1, 13)))
MOST_LINKS = 20_000  # file systems count them in 16 bits
NAMES, READ = "names", "read"


def journal_of(folder: Path, files: int) -> Counter[str]:
    """Files of one message each, dealt to topics, months and days as subscriptions write them; how many in a month."""
    sheet = validate("Timesheet", SAMPLES["Timesheet"])
    topics, months = [topic_of(kind) for kind in FACTS], Counter[str]()
    for number in range(files):
        if number % MOST_LINKS == 0:
            of_all = written(folder.with_name(f"{number}.bin"), [message(sheet, sheet.recorded_at, 1, plain=True)])
        (year, month), turn = MONTHS[number // len(topics) % len(MONTHS)], number // len(topics) // len(MONTHS)
        name = f"{topics[number % len(topics)]}/{year}/{month:02}"
        day = folder / name / f"{turn % 28 + 1:02}"
        day.mkdir(parents=True, exist_ok=True)
        os.link(of_all, day / f"{turn:06}.avro")
        months[name] += 1
    return months


def counted(name: str) -> Iterator[str]:
    """What the step that lists gets in one turn, and how many names it gives."""
    names = list(files_in(name))
    Metrics.distribution(NAMES, NAMES).update(len(names))
    return iter(names)


def noted(_: object) -> None:
    Metrics.counter(READ, READ).inc()


def test_the_jobs_own_step_reads_a_journal_of_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it, and no turn of any step gives more than one topic's month."""
    months = journal_of(tmp_path / "journal", FILES)
    monkeypatch.setattr(read_journal, "files_in", counted)
    pipeline = beam.Pipeline(FnApiRunner(), PipelineOptions([]))
    facts = (pipeline | ReadJournal(str(tmp_path / "journal"), dict.fromkeys(FACTS, "s"))).facts
    facts | beam.Map(noted)
    said = pipeline.run().metrics()
    (names,) = said.query(MetricsFilter().with_namespace(NAMES))["distributions"]
    (read,) = said.query(MetricsFilter().with_namespace(READ))["counters"]
    assert read.committed == names.committed.sum == FILES
    assert names.committed.max == max(months.values()) and names.committed.count == len(months)


ODD = ("a.avro", "ihss.v1.timesheet/b.avro", "ihss.v1.timesheet/2026/01/20/c.avro", "ihss.v1.timesheet/2026/01/d.avro",
       "x/y/z/deeper/than/days/e.avro", "x/note.txt", "ihss.v1.timesheet/2026/02/01/f.avro")  # fmt: skip
ALL = sorted(name for name in ODD if name.endswith(".avro"))


def found(journal: str) -> list[str]:
    return [name.removeprefix(f"{journal}/") for month in months_in(journal) for name in files_in(month)]


def test_a_file_is_found_once_wherever_it_lies(tmp_path: Path) -> None:
    """Also one in a folder whose name a pattern could not say."""
    for name in (*ODD, "x/[1]/g.avro"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert sorted(found(str(tmp_path))) == sorted([*ALL, "x/[1]/g.avro"])
    assert f"{tmp_path}/ihss.v1.timesheet/2026/01/" in months_in(str(tmp_path))


class Bucket(http.server.BaseHTTPRequestHandler):
    """As much of Cloud Storage's JSON API as listing asks, two names a page."""

    asked: list[dict[str, str]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        asked = {name: value for name, (value,) in parse_qs(urlsplit(self.path).query).items()}
        type(self).asked.append(asked)
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter")
        below = [name for name in sorted(f"kept/{name}" for name in ODD) if name.startswith(prefix)]
        ends = {name: name.find(delimiter, len(prefix)) if delimiter else -1 for name in below}
        names = list(dict.fromkeys(name if end < 0 else name[: end + 1] for name, end in ends.items()))
        first = int(asked.get("pageToken", "0"))
        page = names[first : first + 2]
        items = [{"name": name, "bucket": "lab", "updated": "2026-01-01T00:00:00Z"} for name in page if name[-1] != "/"]
        answer: dict[str, Any] = {"items": items, "prefixes": [name for name in page if name[-1] == "/"]}
        if first + 2 < len(names):
            answer["nextPageToken"] = str(first + 2)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    Bucket.asked = []
    with http.server.ThreadingHTTPServer(("localhost", 0), Bucket) as here:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://localhost:{here.server_port}")
        monkeypatch.setattr("apache_beam.internal.gcp.auth.get_service_credentials", lambda _: None)
        threading.Thread(target=here.serve_forever, daemon=True).start()
        yield
        here.shutdown()


def test_a_bucket_is_walked_by_folder_and_listed_by_month(bucket: None) -> None:
    months = list(months_in("gs://lab/kept"))
    assert "gs://lab/kept/ihss.v1.timesheet/2026/01/" in months and "gs://lab/kept/a.avro" in months
    assert all(asked["delimiter"] == "/" for asked in Bucket.asked) and len(Bucket.asked) > 5
    assert sorted(found("gs://lab/kept")) == ALL
