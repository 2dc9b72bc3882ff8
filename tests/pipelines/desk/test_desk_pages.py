"""Pages say what the records say: found, held, paid, explained, as known on a day."""

from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipelines.desk.held import HeldAsked, held_page
from pipelines.desk.index import refreshed
from pipelines.desk.pages import spoken
from pipelines.desk.people import person_page
from pipelines.desk.runs import like_run, run_page
from pipelines.desk.station import Station
from pipelines.explain.answer import Sources, answer, question_of
from pipelines.explain.paid import Paid
from pipelines.find.about import about
from pipelines.find.search import FoundId, found
from pipelines.report.books import Books
from pipelines.report.records import ReportFolder
from rules.periods import cut_off_of, epoch_day, iso
from schemas.finding import Finding
from schemas.payment_instruction import PaymentInstruction
from tests.paid import replay_folder
from tests.pipelines.desk.desk_world import client_of, text_of

FIELDS = ("statement_id", "sequence", "net_to_date_cents")


def folder_of(station: Station) -> ReportFolder:
    assert station.origin.paid is not None
    return ReportFolder(station.origin.paid)


def payments(station: Station) -> list[PaymentInstruction]:
    return [*folder_of(station).records(PaymentInstruction)]


def middle(station: Station) -> int:
    """A pay run in the midst, as a business day."""
    with station.shelf() as shelf:
        return shelf.days[len(shelf.days) // 3]


def test_find_means_what_the_command_means(station: Station) -> None:
    paid = payments(station)[0]
    texts = ["P0000", "r0000", paid.instruction_id, paid.statement_id, (paid.provider_id or "")[:4], "%", "_", "TS0"]
    with station.shelf() as shelf:
        for text in texts:
            known = [each for each in found(folder_of(station), text) if each.kind != "person"]
            there = [each for each in shelf.found(text) if each.kind != "person"]
            assert {*known} <= {*there} or len(there) >= 200, text
            assert {each.kind for each in there} >= {each.kind for each in known}


def test_what_means_one_thing_is_shown_at_once(station: Station, client: TestClient) -> None:
    paid = next(each for each in payments(station) if each.kind == "ARREARS")
    for text, path in (
        (paid.provider_id, f"/provider/{paid.provider_id}"), (paid.recipient_id, f"/recipient/{paid.recipient_id}"),
        (paid.instruction_id, f"/payment/{paid.instruction_id}"),
        (paid.statement_id, f"/statement/{paid.statement_id}"),
    ):  # fmt: skip
        assert client.get("/find", params={"q": f" {text} "}).url.path == path
    told = next(folder_of(station).records(Finding))
    assert client.get("/find", params={"q": told.finding_id}).status_code == 200
    with station.shelf() as shelf:
        event = shelf.one("SELECT event_id FROM facts WHERE kind = 'Timesheet'")
    assert client.get("/find", params={"q": event}).url.path.startswith("/document/Timesheet/")


@pytest.mark.parametrize("asked", ["", "on"])
def test_a_person_s_page_is_what_the_folder_says(station: Station, asked: str) -> None:
    """As of the newest pay run, and of one before, where later records are as if they were not there."""
    last = cut_off_of(middle(station)) if asked else None
    kept = [each for each in payments(station) if last is None or each.cut_off <= last]
    for side, id in {("provider", each.provider_id) for each in kept if each.provider_id}:
        with station.shelf(last) as shelf:
            page = person_page(shelf, FoundId(side, id))
        whole = about(folder_of(station), FoundId(side, id))
        mine = [each.said for each in whole.payments if last is None or each.said.cut_off <= last]
        assert [each.said for each in page.told.payments] == mine
        if last is None:
            assert page.told.findings == whole.findings and page.told.payments == whole.payments
            standing = sum(each.said.net_cents for each in whole.payments if each.came_back is None)
            assert sum(row.net for row in page.periods) == standing
        for row in page.periods:
            newest = [each for each in mine if each.statement_id == row.statement_id][-1:]
            if newest and row.claimed and not page.told.findings:
                said = newest[0]
                assert (row.claimed, row.paid, row.held) == (said.claimed_minutes, said.paid_minutes, said.held_minutes)
            assert row.claimed == row.paid + row.held + row.cut + row.denied


def test_the_queue_is_what_the_report_holds(station: Station) -> None:
    books = Books(folder_of(station), None, None)
    held = books.findings.of("HELD")
    assert held, "nothing is held in this county"
    with station.shelf() as shelf:
        page = held_page(shelf, HeldAsked())
        assert page.number == len(held) and page.minutes == sum(each.minutes or 0 for each in held)
        assert {row.finding.finding_id for row in page.rows} <= {each.finding_id for each in held}
        for row in page.rows:
            assert row.days == books.span.days[-1] - books.findings.since[row.finding.finding_id]
        for count in page.by_who:
            assert held_page(shelf, HeldAsked(acts=count.symbol)).number == count.number
        for count in page.by_reason:
            assert held_page(shelf, HeldAsked(reason=count.symbol)).minutes == count.minutes
        late = held_page(shelf, HeldAsked(overdue=True))
        assert late.number == page.overdue and all(row.overdue for row in late.rows)
        by_age = [row.days for row in held_page(shelf, HeldAsked(sort="age")).rows]
        assert by_age == sorted(by_age, reverse=True)


def test_the_queue_of_an_earlier_day_is_the_report_of_that_day(station: Station) -> None:
    day = middle(station)
    known = {each.finding_id for each in Books(folder_of(station), None, day).findings.of("HELD")}
    with station.shelf(cut_off_of(day)) as shelf:
        assert {row.finding.finding_id for row in held_page(shelf, HeldAsked()).rows} == known


def test_a_payment_s_page_is_the_explanation(station: Station, client: TestClient) -> None:
    """The same Trace: every sentence of `explain` is on the page, in its order."""
    assert station.origin.paid is not None
    sources = Sources(station.origin.events, Paid(station.origin.paid), station.law)
    for paid in payments(station)[:: len(payments(station)) // 4]:
        html = client.get(f"/payment/{paid.instruction_id}").text
        told = text_of(html).replace("&#39;", "'").replace("&#34;", '"').replace("&lt;", "<").replace("&amp;", "&")
        [statement] = answer(question_of(paid.instruction_id), sources).statements
        at = 0
        for node in (node for node in statement.walk() if node.what not in ("statement",)):
            found_at = told.find(" ".join(node.text.split()), at)
            assert found_at >= 0, node.text
            at = found_at


def test_a_statement_as_known_on_a_day_knows_no_later_payment(station: Station, client: TestClient) -> None:
    paid = next(each for each in payments(station) if each.sequence > 1)
    first = next(each for each in payments(station) if (each.statement_id, each.sequence) == (paid.statement_id, 1))
    then = client.get(f"/statement/{paid.statement_id}", params={"on": iso(first.run_date)}).text
    now = client.get(f"/statement/{paid.statement_id}").text
    assert paid.instruction_id not in then and first.instruction_id in then and paid.instruction_id in now
    assert f'value="{iso(first.run_date)}"' in then and "what came later is left out" in then


def test_a_day_without_a_pay_run_is_the_one_before(station: Station, client: TestClient) -> None:
    saturday = iso(epoch_day(date(2024, 2, 3)))
    assert 'value="2024-02-02"' in client.get("/held", params={"on": saturday}).text
    for odd in ("1900-01-01", "never", "2024-13-01", "now"):
        assert client.get("/held", params={"on": odd}).status_code == 200


def test_the_payee_gets_the_same_paper(station: Station, client: TestClient) -> None:
    paid = next(each for each in payments(station) if each.kind == "ARREARS")
    english, spanish = (
        client.get(f"/paper/{paid.statement_id}", params={"language": code}).text for code in ("en", "es")
    )
    assert '<html lang="en">' in english and '<html lang="es">' in spanish and "sha256-" not in english


def test_a_pay_run_s_page_agrees_with_its_control_total(station: Station) -> None:
    with station.shelf() as shelf:
        for day in shelf.days[:: len(shelf.days) // 6]:
            page = run_page(shelf, day, spoken("en"))
            assert page and all(row.agrees for row in page.totals)
            assert sum(row.gross for row in page.totals) == sum(row.now for row in page.money)
            assert page.number == sum(total.count for total in page.run.totals)


def test_the_month_before_is_looked_at_in_the_same_place() -> None:
    def like(day: date) -> str:
        return iso(like_run(epoch_day(day)))

    assert like(date(2024, 3, 18)) == "2024-02-16"  # the first business day of the second half
    assert like(date(2024, 3, 1)) == "2024-02-01"
    assert like(date(2024, 3, 29)) == "2024-02-29"  # the half before has fewer: its last


def test_every_page_in_every_language(station: Station, client: TestClient) -> None:
    paid = next(each for each in payments(station) if each.kind == "ARREARS")
    addresses = [
        "/", "/held", "/runs", f"/runs/{iso(paid.run_date)}", f"/provider/{paid.provider_id}",
        f"/recipient/{paid.recipient_id}", f"/payment/{paid.instruction_id}", f"/document/{_document(paid)}",
        "/rejections", "/decisions", "/find?q=P0", f"/what-if/provider/{paid.provider_id}",
        f"/sick-leave/{paid.provider_id}/2023-07-01",
    ]  # fmt: skip
    for address in addresses:
        english, spanish = (client.get(address, params={"lang": code, **_query(address)}) for code in ("en", "es"))
        assert english.status_code == spanish.status_code == 200, address
        assert "Held work" in english.text and "Trabajo retenido" in spanish.text
        assert '<html lang="es">' in spanish.text and "Held work" not in spanish.text
    client.get("/", params={"lang": "en"})


def _query(address: str) -> dict[str, str]:
    return {"q": "P0"} if "q=" in address else {}


def _document(paid: PaymentInstruction) -> str:
    return next(each for each in paid.documents if each.startswith("Timesheet")).rpartition("/")[0]


def newest(instructions: list[Any]) -> dict[str, int]:
    """Net to date of each statement."""
    in_order = sorted(instructions, key=lambda each: each["sequence"])
    return {each["statement_id"]: each["net_to_date_cents"] for each in in_order}


def test_what_if_a_wage_were_higher(station: Station, client: TestClient) -> None:
    """To the cent what a replay under the other law pays; and nothing is changed by asking."""
    paid = next(each for each in payments(station) if each.kind == "ARREARS" and each.net_cents)
    index = refreshed(station.origin).read_bytes()
    asked = {"what": "wage.17", "value": "30.00", "from": "2024-01-01"}
    told = text_of(client.get(f"/what-if/provider/{paid.provider_id}", params=asked).text)
    law = station.law.amended({"w": {"wage": {"17": {"values": [{"from": date(2024, 1, 1), "value": 30_000}]}}}})
    files = sorted(path.name for path in station.origin.events.glob("*.avro"))
    with station.shelf() as shelf:
        replayed = replay_folder(station.origin.events, files, law, shelf.on).records["PaymentInstruction"]
    now = newest([{name: getattr(each, name) for name in FIELDS} for each in payments(station)])
    other = newest(replayed)
    mine = {id for id in other if f":{paid.provider_id}:" in id and other[id] != now.get(id)}
    assert mine
    for id in mine:
        assert f"${other[id] / 100:,.2f} ${(other[id] - now[id]) / 100:,.2f}" in told
    wrong = client.get(f"/what-if/provider/{paid.provider_id}", params=asked | {"value": "lots"})
    assert wrong.status_code == 422 and "Write dollars" in wrong.text
    assert refreshed(station.origin).read_bytes() == index


def test_what_if_fewer_hours_were_authorized(station: Station, client: TestClient) -> None:
    paid = next(each for each in payments(station) if each.kind == "ARREARS" and each.paid_minutes > 20 * 60)
    number = next(each for each in paid.documents if each.startswith("ServiceAuthorization")).split("/")[1]
    asked = {"what": number, "value": "10:00"}
    told = text_of(client.get(f"/what-if/recipient/{paid.recipient_id}", params=asked).text)
    assert "Would be" in told and "−$" in told
    assert "Write hours" in client.get(f"/what-if/recipient/{paid.recipient_id}", params=asked | {"value": "1"}).text


def test_empty_states_say_what_to_do(client: TestClient) -> None:
    assert "Write fewer letters" in client.get("/find", params={"q": "NOBODYATALL"}).text
    assert "Write an id or a part of it" in client.get("/find").text
    assert "All held work" in text_of(client.get("/held", params={"reason": "NOTHING_LIKE_IT"}).text)
    assert "--decide-as" in client.get("/decisions").text


def test_a_desk_that_only_looks_offers_no_form(station: Station, client: TestClient) -> None:
    html = client.get("/").text
    assert 'href="/decide"' not in html and client.get("/decide").status_code == 404
    assert client_of(station).get("/decide/HoursException").status_code == 404
