"""What the job reports about itself: structured log lines, Prometheus counters, a health file; never names or ids."""

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from pipelines.law_notices import LawNotice
from pipelines.live.collector import Collector
from pipelines.live.lost import HEALTH
from pipelines.live.pay_run import RunLetters
from rules.periods import business_day_of, iso
from schemas import private
from schemas.types import Json

GAUGES = (
    "law_published", "unsent_pay_runs", "files_ignored", "clock_doubted", "oldest_unacknowledged_seconds",
)  # fmt: skip
MILLIS_BETWEEN_BEATS = 10_000
Health = Json


class Stand(NamedTuple):
    """How things stand. ``unsent``: pay runs that are decided and have not arrived; ``ignored``: files that are never
    taken; ``doubted``: is the clock?; ``oldest``: since when the oldest message waits to be acknowledged; ``heard``:
    when each subscription last answered (epoch milliseconds of the machine)."""

    unsent: int
    ignored: int
    doubted: bool
    oldest: int | None
    heard: Mapping[str, int]


class Voice(Protocol):
    """Where it is said: a stream of lines, or a terminal (`screen`)."""

    def line(self, told: Json) -> None:
        """Something happened: ``at`` (an instant), ``event``, counts."""

    def health(self, health: Health) -> None:
        """How things stand."""

    def beat(self, what: str, done: int, total: int) -> None:
        """So much of something that takes its time is done; a total of 0: it is over."""


WRONG = frozenset({"clock doubted", "ignored", "law not published", "not sent", "torn tail cut off"})
"""Events that somebody must look at."""


class JsonLines:
    """One line of JSON for each event; how things stand is in files. ``only``: for these events (None: for all)."""

    def __init__(self, stream: IO[str], only: Collection[str] | None = None) -> None:
        self.stream, self.only = stream, only

    def line(self, told: Json) -> None:
        """One line of JSON. Nobody reads it any more: people are paid all the same, and files say how things stand."""
        if self.only is not None and told["event"] not in self.only:
            return
        with suppress(BrokenPipeError):
            print(json.dumps(told), file=self.stream, flush=True)

    def health(self, health: Health) -> None:
        """In health.json."""

    def beat(self, what: str, done: int, total: int) -> None:
        """A log should show what happened."""


class Teller:
    """Says things with a ``voice``, and writes counters to ``JOURNAL/metrics.prom`` and ``health.json``.

    ``now`` is the job's clock, which may be simulated; how long a message waits is told by the machine's (``machine``,
    epoch milliseconds).
    """

    def __init__(
        self, folder: Path, voice: Voice, now: Callable[[], int], machine: Callable[[], int] | None = None
    ) -> None:
        self.folder, self.voice, self.now = folder, voice, now
        self.machine = machine or (lambda: time.time_ns() // 1_000_000)
        self.findings: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()
        self.last_run: Json = {}
        self._said: Health = {}
        self._wrote = 0

    def tell(self, event: str, **counts: object) -> None:
        """Something happened."""
        self.voice.line({"at": self.now(), "event": event, **counts})

    def age(self, oldest: int | None) -> int:
        """Seconds since an instant of the machine's clock; 0 for none."""
        return 0 if oldest is None else max(0, self.machine() - oldest) // 1000

    def tell_run(self, day: str, run: RunLetters, sent: int, oldest: int | None) -> None:
        """A pay run is over. ``oldest``: since when the oldest message waits to be acknowledged."""
        sums = sums_of(run) | {"letters": sent}
        self.sums.update(sums | {"pay_runs": 1})
        findings = {name: sum(amounts) for name, amounts in _by_code(run).items()}
        self.findings.update(findings)
        by_name = {
            "facts": dict(sorted(run.tally.used.items())),
            "rejections": dict(sorted(run.tally.rejections.items())),
            "findings": findings,
        }
        self.last_run = {"run": day, **sums}
        waits = {"oldest_unacknowledged_seconds": self.age(oldest)}
        self.tell("pay run", run=day, engine=run.engine, **sums, **by_name, **waits)

    def tell_law(self, found: Iterable[LawNotice]) -> None:
        """What the law does not know, or soon will not, as of a pay run: a line each (WAGE-2)."""
        for each in found:
            self.tell("law", says=each.sentence)

    def count(self, collector: Collector, stand: Stand) -> None:
        """Write health and counters, when anything has changed since, and now and then, so that one sees it lives."""
        health = {
            "open_run": iso(business_day_of(collector.open_run)),
            "cut_off": collector.open_run,
            "last_run": self.last_run.get("run", ""),
            "entries": collector.journal.count,
            "facts": sum(collector.facts.values()),
            "rejections": sum(collector.rejections.values()),
            "law_published": len(collector.journal.publications),
            "unsent_pay_runs": stand.unsent,
            "files_ignored": stand.ignored,
            "clock_doubted": int(stand.doubted),
            "oldest_unacknowledged_seconds": self.age(stand.oldest),
            "last_heard": {name: at // 1000 for name, at in stand.heard.items()},
        }
        changed, now = health != self._said, self.machine()
        if changed or abs(now - self._wrote) >= MILLIS_BETWEEN_BEATS:  # or the clock was set back
            self._said, self._wrote = health, now
            put(self.folder / "metrics.prom", self._counters(collector))
            put(self.folder / HEALTH, json.dumps(health | {"at": self.now()}) + "\n")
        if changed:
            by_name = {"by_kind": dict(collector.facts), "by_reason": dict(collector.rejections), "paid": self.last_run}
            self.voice.health(health | by_name)

    def _counters(self, collector: Collector) -> str:
        by_label = {
            "facts_total": ("kind", collector.facts),
            "rejections_total": ("reason", collector.rejections),
            "findings_total": ("code", self.findings),
            "last_heard_timestamp_seconds": ("subscription", self._said["last_heard"]),
        }
        lines = [
            f'ihss_{name}{{{label}="{each}"}} {count}'
            for name, (label, counts) in by_label.items()
            for each, count in sorted(counts.items())
        ]
        lines += [f"ihss_{name}_total {count}" for name, count in sorted(self.sums.items())]
        lines += [f"ihss_{name} {self._said[name]}" for name in GAUGES]
        return "\n".join([*lines, ""])


def sums_of(run: RunLetters) -> dict[str, int]:
    """Instructions and cents instructed of a pay run; keys decided again."""
    paid = list(run.tally.instructions.values())
    return {
        "instructions": sum(count for count, _, _ in paid),
        "gross_cents": sum(gross for _, gross, _ in paid),
        "net_cents": sum(net for _, _, net in paid),
        "keys": len(run.states),
    }


def _by_code(run: RunLetters) -> dict[str, list[int]]:
    """Findings that stand, by code: one number for each outcome, rule and addressee."""
    by_code: dict[str, list[int]] = {}
    for name, amounts in sorted(run.tally.findings.items()):
        by_code.setdefault(name.split()[0], []).append(amounts[0])
    return by_code


def put(path: Path, text: str) -> None:
    """Whole or not at all, but not synced: nothing depends on it."""
    private.written(path, text)
