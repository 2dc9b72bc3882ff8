"""Desks for tests: over a small county that was replayed, and over the journal of a job that a test goes on with."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from pipelines.desk.origins import JournalOrigin, PaidOrigin
from pipelines.desk.serve import address_of, bound, server_of
from pipelines.desk.station import Station
from pipelines.desk.web import desk_app
from rules.law import Law
from rules.periods import cut_off_of, epoch_day
from schemas.avro import write_container
from schemas.envelope import Fact
from tests.case_files import case
from tests.pipelines.explain.explain_world import index
from tests.pipelines.live.drill import World
from tests.pipelines.report.report_world import county

HOST = "127.0.0.1"
TOKEN = "a-token-of-this-start"
P1, R1 = "desk.1.P1", "desk.1.R1"
SHEETS = {
    "sentence": "45:00 in a week are a violation; the next timesheet waits for its approval.",
    "law": [],
    "facts": [
        {"kind": "ServiceAuthorization", "recipient": "R1", "monthly": "160:00"},
        {
            "kind": "Timesheet",
            "id": "T1",
            "period": date(2026, 1, 1),
            "days": {str(day): "9:00" for day in range(5, 10)},
        },
        {"kind": "Timesheet", "id": "T2", "period": date(2026, 1, 16), "days": {"20": "7:15"}},
    ],
    "expect": {},
}


def station_of(root: Path, recipients: int = 10, months: int = 2) -> Station:
    """A county's desk, its index made. Nobody may decide."""
    facts, paid = county(root, recipients, months)
    index(facts, paid)
    station = Station(PaidOrigin(facts, paid), Law.load(), TOKEN)
    station.make(lambda *_: None)
    return station


def client_of(station: Station, enter: bool = True) -> TestClient:
    """A browser's stead, that came in by the token."""
    client = TestClient(desk_app(station, [HOST]), base_url=f"http://{HOST}")
    if enter:
        assert client.get("/enter", params={"token": TOKEN}).url.path == "/"
    return client


def after_a_look(station: Station, client: TestClient, path: str = "/") -> str:
    """The page once the desk has looked, and taken in what it can."""
    station._looked = float("-inf")
    client.get("/")
    station.wait()
    return client.get(path).text


def text_of(html: str) -> str:
    """What a page says in its main part, without marks, spaces made one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index("<main") :]))


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no {name} on the page"
    return found[1]


def previewed(client: TestClient, what: str, **filled: str) -> str:
    """The page after the form was sent."""
    form = client.get(f"/decide/{what}", params=filled)
    assert form.status_code == 200
    sent = client.post(f"/decide/{what}", data={"mark": hidden(form.text, "mark"), **filled})
    assert sent.status_code == 200, text_of(sent.text)
    return sent.text


def filed(client: TestClient, page: str) -> str:
    """The page after what was previewed was filed."""
    answer = sent(client, page)
    assert answer.url.path == "/decisions" and "Filed." in answer.text
    return answer.text


def sent(client: TestClient, page: str) -> Response:
    """The answer when what was previewed is to be filed."""
    return client.post("/file", data={"mark": hidden(page, "mark"), "draft": hidden(page, "draft")})


@contextmanager
def served(station: Station) -> Iterator[str]:
    """The address of a desk that is open."""
    with bound(HOST, 0) as listening:
        server = server_of(station, HOST, None)
        running = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        running.start()
        try:
            yield address_of(station, HOST, listening, None)
        finally:
            server.should_exit = True
            running.join()


class LiveDesk:
    """A job, its journal and a desk on it. The clock is the job's."""

    def __init__(self, root: Path, deciders: tuple[str, ...] = ("anna",)) -> None:
        facts = [without_approval(fact) for fact in case("desk", 1, SHEETS).facts]
        self.world = World(root, at("2026-01-20") - 60_000)
        self.land(facts, "first")
        self.job = self.world.job()
        self.round()
        self.close_run("2026-02-04")
        self.station = Station(
            JournalOrigin(self.world.journal), Law.load(), TOKEN, deciders=deciders, land=self.world.inbox,
            clock=lambda: self.world.now,
        )  # fmt: skip
        self.station.make(lambda *_: None)

    def land(self, facts: list[Fact], name: str) -> None:
        """Facts where the job takes them from, as if they came now."""
        for place, fact in enumerate(facts):
            told = fact.model_dump() | {"recorded_at": min(fact.recorded_at, self.world.now)}
            write_container(self.world.inbox / f"{name}-{place}.avro", fact.KIND, [told])

    def round(self) -> None:
        """The job takes what is there, and closes what is due."""
        while self.job.round(self.world.source(self.job)):
            pass

    def close_run(self, day: str, seen: bool = True) -> None:
        """Until a pay run is closed, and (``seen``) the desk has seen it."""
        self.round()
        self.world.now = at(day)
        self.round()
        self.world.now += 1000
        if seen and hasattr(self, "station"):
            self.station.make(lambda *_: None)

    def instructions(self) -> list[dict[str, Any]]:
        """All that was sent."""
        return self.world.said()["PaymentInstruction"]


def at(day: str) -> int:
    """The cut-off of a business day."""
    return cut_off_of(epoch_day(date.fromisoformat(day)))


def without_approval(fact: Fact) -> Fact:
    """The second timesheet waits."""
    waits = fact.document_id.endswith("T2")
    return fact.model_copy(update={"recipient_approved_at": None}) if waits else fact
