"""What must hold after every pay run, of what the consumer has and the job says."""

import hashlib
import json
from collections import defaultdict
from io import StringIO
from pathlib import Path
from typing import Any

from fold.content import content_sha256
from schemas.avro import PREFIX, fields_of
from schemas.journal import FOLDER
from tests.simulation.transport import Consumer, Topic, Wrong


class Watch:
    """Looks once at each pay run as it arrives, and at each message as it is acknowledged."""

    def __init__(self, root: Path, topic: Topic, consumer: Consumer) -> None:
        self.root, self.topic, self.consumer, self.log = root, topic, consumer, StringIO()
        self.runs = self.heard = self.acknowledged = self.read = 0
        self.before, self.told = "", dict[str, Any]()

    def look(self) -> None:
        """Raises Wrong."""
        self._chain()
        self._journal()
        self._health()

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
        new = list(self.topic.acknowledged.values())[self.acknowledged :]
        paths = sorted((self.root / FOLDER).rglob("*.avro"), reverse=True) if new else []
        for path in paths:
            whole = path.read_bytes()
            if not (new := [raw for raw in new if raw not in whole]):
                break
        if new:
            raise Wrong(f"{len(new)} messages were acknowledged and are not in the journal")
        self.acknowledged = len(self.topic.acknowledged)

    def _health(self) -> None:
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
