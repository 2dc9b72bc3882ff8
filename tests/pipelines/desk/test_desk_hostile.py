"""What somebody wrote, in a record, an address or a form, is shown or refused on every page, and never obeyed."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Page
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

import pipelines.desk
from pipelines.desk.station import Station
from tests.browser import open_address
from tests.pipelines.desk.desk_world import client_of, hidden, served
from tests.pipelines.desk.every_page import pages_of, unseen
from tests.pipelines.desk.hostile_world import HOSTILE, STRANGER, hostile_station

SHAPES = ("{}", "ARREARS:{}:R1:2024-01-01", "ARREARS:P1:{}:2024-01-01:2024-01-02", "Timesheet/{}")
FIRST = ("/", f"/find?{urlencode({'q': STRANGER})}", "/find?q=onerror")
SHOWN_ON = {
    "/", "/held", "/find", "/provider/{id}", "/recipient/{id}", "/payment/{id:path}", "/document/{kind}/{id}",
    "/rejections", "/rejections/{number:int}", "/decide/{what}",
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Station:
    return hostile_station(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def anna(hostile: Station) -> TestClient:
    return client_of(hostile)


def names_asked() -> list[str]:
    """Names of all that the desk's code asks of an address or a form."""
    code = "".join(path.read_text("utf-8") for path in Path(pipelines.desk.__file__).parent.glob("*.py"))
    found = {*re.findall(r'\.get\("(\w+)"', code), *re.findall(r'\bname="(\w+)"', _templates())}
    assert {"on", "q", "acts", "document", "draft", "value"} <= found
    return sorted(found - {"mark"})


def _templates() -> str:
    folder = Path(pipelines.desk.__file__).parent / "templates"
    return "".join(path.read_text("utf-8") for path in folder.glob("*.j2"))


def harmless(answered: Response, where: object) -> None:
    text = answered.text  # type: ignore[attr-defined]
    assert "<script>document" not in text and "<img" not in text and ">49<" not in text and "<b>\u202e" not in text, (
        where
    )
    allowed = answered.headers["content-security-policy"]
    assert "default-src 'none'" in allowed and "unsafe" not in allowed, where


def test_records_are_shown_on_every_page_and_never_obeyed(anna: TestClient) -> None:
    found, shown = [], set()
    for each in pages_of(anna, 4, FIRST):
        found.append(each)
        assert "<script>document" not in each.html and "<img" not in each.html and ">49<" not in each.html, each.address
        if "document.title=" in each.html:
            shown.add(each.route)
    assert not unseen(anna.app, found)
    assert shown >= SHOWN_ON, SHOWN_ON - shown


def routes(client: TestClient, method: str) -> Iterator[Route]:
    found = [each for each in client.app.routes if isinstance(each, Route)]  # type: ignore[attr-defined]
    yield from (each for each in found if method in (each.methods or ()) and each.path != "/leave")


def filled(route: Route, text: str) -> str:
    """The route's address with a text in each of its places."""
    return re.sub(r"\{\w+(:\w+)?\}", lambda place: "1" if place[1] == ":int" else quote(text, safe=""), route.path)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_address_is_obeyed(anna: TestClient, shape: str) -> None:
    """Every route with it in all of its places, and each thing that an address may ask."""
    text = shape.format(HOSTILE)
    asked = urlencode(dict.fromkeys(names_asked(), text))
    for route in routes(anna, "GET"):
        address = filled(route, text)
        for query in ("", f"?{asked}", f"?on={quote(text)}&what=wage.17&value=1.00&from={quote(text)}"):
            answered = anna.get(address + query)
            assert answered.status_code in (200, 403, 404, 422), address
            harmless(answered, address + query)
    for known, query in product(("/held", "/runs", "/what-if/county/17", "/decide/HoursException"), names_asked()):
        answered = anna.get(known, params={query: text})
        assert answered.status_code in (200, 404), (known, query)
        harmless(answered, (known, query))
    anna.get("/", params={"lang": "en"})


def test_no_form_is_obeyed(hostile: Station, anna: TestClient) -> None:
    """Every route that takes one, all of its fields hostile, and each alone."""
    mark = hidden(anna.get("/decide/HoursException").text, "mark")
    for route in routes(anna, "POST"):
        for address in {filled(route, HOSTILE), filled(route, "HoursException"), filled(route, "17")}:
            for fields in (dict.fromkeys(names_asked(), HOSTILE), {"what": "wage.17", "value": HOSTILE}, {}):
                answered = anna.post(address, data={"mark": mark, **fields}, follow_redirects=False)
                assert answered.status_code in (303, 403, 404, 409, 422), (address, answered.status_code)
                harmless(answered, address)
    assert not [*hostile.land.iterdir()] if hostile.land else None, "something was filed"
    assert hostile.counties.progress is None


def test_no_page_is_obeyed_in_a_browser(hostile: Station, anna: TestClient) -> None:
    """Every page in Chromium, which complains of what a page's policy does not allow."""
    addresses = [each.address for each in pages_of(anna, 1, FIRST)]
    with served(hostile) as address, open_address(address, address.partition("enter")[0]) as page:
        for each in addresses:
            there = page.goto(address.partition("enter")[0] + each.removeprefix("/"))
            assert there and there.status == 200, each
            assert made_of(page) == [], each
            assert page.title() != "broken", each


def made_of(page: Page) -> list[str]:
    """What is on a page that none of ours is made of."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('img, script:not([src]), iframe, object, base, [onerror], [onload], [style]')]"
        ".filter(each => !each.closest('svg')).map(each => each.outerHTML.slice(0, 200))"
    )
    return found
