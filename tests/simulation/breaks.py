"""The job broken in ways that a programmer might break it: each must be found by some life."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.live import collector, durable, journal, outbox, segments
from pipelines.live.collector import Batch, Collector
from pipelines.live.outbox import Letter, Outbox

Break = Callable[[pytest.MonkeyPatch], None]


def _journal_is_not_synced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(journal, "sync", lambda stream: stream.flush())


def _acknowledged_before_it_is_written(patch: pytest.MonkeyPatch) -> None:
    take = Collector.take

    def first(self: Collector, batch: Batch, now: int) -> str | None:
        batch.acknowledge()
        return take(self, batch, now)

    patch.setattr(collector.Collector, "take", first)


def _letters_are_not_synced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(durable, "sync", lambda stream: stream.flush())


def _a_letter_is_sent_twice(patch: pytest.MonkeyPatch) -> None:
    send = outbox.Outbox._send

    def twice(self: Outbox, folder: Path) -> int:
        sent = send(self, folder)
        letters = [each for each in self._letters(folder) if each.kind == "PaymentInstruction"][:1]
        again = [Letter(each.kind, f"{each.id}-again", each.body) for each in letters]
        self.sink.send(folder.name, again, 0, lambda arrived: None)
        return sent

    patch.setattr(outbox.Outbox, "_send", twice)


def _what_was_not_confirmed_is_not_sent_again(patch: pytest.MonkeyPatch) -> None:
    confirmed = outbox._confirmed

    def all_once_begun(path: Path, letters: int) -> int:
        return letters if confirmed(path, letters) else 0

    patch.setattr(outbox, "_confirmed", all_once_begun)


def _a_restart_believes_what_need_not_be_on_the_disk(patch: pytest.MonkeyPatch) -> None:
    """As it was until this simulation found it."""
    patch.setattr(segments, "_sync_as_read", lambda stream, path: None)


BREAKS: dict[str, Break] = {
    name.strip("_").replace("_", " "): broken
    for name, broken in list(globals().items())
    if name.startswith("_") and getattr(broken, "__module__", "") == __name__
}


@contextmanager
def broken(name: str) -> Iterator[None]:
    """The job, broken for as long."""
    with pytest.MonkeyPatch.context() as patch:
        BREAKS[name](patch)
        yield
