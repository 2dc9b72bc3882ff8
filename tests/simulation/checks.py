"""What must hold after every pay run, of what the consumer has and the job says."""

import hashlib
import json
from collections import defaultdict
from io import StringIO
from pathlib import Path
from typing import Any

from fold.content import content_sha256
from pipelines.live.lost import HEALTH
from pipelines.live.seals import DONE, OUTBOX, SEAL
from pipelines.live.segments import entries_of
from schemas.avro import PREFIX, fields_of
from schemas.journal import FOLDER, Entry
from tests.simulation.transport import Consumer, Topic, Wrong


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
        self._journal()
        self._lines()
        self._health(was_full)

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
            bodies: dict[str, list[bytes]] = defaultdict(list)
            for each in letters:
                if "cut_off" in (record := fields_of(each.record)) and each is not run:
                    bodies[each.kind].append(each.body[PREFIX:])
            record = fields_of(run.record)
            if record["previous_sha256"] != self.before or record["content_sha256"] != content_sha256(bodies):
                raise Wrong("the chain of PayRuns does not hold")
            self.before, self.runs = hashlib.sha256(run.body[PREFIX:]).hexdigest(), self.runs + 1

    def _journal(self) -> None:
        """What was acknowledged since the last look is in the journal; at the end of a life all of it is looked for."""
        heard_of = self.topic.acknowledged
        new = [message.raw for id, (message, _) in heard_of.items() if id not in self.seen]
        paths = sorted((self.journal / FOLDER).rglob("*.avro"), reverse=True) if new else []
        for path in paths:
            whole = path.read_bytes()
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

    def _health(self, was_full: bool) -> None:
        """health.json says what the files say: what came since the job began and was refused, what is not sent, what
        lies in the landing folder and is never taken."""
        fresh = [each for each in self._all_entries() if each.number > self.began]
        sealed = [path.parent for path in (self.journal / OUTBOX).glob(f"*/{SEAL}")]
        there = {
            "rejections": sum(each.is_rejection for each in fresh),
            "facts": sum(each.reason is None for each in fresh),
            "entries": self.began + len(fresh),
            "unsent_pay_runs": sum(not (folder / DONE).exists() for folder in sealed),
            "files_ignored": self.topic.strange(),
            "clock_doubted": 0,
        }
        if was_full:  # a file that could not be moved away then counts as one that cannot be read
            del there["files_ignored"]
        said = json.loads((self.journal / HEALTH).read_bytes())
        if other := {name: (said[name], count) for name, count in there.items() if said[name] != count}:
            raise Wrong(f"health.json does not say how things are: {other}")

    def _all_entries(self) -> list[Entry]:
        """Of all segments; each is read again when it has grown."""
        known, self.entries = self.entries, {}
        for path in (self.journal / FOLDER).rglob("*.avro"):
            key = str(path), path.stat().st_size
            self.entries[key] = known.get(key) or list(entries_of(path))
        return [each for entries in self.entries.values() for each in entries]
