"""Worker processes end with the process that began them: Beam sees to it when it ends, and nobody when it is killed.

A plugin of Beam (``--beam_plugins``): each worker imports this as it comes up, and from then on looks whether the
process that the variable `JOB` names still lives.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PLUGIN = f"--beam_plugins={__name__}"
JOB = "IHSS_PAYROLL_JOB"
SECONDS_BETWEEN_LOOKS = 1.0
KILLED = 1  # exit code


@contextmanager
def ending_with_us() -> Iterator[None]:
    """Workers that begin within, with the option `PLUGIN`, end when this process does."""
    os.environ[JOB] = str(os.getpid())
    try:
        yield
    finally:
        del os.environ[JOB]


def _watch(job: int) -> None:
    while _lives(job):
        time.sleep(SECONDS_BETWEEN_LOOKS)
    os._exit(KILLED)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if JOB in os.environ:
    threading.Thread(target=_watch, args=(int(os.environ[JOB]),), daemon=True).start()
