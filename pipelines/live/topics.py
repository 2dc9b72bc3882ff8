"""The names of topics and subscriptions (topics.toml)."""

import tomllib
from functools import cache
from pathlib import Path

from schemas.types import Json


@cache
def _names() -> Json:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def topics_of_facts() -> dict[str, str]:
    """Topic by kind of fact."""
    return dict(_names()["facts"])


def topics_of_conclusions() -> dict[str, str]:
    """Topic by kind of conclusion."""
    return dict(_names()["conclusions"])


def topics_of_arrivals() -> dict[str, str]:
    """Topic by kind of what is said about facts that came late."""
    return dict(_names()["arrivals"])


def subscription_to(topic: str) -> str:
    """The name of the payroll's own subscription to a topic."""
    return f"{topic}{_names()['subscription_suffix']}"
