"""What the user asked for beside the range, and the command that explains one row to whoever may see ids."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from pipelines.report.parts import Story, cited
from pipelines.wording import REASONS, in_words
from rules.periods import iso, period_of
from schemas.finding import Finding
from schemas.ids import day_of


@dataclass(frozen=True)
class ReportAsked:
    """``paid`` and ``events`` are folders as the user named them; ``with_ids``: people may be named.

    ``until``: the last pay run of the range, where the folder holds later ones. ``what_if``: not the law in force.
    ``docs``: address of the docs site, to which rules lead (None: to the end of the page). ``law_known``: the law at
    hand is the one that the last run was paid by.
    """

    paid: Path
    events: Path | None = None
    with_ids: bool = False
    until: int | None = None
    what_if: bool = False
    docs: str | None = None
    law_known: bool = True

    def story(self, finding: Finding, told: str) -> Story:
        """Why, and what to do, of a finding."""
        why = in_words(finding.code, REASONS)
        return Story(why, told, finding.next_step, self.explain(finding), cited(finding))

    def explain(self, finding: Finding) -> str | None:
        """The command for the provider and pay period of a finding; None where it names no pay period."""
        period = period_of_finding(finding)
        if finding.provider_id is None or period is None:
            return None
        return self.explain_command("provider", finding.provider_id, period)

    def explain_command(self, who: str, id: str, period: int) -> str:
        """``ihss-payroll explain --provider P1 --period 2024-03-01 --events facts --paid out``."""
        where = ["--events", str(self.events or "FACTS"), "--paid", str(self.paid)]
        until = [] if self.until is None else ["--until", iso(self.until)]
        law = ["--law", "LAW"] if self.what_if else []
        return shlex.join(["ihss-payroll", "explain", f"--{who}", id, "--period", iso(period), *where, *until, *law])


def period_of_finding(finding: Finding) -> int | None:
    """First day of the pay period a finding is about, as its statement, day or week says."""
    if finding.statement_id:
        return day_of(finding.statement_id)
    known = (finding.service_date, finding.workweek_start, finding.service_month)
    return next((period_of(day) for day in known if day is not None), None)
