"""An explanation as a page that needs nothing else: one file, light or dark, foldable, all of it in print."""

from collections.abc import Iterable
from functools import partial

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pipelines.explain.answer import Answer
from pipelines.explain.tree import Node
from pipelines.explain.words import next_step
from pipelines.law_text import address_of, authority_of, paragraphs, plain
from pipelines.wording import NOT_COVERED, money

CLOSED = ("documents", "payments", "assumptions", "timesheet")
"""What is folded until somebody opens it, but for timesheets that were not paid whole."""


def _open(node: Node) -> bool:
    return node.what not in CLOSED or any(day.parts for day in node.parts)


def page(answer: Answer, docs: str | None = None) -> str:
    """The page. ``docs``: address of the docs site, to which rules lead (None: to the end of the page)."""
    environment = Environment(
        loader=PackageLoader("pipelines.explain", "."),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(money=money, next_step=next_step, open=_open, plain=plain, authority_of=authority_of)
    environment.globals.update(law_address=partial(address_of, site=docs))
    titles = [statement.text for statement in answer.statements]
    title = (
        "Why this was paid"
        if any(True for each in answer.statements for _ in each.find("payment"))
        else "Why nothing was paid"
    )
    return environment.get_template("page.html.j2").render(
        answer=answer,
        title=titles[0] if len(titles) == 1 else title,
        not_covered=NOT_COVERED,
        docs=docs,
        rules=rules_named(answer),
    )


def rules_named(answer: Answer) -> list[str]:
    """Law ids of all nodes, in the order of the law."""
    return rules_in((*answer.statements, *answer.beside, *answer.leave))


def rules_in(trees: Iterable[Node]) -> list[str]:
    """Law ids of all nodes of trees, in the order of the law."""
    named = {node.rule for tree in trees for node in tree.walk()}
    return [id for id in paragraphs() if id in named]
