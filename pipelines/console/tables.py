"""Tables of at most 100 columns, as the summary of a replay has them: words to the left, figures to the right."""

from collections.abc import Mapping

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.wording import clock
from rules.money import dollars

COLOURS = {"+": "green", "-": "red"}


def table(*columns: str, words: int = 1, folds: int = 0) -> Table:
    """A table whose first ``words`` columns are text (the last of them may fold if ``folds``) and the rest figures."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for place, column in enumerate(columns):
        left, folding = place < words, bool(folds) and place < words
        made.add_column(column, justify="left" if left else "right", no_wrap=not folding, overflow="fold")
    return made


def sections(console: Console, parts: Mapping[str, RenderableType | None]) -> None:
    """Print parts under their titles; None: nothing to say."""
    for title, part in parts.items():
        if part is not None:
            console.print(Text(title, style="bold"), part, "", sep="\n")


def signed(amount: int, written: str) -> Text:
    """A difference with its sign, or a dot for none."""
    if not amount:
        return Text("·", style="dim")
    sign = "+" if amount > 0 else "-"
    return Text(f"{sign}{written.removeprefix('-')}", style=COLOURS[sign])


def signed_dollars(cents: int) -> Text:
    """A difference in dollars."""
    return signed(cents, dollars(cents))


def signed_hours(minutes: int) -> Text:
    """A difference in hours and minutes."""
    return signed(minutes, clock(minutes))


def signed_count(number: int) -> Text:
    """A difference in how many."""
    return signed(number, f"{number:,}")
