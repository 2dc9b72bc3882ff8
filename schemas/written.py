"""Schemas that files come with, worked out: once for each text, for files come by the thousand from few writers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from schemas.physical import as_json, written_schema
from schemas.resolution import Json

LARGEST_KEPT = 16 << 10  # bytes of a schema that is remembered; ours have 7,000
MOST_KEPT = 64
Recognized = Callable[[Json], tuple[str, Json | None]]


class Understood(NamedTuple):
    """A writer's schema: as it lies in the bytes, the kind it is of, what to resolve it to, and its JSON."""

    layout: Json
    kind: str
    reader: Json | None
    text: bytes


def understood_as(recognized: Recognized, text: bytes) -> Understood:
    """What the text of a schema says. ``recognized``: of it as `declared` gives it, its kind and what to resolve it to.
    Raises Unreadable; what is refused is worked out again each time."""
    return (_remembered if len(text) <= LARGEST_KEPT else _worked_out)(recognized, text)


def _worked_out(recognized: Recognized, text: bytes) -> Understood:
    layout, writer = written_schema(text)
    return Understood(layout, *recognized(writer), as_json(layout).encode())


_remembered = lru_cache(MOST_KEPT)(_worked_out)
