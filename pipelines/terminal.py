"""What people see on a terminal is what we say: nothing that others wrote is obeyed by it (`harmless`)."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from rich.console import Console
from rich.segment import Segment

from pipelines.harmless import Harmless, harmless


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
