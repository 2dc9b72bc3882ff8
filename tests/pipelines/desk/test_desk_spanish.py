"""Pages in Spanish say nothing in English but the law's own words, which are marked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.desk import pages
from pipelines.desk.again import PLACE, Repeater
from pipelines.desk.forms import SENTENCES
from pipelines.desk.pages import catalog_path, said_again, spoken
from pipelines.desk.station import Station
from pipelines.desk.written import written
from pipelines.importing.json_lines import fact_of_line
from pipelines.law_text import authority_of, paragraphs, plain
from pipelines.report.wording import CLOCKS, CONSEQUENCES, advance_clock, consequence
from pipelines.spoken import Spoken, said_in
from rules.findings import catalog
from rules.law import Law
from schemas import FACTS
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.avro import Unreadable, logical_schema, validate
from schemas.finding import Finding
from tests.pipelines.desk.desk_world import P1, R1, TOKEN, LiveDesk, client_of, hidden, previewed
from tests.pipelines.desk.every_page import pages_of, unseen
from tests.pipelines.desk.mute import MuteLanguage, read_aloud, words_left
from tests.pipelines.explain.spanish import NAMES
from tests.schemas.samples import changed

FEW = 3  # pages of a route
SENT_BY = {"tts", "paper", "payments", "anna", "county", "bank"}  # sources and officers
SPANISH, LAW = spoken("es"), Law.load()


@pytest.fixture
def mute(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Spanish says only what fills its texts."""
    language = MuteLanguage()
    monkeypatch.setattr(pages, "spoken", lambda code: language)
    for made in (pages.environment, pages.repeater):
        made.cache_clear()
    yield
    for made in (pages.environment, pages.repeater):
        made.cache_clear()


def names_in(station: Station) -> set[str]:
    """Words that are names: of who sent facts, of counties, of services as the sender calls them."""
    with station.shelf() as shelf:
        bodies = shelf.rows("SELECT body FROM records WHERE kind = 'fact:ServiceAuthorization'")
        services = {each["service"] for row in bodies for each in fields_of(row["body"]).get("services", [])}
    fields = {field["name"] for kind in FACTS for field in logical_schema(kind)["fields"]}  # a refusal says the key
    return NAMES | SENT_BY | services | fields


def fields_of(body: bytes) -> dict[str, list[dict[str, str]]]:
    """A fact as the index keeps it."""
    from fold.rows import arrival

    read = arrival(("", 0, 0, "", "", body, "ServiceAuthorization")).content
    return {"services": [vars(each) for each in getattr(read, "services", None) or []]}


def is_law(text: str) -> bool:
    """A paragraph of the law, or what is cited for something: not a sentence of ours."""
    paragraph = text in {" ".join(plain(rule).split()) for rule in paragraphs()}
    return paragraph or text == "English" or text in {authority_of(rule) for rule in paragraphs()} or is_cited(text)


def is_cited(text: str) -> bool:
    """Citations of the parameters and of the findings."""
    entries = {entry.citation for parameter in LAW.parameters.values() for entry in parameter.entries}
    return text in entries | {entry.get("authority") for entry in catalog().values()}


def check(html: str, names: set[str]) -> None:
    left = words_left(html, names)
    assert not left, left
    ours = [text for text in read_aloud(html).english if not is_law(text)]
    assert not ours, ours


@pytest.mark.usefixtures("mute")
def test_no_page_says_anything_that_the_catalogs_do_not(station: Station, tmp_path: Path) -> None:
    desk = Station(station.origin, station.law, TOKEN, deciders=("anna",), land=tmp_path)
    client, names = client_of(desk), names_in(station)
    client.get("/", params={"lang": "es"})
    found = [*pages_of(client, FEW)]
    for each in found:
        if not each.route.startswith("/paper"):
            check(each.html, names)
    assert unseen(client.app, found) <= {"/person/{id}"}


@pytest.mark.usefixtures("mute")
def test_no_answer_to_a_form_does(tmp_path: Path) -> None:
    desk = LiveDesk(tmp_path)
    client, names = client_of(desk.station), names_in(desk.station)
    client.get("/", params={"lang": "es"})
    mark = hidden(client.get("/decide/HoursException").text, "mark")
    people = {"provider_id": P1, "recipient_id": R1}
    week = people | {"workweek_start": "2026-01-04", "extra_minutes": "6:00"}
    for what, filled in (
        ("HoursException", {}), ("HoursException", week | {"workweek_start": "2026-01-05"}),
        ("HoursException", week | {"provider_id": "a b", "extra_minutes": "999:00"}),
        ("HoursException", week | {"workweek_start": "soon"}), ("ViolationDecision", week | {"decision": "MAYBE"}),
        ("PaymentOutcome", {"instruction_id": "X", "outcome": "RECOVERED"}), ("PaymentOutcome", {"cents": "1.5"}),
        ("SickLeaveClaim", people | {"minutes": "99:00"}),
        ("approval", people | {"document": "desk.1.T2", "recipient_approved_at": "2099-01-01T00:00"}),
    ):  # fmt: skip
        sent = client.post(f"/decide/{what}", data={"mark": mark, **filled})
        assert sent.status_code == 422, (what, filled)
        check(sent.text, names)
    for what, filled in (("HoursException", week), ("HoursException", week | {"provider_id": "NOBODY"})):
        check(previewed(client, what, **filled), names)
    check(
        previewed(client, "approval", **people, document="desk.1.T2", recipient_approved_at="2026-02-02T10:00"), names
    )
    check(client.get(f"/provider/{P1}").text, names)
    for value in ("lots", "99999.99"):
        asked = {"what": "wage.17", "value": value, "from": "2024-01-01"}
        check(client.get(f"/what-if/provider/{P1}", params=asked).text, names)


def test_every_sentence_is_said_again() -> None:
    """Filled in as its room would, each is found and said with the same in its places."""
    repeater = Repeater(catalog_path("es"), SPANISH)
    texts = [*(each.text for each in written()), *SENTENCES]
    assert len(texts) > 200
    for text in texts:
        places = {name: f"2024-01-{at:02}" for at, name in enumerate(PLACE.findall(text), 10)}
        said = repeater.said(text.format(**places))
        assert said is not None and said != text.format(**places), text
        assert all(value in said for value in places.values()), (text, said)


@pytest.mark.parametrize(
    "line",
    [
        '{"kind": "Timesheet"}',
        "[]", "{", '{"kind": "Nothing"}', '{"kind": "Timesheet", "fields": 3}', '{"a": 1, "a": 2}',
        '{"kind": "HoursException", "workweek_start": "01/07/2024", "recorded_at": "2024-01-31", "extra_minutes": -1}',
        '{"kind": "HoursException", "workweek_start": 1.5, "recorded_at": "2024-03-10 02:30", "provider_id": "a b"}',
        '{"kind": "HoursException", "workweek_start": "99/99/24", "recorded_at": [], "extra_minutes": "x", "y": 1}',
        '{"kind": "PaymentOutcome", "outcome": "MAYBE", "cents": true, "reason": 5, "revision": 0}',
    ],
)  # fmt: skip
def test_what_the_door_refuses_is_said_again(line: str) -> None:
    with pytest.raises(Unreadable) as refused:
        fact_of_line(line.encode())
    said = said_again(refused.value.message, "es")
    assert "lang=" not in said and said != refused.value.message, refused.value.message


def test_what_no_text_fits_stays_english_and_is_marked() -> None:
    for text in ("Something that nobody of us wrote <b>.", "Expected what nobody knows of.", ""):
        assert "<b>" not in said_again(text, "es")
        assert said_again(text, "es").startswith('<span lang="en">') and said_again(text, "en") == spoken_plain(text)


def spoken_plain(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def test_what_a_violation_brings_and_how_an_advance_stands() -> None:
    for told in (LAW, None):
        for count, name in enumerate((*CONSEQUENCES, None), 1):
            fields = changed("Finding", code="V1", consequence=name, count=min(count, 4), workweek_start=20_457)
            finding = validate("Finding", fields)
            assert isinstance(finding, Finding)
            in_spanish(consequence(finding, told))
        for status in CLOCKS:
            advance = validate("AdvanceReconciliation", changed("AdvanceReconciliation", status=status))
            assert isinstance(advance, AdvanceReconciliation)
            in_spanish(advance_clock(advance, told)[0])


def in_spanish(text: str) -> None:
    assert isinstance(text, Spoken)
    said = said_in(text, SPANISH)
    assert said != text and not {"day", "days", "notice", "the", "review"} & {*said.lower().split()}, said
