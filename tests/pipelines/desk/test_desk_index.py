"""The index is of the files that are there: made whole, added to, made anew; never believed when it is not theirs."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.desk.index import connected, index_path, is_fresh, refreshed
from pipelines.desk.origins import PaidOrigin
from pipelines.desk.station import Station
from pipelines.misuse import Misuse
from schemas.avro import write_container
from tests.pipelines.desk.desk_world import client_of
from tests.pipelines.report.report_world import records, rewrite

TABLES = ("named", "runs", "payments", "sums", "findings", "facts")


@pytest.fixture
def origin(station: Station, tmp_path: Path) -> PaidOrigin:
    """A copy of the county."""
    assert station.origin.paid is not None
    for name, folder in (("facts", station.origin.events), ("paid", station.origin.paid)):
        shutil.copytree(folder, tmp_path / name)
    return PaidOrigin(tmp_path / "facts", tmp_path / "paid")


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows but for the numbers of records, which tell the order of reading."""
    with closing(connected(path)) as connection:
        found = {}
        for table in TABLES:
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "record"]
            found[table] = sorted(connection.execute(f"SELECT {', '.join(names)} FROM {table}"), key=repr)
        counts = connection.execute("SELECT count(*) FROM records UNION ALL SELECT count(*) FROM mentions")
        return found | {"counts": [*counts]}


def test_it_is_made_once_private_and_with_progress(origin: PaidOrigin) -> None:
    beats: list[tuple[str, int, int]] = []
    path = refreshed(origin, lambda *beat: beats.append(beat))
    assert beats[-1][1] == beats[-1][2] > 0 and path.stat().st_mode & 0o077 == 0
    made = path.stat().st_ino
    assert refreshed(origin).stat().st_ino == made and is_fresh(origin)


def test_what_came_since_is_added_as_if_it_had_been_there(origin: PaidOrigin, tmp_path: Path) -> None:
    assert origin.paid is not None
    rows = {kind: records(origin.paid, kind) for kind in ("PaymentInstruction", "Finding", "PayRun")}
    last = max(row["cut_off"] for row in rows["PayRun"])
    for kind, of_kind in rows.items():
        rewrite(origin.paid, kind, [row for row in of_kind if row["cut_off"] < last - 40 * 86_400_000])
    refreshed(origin)
    for kind, of_kind in rows.items():
        late = [row for row in of_kind if row["cut_off"] >= last - 40 * 86_400_000]
        name = {"PaymentInstruction": "payment_instruction", "Finding": "finding", "PayRun": "pay_run"}[kind]
        write_container(origin.paid / f"{name}-late.avro", kind, late)
    assert not is_fresh(origin)
    grown = contents(refreshed(origin))
    index_path(origin).unlink()
    assert grown == contents(refreshed(origin))


def test_what_changed_makes_it_anew(origin: PaidOrigin) -> None:
    assert origin.paid is not None
    refreshed(origin)
    rewrite(origin.paid, "Finding", records(origin.paid, "Finding")[:5])
    assert not is_fresh(origin)
    with closing(connected(refreshed(origin))) as connection:
        assert connection.execute("SELECT count(*) FROM findings").fetchone() == (5,)


@pytest.mark.parametrize("damage", ["cut", "changed", "a bit", "of another form", "no database", "names"])
def test_what_is_damaged_is_not_believed(origin: PaidOrigin, damage: str) -> None:
    path = refreshed(origin)
    whole = contents(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif damage == "a bit":  # of an amount, which SQLite would not notice
        raw = path.read_bytes()
        at = raw.index(b"net_cents") + len(b"net_cents") + 1
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with closing(connected(path)) as connection:
            assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    elif damage == "no database":
        path.write_bytes(b"no database" * 1000)
    elif damage == "names":
        path.write_bytes(path.read_bytes().replace(b"CREATE TABLE", b"CREATE\xffTABLE"))
    elif damage == "changed":
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2 : len(raw) // 2 + 4096] = bytes(4096)
        path.write_bytes(raw)
    else:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE made SET value = 'another' WHERE name = 'format'")
    assert contents(refreshed(origin)) == whole


def test_a_folder_that_does_not_add_up_says_so_first(origin: PaidOrigin, station: Station) -> None:
    assert origin.paid is not None
    rewrite(origin.paid, "PaymentInstruction", records(origin.paid, "PaymentInstruction")[1:])
    spoilt = Station(origin, station.law, station.token)
    spoilt.make(lambda *_: None)
    html = client_of(spoilt).get("/").text
    assert "Do not pay from this" in html and html.index("Do not pay from this") < html.index("What moved last")


def test_pages_see_what_came_while_the_desk_was_open(origin: PaidOrigin, station: Station) -> None:
    assert origin.paid is not None
    desk = Station(origin, station.law, station.token)
    desk.make(lambda *_: None)
    client = client_of(desk)
    (origin.events / "late.jsonl").write_text("{}\n")
    desk._looked = -1e9
    client.get("/")
    desk.wait()
    assert is_fresh(origin) and client.get("/").status_code == 200


def test_a_folder_without_pay_runs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="no pay_run"):
        PaidOrigin(tmp_path, tmp_path)
