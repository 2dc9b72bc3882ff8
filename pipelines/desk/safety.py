"""The desk's door: who may come in, what a browser may do with a page, and who saw whom.

Everybody needs the token of this start, or a password; a form needs the session's own mark; a page may ask nobody else
for anything. Logs say what was done where in the code, never about whom: that stands in the access log alone, which is
as private as the facts.
"""

import base64
import fcntl
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.live.crash import lines_of
from pipelines.misuse import Misuse
from schemas import private
from schemas.types import Json

POLICY = (
    "default-src 'none'; style-src 'self'{styles}; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
MILLIS = 1_000


def policy(html: str = "") -> str:
    """The Content-Security-Policy of a page; of one that brings its own style, for that style and no other."""
    found = (hashlib.sha256(style.encode()).digest() for style in STYLE.findall(html))
    return POLICY.format(styles="".join(f" 'sha256-{base64.b64encode(each).decode()}'" for each in found))


class SafeHeaders:
    """Puts the headers on every answer that has none of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, "Content-Security-Policy": policy()}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, sent)


def begin(request: Request, officer: str) -> None:
    """Somebody came in: a session with a mark of its own."""
    language = request.session.get("language", "en")
    request.session.clear()
    request.session.update({"officer": officer, "mark": secrets.token_urlsafe(24), "language": language})


def officer_of(request: Request) -> str | None:
    """Who asks; None: nobody that came in."""
    found = request.session.get("officer")
    return found if isinstance(found, str) else None


def is_own_form(request: Request, mark: object) -> bool:
    """Was a form sent from a page of this session?"""
    known, site = request.session.get("mark"), request.headers.get("sec-fetch-site", "same-origin")
    return isinstance(known, str) and site == "same-origin" and same(known, str(mark or ""))


def same(one: str, other: str) -> bool:
    """Are two secrets the same? Takes as long whatever they are."""
    return hmac.compare_digest(one.encode(), other.encode())


def noted(path: Path, told: Json) -> None:
    """Add a line to a file that is only added to, whoever else does at the time."""
    with alone_at(path) as stream:
        stream.write(line_of(told))


@contextmanager
def alone_at(path: Path) -> Iterator[IO[bytes]]:
    """Such a file, which nobody else adds to meanwhile: no thread, no other desk."""
    with private.appended(path) as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream


def line_of(told: Json) -> bytes:
    """What is noted, as a line."""
    return msgspec.json.encode(told) + b"\n"


def lines_in(path: Path) -> list[Json]:
    """Lines of such a file, oldest first; a last one that is not whole is left out. Raises Misuse."""
    if not path.exists():
        return []
    whole = [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    try:
        return [msgspec.json.decode(line) for line in whole]
    except msgspec.DecodeError:
        raise Misuse(f"{path} is damaged: put it back from a backup, or take it away") from None


def utc(instant: int) -> str:
    """An instant as it stands in these files."""
    return datetime.fromtimestamp(instant / MILLIS, UTC).isoformat(timespec="milliseconds")


class WithoutPeople(logging.Formatter):
    """A log that says where in the code something went wrong, and not what the error says: it may be about people."""

    def formatException(self, ei: object) -> str:
        """The trace alone."""
        error = ei[1] if isinstance(ei, tuple) else None
        return "\n".join(lines_of(error)) if isinstance(error, BaseException) else ""
