"""Text that others wrote, spelled out where a terminal would obey it, or where it would forge a line.

File names, origins, sources, titles and reasons come from anywhere. Colours of our own pass.
"""

import re
import sys
from contextvars import ContextVar
from typing import IO, Any

from pipelines.own_name import pasted

OBEYED = "\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"  # controls but tab and line feed
ALL = re.compile(f"[{OBEYED}]")
LINE = re.compile(rf"[\t\n{OBEYED}]")
HUSHED = ContextVar("HUSHED", default=False)
"""Is nothing to be said but errors?"""
BUT_COLOURS = re.compile(rf"(\x1b\[(?!8m)[0-9;]*m)|[{OBEYED}]")


def harmless(text: str) -> str:
    """The text with what a terminal would obey spelled out."""
    return ALL.sub(_spelled, text)


def as_line(text: str) -> str:
    """The same as one line: what others wrote begins none of its own."""
    return LINE.sub(_spelled, text)


def remark(said: object) -> None:
    """Say on standard error what is no error, unless it was asked to be quiet."""
    if not HUSHED.get():
        print(as_line(str(said)), file=sys.stderr)


def complain(said: object) -> None:
    """Say it on standard error, as one line, its commands as they are typed here."""
    print("ihss-payroll:", as_line(pasted(str(said))), file=sys.stderr)


def _spelled(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


class Harmless:
    """A stream of text to which only what is harmless, and colour, goes."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write it, spelled out."""
        self.stream.write(BUT_COLOURS.sub(lambda found: found[1] or _spelled(found), text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
