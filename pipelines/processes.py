"""Functions on all cores of this machine: processes that know something in common before their first task, and end with
the one that began them.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Protocol, TypeVar

from fold.collections import frozen_pages
from pipelines.watch import end_with

Task = TypeVar("Task")
Done = TypeVar("Done")
Shared = TypeVar("Shared", covariant=True)


class Each(Protocol[Shared]):
    """Does all tasks of a kind and waits for the last. ``Shared``: what each process knows before its first task."""

    def __call__(self, do: Callable[[Shared, Task], Done], tasks: Sequence[Task]) -> list[Done]:
        """What each came to, in order."""


FORK, SPAWN = "fork", "spawn"
_here: list[Any] = []  # what this process works for


@contextmanager
def processes(shared: Any, number: int, how: str = FORK) -> Iterator[Each[Any]]:
    """A function that does all tasks of a kind and waits for the last: here, or in so many processes. ``how`` they
    begin: who has threads, or a database open, does not fork."""
    if number == 1:
        yield lambda do, tasks: [do(shared, task) for task in tasks]
        return
    context = multiprocessing.get_context(how)
    with frozen_pages(), ProcessPoolExecutor(number, context, _begin, (shared, os.getpid())) as pool:
        yield lambda do, tasks: _all(pool, do, tasks)


def _all(pool: Executor, do: Callable[[Shared, Task], Done], tasks: Sequence[Task]) -> list[Done]:
    with ExitStack() as unless_done:
        unless_done.callback(_end_all)  # of an interrupted replay nobody reads what they would still write
        found = list(pool.map(partial(_do, do), tasks))
        unless_done.pop_all()
    return found


def _end_all() -> None:
    for worker in multiprocessing.active_children():
        worker.kill()


def _begin(shared: object, parent: int) -> None:
    end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began this one ends it
    _here[:] = [shared]


def _do(do: Callable[[Shared, Task], Done], task: Task) -> Done:
    return do(_here[0], task)
