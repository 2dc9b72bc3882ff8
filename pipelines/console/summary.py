"""The summary of a replay (summary.json) as a payroll officer reads it: tables of at most 100 columns."""

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.harmless import as_line
from pipelines.summary import (
    AssumptionTouched,
    FindingsOfKind,
    HoursTold,
    Inputs,
    MoneyTold,
    PaidOfKind,
    Summary,
    faults,
)
from pipelines.terminal import Terminal
from pipelines.wording import (
    DEDUCTIONS,
    KINDS,
    NOT_COVERED,
    PAID_FOR,
    REASONS,
    REJECTIONS,
    clock,
    deduction_in_words,
    in_words,
)
from rules.money import dollars

WIDTH = 100
WITHHOLDING = ("HELD", "CUT", "DENIED")
"""Outcomes that keep minutes from being paid, in the order of hope."""
OUTCOMES = (*WITHHOLDING, "VIOLATION", "WARNING", "NOTICE", "NOTED", "UNKNOWN")


def summary_console() -> Console:
    """Standard output, of a width that the tables are made for; without colour when it is not a terminal."""
    console = Terminal(highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


def render(summary: Summary, console: Console) -> None:
    """Print the whole summary: what is paid first, and what does not add up last and in red, where it is seen."""
    held = [finding for finding in summary.findings if finding.outcome in WITHHOLDING]
    noted = [finding for finding in summary.findings if finding.outcome not in WITHHOLDING]
    sections = {
        "": _heading(summary),
        "Paid": _payments(summary.instructions),
        "Money": _money(summary.money),
        "Hours of service": _hours(summary.hours),
        "Why hours and claims were not paid": _findings(held),
        "Also found": _findings(noted),
        "Assumptions that touched money: no source was found for these values": _assumptions(summary.assumptions),
        "Facts": _facts(summary.inputs),
        "Rejected": _rejections(summary.inputs),
    }
    for title, section in sections.items():
        if section is not None:
            console.print(Text(title, style="bold"), section, "", sep="\n")
    console.print(Text(NOT_COVERED, style="dim"))
    for fault in faults(summary):
        console.print(Text(f"\nDOES NOT ADD UP: {fault}. Do not pay from this run; report it.", style="bold red"))


def _heading(summary: Summary) -> Group:
    runs, payees, overlay = summary.pay_runs, summary.payees, summary.law_overlay
    counties = ("county " if len(summary.counties) == 1 else "counties ") + ", ".join(summary.counties)
    until = f" until {summary.until}" if summary.until else ": no fact names a pay run"
    dates = f" from {runs.first} to {runs.last}, {runs.paying:,} of them paying" if runs.count else ""
    lines: list[RenderableType] = [
        Text(f"Payroll of {counties if summary.counties else 'no county'}{until}", style="bold"),
        f"{runs.count:,} pay runs{dates}",
        f"{payees.providers:,} providers and {payees.recipients:,} recipients are payees",
        f"Law {summary.law_version[:12]}, {summary.seconds:,.1f} seconds",
    ]
    if overlay:
        changed = ", ".join(overlay.parameters) or "nothing"
        notice = f"WHAT-IF, not the law in force: {overlay.folder or 'the overlay'} changes {changed}"
        lines.append(Text(notice, style="bold yellow"))
    return Group(*lines)


def _payments(instructions: dict[str, PaidOfKind]) -> Table | None:
    table = _table("For", "Instructions", "Gross", "Net")
    for kind in (kind for kind in PAID_FOR if kind in instructions):
        paid = instructions[kind]
        table.add_row(PAID_FOR[kind], f"{paid.count:,}", dollars(paid.gross_cents), dollars(paid.net_cents))
    return table if instructions else None


def _money(money: MoneyTold) -> Table:
    table = _table("", "Dollars")
    table.add_row("Gross", dollars(money.gross_cents))
    for kind in (kind for kind in DEDUCTIONS if kind in money.deductions):
        table.add_row(f"  {deduction_in_words(kind, money.deductions[kind])}", dollars(-money.deductions[kind]))
    table.add_row("Net: the money that moves", dollars(money.net_cents), style="bold")
    if came_back := money.came_back.net_cents:
        table.add_row("  Came back or was stopped (RUN-4)", dollars(-came_back))
        table.add_row("Net that stands", dollars(money.net_cents - came_back), style="bold")
    table.add_row("Overpaid and still outstanding", dollars(money.outstanding_cents))
    return table


def _hours(hours: HoursTold) -> Table:
    table = _table("Claimed", "Paid", "Held", "Cut", "Denied", words=0)
    table.add_row(*(clock(getattr(hours, f"{name}_minutes")) for name in ("claimed", "paid", "held", "cut", "denied")))
    return table


def _findings(findings: list[FindingsOfKind]) -> Table | None:
    table = _table("Outcome", "Reason", "Law", "Told to", "Times", "Hours", "Dollars", words=4)
    for finding in sorted(findings, key=_weight):
        table.add_row(
            finding.outcome.capitalize(),
            in_words(finding.code, REASONS),
            finding.rule,
            finding.addressee.capitalize(),
            f"{finding.count:,}",
            clock(finding.minutes) if finding.minutes else "",
            dollars(finding.cents) if finding.cents else "",
        )
    return table if findings else None


def _weight(finding: FindingsOfKind) -> tuple[int, int, str, str]:
    return OUTCOMES.index(finding.outcome), -(finding.minutes or 0), finding.code, finding.addressee


def _assumptions(assumptions: dict[str, AssumptionTouched]) -> Table | None:
    table = _table("Value", "Instructions", "Gross")
    for name, touched in sorted(assumptions.items()):
        table.add_row(name, f"{touched.instructions:,}", dollars(touched.gross_cents))
    return table if assumptions else None


def _facts(inputs: Inputs) -> Group:
    table = _table("Kind", "Used", "Not yet due")
    for kind, count in sorted(inputs.by_kind.items()):
        table.add_row(in_words(kind, KINDS), f"{count.used:,}", f"{count.not_yet_due:,}")
    return Group(
        *([table] if inputs.by_kind else []),
        f"{inputs.used:,} used + {inputs.not_yet_due:,} not yet due + {inputs.rejected:,} rejected"
        f" = {inputs.total:,} inputs ({inputs.duplicates:,} of the used are duplicates)",
    )


def _rejections(inputs: Inputs) -> Group | None:
    table = _table("Reason", "Code", "Facts", words=2)
    for reason, count in sorted(inputs.rejections.items(), key=lambda row: (-row[1], row[0])):
        table.add_row(in_words(reason, REJECTIONS), reason, f"{count:,}")
    files = [Text(as_line(f"{file.origin}: {file.message}"), overflow="fold") for file in inputs.rejected_files]
    return Group(table, *files) if inputs.rejections else None


def _table(*columns: str, words: int = 1) -> Table:
    """A table whose first ``words`` columns are text and the rest figures, to the right."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < words else "right", no_wrap=place >= words)
    return table
