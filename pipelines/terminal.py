"""What people see on a terminal is what we say: nothing that others wrote is obeyed by it, or forges a line.

File names, origins, sources, titles and reasons come from anywhere. Colours of our own pass.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from rich.console import Console
from rich.segment import Segment

from pipelines.own_name import pasted

OBEYED = "\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"  # controls but tab and line feed
ALL = re.compile(f"[{OBEYED}]")
LINE = re.compile(rf"[\t\n{OBEYED}]")
BUT_COLOURS = re.compile(rf"(\x1b\[(?!8m)[0-9;]*m)|[{OBEYED}]")


def harmless(text: str) -> str:
    """The text with what a terminal would obey spelled out."""
    return ALL.sub(_spelled, text)


def as_line(text: str) -> str:
    """The same as one line: what others wrote begins none of its own."""
    return LINE.sub(_spelled, text)


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


@contextmanager
def harmless_streams() -> Iterator[None]:
    """Standard output and error are harmless within."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Harmless(before[0]), Harmless(before[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class Terminal(Console):
    """A console of rich's whose texts are harmless, and no markup; it moves the cursor itself, so it writes to the
    stream below."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options, markup=False, emoji=False)

    @property
    def file(self) -> IO[str]:
        """Where it writes."""
        stream = Console.file.fget(self)  # type: ignore[attr-defined]
        return stream.stream if isinstance(stream, Harmless) else stream

    @file.setter
    def file(self, stream: IO[str]) -> None:
        Console.file.fset(self, stream)  # type: ignore[attr-defined]

    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        return super()._render_buffer(
            each if each.control else each._replace(text=harmless(each.text)) for each in buffer
        )
