"""What must hold after every pay run, of what the consumer has and the job says."""

import hashlib
import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

from pipelines.live.lost import HEALTH
from pipelines.live.seals import DONE, OUTBOX, SEAL
from pipelines.live.segments import entries_of
from schemas.avro import PREFIX, fields_of
from schemas.journal import FOLDER, Entry
from tests.simulation.transport import Consumer, Topic, Wrong, content_of


class Watch:
    """Looks once at each pay run as it arrives, and at each message as it is acknowledged."""

    def __init__(self, journal: Path, topic: Topic, consumer: Consumer) -> None:
        self.journal, self.topic, self.consumer, self.log = journal, topic, consumer, StringIO()
        self.runs = self.heard = self.read = self.began = 0
        self.seen: set[str] = set()
        self.before, self.told = "", dict[str, Any]()
        self.entries: dict[tuple[str, int], list[Entry]] = {}

    def look(self, was_full: bool) -> None:
        """After a round. ``was_full``: the disk, in the middle of it. Raises Wrong."""
        self._chain()
        there = self._segments()
        self._journal(there)
        self._lines()
        self._health(there, was_full)

    def _chain(self) -> None:
        """A PayRun comes last of its run: all that its sum counts is there, and it knows the one before."""
        names = sorted(self.consumer.by_run)
        for name in names[self.runs :]:
            letters = list(self.consumer.by_run[name].values())
            run = next((each for each in letters if each.kind == "PayRun"), None)
            if run is None and name == names[-1]:
                return  # it is being sent
            if run is None:  # one that refused and paid nothing has none
                self.runs += 1
                continue
            record = fields_of(run.record)
            if record["previous_sha256"] != self.before or record["content_sha256"] != content_of(letters):
                raise Wrong("the chain of PayRuns does not hold")
            self.before, self.runs = hashlib.sha256(run.body[PREFIX:]).hexdigest(), self.runs + 1

    def _journal(self, there: dict[str, int]) -> None:
        """What was acknowledged since the last look is in the journal; at the end of a life all of it is looked for."""
        heard_of = self.topic.acknowledged
        new = [heard_of[id][0].raw for id in heard_of.keys() - self.seen]
        for path in sorted(there, reverse=True) if new else []:
            whole = Path(path).read_bytes()
            if not (new := [raw for raw in new if raw not in whole]):
                break
        if new:
            raise Wrong(f"{len(new)} messages were acknowledged and are not in the journal")
        self.seen = {*heard_of}

    def _lines(self) -> None:
        """Whatever was refused was said: in the line of its pay run, as many as the consumer got."""
        self.log.seek(self.read)
        self.told |= {line["run"]: line for line in map(json.loads, self.log) if line["event"] == "pay run"}
        self.read = self.log.tell()
        for name in sorted(self.consumer.by_run)[self.heard : self.runs]:
            refused = sum(each.kind == "Rejection" for each in self.consumer.by_run[name].values())
            told = self.told.pop(name, None)  # a job that is killed before it can tell is forgiven
            if told is not None and sum(told["rejections"].values()) != refused:
                raise Wrong(f"{refused} messages were refused, and {told['rejections']} was said")
        self.heard = self.runs

    def told_again_after(self, run: str) -> None:
        """Pay runs after this one are decided again; what was said of them says nothing any more."""
        self.log.seek(self.read)
        self.told |= {line["run"]: line for line in map(json.loads, self.log) if line["event"] == "pay run"}
        self.told, self.read = {name: line for name, line in self.told.items() if name <= run}, self.log.tell()

    def _health(self, segments: dict[str, int], was_full: bool) -> None:
        """health.json says what the files say: what came since the job began and was refused, what is not sent, what
        lies in the landing folder and is never taken."""
        fresh = self._fresh_entries(segments)
        decided = [each.path for each in os.scandir(self.journal / OUTBOX) if os.path.exists(f"{each.path}/{SEAL}")]
        there = {
            "rejections": sum(each.is_rejection for each in fresh),
            "facts": sum(each.reason is None for each in fresh),
            "entries": self.began + len(fresh),
            "unsent_pay_runs": sum(not os.path.exists(f"{folder}/{DONE}") for folder in decided),
            "files_ignored": self.topic.strange(),
            "clock_doubted": 0,
        }
        if was_full:  # a file that could not be moved away then counts as one that cannot be read
            del there["files_ignored"]
        said = json.loads((self.journal / HEALTH).read_bytes())
        if other := {name: (said[name], count) for name, count in there.items() if said[name] != count}:
            raise Wrong(f"health.json does not say how things are: {other}")

    def _fresh_entries(self, there: dict[str, int]) -> list[Entry]:
        """Of all segments those that came since the job began; each is read again when it has another size."""
        known, self.entries = self.entries, {}
        for path, size in there.items():
            self.entries[path, size] = known.get((path, size)) or list(entries_of(Path(path)))
        new = (entries for entries in self.entries.values() if entries and entries[-1].number > self.began)
        return [each for entries in new for each in entries if each.number > self.began]

    def _segments(self) -> dict[str, int]:
        """All of them, and how large each is."""
        days = (day.path for day in os.scandir(self.journal / FOLDER))
        files = (each for day in days for each in os.scandir(day) if each.name.endswith(".avro"))
        return {each.path: each.stat().st_size for each in files}
