"""What the desk reads is damaged or taken away while it is open: it says so, goes on where it can, and mends itself."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipelines.desk.index import index_path, is_fresh
from pipelines.desk.station import Station
from tests.pipelines.desk.desk_world import P1, R1, LiveDesk, after_a_look, client_of, text_of

BEFORE = "this is what was there before"
GONE = "What the desk reads or writes was damaged or taken away"


def spoil(path: Path) -> None:
    """All but the first page, where SQLite says what there is."""
    raw = path.read_bytes()
    path.write_bytes(raw[:4096] + b"\xff" * (len(raw) - 4096))


@pytest.mark.parametrize("harm", [Path.unlink, spoil], ids=["deleted", "damaged"])
def test_an_index_that_cannot_be_read_is_made_anew(own: Station, harm: Callable[[Path], None]) -> None:
    client = client_of(own)
    own._looked = time.monotonic()  # it does not look for a while
    harm(index_path(own.origin))
    told = client.get("/held")
    assert told.status_code == 503 and told.headers["refresh"] and "is made anew" in told.text
    assert client.get("/held").status_code in (200, 503)
    own.wait()
    assert client.get("/held").status_code == 200 and is_fresh(own.origin)


def test_facts_that_are_gone_are_said_and_come_back(own: Station) -> None:
    client = client_of(own)
    with own.shelf() as shelf:
        paid = shelf.one("SELECT instruction_id FROM payments WHERE kind = 'ARREARS'")
    away = own.origin.events.with_name("away")
    own.origin.events.rename(away)
    told = after_a_look(own, client, "/held")
    assert BEFORE in told and str(own.origin.events) in told
    explained = client.get(f"/payment/{paid}")
    assert explained.status_code == 503 and GONE in explained.text
    spanish = client.get("/held", params={"lang": "es"}).text
    assert "esto es lo que había antes" in spanish and '<span lang="en">No such file' in spanish
    away.rename(own.origin.events)
    assert (
        BEFORE not in after_a_look(own, client, "/held?lang=en") and client.get(f"/payment/{paid}").status_code == 200
    )


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_records_that_cannot_be_read_are_said(own: Station, harm: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert own.origin.paid is not None
    if harm == "gone":
        shutil.rmtree(own.origin.paid)
    else:
        next(own.origin.paid.glob("finding*.avro")).write_bytes(b"no Avro")
    told = after_a_look(own, client_of(own), "/held")
    assert BEFORE in told and "replay" in told
    assert "Traceback" not in capfd.readouterr().err


def test_a_journal_that_is_deleted_is_said(tmp_path: Path) -> None:
    desk = LiveDesk(tmp_path)
    client = client_of(desk.station)
    shutil.rmtree(desk.world.journal)
    assert BEFORE in after_a_look(desk.station, client, f"/provider/{P1}")
    for on in ("", "?on=now"):
        told = client.get(f"/statement/ARREARS:{P1}:{R1}:2026-01-01{on}")
        assert told.status_code == 503 and GONE in told.text
    page = client.get(f"/decide/HoursException?provider_id={P1}").text
    assert BEFORE in page


def test_a_log_that_is_damaged_is_said(tmp_path: Path) -> None:
    desk = LiveDesk(tmp_path)
    desk.station.log.write_bytes(b"{no JSON\n")
    told = client_of(desk.station).get("/decisions")
    assert told.status_code == 503 and "put it back from a backup" in text_of(told.text)


@pytest.mark.parametrize(
    "day",
    [
        "0001-01-01",
        "9999-12-31",
        "1899-12-31",
        "2200-01-01",
        "20240101",
        "2024-W01-1",
        "-1",
        "٢٠٢٤-01-01",
        "10000-01-01",
    ],
)
def test_odd_days_are_shown_or_refused(station: Station, client: TestClient, day: str) -> None:
    with station.shelf() as shelf:
        [paid] = shelf.rows("SELECT * FROM payments WHERE kind = 'ARREARS' LIMIT 1")
    asked = {"what": "wage.17", "value": "30.00", "from": day}
    provider = paid["provider_id"]
    for path in ("/", "/runs", f"/provider/{provider}", f"/payment/{paid['instruction_id']}", "/rejections"):
        assert client.get(path, params={"on": day}).status_code == 200
    for path in (f"/runs/{day}", f"/sick-leave/{provider}/{day}"):
        assert client.get(path).status_code in (200, 404)
    assert client.get(f"/what-if/provider/{provider}", params=asked).status_code in (200, 422)
