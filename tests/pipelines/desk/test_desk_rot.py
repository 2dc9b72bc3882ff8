"""A bit of what the desk reads is another than was written: a page says what is damaged and what to do, none ends with
a traceback, and what SQLite and Avro do not mind is found by the digests of pay runs."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from pipelines.command import cli
from pipelines.desk import look
from pipelines.desk.index import index_path, is_fresh
from pipelines.desk.station import SECONDS_BETWEEN_PROOFS, Station
from rules.periods import cut_off_of, epoch_day
from schemas import KINDS_OF_RUN
from schemas.avro import Container, schema_path, write_container
from tests.pipelines.desk.desk_world import LiveDesk, after_a_look, client_of

GONE = "What the desk reads or writes was damaged or taken away"
ROTTEN: dict[str, tuple[str, str]] = {
    "record": ("UPDATE records SET body = substr(body, 1, 9) || x'ff' || substr(body, 11)", "/payment/{paid}"),
    "record_cut_off": ("UPDATE records SET body = substr(body, 1, length(body) - 4)", "/provider/{payee}"),
    "fact": ("UPDATE records SET body = x'c1' || substr(body, 2) WHERE kind LIKE '%Timesheet'", "/document/{document}"),
    "pay_run": ("UPDATE runs SET cut_off = cut_off + 1, run_date = run_date + 99999999", "/"),
    "sums": ("UPDATE made SET value = substr(value, 2) WHERE name = 'agreements'", "/"),
}


@pytest.mark.parametrize("case", ROTTEN)
def test_an_index_that_rots_while_the_desk_is_open_is_made_anew(case: str, own: Station) -> None:
    """Its file is a database still, and what stands in it is no record, no day, no number."""
    client, (harm, page) = client_of(own), ROTTEN[case]
    with own.shelf() as shelf:
        [first] = shelf.rows("SELECT * FROM payments WHERE kind = 'ARREARS' LIMIT 1")
        document = shelf.one("SELECT document FROM facts WHERE kind = 'Timesheet'")
    page = page.format(paid=first["instruction_id"], payee=first["payee_id"], document=document)
    assert client.get(page).status_code == 200
    own._looked = time.monotonic()  # it does not look for a while
    with closing(sqlite3.connect(index_path(own.origin))) as connection, connection:
        connection.execute(harm)
    told = client.get(page)
    assert told.status_code == 503 and told.headers["refresh"] and "is made anew" in told.text
    after_a_look(own, client)
    assert client.get(page).status_code == 200 and is_fresh(own.origin)


def test_a_number_that_rots_unseen_is_found_within_the_hour(own: Station) -> None:
    """A page shows it in good faith; the index is held against its SHA-256 now and then, and made anew."""
    client = client_of(own)
    with closing(sqlite3.connect(index_path(own.origin))) as connection, connection:
        [(net,)] = connection.execute("SELECT sum(net) FROM payments")
        connection.execute("UPDATE payments SET net = net + 1")
    after_a_look(own, client)
    assert not own.is_sound
    own._proved -= SECONDS_BETWEEN_PROOFS
    after_a_look(own, client)
    with own.shelf() as shelf:
        assert own.is_sound and shelf.one("SELECT sum(net) FROM payments") == net


def test_trouble_of_a_maker_that_ends_at_once_is_not_forgotten(own: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before whoever began it has looked."""
    assert own.origin.paid is not None
    flipped(own.origin.paid / "finding.avro", 0)
    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: (start(thread), thread.join()))
    own._looked = float("-inf")
    own._look()
    assert "finding.avro" in own.trouble and not own.is_making


def test_a_fault_of_ours_is_no_damage(own: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is as it was written: nothing is made anew, and whoever runs the desk sees where it happened."""

    def wrong(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(look, "person_page", wrong)
    with own.shelf() as shelf:
        payee = shelf.one("SELECT payee_id FROM payments")
    with pytest.raises(ValueError, match="a bug"):
        client_of(own).get(f"/provider/{payee}")
    assert index_path(own.origin).exists()


def flipped(path: Path, part: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * part)] ^= 4
    path.write_bytes(content)


SAID = ("pay_run", "payment_instruction", "finding", "benefit_hours", "leave_balance", "advance_reconciliation")


@pytest.mark.parametrize("stem", [*SAID, "rejection"])
def test_a_bit_of_what_was_paid(stem: str, own: Station, capfd: pytest.CaptureFixture[str]) -> None:
    """The file is named with what to do; or, where it still is Avro, the pay run that is not what was said."""
    assert own.origin.paid is not None
    [path] = [each for each in own.origin.paid.iterdir() if each.stem == stem]
    flipped(path, 0.98)
    client = client_of(own)
    told = after_a_look(own, client, "/held")
    with own.shelf() as shelf:
        wrong = [sentence for each in shelf.agreements() for sentence in each.wrong]
    if own.trouble:
        assert str(path) in own.trouble and "replay again" in own.trouble and str(path) in told
    else:
        assert wrong or stem == "rejection"  # no digest is of what nobody could use
    assert client.get("/").status_code == 200 and "Traceback" not in capfd.readouterr().err


def test_a_summary_that_is_none(own: Station) -> None:
    """It is read when the index is made."""
    assert own.origin.paid is not None
    flipped(own.origin.paid / "summary.json", 0)
    index_path(own.origin).unlink()
    client = client_of(own)
    assert client.get("/").status_code == 503
    assert "summary.json" in after_a_look(own, client)


OF_RUNS = ("PayRun", *(kind for kind in KINDS_OF_RUN if kind not in ("PaymentInstruction", "AdvanceReconciliation")))
CHANGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no_cut_off": lambda record: {"cut_off": record["cut_off"] + 1},
    "a_sunday": lambda record: {"cut_off": cut_off_of(epoch_day(date(2024, 3, 1))) + 2 * 86_400_000},
    "another_day": lambda record: {"run_date": record["run_date"] + 1} if "run_date" in record else {"cut_off": 0},
}


@pytest.mark.parametrize(
    ("kind", "change"), [*(("PaymentInstruction", change) for change in CHANGES), *zip(OF_RUNS, cycle(CHANGES))]
)
def test_a_record_of_no_pay_run(kind: str, change: str, own: Station, capsys: pytest.CaptureFixture[str]) -> None:
    """It is Avro, each field alone could be, and no pay run says it. What reads the folder, the desk and the report as
    well, names the file."""
    assert own.origin.paid is not None
    path = own.origin.paid / f"{schema_path(kind).stem}.avro"
    with path.open("rb") as stream:
        records = [record for _, record in Container(stream)]
    write_container(path, kind, [*records[:-1], records[-1] | CHANGES[change](records[-1])])
    after_a_look(own, client_of(own))
    assert str(path) in own.trouble and "replay again" in own.trouble
    with pytest.raises(SystemExit) as ended:
        cli.main(["report", "--paid", str(own.origin.paid), "--out", str(path.with_name("report.html"))])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and str(path) in said and said.count("\n") == 1


JOURNAL = ("outbox/*/letters.avro", "outbox/*/seal.json", "segments/*/*.avro")


@pytest.mark.parametrize("pattern", JOURNAL)
def test_a_bit_of_a_journal_whose_index_is_made_anew(
    pattern: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    desk = LiveDesk(tmp_path)
    station, client = desk.station, client_of(desk.station)
    path = sorted(desk.world.journal.glob(pattern))[0]
    flipped(path, 0.7)
    index_path(station.origin).unlink()
    station._looked = time.monotonic()
    assert client.get("/").status_code == 503
    told = after_a_look(station, client)
    assert (f"{path.name} is" in told and "restore it from backup" in told) or "restore the outbox from backup" in told
    assert "Traceback" not in capfd.readouterr().err
