"""Is a live job well? Asked from outside, of what it writes into its journal's folder."""

import json
from collections.abc import Iterator
from pathlib import Path

from pipelines.live.lost import HEALTH
from schemas.types import Json

LONG_UNACKNOWLEDGED = 300  # seconds; docs/operations.md


def unwell(journal: Path, now: float, within: float) -> list[str]:
    """What is not as it should be, in sentences; nothing of a job that is well.

    ``now``: seconds since 1970 by the machine's clock; ``within``: for how many a job may say nothing of itself.
    """
    path = journal / HEALTH
    try:
        silent, health = now - path.stat().st_mtime, json.loads(path.read_bytes())
    except FileNotFoundError:
        return [f"no job has said how it is in {journal}"]
    except ValueError:
        return [f"{path} is no JSON: somebody changed it"]
    return [*_signs(health, silent, within)]


def _signs(health: Json, silent: float, within: float) -> Iterator[str]:
    if silent > within:
        yield f"the job has said nothing of itself for {silent:,.0f} seconds: it has ended, or stands"
    if silent < -within:
        yield f"the job last said how it is {-silent:,.0f} seconds ahead of the clock, which was set back: it may stand"
    if health.get("clock_doubted"):
        yield "the machine's clock is doubted, so nothing is paid"
    if unsent := health.get("unsent_pay_runs"):
        yield f"{unsent:,} pay runs are closed and not sent"
    if (waits := health.get("oldest_unacknowledged_seconds", 0)) > LONG_UNACKNOWLEDGED:
        yield f"a message has waited for {waits:,} seconds to be in the journal"
