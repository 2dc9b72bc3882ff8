"""Ctrl-C: one line, exit code 130, at once; what is to be done whole is done whole first.

For commands that come to an end by themselves. A job that runs for years ends otherwise (`pipelines.live.ending`).
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

STOPPED = 128 + signal.SIGINT  # exit code, as of programs that a signal ends
SECONDS_TO_CLEAR_UP = 3.0
SECONDS_BETWEEN_LOOKS = 0.05
SHOW_CURSOR = "\x1b[?25h\n"  # a bar of progress may have hidden it


class _Wish:
    """Whether somebody wishes to stop, and how much must be done first."""

    process = 0  # a child that was just forked is ended by its parent
    asked = False
    held = 0


def listen() -> None:
    """From now on Ctrl-C ends this process with SystemExit, code STOPPED; asked again it is ending already."""
    _Wish.process, _Wish.asked, _Wish.held = os.getpid(), False, 0
    signal.signal(signal.SIGINT, _ask)


def listen_no_more() -> None:
    """All is done: from here on nothing is left to be stopped. What was asked before counts, wherever it was lost."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _Wish.asked:
        raise SystemExit(STOPPED)


@contextmanager
def held() -> Iterator[None]:
    """What is done within is done to its end before the process stops; it is not begun where that was asked before."""
    _Wish.held += 1
    if _Wish.asked and _Wish.held == 1:  # where Python cannot hand it on, as in a finalizer, SystemExit is lost
        _Wish.held = 0
        _stop()
    try:
        yield
    finally:
        _Wish.held -= 1
        if _Wish.asked and not _Wish.held:
            _stop()


def _ask(number: int, frame: FrameType | None) -> None:
    if os.getpid() != _Wish.process:
        return
    again, _Wish.asked = _Wish.asked, True
    if not again and not _Wish.held:
        _stop()


def _stop() -> None:
    """Say so, and nothing more: engines have long last words. Whatever clears up too slowly is left."""
    threading.Thread(target=_end, daemon=True).start()
    shown = SHOW_CURSOR if sys.stderr.isatty() else ""
    with suppress(OSError):  # nobody reads it
        os.write(sys.stderr.fileno(), f"{shown}ihss-payroll: stopped\n".encode())  # the stream may be in use right now
    silent = os.open(os.devnull, os.O_WRONLY)
    for number in {2, sys.stderr.fileno()}:
        os.dup2(silent, number)
    raise SystemExit(STOPPED)


def _end() -> None:
    time.sleep(SECONDS_TO_CLEAR_UP)
    while _Wish.held:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    os._exit(STOPPED)
