"""Where worker processes write: Beam's tell a page about themselves, which is no business of whoever reads our log."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas import private


@contextmanager
def worker_log(path: Path) -> Iterator[None]:
    """What worker processes write to stderr goes to a file; ours stays ours.

    A worker's error still reaches the user, as the exception that ends the run.
    """
    ours = os.dup(2)
    before, sys.stderr = sys.stderr, os.fdopen(ours, "w", buffering=1)
    with private.created(path) as log:
        os.dup2(log.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(ours, 2)
        stream, sys.stderr = sys.stderr, before  # in this order: whoever is asked to stop says so there
        stream.close()
