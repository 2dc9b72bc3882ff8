"""The log of a bug in the live job: the places in the code, and no text of the error, which may hold an id."""

import re
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType

WITHHELD = (
    "(what it says is withheld: it may be about people. `ihss-payroll replay` of the journal should meet it too.)"
)
PLACE_IN_A_WORKER = re.compile(r'^ +File ".*", line \d+, in \S+$', re.MULTILINE)  # Beam hands its trace on as a text
OF_NOBODY = {"google", "grpc", "sqlite3"}  # packages whose errors are about servers and databases


def crash_without_people() -> None:
    """From now on an error that nobody catches, in any thread, is told with its trace, without its text."""
    sys.excepthook = _tell
    threading.excepthook = _tell_of_a_thread


def _tell_of_a_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        _tell(ended.exc_type, ended.exc_value, ended.exc_traceback)


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    for line in lines_of(error):
        print(line, file=sys.stderr)


def lines_of(error: BaseException) -> Iterator[str]:
    """The traces of an error and of those that led to it, the first one first."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from lines_of(earlier)
        yield "which led to:"
    yield "Traceback (most recent call last):"
    yield from (line.rstrip("\n") for line in traceback.format_tb(error.__traceback__))
    yield from PLACE_IN_A_WORKER.findall(str(error))
    yield f"{type(error).__qualname__}: {_text(error)}"


def _text(error: BaseException) -> str:
    return str(error) if type(error).__module__.partition(".")[0] in OF_NOBODY else WITHHELD
