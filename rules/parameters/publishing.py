"""What an overlay of the law must be so that it can be published on a journal, and the day it is published on.

Authority: LAW.md, the head (effective and published dates, grades), WAGE-2. In force: always.
Does not cover: what a value may be (parameters/__init__.py).
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from rules.parameters import Documents, LawError, Toml
from rules.periods import civil_date, iso

VALUES, PUBLISHED = "values", "published"


def published_on(documents: Documents, day: int) -> Documents:
    """The same parsed TOML, each value published on a day. Raises LawError where one says so itself."""
    return {origin: _stamped(document, civil_date(day), origin) for origin, document in documents.items()}


def _stamped(branch: Toml, day: date, origin: str) -> Toml:
    return {key: _stamped_part(key, below, day, origin) for key, below in branch.items()}


def _stamped_part(key: str, below: Any, day: date, origin: str) -> Any:
    if isinstance(below, dict):
        return _stamped(below, day, origin)
    if key != VALUES or not isinstance(below, list):
        return below
    if any(isinstance(each, dict) and PUBLISHED in each for each in below):
        raise LawError(f"{origin}: its publication says from when it is known: leave `published` out")
    return [each | {PUBLISHED: day} if isinstance(each, dict) else each for each in below]


def written_values(documents: Documents) -> Iterator[tuple[str, Toml]]:
    """(parameter, value as written) of parsed TOML."""
    for document in documents.values():
        yield from _values_below(document, "")


def _values_below(branch: Toml, name: str) -> Iterator[tuple[str, Toml]]:
    for key, below in branch.items():
        if isinstance(below, dict):
            yield from _values_below(below, f"{name}.{key}" if name else key)
        elif key == VALUES and isinstance(below, list):
            yield from ((name, each) for each in below if isinstance(each, dict))


def check_publishable(documents: Documents, effective: int) -> None:
    """Raises LawError unless every value has a grade and a citation, and the first of them begins on ``effective``."""
    found = [*written_values(documents)]
    for name, value in found:
        for what in ("grade", "citation"):
            if not value.get(what):
                raise LawError(f"{name}: what is published has a {what}, so that a statement can name it: add it")
    begins = sorted({each["from"] for _, each in found if type(each.get("from")) is date})
    if not begins or begins[0] != civil_date(effective):
        first = f"its first value begins on {begins[0]}" if begins else "it has no value"
        raise LawError(f"the change is to be effective on {iso(effective)}, and {first}: correct one of them")
