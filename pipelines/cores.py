"""Work on all cores: tasks of a kind, each done in a process that was there before, or all of them here."""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol, TypeVar

from pipelines.watch import end_with

Task = TypeVar("Task")
Done = TypeVar("Done")


class Each(Protocol):
    """Does all tasks of a kind and waits for the last."""

    def __call__(self, do: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
        """What each came to, in order."""


_here: list[Any] = []  # what this process works for


def here() -> Any:
    """What all tasks of this process are told before the first."""
    return _here[0]


@contextmanager
def processes(shared: object, number: int) -> Iterator[Each]:
    """A function that does all tasks of a kind and waits for the last: here, or in so many processes. ``shared``: what
    `here` is in each. Raises BrokenProcessPool if one dies."""
    if number == 1:
        _here[:] = [shared]
        yield lambda do, tasks: [do(task) for task in tasks]
        return
    gc.freeze()  # what is there already is never collected, so that its pages stay shared
    context = multiprocessing.get_context("fork")  # which knows the law and every module at once
    try:
        with ProcessPoolExecutor(number, context, _begin, (shared, os.getpid())) as pool:
            yield lambda do, tasks: _all(pool, do, tasks)
    finally:
        gc.unfreeze()


def _all(pool: Executor, do: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
    with ExitStack() as unless_done:
        unless_done.callback(_end_all)  # of an interrupted replay nobody reads what they would still write
        found = list(pool.map(do, tasks))
        unless_done.pop_all()
    return found


def _end_all() -> None:
    for worker in multiprocessing.active_children():
        worker.kill()


def _begin(shared: object, parent: int) -> None:
    end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began this one ends it
    _here[:] = [shared]
