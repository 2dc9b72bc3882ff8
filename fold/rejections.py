"""Rejections of many files as one list."""

from collections.abc import Iterable
from operator import attrgetter

from schemas.rejection import Rejection


def in_order(rejections: Iterable[Rejection]) -> list[Rejection]:
    """Rejections by origin, then content: the same list however files were dealt."""
    return sorted(rejections, key=attrgetter("origin", "message"))
