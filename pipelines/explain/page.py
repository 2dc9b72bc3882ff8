"""An explanation as a page that needs nothing else: one file, light or dark, foldable, all of it in print."""

from collections.abc import Iterable
from functools import partial

from pipelines.explain.answer import Answer
from pipelines.explain.language import FOLDER, marked, page_language
from pipelines.explain.tree import Node
from pipelines.explain.words import next_step
from pipelines.law_text import address_of, authority_of, paragraphs, plain
from pipelines.spoken import said_in, say
from pipelines.statements.language import SOURCE
from pipelines.wording import NOT_COVERED, money

CLOSED = ("documents", "payments", "assumptions", "timesheet")
"""What is folded until somebody opens it, but for timesheets that were not paid whole."""


def _open(node: Node) -> bool:
    return node.what not in CLOSED or any(day.parts for day in node.parts)


def page(answer: Answer, docs: str | None = None, code: str = SOURCE) -> str:
    """The page in a language. ``docs``: address of the docs site, to which rules lead (None: to its own end)."""
    language = page_language(code)
    environment = language.templates(FOLDER / "templates")
    environment.globals.update(money=money, open=_open, plain=plain, language=language)
    environment.globals.update(law_address=partial(address_of, site=docs))
    environment.globals["authority_of"] = lambda rule: marked(said_in(authority_of(rule), language))
    environment.filters["marked"] = marked
    environment.globals["next_step"] = lambda node: said_in(next_step(node), language)
    paid = any(True for each in answer.statements for _ in each.find("payment"))
    told = answer.said_in(language)
    title = said_in(say("Why this was paid") if paid else say("Why nothing was paid"), language)
    return environment.get_template("page.html.j2").render(
        answer=told,
        title=told.statements[0].text if len(told.statements) == 1 else title,
        not_covered=language.say(NOT_COVERED),
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
