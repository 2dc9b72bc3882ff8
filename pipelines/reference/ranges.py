"""Which values a field may have, in words, from the models that judge them: what is outside is rejected (INVALID)."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from rules.periods import iso
from schemas import KINDS
from schemas.envelope import OutgoingRecord
from schemas.types import (
    END,
    FIRST_DAY,
    LAST_DAY,
    MILLIS_PER_DAY,
    County,
    Identifier,
    InstructionId,
    Json,
    Sha256,
    Sha256OrEmpty,
)

ID = "1 to 64 of `A-Z a-z 0-9 . _ -`, the first a letter or digit"
INSTRUCTION_ID = "1 to 256 of `A-Z a-z 0-9 . _ : -`, the first a letter or digit"
DAYS = f"{iso(FIRST_DAY)} to {iso(LAST_DAY)}"
ENDLESS = 2**31 - 1  # what an int or a long holds anyway


def _pattern_of(annotated: Any) -> str:
    return str(annotated.__metadata__[0].metadata[0].pattern)


PATTERNS = {
    _pattern_of(Identifier): ID,
    _pattern_of(InstructionId): INSTRUCTION_ID,
    _pattern_of(County): "`01` to `58`",
    _pattern_of(Sha256): "64 hex digits, lower case",
    _pattern_of(Sha256OrEmpty): "64 hex digits, lower case, or empty",
}


@cache
def ranges(kind: str) -> dict[str, str]:
    """By the name of a field as the reference has it (``trips[].minutes``): its values in words, if any are refused."""
    model = KINDS[kind]
    schema = msgspec.json.schema(model) if issubclass(model, OutgoingRecord) else model.model_json_schema()
    return {name: words for name, leaf in _leaves(schema, schema, "") if (words := in_words(leaf, name))}


def _leaves(whole: Json, part: Json, name: str) -> Iterator[tuple[str, Json]]:
    part = _within(whole, part)
    if part.get("type") == "array":
        yield from _leaves(whole, part["items"], f"{name}[]")
    elif "properties" in part:
        for field, inner in part["properties"].items():
            yield from _leaves(whole, inner, f"{name}.{field}" if name else field)
    else:
        yield name, part


def _within(whole: Json, part: Json) -> Json:
    """What stands behind a reference, or beside null."""
    if "anyOf" in part:
        part = next(each for each in part["anyOf"] if each.get("type") != "null")
    return whole["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part


def in_words(leaf: Json, name: str = "") -> str:
    """``0 to 1,500``; ``1900-01-01 to 2199-12-31``; nothing where every value of the type may be."""
    if "pattern" in leaf:
        pattern = leaf["pattern"].replace(END, "$")
        return PATTERNS.get(pattern, f"`{pattern}`")
    if "maxLength" in leaf:
        least = leaf.get("minLength")
        return f"{least} to {leaf['maxLength']:,} characters" if least else f"at most {leaf['maxLength']:,} characters"
    first = leaf.get("minimum", leaf.get("exclusiveMinimum", -ENDLESS - 1) + 1)
    last = leaf.get("maximum", leaf.get("exclusiveMaximum", ENDLESS + 1) - 1)
    return _between(first, last) if "minimum" in leaf or leaf.get("maximum", ENDLESS) < ENDLESS else ""


def _between(first: int, last: int) -> str:
    if first < 0 and first % MILLIS_PER_DAY == 0:
        return f"{iso(first // MILLIS_PER_DAY)} to {iso(last // MILLIS_PER_DAY)}"
    if first < 0:
        return f"{iso(first)} to {iso(last)}"
    return f"{first:,} to {last:,}" if last < ENDLESS else f"{first:,} or more"
