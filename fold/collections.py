"""How often Python looks for garbage in cycles, while many small objects are made and hardly a cycle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = 200_000, 50, 1_000
"""New objects before the young are looked at, and times of that before the older are: at the usual pace the collector
takes a twelfth of a replay, and finds nothing."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Within, the collector comes seldom, and what is there at the end it looks at no sooner than all else."""
    usual = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        pass_over()
        gc.set_threshold(*usual)


_frozen: list[None] = []  # one for each pool that shares pages; to count what is frozen, Python looks at all of it


@contextmanager
def frozen_pages() -> Iterator[None]:
    """Within, what is there already is never looked at, so that forked processes go on sharing its pages."""
    gc.freeze()
    _frozen.append(None)
    try:
        yield
    finally:
        _frozen.pop()
        gc.unfreeze()


def pass_over() -> None:
    """What is there now counts as old, without being looked at. A process that shares frozen objects with the one it
    was forked from thaws none of them: there it is frozen too, and goes as soon as nobody refers to it."""
    gc.freeze()
    if not _frozen:
        gc.unfreeze()
