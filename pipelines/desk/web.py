"""The desk's addresses: who may ask, as known on which day. What is on a page is said elsewhere."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from pipelines.desk import asking, deciding, look
from pipelines.desk.index import connected, index_path
from pipelines.desk.pages import DeskView
from pipelines.desk.safety import SafeHeaders, begin, is_own_form, officer_of, same
from pipelines.desk.shelf import DeskShelf
from pipelines.desk.station import TROUBLES, Station, in_words
from rules.periods import cut_off_of, epoch_day, is_business_day, previous_business_day

OWN = Path(__file__).parent
STATIC = {name: OWN / name for name in ("desk.css", "desk.js", "desk.svg")}
STATIC["report.css"] = OWN.parent / "report" / "report.css"
ALONE = "officer"  # who comes by the token and files nothing
SEE_OTHER, FORBIDDEN, NOT_FOUND, TOO_MANY, UNAVAILABLE = 303, 403, 404, 429, 503
LARGEST_FORM = 1 << 20  # bytes
NOW = "now"
NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, msgspec.MsgspecError)
"""How it shows that what was read is no record."""
Shown = Callable[[DeskView, DeskShelf], Response]
Sent = Callable[[DeskView, DeskShelf, Mapping[str, str]], Response]


def desk_app(station: Station, hosts: list[str], by_tls: bool = False) -> Starlette:
    """The application. ``hosts``: by which names a browser may ask for it."""
    sessions = Middleware(
        SessionMiddleware, secret_key=station.secret, session_cookie="desk", same_site="strict", https_only=by_tls,
        max_age=None,
    )  # fmt: skip
    middleware = [
        Middleware(SafeHeaders), Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False), sessions
    ]  # fmt: skip
    handlers: dict[Any, Any] = {HTTPException: _missing, **dict.fromkeys(TROUBLES, _troubled)}
    app = Starlette(routes=_routes(), middleware=middleware, exception_handlers=handlers)
    app.state.station = station
    return app


def _routes() -> list[Route]:
    shown: dict[str, Shown] = {
        "/": look.home, "/find": look.find, "/held": look.held, "/runs": look.runs, "/runs/{day}": look.run,
        "/payment/{id:path}": partial(look.payment, what="instruction"),
        "/statement/{id:path}": partial(look.payment, what="statement"),
        "/paper/{id:path}": look.paper_of, "/document/{kind}/{id}": look.document,
        "/rejections": look.rejections, "/rejections/{number:int}": look.rejection,
        "/what-if/county/{county}": asking.county, "/what-if/{side}/{id}": asking.otherwise,
        "/sick-leave/{id}/{day}": look.leave, "/decisions": deciding.log,
        **{f"/{side}/{{id}}": partial(look.person, side=side) for side in ("provider", "recipient", "person")},
    }  # fmt: skip
    only_deciders = {"/decide": deciding.choose, "/decide/{what}": deciding.form}
    sent: dict[str, Sent] = {
        "/decide/{what}": deciding.decide, "/file": deciding.file, "/undo/{number:int}": deciding.undo
    }  # fmt: skip
    asked: dict[str, Sent] = {
        "/what-if/county/{county}": asking.ask_of_county, "/what-if/county/{county}/stop": asking.stop_asking
    }  # fmt: skip
    return [
        Route("/static/{name}", _static),
        Route("/favicon.ico", _icon),
        Route("/enter", _enter),
        Route("/enter", _enter_by_password, methods=["POST"]),
        Route("/leave", _leave, methods=["POST"]),
        *(Route(path, _page(page)) for path, page in shown.items()),
        *(Route(path, _page(page, deciders=True)) for path, page in only_deciders.items()),
        *(Route(path, _form(page), methods=["POST"]) for path, page in sent.items()),
        *(Route(path, _form(page, deciders=False), methods=["POST"]) for path, page in asked.items()),
    ]


def _page(page: Shown, deciders: bool = False) -> Callable[[Request], Response]:
    """An endpoint that shows a page to whoever came in."""

    def endpoint(request: Request) -> Response:
        station: Station = request.app.state.station
        if officer_of(request) is None:
            return _closed(request)
        with _damage_told(station):
            on, cut_off = _asked_day(request, station)
            view = DeskView(request, station, on)
            with station.shelf(cut_off) as shelf:
                return page(view, shelf) if view.decides or not deciders else look.nothing(view, shelf)

    return endpoint


@contextmanager
def _damage_told(station: Station) -> Iterator[None]:
    """What stops a page because the index rotted is damage, whatever Python calls it: a record of it may be no record,
    a day no day. Of an index that is as it was written it is a bug, and stays one."""
    try:
        yield
    except TROUBLES:
        raise
    except NONSENSE as wrong:
        if station.is_sound:
            raise
        raise sqlite3.DatabaseError("a record of the index is none") from wrong


def _form(page: Sent, deciders: bool = True) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that takes a form of an officer who may decide, or (``deciders`` False) of anybody who came in."""

    async def endpoint(request: Request) -> Response:
        station: Station = request.app.state.station
        view = DeskView(request, station)
        filled = await _filled(request)
        if (deciders and not view.decides) or not is_own_form(request, filled.get("mark")):
            return _closed(request)

        def answered() -> Response:
            with _damage_told(station), station.shelf() as shelf:
                return page(view, shelf, filled)

        return await run_in_threadpool(answered)

    return endpoint


async def _filled(request: Request) -> dict[str, str]:
    """The texts of a form; files are left out, and one that is too large is none."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LARGEST_FORM:
        return {}
    async with request.form(max_files=0) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _asked_day(request: Request, station: Station) -> tuple[str, int | None]:
    """As of which day to show everything, and its cut-off: that of the business day on it or before it."""
    text = request.query_params.get("on", "")
    if text == NOW and station.journal is not None:
        return NOW, None
    with suppress(ValueError):
        day = epoch_day(date.fromisoformat(text))
        day = day if is_business_day(day) else previous_business_day(day)
        return text, max(cut_off_of(day), _first(station))
    return "", None


def _first(station: Station) -> int:
    connection = connected(index_path(station.origin))
    try:
        [(first,)] = connection.execute("SELECT min(cut_off) FROM runs").fetchall()
        return int(first)
    finally:
        connection.close()


def _enter(request: Request) -> Response:
    """Come in by the token of this start, or ask for a password."""
    station: Station = request.app.state.station
    token = request.query_params.get("token", "")
    if station.token and same(token, station.token):
        begin(request, station.deciders[0] if station.deciders else ALONE)
        return RedirectResponse("/", SEE_OTHER)
    return _closed(request)


async def _enter_by_password(request: Request) -> Response:
    station: Station = request.app.state.station
    filled, door = await _filled(request), station.passwords
    if door is None or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return _closed(request)
    name = filled.get("name", "")
    if not await run_in_threadpool(door.lets_in, name, filled.get("password", "")):
        return _closed(request, TOO_MANY if door.is_shut else FORBIDDEN, wrong=True)
    begin(request, name)
    return RedirectResponse("/", SEE_OTHER)


async def _leave(request: Request) -> Response:
    filled = await _filled(request)
    if is_own_form(request, filled.get("mark")):
        request.session.clear()
    return RedirectResponse("/enter", SEE_OTHER)


def _closed(request: Request, status: int = FORBIDDEN, wrong: bool = False) -> Response:
    view = DeskView(request, request.app.state.station)
    return view.answer("enter.html.j2", status, by_password=view.station.passwords is not None, wrong=wrong)


def _missing(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else NOT_FOUND
    if officer_of(request) is None:
        return _closed(request)
    view = DeskView(request, request.app.state.station)
    try:
        with view.station.shelf() as shelf:
            return view.answer("nothing.html.j2", status, shelf=shelf)
    except TROUBLES as trouble:
        return _troubled(request, trouble)


def _troubled(request: Request, error: Exception) -> Response:
    """What the desk reads or writes was damaged or taken away while it is open."""
    if officer_of(request) is None:
        return _closed(request)
    view = DeskView(request, request.app.state.station)
    if not isinstance(error, sqlite3.DatabaseError):
        return view.answer("trouble.html.j2", UNAVAILABLE, reason=in_words(error))
    view.station.distrust()
    answered = view.answer("trouble.html.j2", UNAVAILABLE, reason=view.station.trouble)  # "": it can be made anew
    answered.headers["Refresh"] = str(asking.SECONDS_TO_LOOK_AGAIN)
    return answered


def _icon(request: Request) -> Response:
    """What a browser asks for of a page that names none, as a payee's paper."""
    return FileResponse(STATIC["desk.svg"])


def _static(request: Request) -> Response:
    path = STATIC.get(request.path_params["name"])
    if path is None:
        raise HTTPException(NOT_FOUND)
    return FileResponse(path, headers={"Cache-Control": "no-cache"})
