"""What `what-if` prints of the questions of docs/what_if.md: ``python -m tests.what_if_gallery`` renews the page."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.command.sample import COUNTY, MONTHS, RECIPIENTS, SEED, START
from pipelines.sample.simulate import simulate
from pipelines.what_if.answer import WhatIfAnswer, answers
from pipelines.what_if.compare import compare
from pipelines.what_if.scenario import Scenario, read_scenario
from pipelines.what_if.words import sentences
from rules.law import Law
from tests.walkthrough import DOCS, renewed

PAGE = DOCS / "what_if.md"
SCENARIO = re.compile(r"^```toml\n# ((\w+)\.toml)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def printed(page: str, folder: Path) -> dict[str, str]:
    """Sentences of each scenario that stands in the page, by its name."""
    simulate(folder / "facts", COUNTY, RECIPIENTS, MONTHS, START, SEED)
    named = SCENARIO.findall(page)
    for file, _, text in named:
        (folder / file).write_text(text)
    law = Law.load()
    scenarios = [read_scenario(folder / file, law) for file, _, _ in named]
    variants = [variant for each in scenarios for variant in each.variants]
    found = compare(folder / "facts", law, variants, folder / "scratch")
    left = iter(found.variants)
    told = {}
    for (_, name, _), scenario in zip(named, scenarios, strict=True):
        answered = answers(scenario, [next(left) for _ in scenario.variants], found, law)
        lines = [line for answer in answered for line in _lines(scenario, answer)]
        told[name] = "".join(f"> {line}\n>\n" for line in lines)[:-2] + "\n"
    return told


def _lines(scenario: Scenario, answer: WhatIfAnswer) -> list[str]:
    """Each sentence, after the point of the range."""
    return [f"{answer.label}: {each}" if answer.label else each for each in sentences(scenario, answer)]


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        page = PAGE.read_text("utf-8")
        PAGE.write_text(renewed(page, printed(page, Path(folder))), "utf-8")
