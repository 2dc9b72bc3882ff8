"""Which pay periods of a person can be explained: what `explain` says when it is asked for none."""

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from pipelines.find.about import about
from pipelines.find.search import FoundId
from pipelines.report.asked import period_of_finding
from pipelines.report.records import ReportFolder
from pipelines.unchanged import refuse_changed
from rules.periods import iso, period_of


class PeriodOf(NamedTuple):
    """A pay period of a person: net of the payments that stand in cents, minutes that are held."""

    start: int
    net: int
    held: int


def periods_of_person(paid: Path, who: str, id: str) -> list[PeriodOf]:
    """Newest first. Raises Misuse, also where a pay run is not what was said."""
    one = about(ReportFolder(paid), FoundId(who, id))
    refuse_changed(paid, one.cut_offs, "--paid")
    net: Counter[int] = Counter()
    held: Counter[int | None] = Counter()
    for payment in one.payments:
        net[period_of(payment.said.period_start)] += 0 if payment.came_back is not None else payment.said.net_cents
    for each in one.findings:
        held[period_of_finding(each)] += (each.minutes or 0) if each.outcome == "HELD" else 0
    return [PeriodOf(period, net[period], held[period]) for period in one.periods]


def periods_as_json(found: list[PeriodOf]) -> str:
    """The same, with the keys that say the units."""
    rows = [{"period": iso(each.start), "net_cents": each.net, "held_minutes": each.held} for each in found]
    return json.dumps({"periods": rows}, indent=2)
