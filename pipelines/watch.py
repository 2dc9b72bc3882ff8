"""A process that ends with the one that began it, however that ended."""

import os
import threading
import time

SECONDS_BETWEEN_LOOKS = 1.0
KILLED = 1  # exit code


def end_with(parent: int) -> None:
    """Let this process end when the one with the id ``parent`` is no more."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while _lives(parent):
        time.sleep(SECONDS_BETWEEN_LOOKS)
    os._exit(KILLED)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
