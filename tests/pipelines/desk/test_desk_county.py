"""What a county would have been paid is, to the cent, what a replay by that law pays; one question at a time."""

import re
import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipelines.desk.county import (
    CountyAnswered,
    CountyProgress,
    CountyQuestion,
    CountyQuestions,
    CountyWork,
    answered,
)
from pipelines.desk.county_facts import AUTHORIZED, authorizations_changed
from pipelines.desk.county_sums import CountyAnswer
from pipelines.desk.index import index_path, refreshed
from pipelines.desk.station import Station
from pipelines.report.books import Books
from pipelines.report.records import ReportFolder
from rules.money import half_up
from rules.periods import period_of
from schemas.avro import Container, write_container
from schemas.payment_instruction import PaymentInstruction
from schemas.service_authorization import ServiceAuthorization
from tests.paid import replay_folder
from tests.pipelines.desk.desk_world import client_of, hidden, text_of
from tests.schemas.samples import changed

ADDRESS = "/what-if/county/17"
ASKED = {"what": "wage.17", "value": "30.00", "from": "2024-01-01"}
QUESTION = CountyQuestion("17", "wage.17", "30.00", "2024-01-01", 0, 0)
FIELDS = ("statement_id", "sequence", "kind", "period_start", "payee_type", "payee_id", "paid_minutes", "cut_minutes")
CENTS = ("gross_to_date_cents", "net_to_date_cents")


@pytest.fixture
def idle(station: Station) -> Iterable[CountyQuestions]:
    """Nobody asked anything."""
    before, station.counties = station.counties, CountyQuestions()
    yield station.counties
    station.counties = before


@pytest.fixture(scope="module")
def asked(station: Station) -> TestClient:
    """A session that asked and was answered."""
    client = client_of(station)
    before = index_path(station.origin).read_bytes()
    told = client.post(ADDRESS, data=ASKED | {"mark": hidden(client.get(ADDRESS).text, "mark")})
    assert told.url.path == ADDRESS
    station.counties.wait()
    assert refreshed(station.origin).read_bytes() == before, "asking changed something"
    return client


def answer_of(station: Station) -> CountyAnswer:
    [answered] = station.counties.answers.values()
    assert answered.answer is not None
    return answered.answer


def last(instructions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last instruction of each statement."""
    return [*{each["statement_id"]: each for each in sorted(instructions, key=lambda each: each["sequence"])}.values()]


def by_period(instructions: list[dict[str, Any]], name: str, kind: str = "") -> Counter[int]:
    sums: Counter[int] = Counter()
    for each in instructions:
        sums[period_of(each["period_start"])] += each[name] if kind in ("", each["kind"]) else 0
    return +sums


def test_a_county_is_paid_what_a_replay_by_that_law_pays(station: Station, asked: TestClient) -> None:
    folder = station.origin.paid
    assert folder is not None
    law = station.law.amended({"w": {"wage": {"17": {"values": [{"from": date(2024, 1, 1), "value": 30_000}]}}}})
    files = sorted(path.name for path in station.origin.events.glob("*.avro"))
    with station.shelf() as shelf:
        replayed = last(replay_folder(station.origin.events, files, law, shelf.on).records["PaymentInstruction"])
    said = ReportFolder(folder).records(PaymentInstruction)
    paid = last({name: getattr(each, name) for name in (*FIELDS, *CENTS)} for each in said)
    found = answer_of(station)
    for name, attribute in (("gross_to_date_cents", "gross"), ("net_to_date_cents", "net")):
        assert +Counter({row.period: getattr(row.was, attribute) for row in found.rows}) == by_period(paid, name)
        assert +Counter({row.period: getattr(row.would_be, attribute) for row in found.rows}) == by_period(
            replayed, name
        )
    hours = by_period(paid, "paid_minutes", "ARREARS")
    assert +Counter({row.period: row.was.paid for row in found.rows}) == hours and found.was.paid
    assert found.was.net < found.would_be.net and found.was.paid == found.would_be.paid
    differs: Counter[tuple[str, str]] = Counter()
    for sign, side in ((1, replayed), (-1, paid)):
        for each in side:
            differs[each["payee_type"], each["payee_id"]] += sign * each["net_to_date_cents"]
    assert found.gain == sum(cents > 0 for cents in differs.values()) > 0
    assert found.lose == sum(cents < 0 for cents in differs.values())


def test_held_hours_of_a_county_are_those_of_the_report(station: Station, asked: TestClient) -> None:
    folder = station.origin.paid
    assert folder is not None
    held = Books(ReportFolder(folder), None, None).findings.of("HELD")
    assert answer_of(station).was.held == sum(each.minutes or 0 for each in held) > 0


def test_by_the_same_law_nothing_differs(station: Station, tmp_path: Path) -> None:
    """What was paid, as the index has it, is what the replay behind a question pays: money and hours, each period."""
    receiving, sending = Pipe(duplex=False)
    with station.shelf() as shelf:
        question = QUESTION._replace(run=shelf.run, on=shelf.on)
    answered(CountyWork(question, station.origin.events, tmp_path, station.law, station.law), sending)
    while not isinstance(told := receiving.recv(), CountyAnswer):
        pass
    assert told.rows and all(row.was == row.would_be for row in told.rows) and (told.gain, told.lose) == (0, 0)


def test_authorizations_of_a_county_by_percent(station: Station, tmp_path: Path) -> None:
    """To the cent what a replay pays of facts in which each authorization of the county says so from the beginning."""
    receiving, sending = Pipe(duplex=False)
    with station.shelf() as shelf:
        question = CountyQuestion("17", AUTHORIZED, "-50 %", "2020-01-01", shelf.run, shelf.on)
    work = CountyWork(question, station.origin.events, tmp_path / "work", station.law, station.law)
    answered(work, sending)
    while not isinstance(told := receiving.recv(), CountyAnswer):
        pass
    facts = shutil.copytree(station.origin.events, tmp_path / "by-hand")
    [path] = facts.glob("*service_authorization*.avro")
    with path.open("rb") as stream:
        records = [record for _, record in Container(stream)]
    halved = [each | {"monthly_minutes": half_up(each["monthly_minutes"], 2)} for each in records]
    write_container(path, "ServiceAuthorization", halved)
    files = sorted(each.name for each in facts.glob("*.avro"))
    replayed = last(replay_folder(facts, files, station.law, question.on).records["PaymentInstruction"])
    net = +Counter({row.period: row.would_be.net for row in told.rows})
    assert net == by_period(replayed, "net_to_date_cents")
    assert told.would_be.paid < told.was.paid and told.would_be.cut > told.was.cut and told.lose and not told.gain


def test_authorizations_that_begin_from_a_day_on() -> None:
    """None of another county, and none that began before, is touched."""
    [old] = [ServiceAuthorization(**changed("ServiceAuthorization", county="17", monthly_minutes=1000))]
    for county, first, minutes in (("17", 0, 1100), ("17", 1, 1000), ("18", 0, 1000)):
        change = authorizations_changed(county, Fraction(10), old.effective_from + first)
        new = change.of(old)
        assert isinstance(new, ServiceAuthorization) and new.monthly_minutes == minutes


def test_the_answer_is_on_the_page_and_names_nobody(station: Station, asked: TestClient) -> None:
    html, found = asked.get(ADDRESS).text, answer_of(station)
    assert f"{found.would_be.net / 100:,.2f}" in html and f"{(found.would_be.net - found.was.net) / 100:,.2f}" in html
    with station.shelf() as shelf:
        ids = {row[0] for row in shelf.rows("SELECT name FROM named WHERE kind IN ('provider', 'recipient')")}
    assert ids and not ids & {*re.findall(r"\w+", html)}
    spanish = text_of(asked.get(ADDRESS, params={"lang": "es"}).text)
    assert "Diferencia del neto" in spanish and "Difference" not in spanish
    asked.get("/", params={"lang": "en"})
    assert not [*index_path(station.origin).parent.glob(".*what-if*")], "the folder of the question is there still"


def test_the_answer_is_for_the_session_that_asked(station: Station, asked: TestClient) -> None:
    assert "Difference of net" in asked.get(ADDRESS).text
    assert "Difference of net" not in client_of(station).get(ADDRESS).text


def test_one_question_at_a_time(station: Station, idle: CountyQuestions) -> None:
    mine, other = client_of(station), client_of(station)
    mark = hidden(mine.get(ADDRESS).text, "mark")
    idle.progress = CountyProgress(mark, QUESTION, "price", 1, 2)
    running, waits = mine.get(ADDRESS), other.get(ADDRESS)
    assert (
        running.headers["refresh"] and "Time is priced" in running.text and '<form class="filters"' not in running.text
    )
    assert "All facts are being paid by that law" in running.text
    assert "refresh" not in waits.headers and "Another question is being answered" in waits.text
    refused = other.post(ADDRESS, data=ASKED | {"mark": hidden(waits.text, "mark")})
    assert refused.status_code == 409 and 'value="30.00"' in refused.text
    assert idle.progress.who == mark and not idle.answers


def test_a_question_whose_work_ended_has_no_answer(station: Station, idle: CountyQuestions) -> None:
    client = client_of(station)
    mark = hidden(client.get(ADDRESS).text, "mark")
    with station.shelf() as shelf:
        question = QUESTION._replace(run=shelf.run, on=shelf.on)
    assert idle.ask(mark, question, station.origin, (station.law, station.law))
    assert not idle.ask("another", question, station.origin, (station.law, station.law))
    assert idle._process is not None
    idle._process.kill()
    idle.wait()
    assert idle.answers == {mark: CountyAnswered(question, None)} and idle.progress is None
    assert "There is no answer" in client.get(ADDRESS).text
    assert not [*index_path(station.origin).parent.glob(".*what-if*")]


def test_who_asked_stops_it(station: Station, idle: CountyQuestions) -> None:
    """Nobody else; and then the next question can be asked."""
    mine, other = client_of(station), client_of(station)
    marks = {each: {"mark": hidden(each.get(ADDRESS).text, "mark")} for each in (mine, other)}
    running = mine.post(ADDRESS, data=ASKED | marks[mine])
    assert f'action="{ADDRESS}/stop"' in running.text or "Difference of net" in running.text
    other.post(f"{ADDRESS}/stop", data=marks[other])
    assert not any(each.stopped for each in idle.answers.values())
    assert mine.post(f"{ADDRESS}/stop", data={}).status_code == 403 and idle.progress is not None
    told = mine.post(f"{ADDRESS}/stop", data=marks[mine])
    assert idle.progress is None and "It was stopped" in told.text and "There is no answer: what" not in told.text
    assert not [*index_path(station.origin).parent.glob(".*what-if*")]
    assert other.post(ADDRESS, data=ASKED | marks[other]).status_code == 200
    idle.stop()


def test_what_cannot_be_asked_of_a_county(station: Station, idle: CountyQuestions) -> None:
    client = client_of(station)
    mark = {"mark": hidden(client.get(ADDRESS).text, "mark")}
    percent = {"what": AUTHORIZED, "value": "5"}
    for other, said in (
        ({"value": "lots"}, "Write dollars"), ({"from": "soon"}, "Write a day"),
        (percent | {"value": "-101"}, "in percent"), (percent | {"from": ""}, "Write a day"),
    ):  # fmt: skip
        wrong = client.post(ADDRESS, data=ASKED | mark | other)
        assert wrong.status_code == 422 and said in wrong.text
    assert client.post(ADDRESS, data=ASKED).status_code == 403, "a form of another page"
    assert client.post(ADDRESS, data=ASKED | mark | {"what": "wage.99"}).status_code == 404
    assert client.get("/what-if/county/58").status_code == 404, "nobody is paid there"
    assert idle.progress is None and not idle.answers


def test_the_way_there_is_on_the_page_of_pay_runs(client: TestClient) -> None:
    assert f'href="{ADDRESS}"' in client.get("/runs").text
