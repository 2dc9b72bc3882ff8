"""An explanation on a terminal: a tree as wide as the window, days side by side."""

from collections.abc import Iterable, Iterator
from itertools import groupby

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
from pipelines.law_text import address_of
from pipelines.terminal import Terminal, as_line
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


def explain_console() -> Console:
    """Standard output, of a width that a tree can be read in."""
    console = Terminal(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def render(answer: Answer, console: Console, docs: str | None = None) -> None:
    """Print the whole answer: each statement, then what stands on none, then notes. ``docs``: address of the docs site,
    to which rules lead where a terminal can be clicked on."""
    for statement in answer.statements:
        answer_first, *parts = statement.parts
        lines = Text.assemble((as_line(statement.text), "bold"), "\n", as_line(answer_first.text))
        console.print(Panel(lines, expand=False), soft_wrap=False)
        for part in parts:
            console.print(Padding(_tree(part, docs), (0, 0, 1, 0)))
    if answer.beside:
        tree = Tree(Text("Claimed and not paid, on no statement", style="bold"), guide_style="dim")
        for node in answer.beside:
            _grow(tree, node, docs)
        console.print(tree, "")
    if answer.leave:
        tree = Tree(Text("Paid sick leave", style="bold"), guide_style="dim")
        for node in answer.leave:
            _grow(tree, node, docs)
        console.print(tree, "")
    for note in answer.notes:
        console.print(Text(as_line(note), style="dim" if answer.statements else ""))
    console.print(
        Text(f"As of the pay run of {answer.as_of}, by law {answer.law_version[:12]}. {_held(answer)}", style="dim")
    )
    console.print(Text(NOT_COVERED, style="dim"))


def _held(answer: Answer) -> str:
    if answer.held_against is None or not any(True for each in answer.statements for _ in each.find("payment_made")):
        return ""
    return f"Every payment above is what {answer.held_against} says, to the cent."


def _tree(node: Node, docs: str | None) -> Tree:
    tree = Tree(_label(node, docs), guide_style="dim")
    if node.what in FOLDED:
        _fold_up(tree, node)
    else:
        for part in _grown(node.parts):
            _grow(tree, part, docs)
    return tree


def _grow(tree: Tree, node: "Node | list[Node]", docs: str | None) -> None:
    if isinstance(node, list):
        tree.add(Columns([Text(as_line(day.text)) for day in node], padding=(0, 2)))
        return
    branch = tree.add(_label(node, docs))
    for part in _grown(node.parts) if node.what != "day" else ():  # a day's line says it all
        _grow(branch, part, docs)


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


def _label(node: Node, docs: str | None) -> RenderableType:
    """The text with its law beside it; below it who acts next, and by when."""
    text = Text(as_line(node.text), style=STYLES.get(node.what, ""))
    if node.rule:
        link = address_of(node.rule, docs) if docs else None
        text.append("  ").append(node.rule, style=Style(bold=False, color="cyan", link=link))
    if node.authority:
        text.append(f"{' ' if node.rule else '  '}({node.authority})", style="not bold cyan")
    if node.acts is None or not node.next_step:
        return text
    return Group(text, Text(f"→ {as_line(next_step(node))}", style="green"))


def one_line(answer: Answer) -> Iterator[str]:
    """Each statement's last payment in a line."""
    for statement in answer.statements:
        for payment in statement.find("payment"):
            yield f"{statement.text}: {money(payment.cents or 0)}"
