"""Everything the house knows of a rule, by its law id: modules, parameters, findings, cases.

Read from the code itself, so that what is implemented and what is told of it cannot part.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rules.findings import catalog
from rules.law import Law, Parameter

ROOT = Path(__file__).resolve().parents[2]
TITLES = Path(__file__).with_name("law_titles.toml")
LAW_IDS = re.compile(r"\b([A-Z]{2,6})-(\d+)(?:(?: to |-)\1-(\d+))?")


class Case(NamedTuple):
    """What a clerk would say, and the file that holds it to be true."""

    sentence: str
    path: str


class Rule(NamedTuple):
    """One rule: ``modules`` by path with their docstring, parameters and findings by name."""

    id: str
    title: str
    modules: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    findings: Mapping[str, Mapping[str, Any]]
    cases: tuple[Case, ...]


class Family(NamedTuple):
    """Rules that share the front of their id, in order."""

    name: str
    title: str
    rules: tuple[Rule, ...]

    @property
    def modules(self) -> dict[str, str]:
        """Modules that any of the rules name, by path."""
        return dict(sorted({path: said for rule in self.rules for path, said in rule.modules.items()}.items()))

    @property
    def assumptions(self) -> int:
        """How many values are this project's own choice."""
        return sum(entry.grade == "assumption" for _, each in _all(self.rules) for entry in each.entries)


def _all(rules: tuple[Rule, ...]) -> Iterator[tuple[str, Parameter]]:
    return (item for rule in rules for item in rule.parameters.items())


def families() -> tuple[Family, ...]:
    """The law, section by section."""
    titles = tomllib.loads(TITLES.read_text("utf-8"))
    return tuple(_family(name, dict(section)) for name, section in titles.items())


def _family(name: str, section: dict[str, str]) -> Family:
    title = section.pop("title")
    return Family(name, title, tuple(_rule(id, about) for id, about in section.items()))


def _rule(id: str, title: str) -> Rule:
    named = {path: said for path, said in modules().items() if id in ids_in(said)}
    parameters = {name: each for name, each in Law.load().parameters.items() if each.law == id}
    findings = {code: entry for code, entry in catalog().items() if entry["rule"] == id}
    return Rule(id, title, named, parameters, findings, tuple(_cases()[id]))


def ids_in(text: str) -> set[str]:
    """Law ids that a text names, ``OT-1 to OT-3`` as all three."""
    ranges = LAW_IDS.findall(text)
    return {f"{name}-{n}" for name, first, last in ranges for n in range(int(first), int(last or first) + 1)}


def known_ids() -> set[str]:
    """Every law id that modules, parameters, findings or cases name."""
    named = {id for said in modules().values() for id in ids_in(said)}
    named |= {parameter.law for parameter in Law.load().parameters.values()}
    return named | {entry["rule"] for entry in catalog().values()} | set(_cases())


@cache
def modules() -> dict[str, str]:
    """The docstring of every rule module, by its path from the root."""
    paths = sorted((ROOT / "rules").rglob("*.py"))
    said = {path.relative_to(ROOT).as_posix(): ast.get_docstring(ast.parse(path.read_text("utf-8"))) for path in paths}
    return {path: docstring for path, docstring in said.items() if docstring}


@cache
def _cases() -> Mapping[str, list[Case]]:
    by_id: dict[str, list[Case]] = defaultdict(list)
    for path in sorted((ROOT / "tests" / "cases").glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            for id in case["law"]:
                by_id[id].append(Case(case["sentence"], path.relative_to(ROOT).as_posix()))
    return by_id
