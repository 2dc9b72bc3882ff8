"""The names of topics and subscriptions (deploy/topics.toml)."""

import tomllib
from functools import cache
from pathlib import Path

from pipelines import live
from schemas.types import Json

PATH = Path(live.__file__).parents[2] / "deploy" / "topics.toml"


@cache
def _names() -> Json:
    return tomllib.loads(PATH.read_text("utf-8"))


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
