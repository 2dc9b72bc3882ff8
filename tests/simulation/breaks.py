"""The job broken in ways that a programmer might break it: each must be found by some life."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import DeadlineExceeded, ServiceUnavailable

from pipelines.live import backup, collector, durable, folders, journal, outbox, publishing, pubsub, seals, segments
from pipelines.live.backup import Manifest
from pipelines.live.collector import Batch, Collector
from pipelines.live.folders import FolderIn
from pipelines.live.outbox import Letter, Outbox
from pipelines.live.publishing import TopicsOut
from pipelines.live.pubsub import TopicsIn
from pipelines.live.telling import Stand, Teller

Break = Callable[[pytest.MonkeyPatch], None]


def _journal_is_not_synced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(journal, "sync", lambda stream: stream.flush())


def _acknowledged_before_it_is_written(patch: pytest.MonkeyPatch) -> None:
    take = Collector.take

    def first(self: Collector, batch: Batch, now: int) -> str | None:
        batch.acknowledge()
        return take(self, batch._replace(acknowledge=lambda: None), now)

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


def _nobody_looks_for_bits_that_flipped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(journal, "faults", lambda folder: iter(()))


def _a_backup_is_believed_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(backup, "checked", lambda copy: Manifest("", 0, 0, backup._files(copy)))
    patch.setattr(backup, "_must_be_whole", lambda journal, last=0: (0, 0))


def _half_a_backup_is_a_journal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(seals, "RESTORING", "nobody looks for it")


def _two_jobs_own_one_journal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(durable, "_lock", lambda descriptor: None)


def _nobody_looks_whether_the_lock_is_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(durable.Owned, "check", lambda self: None)


def _a_file_is_moved_away_before_it_is_taken(patch: pytest.MonkeyPatch) -> None:
    of_file = FolderIn._of_file

    def early(self: FolderIn, path: Path) -> Iterator[Batch]:
        for batch in of_file(self, path):
            batch.acknowledge()
            yield batch._replace(acknowledge=lambda: None)

    patch.setattr(folders.FolderIn, "_of_file", early)
    patch.setattr(folders.FolderIn, "_land_again", lambda self, path: False)


def _what_is_pulled_is_acknowledged_at_once(patch: pytest.MonkeyPatch) -> None:
    noted = TopicsIn._noted

    def acknowledged(self: TopicsIn, *of: Any) -> Any:
        pulled = noted(self, *of)
        ids = [each.ack_id for each in pulled.messages]
        with suppress(ServiceUnavailable, DeadlineExceeded):
            self._client.acknowledge(request={"subscription": pulled.subscription, "ack_ids": ids})
        return pulled

    patch.setattr(pubsub.TopicsIn, "_noted", acknowledged)


def _what_was_not_published_counts_as_arrived(patch: pytest.MonkeyPatch) -> None:
    publish = TopicsOut._publish

    def arrived(self: TopicsOut, letter: Letter, time: str) -> "Future[str]":
        publish(self, letter, time)
        done: Future[str] = Future()
        done.set_result("")
        return done

    patch.setattr(publishing.TopicsOut, "_publish", arrived)


def _what_is_refused_is_not_in_health(patch: pytest.MonkeyPatch) -> None:
    count = Teller.count

    def silent(self: Teller, taking: Collector, stand: Stand) -> None:
        refused, taking.rejections = taking.rejections, Counter()
        count(self, taking, stand)
        taking.rejections = refused

    patch.setattr(Teller, "count", silent)


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
