"""Every rule of the law can be broken in a way that some case notices: the cases defend what they name."""

import os
import re
import subprocess
import sys

import pytest

from tests.mutations import CASES, ROOT, UNNOTICED, Mutation, mutations, written

WRITTEN = written()
IDS: list[str] = WRITTEN["ids"]
WITHOUT_BEHAVIOUR: dict[str, str] = WRITTEN["without_behaviour"]


def test_ids_are_those_of_the_law() -> None:
    law = (ROOT / "rules" / "LAW.md").read_text("utf-8")
    ids = re.findall(r"^- \*\*(([A-Z]+)-\d+)\*\*", law, re.MULTILINE)
    assert [id for id, family in ids if family not in WRITTEN["awaited"]] == IDS
    assert set(WRITTEN["awaited"]) <= {family for _, family in ids}


@pytest.mark.parametrize("rule", IDS)
def test_a_case_names_the_rule_and_a_mutation_switches_it_off(rule: str) -> None:
    named = {rule for _, _, table, _ in CASES for rule in table["law"]}
    mutated = {rule for mutation in mutations() for rule in mutation.law}
    if rule in WITHOUT_BEHAVIOUR:
        assert rule not in named | mutated, f"{rule} has behaviour after all: {WITHOUT_BEHAVIOUR[rule]}"
    else:
        assert rule in named, f"no case of tests/cases names {rule}"
        assert rule in mutated, f"no mutation of tests/mutations.toml switches {rule} off"


def test_cases_and_mutations_name_rules_of_the_law() -> None:
    named = {rule for _, _, table, _ in CASES for rule in table["law"]}
    mutated = {rule for mutation in mutations() for rule in mutation.law}
    assert named | mutated | set(WITHOUT_BEHAVIOUR) <= set(IDS)


@pytest.mark.parametrize("mutation", mutations(), ids=lambda mutation: mutation.off)
def test_the_text_that_is_mutated_is_there_once(mutation: Mutation) -> None:
    found = mutation.occurrences()
    assert found == 1, (
        f"{found} times in {mutation.file}, which moved on: {mutation.old!r}; follow it in mutations.toml"
    )


def test_a_rule_that_is_switched_off_is_noticed() -> None:
    """Each eighth; `make mutations` has them all, and CI calls it."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.mutations"],
        cwd=ROOT, env=os.environ | {"EVERY": "8"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    unnoticed = "\n".join(line for line in run.stdout.splitlines() if line.endswith(UNNOTICED))
    assert run.returncode == 0, f"{unnoticed}\n{run.stderr[-2000:]}"
