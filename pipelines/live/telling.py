"""What the job says of itself: structured lines, counters for Prometheus, a line of health. Never who or what."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pipelines.live.collector import Collector
from pipelines.live.pay_run import Run

Line = tuple[str, str, int]  # name, labels, value


class Teller:
    """Writes lines to ``stream`` and counters to ``JOURNAL/metrics.prom`` and ``health.json``."""

    def __init__(self, folder: Path, stream: IO[str], now: Callable[[], int]) -> None:
        self.folder, self.stream, self.now = folder, stream, now
        self.findings: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()
        self.last_run = ""
        self._said: dict[str, Any] = {}

    def tell(self, event: str, **counts: int | str) -> None:
        """One line of JSON."""
        print(json.dumps({"at": self.now(), "event": event, **counts}), file=self.stream, flush=True)

    def tell_run(self, day: str, run: Run, sent: int) -> None:
        """A pay run is over."""
        paid = list(run.tally.instructions.values())
        sums = {
            "instructions": sum(count for count, _, _ in paid),
            "gross_cents": sum(gross for _, gross, _ in paid),
            "net_cents": sum(net for _, _, net in paid),
            "keys": len(run.states),
            "letters": sent,
        }
        self.sums.update(sums | {"pay_runs": 1})
        self.findings.update({name.split()[0]: amounts[0] for name, amounts in run.tally.findings.items()})
        self.last_run = day
        self.tell("pay run", run=day, **sums)

    def count(self, collector: Collector, open_run: str, entries: int) -> None:
        """Write health and counters, when anything has changed since."""
        health = {
            "open_run": open_run,
            "last_run": self.last_run,
            "entries": entries,
            "facts": sum(collector.facts.values()),
            "rejections": sum(collector.rejections.values()),
        }
        if health != self._said:
            self._said = health
            _put(self.folder / "metrics.prom", self._counters(collector))
            _put(self.folder / "health.json", json.dumps(health | {"at": self.now()}) + "\n")

    def _counters(self, collector: Collector) -> str:
        by_label = {
            "facts_total": ("kind", collector.facts),
            "rejections_total": ("reason", collector.rejections),
            "findings_total": ("code", self.findings),
        }
        lines = [
            f'ihss_{name}{{{label}="{each}"}} {count}'
            for name, (label, counts) in by_label.items()
            for each, count in sorted(counts.items())
        ]
        lines += [f"ihss_{name}_total {count}" for name, count in sorted(self.sums.items())]
        return "\n".join([*lines, ""])


def _put(path: Path, text: str) -> None:
    """Whole or not at all, but not synced: nothing depends on it."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(path)
