"""What was found, and the pay periods of a person, on a terminal."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.console.tables import sections, table
from pipelines.find.about import UNPAID, About, Payment
from pipelines.find.arrived import Arrived
from pipelines.find.next_commands import find_command
from pipelines.find.periods import PeriodOf
from pipelines.find.search import FoundId
from pipelines.own_name import called, pasted
from pipelines.report.asked import ReportAsked, period_of_finding
from pipelines.wording import REASONS, clock, in_words, money
from rules.periods import civil_day, iso
from schemas.finding import Finding
from schemas.leave_balance import LeaveBalance

T = TypeVar("T")
MOST = 24  # rows, unless all are asked for


def show_several(hits: Sequence[FoundId], asked: ReportAsked, console: Console, everything: bool) -> None:
    """A line each, and the command that looks at the first."""
    console.print(Text(f"{len(hits):,} found{_more(len(hits), everything)}", style="bold"))
    for each in hits if everything else hits[:MOST]:
        console.print(Text(f"{each.kind:<12} {each.id}"), soft_wrap=True)
    _show_commands([find_command(hits[0], asked)], console)


def show(about: About, facts: Sequence[Arrived], commands: Sequence[str], console: Console, everything: bool) -> None:
    """All about one."""
    console.print(Text(f"{about.named.kind.capitalize()} {about.named.id}", style="bold"), "", sep="\n", soft_wrap=True)
    unpaid = [each for each in about.findings if each.outcome in UNPAID]
    told = [each for each in about.findings if each.outcome not in UNPAID]
    parts = Shown(console, everything)
    parts.rows("Payments", about.payments[::-1], _payments)
    parts.rows("Not paid, and who acts next", unpaid, _findings)
    parts.rows("Told beside", told, _findings)
    parts.rows("Paid sick leave, by leave year", about.leave, _balances)
    parts.rows("Documents that arrived", facts[::-1], _facts)
    if not (about.payments or about.findings or facts):
        console.print("Nothing was paid, held or told.")
    for number in about.rejected:
        console.print(f"Rejection {number} holds this id among what was not used.")
    _show_commands(commands, console)


class Shown(NamedTuple):
    """Where tables go, and whether all of their rows do."""

    console: Console
    everything: bool

    def rows(self, title: str, rows: Sequence[T], made: Callable[[Sequence[T]], Table]) -> None:
        """A table of the first rows, the newest; none for none."""
        if rows:
            more = _more(len(rows), self.everything)
            sections(self.console, {f"{title}: {len(rows):,}{more}": made(rows if self.everything else rows[:MOST])})


def _show_commands(commands: Sequence[str], console: Console) -> None:
    if commands:
        console.print(Text("Next", style="bold"))
    for command in commands:
        console.print(Text(pasted(command)), soft_wrap=True)
    if any("FACTS" in command.split() for command in commands):
        console.print(Text("(FACTS: the folder that was paid from; name it with --events)", style="dim"))


def _more(count: int, everything: bool) -> str:
    return "" if everything or count <= MOST else f", of which {MOST} are shown (--all: each)"


def _payments(payments: Sequence[Payment]) -> Table:
    made = table("Period", "Pay run", "Kind", "Provider", "Recipient", "Net", "Came back", words=5)
    for said, came_back in payments:
        made.add_row(
            iso(said.period_start), iso(said.run_date), in_words(said.kind, {}), Text(said.provider_id or ""),
            Text(said.recipient_id or ""), money(said.net_cents), iso(came_back) if came_back is not None else "",
        )  # fmt: skip
    return made


def _findings(findings: Sequence[Finding]) -> Table:
    made = table("Period", "What", "Why", "Acts next", "What to do", "Hours", words=5, folds=1)
    for each in findings:
        period = period_of_finding(each)
        made.add_row(
            iso(period) if period is not None else "", in_words(each.outcome, {}), in_words(each.code, REASONS),
            in_words(each.addressee, {}), Text(each.next_step), clock(each.minutes) if each.minutes else "",
        )  # fmt: skip
    return made


def _balances(balances: Sequence[LeaveBalance]) -> Table:
    made = table("From", "To", "Granted", "Used", "Left", "May be used from", words=2)
    for each in balances:
        usable = iso(each.usable_from) if each.usable_from is not None else "not yet known"
        minutes = (each.granted_minutes, each.used_minutes, each.left_minutes)
        made.add_row(iso(each.leave_year), iso(each.ends_on), *map(clock, minutes), usable)
    return made


def _facts(facts: Sequence[Arrived]) -> Table:
    made = table("Recorded", "Document", "About", "Period", "Revision", words=4)
    for each in facts:
        made.add_row(
            iso(civil_day(each.recorded_at)), Text(each.document), Text(", ".join(named.id for named in each.people)),
            iso(each.period) if each.period is not None else "",
            f"{each.revision}{', withdrawn' if each.withdrawn else ''}",
        )  # fmt: skip
    return made


def show_periods(found: list[PeriodOf], who: str, id: str, asked: ReportAsked, console: Console) -> None:
    """A row each, and the command that explains the newest."""
    if not found:
        console.print(Text(f"{asked.paid} says nothing of this {who}: {called()} find looks for parts of an id"))
        return
    made = table("Pay period", "Net", "Hours held")
    for each in found:
        made.add_row(iso(each.start), money(each.net), clock(each.held) if each.held else "")
    sections(console, {f"Pay periods of {who} {id}: {len(found):,}": made})
    console.print(
        Text("Explain one", style="bold"),
        Text(pasted(asked.explain_command(who, id, found[0].start))),
        sep="\n",
        soft_wrap=True,
    )
