"""An explanation on a terminal: a tree as wide as the window, days side by side."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.text import Text
from rich.tree import Tree

from pipelines.explain.answer import Answer
from pipelines.explain.tree import Node
from pipelines.explain.words import next_step
from pipelines.harmless import as_line
from pipelines.law_text import address_of
from pipelines.spoken import Speaker, said_in, say
from pipelines.terminal import Terminal
from pipelines.wording import NOT_COVERED, money

WIDTH = 100
STYLES = {
    "payment": "bold",
    "no_payment": "bold",
    "time": "bold",
    "timesheet": "bold",
    "change": "bold",
    "findings": "bold",
    "held": "yellow",
    "cut": "yellow",
    "denied": "red",
}
FOLDED = ("payments", "documents")  # told in one line each


class ExplainReader(NamedTuple):
    """``docs``: address of the docs site, to which rules lead where a terminal can be clicked on; ``speaker``: the
    language (None: English)."""

    docs: str | None = None
    speaker: Speaker | None = None


def explain_console() -> Console:
    """Standard output, of a width that a tree can be read in."""
    console = Terminal(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def render(told: Answer, console: Console, reader: ExplainReader | None = None) -> None:
    """Print the whole answer: each statement, then what stands on none, then notes."""
    reader = reader or ExplainReader()
    answer = told.said_in(reader.speaker)
    for statement in answer.statements:
        answer_first, *parts = statement.parts
        lines = Text.assemble((as_line(statement.text), "bold"), "\n", as_line(answer_first.text))
        console.print(Panel(lines, expand=False), soft_wrap=False)
        for part in parts:
            console.print(Padding(_tree(part, reader), (0, 0, 1, 0)))
    for heading, nodes in (
        (say("Claimed and not paid, on no statement"), answer.beside), (say("Paid sick leave"), answer.leave),
    ):  # fmt: skip
        if nodes:
            tree = Tree(Text(said_in(heading, reader.speaker), style="bold"), guide_style="dim")
            for node in nodes:
                _grow(tree, node, reader)
            console.print(tree, "")
    for note in answer.notes:
        console.print(Text(as_line(note), style="dim" if answer.statements else ""))
    console.print(Text(said_in(_as_of(answer), reader.speaker), style="dim"))
    console.print(Text(said_in(say(NOT_COVERED), reader.speaker), style="dim"))


def _as_of(answer: Answer) -> str:
    law = answer.law_version[:12]
    return say("As of the pay run of {day}, by law {law}.", day=answer.as_of, law=law) + " " + _held(answer)


def _held(answer: Answer) -> str:
    if answer.held_against is None or not any(True for each in answer.statements for _ in each.find("payment_made")):
        return ""
    return say("Every payment above is what {folder} says, to the cent.", folder=answer.held_against)


def _tree(node: Node, reader: ExplainReader) -> Tree:
    tree = Tree(_label(node, reader), guide_style="dim")
    if node.what in FOLDED:
        _fold_up(tree, node)
    else:
        for part in _grown(node.parts):
            _grow(tree, part, reader)
    return tree


def _grow(tree: Tree, node: "Node | list[Node]", reader: ExplainReader) -> None:
    if isinstance(node, list):
        tree.add(Columns([Text(as_line(day.text)) for day in node], padding=(0, 2)))
        return
    branch = tree.add(_label(node, reader))
    for part in _grown(node.parts) if node.what != "day" else ():  # a day's line says it all
        _grow(branch, part, reader)


def _grown(parts: Iterable[Node]) -> "Iterator[Node | list[Node]]":
    """Days that follow each other come together, but for those on which not all was paid."""
    for together, run in groupby(parts, key=lambda part: part.what == "day" and not part.parts):
        if together:
            yield list(run)
        else:
            yield from run


def _fold_up(tree: Tree, node: Node) -> None:
    for part in node.parts:
        tree.add(Text(as_line(part.text), style="dim", overflow="fold"))


def _label(node: Node, reader: ExplainReader) -> RenderableType:
    """The text with its law beside it; below it who acts next, and by when."""
    text = Text(as_line(node.text), style=STYLES.get(node.what, ""))
    if node.rule:
        link = address_of(node.rule, reader.docs) if reader.docs else None
        text.append("  ").append(node.rule, style=Style(bold=False, color="cyan", link=link))
    if node.authority:
        text.append(f"{' ' if node.rule else '  '}({node.authority})", style="not bold cyan")
    if node.acts is None or not node.next_step:
        return text
    step = said_in(next_step(node), reader.speaker)
    return Group(text, Text(f"→ {as_line(step)}", style="green"))


def one_line(answer: Answer) -> Iterator[str]:
    """Each statement's last payment in a line."""
    for statement in answer.statements:
        for payment in statement.find("payment"):
            yield f"{statement.text}: {money(payment.cents or 0)}"
