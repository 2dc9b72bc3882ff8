"""What others need to carry the project on is there, and says what the house does."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
GITHUB = ROOT / ".github"
FORMS = sorted(path for path in GITHUB.glob("ISSUE_TEMPLATE/*.yml") if path.name != "config.yml")


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def recipe(target: str) -> str:
    """What make does for a target."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", read("Makefile"), re.MULTILINE)
    assert found, target
    return found[1]


def project() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))["project"]


def test_the_licence_is_the_one_that_the_package_names() -> None:
    text = read("LICENSE")
    assert project()["license"] == "Apache-2.0" and project()["license-files"] == ["LICENSE"]
    assert "Version 2.0, January 2004" in text and "END OF TERMS AND CONDITIONS" in text
    assert "LICENSE" in re.findall(r"^COPY (.+) \./$", read("deploy/dataflow/Dockerfile"), re.MULTILINE)[0].split()


def test_each_commit_passes_what_make_lint_and_make_types_run() -> None:
    [repository] = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert repository["repo"] == "local"
    hooks = {hook["id"]: hook for hook in repository["hooks"]}
    assert {hook["entry"] for hook in hooks.values()} == {"make lint", "make types"}
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in hooks.values())
    assert "ruff check ." in recipe("lint") and "mypy" in recipe("types")


def test_the_public_workflow_runs_what_a_submission_must_pass() -> None:
    workflow = yaml.safe_load(read(".github/workflows/ci.yml"))
    [job] = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert workflow["permissions"] == {"contents": "read"}
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
    made = " ".join(re.findall(r"^(?:make|beside) (.+)$", read(".ci/run"), re.MULTILINE)).split()
    assert {"lint", "types", "test"} <= set(made) and made[-1] == "test"


def test_quick_is_rules_cases_and_house_rules() -> None:
    assert {"tests/rules", "tests/test_cases.py", "tests/test_house_rules.py"} <= set(recipe("quick").split())


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_asks_and_says_so_of_each_field(path: Path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))
    assert form["name"] and form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields) > 2
    assert all(field["attributes"]["label"] for field in fields)


@pytest.mark.parametrize("name", ["wrong_payment", "change_of_law"])
def test_who_says_that_pay_is_wrong_is_asked_for_facts_and_cents(name: str) -> None:
    form = yaml.safe_load(read(f".github/ISSUE_TEMPLATE/{name}.yml"))
    needed = {field["attributes"]["label"] for field in form["body"] if field.get("validations", {}).get("required")}
    asked = " ".join(needed).lower()
    assert "facts" in asked and "expected cents" in asked


def test_a_pull_request_is_asked_for_facts_and_cents() -> None:
    text = read(".github/pull_request_template.md").lower()
    assert "facts and expected cents" in text and "before | after" in text and "changelog" in text


def test_the_changelog_has_its_usual_form() -> None:
    """Versions newest first, what is not yet released on top, sections of the usual names."""
    headings = re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    versions = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) - \d{4}-\d\d-\d\d", heading) for heading in headings[1:]]
    assert versions and all(versions), headings
    numbers = [tuple(map(int, version.groups())) for version in versions if version]
    assert numbers == sorted(numbers, reverse=True)
    assert tuple(map(int, project()["version"].split("."))) >= numbers[0]
    sections = set(re.findall(r"^### (.+)$", read("CHANGELOG.md"), re.MULTILINE))
    assert sections <= {"Pay", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_pages_for_others_are_there_and_the_readme_leads_to_them() -> None:
    for page in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE"):
        assert f"({page})" in read("README.md") and read(page)
    said = read("CONTRIBUTING.md")
    for part in (
        "make setup",
        "make quick",
        "## One test",
        "## Style",
        "## Add a rate",
        "## Add or change a rule",
        "## Propose",
    ):
        assert part in said


PACKAGES = ("fold", "pipelines", "rules", "schemas", "transforms")
AT_HOME = {"pipelines/check/doctor.py", "pipelines/on_worker.py", "pipelines/reference/law_book.py"}
"""They look beside the packages: doctor does without, the other makes the docs site, which needs the checkout."""


def test_what_the_code_reads_is_packed_with_it() -> None:
    """Of `make wheel`, which tries it: each kind of file below the packages is named, and none of another folder."""
    setup = tomllib.loads(read("pyproject.toml"))["tool"]["setuptools"]
    assert {name.removesuffix("*") for name in setup["packages"]["find"]["include"]} == set(PACKAGES)
    packed = {"*.py", *setup["package-data"]["*"]}
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    compiled = ROOT / "rules" / "compiled"  # has what was made for this machine, and names it itself
    kinds = {f"*{path.suffix}" for path in files if "__pycache__" not in path.parts and path.parent != compiled}
    assert kinds == packed


def test_no_code_reads_what_is_not_packed_with_it() -> None:
    def climbs(path: Path) -> bool:
        """Above its own package?"""
        ups = [int(number) for number in re.findall(r"__file__.*parents\[(\d)\]", path.read_text("utf-8"))]
        return bool(ups) and max(ups) >= len(path.relative_to(ROOT).parts) - 1

    code = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    assert {path.relative_to(ROOT).as_posix() for path in code if climbs(path)} == AT_HOME


def test_set_up_shows_what_it_does(tmp_path: Path) -> None:
    """A line a step, with its seconds; one that fails is named, and ends it."""
    rules = read("Makefile")
    step = re.search(r"^define step\n.*?^endef\n", rules, re.MULTILINE | re.DOTALL)
    assert step is not None
    whole = "".join(f"{name}:\n\t$(call step,first,true)\n\t$(call step,second,{end})\n" for name, end in ENDS.items())
    (tmp_path / "Makefile").write_text(step[0] + whole)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    made = {
        name: subprocess.run(["make", name], cwd=tmp_path, env=plain, capture_output=True, text=True) for name in ENDS
    }
    assert re.fullmatch(r"  first \.\.\. +\d+ s\n  second \.\.\. +\d+ s\n", made["good"].stdout)
    assert (
        made["bad"].returncode and re.search(r"second \.\.\. +$", made["bad"].stdout) and "failed" in made["bad"].stderr
    )
    recipe = rules.partition("$(READY): pyproject.toml")[2].partition("\n\n")[0]
    assert recipe.count("$(call step,") >= 4 and "$(PIP)" in recipe


ENDS = {"good": "true", "bad": "false"}


def test_make_replay_ends_with_the_report_that_it_made() -> None:
    recipe = read("Makefile").partition("\nreplay:")[2].partition("\n\n")[0].splitlines()
    assert "ihss-payroll report" in recipe[-2] and '--out "$(REPORT)"' in recipe[-2] and "$(REPORT)" in recipe[-1]
