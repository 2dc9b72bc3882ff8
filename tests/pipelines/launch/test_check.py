"""``launch check`` on a real Pub/Sub server: what was said after a pay run, and what is wrong with it."""

import http.server
import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.auth.exceptions import DefaultCredentialsError

from deploy.local.server import PROJECT, built, serving
from deploy.publish import main, publish
from pipelines.command import cli
from pipelines.launch.answers import LaunchCheck
from pipelines.launch.backlog import backlog
from pipelines.launch.check import complete, few_rejections, pay_run_there
from pipelines.launch.options import Options
from pipelines.launch.said import read
from pipelines.misuse import Misuse
from pipelines.sample.simulate import simulate
from rules.law import Law
from rules.periods import business_day_of, civil_day, cut_off_of, epoch_day, iso
from schemas.avro import decode_plain, encode, validate, write_container
from schemas.cloud_journal import ENCODING
from tests.deploy.pubsub_stand_in import StandIn, client_of, serving_stand_in
from tests.paid import replay_plain
from tests.pipelines.test_cloud_journal import readable

pubsub_v1 = pytest.importorskip("google.cloud.pubsub_v1")
Rows = dict[str, list[dict[str, Any]]]
Change = Callable[[Rows], Rows]


@pytest.fixture(scope="session")
def program() -> Path:
    """The server's program."""
    found = built()
    if found is None:
        pytest.skip("there is no Go on this machine: no Pub/Sub server")
    return found


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What a replay of a small county says of the pay run that pays most, and how many of its own it pays."""
    folder = tmp_path_factory.mktemp("county")
    simulate(folder, "17", 12, 1, "2024-07", 3, 0.0)
    records = replay_plain(readable(folder), Law.load()).records
    run = max(records["PayRun"], key=lambda each: sum(total["count"] for total in each["totals"]))
    paid = [each for each in records["PaymentInstruction"] if each["cut_off"] == run["cut_off"]]
    return {"PayRun": [run], "PaymentInstruction": paid, "Rejection": []}


@pytest.fixture
def server(program: Path) -> Iterator[None]:
    """A server whose topics have the subscriptions that Terraform gives them."""
    with serving(program):
        publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        for topic in ("pay-run", "payment-instruction", "rejection"):
            request = {
                "name": subscriber.subscription_path(PROJECT, f"ihss.v1.{topic}.check"),
                "topic": publisher.topic_path(PROJECT, f"ihss.v1.{topic}"),
                "ack_deadline_seconds": 600,
            }
            subscriber.create_subscription(request=request)
        yield


def published(said: Rows) -> None:
    """All of it as the streaming job does, some of it twice; the service adds its attribute."""
    client = pubsub_v1.PublisherClient()
    for kind, topic in (
        ("PaymentInstruction", "payment-instruction"),
        ("Rejection", "rejection"),
        ("PayRun", "pay-run"),
    ):
        for number, record in enumerate(said[kind]):
            body, attributes = encode(validate(kind, record)), {ENCODING: "BINARY", "ce-id": f"{kind}{number}"}
            for _ in range(1 + (number % 3 == 0)):
                client.publish(client.topic_path(PROJECT, f"ihss.v1.{topic}"), body, **attributes).result(timeout=20)


def check(said: Rows, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any], str]:
    day = iso(business_day_of(said["PayRun"][0]["cut_off"]))
    arguments = ["launch", "check", "--project", PROJECT, "--run", day, "--json", *more]
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    captured = capsys.readouterr()
    found = {each["name"]: each for each in json.loads(captured.out or "[]")}
    return int(ended.value.code or 0), found, captured.err


def test_all_is_well_and_can_be_asked_again(server: None, said: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    published(said)
    for _ in range(2):
        code, found, _ = check(said, capsys)
        assert code == 0
        assert found["pay_run"]["well"] is found["complete"]["well"] is found["rejections"]["well"] is True
        assert f"All {len(said['PaymentInstruction'])} instructions" in found["complete"]["says"]
        assert found["job"]["well"] is found["backlog"]["well"] is None
    assert len(said["PaymentInstruction"]) > 3


REJECTION = {
    "raw": b"x", "origin": "s/1", "reason": "INVALID", "field": None, "message": "m", "seen_at": 1_721_000_000_000,
}  # fmt: skip
WRONG: dict[str, tuple[Change, str, str]] = {
    "one_instruction_missing": (
        lambda said: said | {"PaymentInstruction": said["PaymentInstruction"][1:]},
        "complete",
        "the PayRun counts",
    ),
    "another_in_its_place": (
        lambda said: (
            said
            | {
                "PaymentInstruction": [
                    said["PaymentInstruction"][0] | {"instruction_id": "ARREARS:X:Y:2024-07-01:2024-07-31"},
                    *said["PaymentInstruction"][1:],
                ]
            }
        ),
        "complete",
        "not those that the PayRun counts",
    ),
    "no_pay_run": (lambda said: said | {"PayRun": []}, "pay_run", "was published"),
    "rejections": (lambda said: said | {"Rejection": [REJECTION] * 21}, "rejections", "21 events"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_seen(case: str, server: None, said: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    change, name, says = WRONG[case]
    published(change(said))
    code, found, _ = check(said, capsys)
    assert code == 1 and found[name]["well"] is False and says in found[name]["says"]


def test_more_rejections_may_be_expected(server: None, said: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    published(said | {"Rejection": [REJECTION] * 21})
    assert check(said, capsys, "--rejections", "21")[0] == 0


def test_without_its_subscriptions_one_line_says_so(
    program: Path, said: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(program):
        code, _, err = check(said, capsys)
    assert code == 2 and "was Terraform applied" in err and err.count("\n") == 1


def test_what_is_no_record_is_said_and_given_back(server: None, said: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    client = pubsub_v1.PublisherClient()
    client.publish(client.topic_path(PROJECT, "ihss.v1.pay-run"), b"junk").result(timeout=20)
    for _ in range(2):
        code, _, err = check(said, capsys)
        assert code == 2 and "who else publishes on its topic?" in err and err.count("\n") == 1


RUN = cut_off_of(epoch_day(date(2026, 1, 20)))


def test_topics_are_asked_in_their_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terraform's topics give messages nowhere else."""
    asked: list[dict[str, Any]] = []

    def subscriber(**options: Any) -> Any:
        asked.append(options)
        raise DefaultCredentialsError("none")

    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    monkeypatch.setattr(pubsub_v1, "SubscriberClient", subscriber)
    with pytest.raises(Misuse, match="asks who you are"):
        read("lab-project", RUN, "us-west2", clock=lambda: RUN + DAY)
    assert asked == [{"client_options": {"api_endpoint": "us-west2-pubsub.googleapis.com:443"}}]


def test_a_pay_run_that_topics_no_longer_keep_is_in_bigquery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    with pytest.raises(Misuse, match="ask BigQuery"):
        read("lab-project", RUN, "us-west2", clock=lambda: RUN + 32 * DAY)


DAY = 24 * 3_600_000
MANY = int(os.environ.get("CHECK_MESSAGES", "5000"))
"""``make cloud`` reads 100,000."""


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[StandIn, str]]:
    """A service that behaves as the cloud's does."""
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    monkeypatch.setattr("pipelines.launch.said.SECONDS_OF_PULL", 10.0)
    with serving_stand_in() as standing:
        yield standing


def answers(address: str, cut_off: int, rejections: int = 0) -> dict[str, LaunchCheck]:
    """What a check of the pay run finds in Pub/Sub."""
    found = read(PROJECT, cut_off, "us-west2", client_of(address), lambda: cut_off + DAY)
    return {
        each.name: each
        for each in (pay_run_there(found, cut_off), complete(found, cut_off), few_rejections(found, rejections))
    }


def sent(cloud: StandIn, said: Rows, copies: int = 1) -> int:
    """All of it published a minute after the cut-off, and much of the day before; the cut-off."""
    cut_off = int(said["PayRun"][0]["cut_off"])
    for kind, topic in (
        ("PaymentInstruction", "payment-instruction"),
        ("PayRun", "pay-run"),
        ("Rejection", "rejection"),
    ):
        name = f"projects/{PROJECT}/subscriptions/ihss.v1.{topic}.check"
        for number, record in enumerate(said[kind]):
            body, attributes = encode(validate(kind, record)), {ENCODING: "BINARY", "ce-id": f"{kind}{number}"}
            for at in (cut_off - 5 * DAY, *[cut_off + 60_000] * copies):
                cloud.publish(name, body, attributes, at)
    return cut_off


def test_a_check_is_the_same_however_often_it_is_asked(cloud: tuple[StandIn, str], said: Rows) -> None:
    """Each seeks back, and acknowledges: nothing is given back, so nothing has to be waited for."""
    known, address = cloud
    cut_off = sent(known, said | {"Rejection": [REJECTION]})
    for _ in range(3):
        known.asked.clear()
        found = answers(address, cut_off, 1)
        assert all(each.well for each in found.values()), found
        assert known.asked.count("seek") == 3 and known.asked.count("acknowledge") == 3
        assert f"All {len(said['PaymentInstruction'])} instructions" in found["complete"].says
        assert found["pay_run"].says.endswith("closed 1 minutes after its cut-off.")


def test_an_empty_answer_is_no_end_while_something_is_expected(cloud: tuple[StandIn, str], said: Rows) -> None:
    known, address = cloud
    known.empty = 7
    found = answers(address, sent(known, said))
    assert found["pay_run"].well and found["complete"].well


def test_what_does_not_come_is_missing_in_the_end(cloud: tuple[StandIn, str], said: Rows) -> None:
    known, address = cloud
    cut_off = sent(known, said | {"PaymentInstruction": said["PaymentInstruction"][1:]})
    assert "the PayRun counts" in answers(address, cut_off)["complete"].says


def test_a_great_pay_run_is_read_whole(cloud: tuple[StandIn, str], said: Rows) -> None:
    """Copies too: what is read is every message, not every instruction."""
    known, address = cloud
    cut_off = sent(known, said, copies=MANY // len(said["PaymentInstruction"]))
    assert answers(address, cut_off)["complete"].well
    assert len(known.kept[f"projects/{PROJECT}/subscriptions/ihss.v1.payment-instruction.check"]) > MANY * 0.9


def test_a_day_without_a_pay_run_is_refused(said: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["launch", "check", "--project", PROJECT, "--run", "2024-07-04"])
    assert ended.value.code == 2 and "such as 2024-07-03" in capsys.readouterr().err


class Monitoring(http.server.BaseHTTPRequestHandler):
    """Cloud Monitoring's answer to one question."""

    ages: dict[str, int] = {}  # noqa: RUF012
    status = 200
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        series = [
            {"resource": {"labels": {"subscription_id": name}}, "points": [{"value": {"int64Value": str(age)}}]}
            for name, age in self.ages.items()
        ]
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(json.dumps({"timeSeries": series}).encode())

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.mark.parametrize(
    ("ages", "status", "well", "says"),
    [
        ({"a.payroll": 30, "b.payroll": 0}, 200, True, "0 minutes"),
        ({"a.payroll": 30, "b.payroll": 7200}, 200, False, "120 minutes old (b.payroll)"),
        ({}, 200, None, "knows nothing"),
        ({}, 403, None, "403"),
    ],
)
def test_what_waits(ages: dict[str, int], status: int, well: bool | None, says: str) -> None:
    import requests

    Monitoring.ages, Monitoring.status, Monitoring.asked = ages, status, []
    with http.server.HTTPServer(("localhost", 0), Monitoring) as here:
        threading.Thread(target=here.handle_request, daemon=True).start()
        found = backlog("lab-project", requests.Session(), f"http://localhost:{here.server_port}")
    assert found.well is well and says in found.says
    assert "/v3/projects/lab-project/timeSeries?" in Monitoring.asked[0] and "oldest_unacked" in Monitoring.asked[0]


def test_facts_of_a_folder_are_published_as_a_source_does(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first trial's facts: plain Avro that the job's reader takes, each to its topic."""
    simulate(tmp_path / "county", "17", 3, 1, "2024-07", 3, 0.0)
    with serving(program):
        options = Options(PROJECT, "us-west2")
        counts = publish(tmp_path / "county", options, pubsub_v1.PublisherClient())
        name = f"projects/{PROJECT}/subscriptions/ihss.v1.timesheet.payroll"
        with pubsub_v1.SubscriberClient() as subscriber:
            received = subscriber.pull(request={"subscription": name, "max_messages": 1000}, timeout=10)
        sheets = [decode_plain("Timesheet", each.message.data) for each in received.received_messages]
        assert len(sheets) == counts["Timesheet"] > 2 and len(counts) > 5
        assert main([str(tmp_path / "county"), PROJECT]) == 0 and "Timesheet" in capsys.readouterr().out
        first = min(civil_day(each.recorded_at) for each in sheets)
        some = publish(tmp_path / "county", options, pubsub_v1.PublisherClient(), first)
        assert 0 < some["Timesheet"] < counts["Timesheet"] and some["ServiceAuthorization"] > 0
        assert main([str(tmp_path / "county"), PROJECT, iso(first)]) == 0 and "Timesheet" in capsys.readouterr().out
        assert main([str(tmp_path / "county"), PROJECT, "soon"]) == 2 and "soon is not a day" in capsys.readouterr().err
        write_container(tmp_path / "county" / "a.avro", "Timesheet", [{**sheets[0].model_dump(), "revision": 0}])
        with pytest.raises(Misuse, match="revision"):
            publish(tmp_path / "county", options, pubsub_v1.PublisherClient())
    assert main([str(tmp_path)]) == 2 and "python -m deploy.publish FOLDER" in capsys.readouterr().err
