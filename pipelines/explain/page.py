"""An explanation as a page that needs nothing else: one file, light or dark, foldable, all of it in print."""

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pipelines.explain.answer import Answer
from pipelines.explain.terminal import next_step
from pipelines.explain.tree import Node
from pipelines.wording import NOT_COVERED, money

CLOSED = ("documents", "payments", "assumptions", "timesheet")
"""What is folded until somebody opens it, but for timesheets that were not paid whole."""


def _open(node: Node) -> bool:
    return node.what not in CLOSED or any(day.parts for day in node.parts)


def page(answer: Answer) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("pipelines.explain", "."),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(money=money, next_step=next_step, open=_open)
    titles = [statement.text for statement in answer.statements]
    title = (
        "Why this was paid"
        if any(True for each in answer.statements for _ in each.find("payment"))
        else "Why nothing was paid"
    )
    return environment.get_template("page.html.j2").render(
        answer=answer, title=titles[0] if len(titles) == 1 else title, not_covered=NOT_COVERED
    )
