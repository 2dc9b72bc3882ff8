"""All pages of a desk, found as a browser would: from the first page by every link and every form that asks.

A new page is among them as soon as something leads to it, and `unseen` names the routes that nothing led to.
"""

import re
from collections import Counter, deque
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.routing import Match, Route
from starlette.testclient import TestClient

EACH = 6  # pages of a route
NOT_A_PAGE = ("/static/{name}", "/favicon.ico", "/enter", "/leave")
EACH_IS_ANOTHER = ("/decide/{what}",)  # of these each path is a page of its own
ASKED = {"find": ("P0", "TS0", "R0", "NOBODY9")}


class SeenPage(NamedTuple):
    """A page that was answered, by its address and the path of its route."""

    address: str
    route: str
    html: str


def leads(html: str) -> list[str]:
    """Addresses of this desk that a page leads to, in the same language."""
    found = (unescape(each) for each in re.findall(r'<a [^>]*?href="(/[^"]*)"', html))
    return [each for each in found if "lang=" not in each]


def pages_of(client: TestClient, each: int = EACH, first: tuple[str, ...] = ("/",)) -> Iterator[SeenPage]:
    """Up to ``each`` pages of every route. ``first``: where to begin."""
    app = client.app
    assert isinstance(app, Starlette)
    waiting, seen, count = deque((*first, *(f"/find?q={text}" for text in ASKED["find"]))), set[str](), Counter[str]()
    while waiting:
        address = waiting.popleft()
        route = route_of(app, address)
        kind = urlsplit(address).path if route in EACH_IS_ANOTHER else route
        if address in seen or route is None or kind is None or route in NOT_A_PAGE or count[kind] >= each:
            continue
        seen.add(address)
        answered = client.get(address)
        assert answered.status_code in (200, 404), (address, answered.status_code)
        if answered.status_code == 200 and answered.headers["content-type"].startswith("text/html"):
            count[kind] += 1
            route = route_of(app, answered.url.path) or route  # what means one thing leads there at once
            yield SeenPage(address, route, answered.text)
            waiting.extend(leads(answered.text))


def route_of(app: Starlette, address: str) -> str | None:
    """The path of the route that answers an address."""
    scope = {"type": "http", "method": "GET", "path": urlsplit(address).path}
    found = (each for each in app.routes if isinstance(each, Route) and each.matches(scope)[0] == Match.FULL)
    return next((each.path for each in found), None)


def routes_of(app: Starlette) -> set[str]:
    """Paths of all routes that answer a page."""
    gets = {each.path for each in app.routes if isinstance(each, Route) and "GET" in (each.methods or ())}
    return gets - {*NOT_A_PAGE}


def unseen(app: Starlette, pages: list[SeenPage]) -> set[str]:
    """Routes of which no page was seen."""
    return routes_of(app) - {each.route for each in pages}
