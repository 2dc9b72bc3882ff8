"""What is decided at the desk: previewed, filed, paid by the next pay run as was said, undone; and what is refused."""

import errno
import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from pipelines.desk import decisions, passwords
from pipelines.desk.forms import FILED, WrongForm, cents_of, fields_of_kind, filed_fact, minutes_of, read_form
from pipelines.desk.origins import PaidOrigin
from pipelines.desk.station import Station
from schemas.hours_exception import HoursException
from schemas.ids import statement_id
from tests.pipelines.desk.desk_world import P1, R1, TOKEN, LiveDesk, client_of, filed, hidden, previewed, sent, text_of

APPROVAL = {"document": "desk.1.T2", "provider_id": P1, "recipient_id": R1}
EXCEPTION = {"provider_id": P1, "recipient_id": R1, "workweek_start": "2026-01-04", "extra_minutes": "6:00"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> LiveDesk:
    return LiveDesk(tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="module")
def anna(desk: LiveDesk) -> TestClient:
    return client_of(desk.station)


def test_the_next_pay_run_pays_what_the_preview_said(desk: LiveDesk, anna: TestClient) -> None:
    """An approval that came on paper; and as of now before that, which is not yet paid."""
    before = len(desk.instructions())
    page = previewed(anna, "approval", **APPROVAL, recipient_approved_at="2026-02-02T10:00")
    told = text_of(page)
    said = re.search(r"This pays 7:15 = \$([\d,.]+) gross, \$([\d,.]+) net, in the pay run of Feb 5, 2026", told)
    assert said and "Valid" in told and "Awaiting recipient approval" in told
    assert len(list(desk.world.inbox.glob("desk-*"))) == 0, "a preview files nothing"
    log = filed(anna, page)
    assert "not yet" in text_of(log) and "anna" in text_of(log)
    desk.round()
    address = f"/statement/{statement_id('ARREARS', P1, R1, 20_469)}"
    now = text_of(anna.get(address, params={"on": "now"}).text)
    assert "not yet paid" in now and f"${said[2]}" in now, now[:500]
    assert said[2] not in text_of(anna.get(address).text)
    desk.close_run("2026-02-05")
    (paid,) = desk.instructions()[before:] if len(desk.instructions()) == before + 1 else [None]
    assert paid and [paid["gross_cents"], paid["net_cents"]] == [cents_of(said[1]), cents_of(said[2])]
    assert "by a pay run" in text_of(anna.get("/decisions").text)
    assert f"${said[2]}" in text_of(anna.get(address).text)
    assert "anna" in text_of(anna.get(f"/provider/{P1}").text), "decisions are on the person's page"


def test_service_that_counts_for_leave_as_of_now(desk: LiveDesk, anna: TestClient) -> None:
    """With the journal, beyond the last pay run: marked as such."""
    address = f"/sick-leave/{P1}/2026-02-01"
    told = text_of(anna.get(address, params={"on": "now"}).text)
    assert "As of now, not yet paid" in told and "Not earned yet: 52:15 of paid service" in told
    assert "As of now" not in text_of(anna.get(address).text)


def test_an_exception_takes_a_violation_away_and_its_withdrawal_brings_it_back(
    desk: LiveDesk, anna: TestClient
) -> None:
    violations = "Violations, and what they bring"
    assert violations in anna.get(f"/provider/{P1}").text
    page = previewed(anna, "HoursException", **EXCEPTION)
    told = text_of(page)
    assert "No payment changes" in told and "No longer so" in told and "Violation" in told
    assert "The violation of the week of Jan 4, 2026 falls away." in told
    assert "Extra hours pay nothing by themselves" in told and "LIMIT-2" in told
    filed(anna, page)
    desk.close_run("2026-02-06")
    assert violations not in anna.get(f"/provider/{P1}").text
    [number] = [each.number for each in decisions.decided(desk.station) if each.fact.KIND == "HoursException"]
    log = anna.get("/decisions").text
    undo = anna.post(f"/undo/{number}", data={"mark": hidden(log, "mark")})
    assert "withdrawn" in text_of(undo.text) and "New, or told otherwise" in text_of(undo.text)
    filed(anna, undo.text)
    desk.close_run("2026-02-09")
    assert violations in anna.get(f"/provider/{P1}").text
    again = anna.post(f"/undo/{number}", data={"mark": hidden(log, "mark")})
    assert again.status_code == 404, "what is undone is not undone twice"


def test_what_changes_nothing_says_so_and_why(desk: LiveDesk, anna: TestClient) -> None:
    """An exception where nothing is over a limit; and one for a month that has closed (TIME-6)."""
    idle = text_of(previewed(anna, "HoursException", **EXCEPTION | {"workweek_start": "2025-12-07"}))
    assert "No payment changes by it, as far as is known today. Nothing else does either." in idle
    late = text_of(previewed(anna, "HoursException", **EXCEPTION | {"workweek_start": "2023-12-03"}))
    assert "the month that it is about closed for pay on Jan 2, 2026" in late and "TIME-6" in late


def test_every_decision_is_in_the_log_as_it_was_filed(desk: LiveDesk) -> None:
    found = decisions.decided(desk.station)
    assert {each.fact.source for each in found} == {"desk.anna"} and {each.officer for each in found} == {"anna"}
    assert [each.fact.revision for each in found if each.fact.KIND == "HoursException"] == [1, 2]
    assert desk.station.log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("what", "filled", "words"),
    [
        ("HoursException", EXCEPTION | {"workweek_start": "2026-01-05"}, "A workweek starts on a Sunday."),
        ("HoursException", EXCEPTION | {"extra_minutes": "5 hours"}, "Write hours and minutes, such as 5:30."),
        ("HoursException", EXCEPTION | {"provider_id": "a b"}, "provider"),
        ("HoursException", EXCEPTION | {"recipient_id": ""}, "Fill this in."),
        ("ViolationDecision", {"provider_id": P1, "workweek_start": "2026-01-04", "decision": "MAYBE"}, "decision"),
        ("PaymentOutcome", {"instruction_id": "ARREARS:P1", "outcome": "RECOVERED"}, "cents"),
        ("PaymentOutcome", {"instruction_id": "X", "outcome": "RETURNED", "cents": "1.5"}, "Write dollars and cents"),
        ("approval", APPROVAL | {"recipient_approved_at": "2099-01-01T00:00"}, "That is in the future."),
        ("approval", APPROVAL | {"recipient_approved_at": "soon"}, "Write a day and a time."),
    ],
)
def test_a_form_that_the_job_would_reject_is_not_previewed(
    desk: LiveDesk, anna: TestClient, what: str, filled: dict[str, str], words: str
) -> None:
    mark = hidden(anna.get("/decide/HoursException").text, "mark")
    before = len(decisions.decided(desk.station))
    sent = anna.post(f"/decide/{what}", data={"mark": mark, **filled})
    assert sent.status_code == 422 and words in sent.text and "draft" not in sent.text
    for value in filter(None, filled.values()):
        assert value in sent.text or value == "MAYBE" or what == "approval", "what was filled in is still there"
    assert len(decisions.decided(desk.station)) == before


def test_who_is_named_by_no_fact_is_doubted(anna: TestClient) -> None:
    page = previewed(anna, "ViolationDecision", provider_id="NOBODY", workweek_start="2026-01-04", decision="UPHELD")
    assert "No fact that came names NOBODY" in page
    assert "No fact that came" not in previewed(anna, "HoursException", **EXCEPTION)


def test_a_draft_that_somebody_changed_is_not_filed(desk: LiveDesk, anna: TestClient) -> None:
    page = previewed(anna, "HoursException", **EXCEPTION)
    before = len(decisions.decided(desk.station))
    draft = hidden(page, "draft")
    sent = anna.post("/file", data={"mark": hidden(page, "mark"), "draft": draft.replace(draft[8], "x", 1)})
    assert sent.status_code == 404 and len(decisions.decided(desk.station)) == before


def test_a_draft_is_filed_once(desk: LiveDesk, anna: TestClient) -> None:
    page = previewed(anna, "HoursException", **EXCEPTION | {"workweek_start": "2026-01-11"})
    before = len(decisions.decided(desk.station))
    filed(anna, page)
    filed(anna, page)
    assert len(decisions.decided(desk.station)) == before + 1


def of_week(desk: LiveDesk, week: str) -> list[HoursException]:
    """Decisions on the extra hours of a workweek, oldest first."""
    found = (each.fact for each in decisions.decided(desk.station) if each.fact.document_id.startswith(f"DESK-{week}"))
    return [fact for fact in found if isinstance(fact, HoursException)]


def test_nobody_decides_over_what_they_have_not_seen(desk: LiveDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight officers at two desks over one journal, at once: one is filed, and the others are shown what it would do
    now; looked at again one after the other, each is a revision of its own."""
    other = copy(desk.station)
    clients = [client_of(station) for station in (desk.station, other) for _ in range(4)]
    filled = EXCEPTION | {"workweek_start": "2026-01-18"}
    pages = [previewed(each, "HoursException", **filled) for each in clients]
    start, counted = threading.Barrier(len(clients)), decisions.next_revision

    def slowly(*given: Any) -> int:
        number = counted(*given)
        time.sleep(0.02)  # so that whoever does not wait for the others is seen
        return number

    monkeypatch.setattr(decisions, "next_revision", slowly)

    def at_once(client: TestClient, page: str) -> Response:
        start.wait()
        return sent(client, page)

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = [*pool.map(at_once, clients, pages)]
    assert sorted(each.status_code for each in answers) == [200] + [409] * 7
    assert [fact.revision for fact in of_week(desk, "2026-01-18")] == [1]
    for client, answer in zip(clients, answers, strict=True):
        if answer.status_code == 409:
            assert "decided meanwhile" in answer.text
            last = sent(client, answer.text)
            while last.status_code == 409:
                last = sent(client, last.text)
    found = of_week(desk, "2026-01-18")
    assert [fact.revision for fact in found] == [*range(1, 9)] and len({fact.event_id for fact in found}) == 8


def test_one_withdraws_what_another_files(desk: LiveDesk, tmp_path: Path) -> None:
    """Anna and Ben, by their passwords: the log shows both; and who would withdraw it again is told."""
    desk.station.deciders, kept = ("anna", "ben"), desk.station.deciders
    try:
        anna, ben, late = (officer(desk, tmp_path, name) for name in ("anna", "ben", "anna"))
        filed(anna, previewed(anna, "HoursException", **EXCEPTION | {"workweek_start": "2026-01-25"}))
        [number] = [
            each.number
            for each in decisions.decided(desk.station)
            if each.fact.document_id.startswith("DESK-2026-01-25")
        ]
        undo, again = (
            each.post(f"/undo/{number}", data={"mark": hidden(each.get("/decisions").text, "mark")})
            for each in (ben, late)
        )
        filed(ben, undo.text)
        assert sent(late, again.text).status_code == 409
        told = text_of(late.get("/decisions").text)
    finally:
        desk.station.deciders, desk.station.passwords = kept, None
    assert [(fact.revision, fact.withdrawn) for fact in of_week(desk, "2026-01-25")] == [(1, False), (2, True)]
    assert [each.officer for each in decisions.decided(desk.station)][-2:] == ["anna", "ben"]
    assert " ben " in told and " anna " in told and "withdrawn" in told


def officer(desk: LiveDesk, folder: Path, name: str) -> TestClient:
    """Somebody who came in by a password."""
    path, password = folder / "passwords", "correct horse battery"
    passwords.put(path, name, password)
    desk.station.passwords = passwords.PasswordDoor(path)
    client = client_of(desk.station, enter=False)
    assert client.post("/enter", data={"name": name, "password": password}).url.path == "/"
    return client


def test_what_is_in_the_log_and_did_not_land_is_landed_when_it_is_filed_again(
    desk: LiveDesk, anna: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.round()
    page = previewed(anna, "HoursException", **EXCEPTION | {"workweek_start": "2026-02-01"})

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "desk.avro")

    with monkeypatch.context() as broken:
        broken.setattr(decisions, "write_container", full)
        told = sent(anna, page)
    assert told.status_code == 503 and "make room" in told.text
    assert len(of_week(desk, "2026-02-01")) == 1 and not [*desk.world.inbox.glob("desk-*")]
    filed(anna, page)
    assert len(of_week(desk, "2026-02-01")) == 1 and len([*desk.world.inbox.glob("desk-*")]) == 1
    desk.round()


def test_a_rejected_event_is_repaired(desk: LiveDesk, anna: TestClient) -> None:
    bad = b'{"kind": "HoursException", "event_id": "e1", "source": "county.43",'
    bad += b'"recorded_at": "2026-02-09T10:00:00-08:00",'
    bad += f'"document_id": "HX1", "revision": 1, "withdrawn": false, "provider_id": "{P1}",'.encode()
    bad += f'"recipient_id": "{R1}", "workweek_start": "2026-01-26", "extra_minutes": 60}}\n'.encode()
    (desk.world.inbox / "bad.jsonl").write_bytes(bad)
    desk.close_run("2026-02-10")
    listed = anna.get("/rejections").text
    number = re.findall(r"/rejections/(\d+)", listed)[0]
    of_run = text_of(anna.get("/runs/2026-02-10").text)
    assert re.search(r"Events that could not be used .* Contradictory workweek_start 1 ", of_run), of_run
    form = anna.get("/decide/repair", params={"number": number})
    assert "A workweek starts on a Sunday." in form.text and "2026-01-26" in form.text
    data = {"mark": hidden(form.text, "mark"), "number": number}
    assert anna.post("/decide/repair", data=data | {"text": bad.decode()}).status_code == 422
    page = anna.post("/decide/repair", data=data | {"text": bad.decode().replace("01-26", "01-25")})
    assert page.status_code == 200
    filed(anna, page.text)
    last = decisions.decided(desk.station)[-1].fact
    assert (last.source, last.document_id) == ("desk.anna", "HX1") and last.recorded_at == desk.world.now


def test_what_landed_among_the_facts_is_seen_when_it_is_paid(station: Station, tmp_path: Path) -> None:
    """A folder of facts that the next replay pays: its facts are in the index, and no pay run has seen them."""
    assert station.origin.paid is not None
    facts, paid = (shutil.copytree(path, tmp_path / path.name) for path in (station.origin.events, station.origin.paid))
    own = Station(PaidOrigin(facts, paid), station.law, TOKEN, deciders=("anna",), land=facts)
    own.make(lambda *_: None)
    with own.shelf() as shelf:
        own.clock = lambda on=shelf.newest: on + 3_600_000
        row = shelf.rows("SELECT provider_id, recipient_id FROM payments WHERE kind = 'ARREARS'")[0]
    client = client_of(own)
    filled = {"provider_id": row[0], "recipient_id": row[1], "workweek_start": "2024-02-04", "extra_minutes": "5:00"}
    filed(client, previewed(client, "HoursException", **filled))
    own.make(lambda *_: None)
    with own.shelf() as shelf:
        assert shelf.one("SELECT count(*) FROM facts WHERE source = 'desk.anna'") == 1
    assert "not yet" in text_of(client.get("/decisions").text)
    assert client.get(f"/provider/{row[0]}").status_code == 200


def test_nobody_else_decides(desk: LiveDesk) -> None:
    ben = client_of(desk.station)
    desk.station.deciders, kept = ("carl",), desk.station.deciders
    try:
        assert ben.get("/decide").status_code == 404 and "Withdraw" not in ben.get("/decisions").text
        mark = hidden(ben.get("/").text, "mark")
        assert ben.post("/decide/HoursException", data={"mark": mark, **EXCEPTION}).status_code == 403
        assert ben.post("/file", data={"mark": mark, "draft": "x"}).status_code == 403
    finally:
        desk.station.deciders = kept


@pytest.mark.parametrize("kind", FILED)
def test_a_form_has_the_fields_of_its_schema(kind: str) -> None:
    names = [field.name for field in fields_of_kind(kind)]
    assert names and not {"event_id", "source", "revision"} & {*names}
    with pytest.raises(WrongForm) as refused:
        read_form(kind, {})
    assert {*refused.value.wrong} == {field.name for field in fields_of_kind(kind) if field.required}


def test_the_same_thing_decided_again_is_the_same_document() -> None:
    def fact(minutes: int, week: str = "2026-01-04", who: str = "P1") -> str:
        fields = {"provider_id": who, "recipient_id": "R1", "workweek_start": week, "extra_minutes": minutes}
        return filed_fact("HoursException", fields, "desk.anna", 1_770_000_000_000).document_id

    assert fact(60) == fact(90) and len({fact(60), fact(60, "2026-01-11"), fact(60, who="P2")}) == 3


def test_hours_and_dollars_as_people_write_them() -> None:
    assert (minutes_of("5:30"), minutes_of("0:05"), cents_of("1,234.50"), cents_of("$7")) == (330, 5, 123_450, 700)
    for wrong in ("5", "5:60", "5.5", "-1:00", ""):
        with pytest.raises(ValueError, match="Write hours"):
            minutes_of(wrong)
    for wrong in ("1,23", "1.5", "-1", "", "1.234"):
        with pytest.raises(ValueError, match="Write dollars"):
            cents_of(wrong)


def test_what_is_filed_is_private(desk: LiveDesk, tmp_path: Path) -> None:
    kept, desk.station.land = desk.station.land, tmp_path
    anna = client_of(desk.station)
    try:
        filed(anna, previewed(anna, "HoursException", **EXCEPTION | {"workweek_start": "2026-01-25"}))
    finally:
        desk.station.land = kept
    [path] = tmp_path.iterdir()
    assert path.stat().st_mode & 0o077 == 0
