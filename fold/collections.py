"""How often Python looks for garbage in cycles, while many small objects are made and hardly a cycle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = 200_000, 50, 1_000
"""New objects before the young are looked at, and times of that before the older are: at the usual pace the collector
takes a twelfth of a replay, and finds nothing."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Within, the collector comes seldom."""
    usual = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
