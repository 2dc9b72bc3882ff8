"""What the doctor found, as a table: what is wrong stands out, with its remedy."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.check.doctor import DoctorCheck

SIGNS = {True: ("ok", "green"), None: ("-", "dim"), False: ("MISSING", "bold red")}


def render(found: list[DoctorCheck], console: Console) -> None:
    """Print the checks by group, and the verdict."""
    for group in dict.fromkeys(check.group for check in found):
        console.print(_table(group, [check for check in found if check.group == group]), "")
    console.print(_verdict(found))


def _table(group: str, found: list[DoctorCheck]) -> Table:
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim", expand=True)
    made.add_column(group, style="bold", no_wrap=True, min_width=28)
    made.add_column("", width=7, no_wrap=True)
    made.add_column("Found", ratio=3, overflow="fold")
    made.add_column("Needed for, and remedy", ratio=4, overflow="fold")
    for check in found:
        word, style = _sign(check)
        use = Text(check.needed_for)
        if check.remedy:
            use.append(f"\n{check.remedy}", style="yellow" if check.fine is None else style)
        made.add_row(check.name, Text(word, style=style), check.found, use)
    return made


def _sign(check: DoctorCheck) -> tuple[str, str]:
    """What is missing but not required is a remark, in yellow."""
    return ("remark", "yellow") if check.fine is False and not check.required else SIGNS[check.fine]


def _verdict(found: list[DoctorCheck]) -> Text:
    missing = [check.name for check in found if check.missing]
    if missing:
        return Text(
            f"Nothing can be paid on this machine yet: {', '.join(missing)}. Do what stands in red.", "bold red"
        )
    remarks = sum(check.fine is False for check in found)
    more = f"; {remarks} remarks in yellow" if remarks else ""
    return Text(f"This machine can pay{more}.", style="bold green")
