"""The landing folder, on the disk that forgets: files that somebody writes slowly, twice, or damages on the way."""

import os
from collections import defaultdict
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from pipelines.live.durable import sync_file, sync_folder
from pipelines.live.folders import FolderIn
from schemas.avro import decode_message, fields_of, write_container
from tests.simulation.transport import MINUTE, Published, Topic

if TYPE_CHECKING:
    from pipelines.live.job import Job

SETTLE = 2.0  # seconds for which what lands must stay as it is


class Landing(Topic):
    """Facts as files of a folder. What was moved away counts as acknowledged."""

    def __init__(self, random: Random, now: Callable[[], int], folder: Path) -> None:
        super().__init__(random, now)
        self.folder, self.number = folder, 0
        self.files: dict[str, list[Published]] = {}  # what is in each
        self.marks: dict[str, bytes] = {}  # SHA-256
        self.landed: dict[str, list[Published]] = {}  # of those that were not taken yet
        self.later: dict[Path, bytes] = {}  # files of which the rest is not written yet
        folder.mkdir()

    def source(self, job: "Job") -> FolderIn:
        return _Landed(self, job)

    def land(self) -> None:
        """Put files where what is due lies in, a kind each; all that is written is on the disk."""
        for path, content in self.later.items():
            self._write(path, content)
        self.later = {}
        of_kind: dict[str, list[Published]] = defaultdict(list)
        known = {each.id for messages in self.landed.values() for each in messages}
        for each in self.due():
            if each.id not in known:
                of_kind[each.kind if each.is_fact else ""].append(each)
        for kind, messages in of_kind.items():
            self._file(kind, messages)
        if self.faulty and self.random.random() < 0.05:
            self._write(self.folder / "notes.txt", b"left by somebody")

    def _file(self, kind: str, messages: list[Published]) -> None:
        self.number += 1
        path = self.folder / f"{self.number:05}.avro"
        if kind:
            write_container(path, kind, [fields_of(decode_message(each.raw)) for each in messages])
            content = path.read_bytes()
            path.unlink()
        else:
            content = b"".join(each.raw for each in messages)
        self.files[path.name] = self.landed[path.name] = messages
        self.marks[path.name] = sha256(content).digest()
        fault = self.random.random() if self.faulty else 1
        if fault < 0.1:  # damaged; it is written again, whole
            bad = bytearray(content)
            bad[self.random.randrange(len(bad))] ^= 1 << self.random.randrange(8)
            self._write(path.with_name(f"{self.number:05}-damaged.avro"), bytes(bad))
        elif fault < 0.2:
            self._write(path.with_name(f"{self.number:05}-again.avro"), content)
        elif fault < 0.3:
            self.later[path] = content
            content = content[: self.random.randrange(1, len(content))]
        self._write(path, content)

    def _write(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        sync_file(path)
        sync_folder(self.folder)
        self._stamp(path)

    def _stamp(self, path: Path) -> None:
        """Its time is the simulated one."""
        os.utime(path, ns=(self.now() * 10**6, self.now() * 10**6))

    def heard_of(self) -> None:
        """What lies there no more, under whatever name, was taken."""
        there = {sha256(path.read_bytes()).digest() for path in self.folder.glob("*.avro")}
        left = {*self.later}
        for name in [name for name in self.landed if self.marks[name] not in there and self.folder / name not in left]:
            for each in self.landed.pop(name):
                self.hear(each.id)

    def seek(self, since: int) -> None:
        """Nobody asks: what lies in taken/ and is not in the journal lands again by itself."""
        super().seek(since)
        for name, messages in self.files.items():
            if any(each.id in self.waiting for each in messages):
                self.landed[name] = messages

    def after_a_cut(self) -> None:
        """All that is there was there before."""
        for path in self.folder.rglob("*.*"):
            self._stamp(path)

    def strange(self) -> int:
        """Things that lie there for a minute or longer, and are no facts."""
        strange = (path for path in self.folder.glob("*.txt"))
        return sum(path.stat().st_mtime_ns <= (self.now() - MINUTE) * 10**6 for path in strange)


class _Landed(FolderIn):
    def __init__(self, landing: Landing, job: "Job") -> None:
        super().__init__(landing.folder, job.journal, SETTLE, lambda: landing.now() / 1000)
