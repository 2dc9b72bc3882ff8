"""Decides whether a number of the law can be meant, or is a slip of the finger: at most ``plausible.`` and its unit.

Authority: MONEY-1, LAW.md, the head (a value of grade assumption is ours). In force: always.
Does not cover: whether a value is right.
"""

from collections.abc import Mapping

from rules.parameters.values import Parameter

BOUND = "plausible."


def too_much(name: str, parameter: Parameter, known: Mapping[str, Parameter]) -> str | None:
    """What is wrong with the highest value of a parameter, by the bounds that are known; None: nothing."""
    bound = known.get(f"{BOUND}{parameter.unit}")
    if bound is None or name.startswith(BOUND):
        return None
    most, highest = bound.entries[-1].value, max(entry.value for entry in parameter.entries)
    return None if highest <= most else f"`value` {highest} is more than {BOUND}{parameter.unit} allows, {most}"
