"""An explanation is a tree whose parts add up: one shape for the terminal, the page and JSON (docs/explain.md)."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from pipelines.law_text import authority_of
from pipelines.spoken import Speaker, said_in


class Unbalanced(Exception):
    """Parts that do not add up to their whole: a bug, never shown as an answer."""


class Node(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One thing that is so, and what it consists of.

    ``what`` is a stable symbol; ``cents`` is what it does to the whole above it, so a deduction is negative. Of
    quantities named in ``adds`` the parts that have one sum to this one's. Days are ISO dates.
    """

    what: str
    text: str
    cents: int | None = None
    minutes: int | None = None
    rate_mills: int | None = None
    day: str | None = None
    document: str | None = None
    rule: str | None = None
    authority: str | None = None
    acts: str | None = None  # who acts next: PROVIDER, RECIPIENT, COUNTY
    next_step: str | None = None
    due_by: str | None = None
    adds: tuple[str, ...] = ()
    parts: list["Node"] = []

    def __post_init__(self) -> None:
        """A rule that comes without its authority gets what LAW.md cites for it."""
        if self.rule is not None and self.authority is None:
            self.authority = authority_of(self.rule)

    def said_in(self, speaker: Speaker | None) -> "Node":
        """The same in a language (None: in English), to be read and not to be said again."""
        text, authority, step = (
            said and said_in(said, speaker) for said in (self.text, self.authority, self.next_step)
        )
        parts = [part.said_in(speaker) for part in self.parts]
        return replace(self, text=text, authority=authority, next_step=step, parts=parts)

    def walk(self) -> Iterator["Node"]:
        """This node and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def find(self, what: str) -> Iterator["Node"]:
        """All nodes of a kind."""
        return (node for node in self.walk() if node.what == what)


def balanced(node: Node) -> Node:
    """The node, once all below it is seen to add up. Raises Unbalanced."""
    for each in node.walk():
        for quantity in each.adds:
            whole, parts = getattr(each, quantity), _sum(each.parts, quantity)
            if whole != parts:
                raise Unbalanced(f"{each.what}: the parts' {quantity} are {parts}, the whole is {whole}")
    return node


def _sum(parts: Iterable[Node], quantity: str) -> int:
    return sum(getattr(part, quantity) or 0 for part in parts)
