"""The commands that answer what is asked next, ready to be pasted."""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.find.about import UNPAID, About
from pipelines.find.search import PEOPLE, PROVIDER, RECIPIENT, FoundId
from pipelines.report.asked import ReportAsked, period_of_finding
from rules.periods import iso

MOST = 3  # of a kind


def find_command(named: FoundId, asked: ReportAsked) -> str:
    """To look at one of several."""
    where = ["--events", str(asked.events)] if asked.events else []
    return shlex.join(["ihss-payroll", "find", named.id, "--paid", str(asked.paid), *where])


def next_commands(about: About, asked: ReportAsked) -> list[str]:
    """Each once, what is held first."""
    return list(dict.fromkeys(_commands(about, asked)))


def periods_to_explain(about: About) -> list[int]:
    """Pay periods of a person, newest first; those with time that is not paid before all."""
    unpaid = {period_of_finding(each) for each in about.findings if each.outcome in UNPAID}
    return sorted(about.periods, key=lambda period: (period not in unpaid, -period))


def _commands(about: About, asked: ReportAsked) -> Iterator[str]:
    kind, id = about.named
    if kind in (PROVIDER, RECIPIENT):
        periods = periods_to_explain(about)[:MOST]
        yield from (asked.explain_command(kind, id, period) for period in periods)
        if periods:
            yield _statement(kind, id, about.periods[0], asked.paid)
    else:
        yield from filter(None, (asked.explain(each) for each in about.findings[:MOST]))
        yield from (_explain(each.said.instruction_id, asked) for each in about.payments[-MOST:])
    if kind not in PEOPLE:
        yield from (find_command(each, asked) for each in _people(about))
    yield from (
        f"ihss-payroll rejections show {each} --paid {shlex.quote(str(asked.paid))}" for each in about.rejected[:MOST]
    )


def _explain(instruction_id: str, asked: ReportAsked) -> str:
    where = ["--events", str(asked.events or "FACTS"), "--paid", str(asked.paid)]
    return shlex.join(["ihss-payroll", "explain", instruction_id, *where])


def _statement(kind: str, id: str, period: int, paid: Path) -> str:
    of_person = [f"--{kind}", id, "--period", iso(period), "--out", "papers"]
    return shlex.join(["ihss-payroll", "statement", "--paid", str(paid), *of_person])


def _people(about: About) -> Iterable[FoundId]:
    """Those whom it is about."""
    told = [(each.provider_id, each.recipient_id) for each in about.findings]
    paid = [(each.said.provider_id, each.said.recipient_id) for each in about.payments]
    pairs = (pair for ids in (*told, *paid) for pair in zip((PROVIDER, RECIPIENT), ids, strict=True))
    return dict.fromkeys(FoundId(kind, id) for kind, id in pairs if id)
