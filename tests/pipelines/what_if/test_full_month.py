"""What a month costs in which all of a scenario holds, and so a year: on months that are long over, with an end or
without."""

import pytest

from pipelines.sample.simulate import simulate
from pipelines.what_if.answer import WhatIfAnswer, answers
from pipelines.what_if.compare import Comparison, compare
from pipelines.what_if.page import page
from pipelines.what_if.scenario import Scenario, read_scenario
from pipelines.what_if.words import sentences
from rules.law import Law
from rules.periods import civil_date

LAW = Law.load()
HEAD = 'name = "N"\nquestion = "Q?"\n[supplement.17]\ndollars = 1.25\n'
DATES = {
    "open": "from = 2024-02-01", "ends": "from = 2024-02-01\nuntil = 2024-12-31",
    "early": "from = 2024-01-01\nuntil = 2024-02-15", "late": "from = 2024-04-10",
}  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Scenario, WhatIfAnswer]]:
    """Each scenario over January to May of a few people."""
    root = tmp_path_factory.mktemp("months")
    simulate(root / "facts", "17", 4, 5, "2024-01", 3)
    scenarios = []
    for name, dates in DATES.items():
        (root / f"{name}.toml").write_text(HEAD + dates + "\n")
        scenarios.append(read_scenario(root / f"{name}.toml", LAW))
    variants = [variant for each in scenarios for variant in each.variants]
    found: Comparison = compare(root / "facts", LAW, variants, root / "scratch", processes=1)
    told = [answers(each, [one], found, LAW)[0] for each, one in zip(scenarios, found.variants, strict=True)]
    return dict(zip(DATES, zip(scenarios, told, strict=True), strict=True))


def differences(answer: WhatIfAnswer) -> dict[int, int]:
    return {civil_date(each.name[0]).month: each.difference for each in answer.by_month if each.difference}


def test_a_wage_without_an_end_has_full_months_too(asked: dict[str, tuple[Scenario, WhatIfAnswer]]) -> None:
    """Its days lie in spans, one for each row of the law that it takes the place of."""
    _, open_ended = asked["open"]
    assert open_ended.full_month and open_ended.full_month == asked["ends"][1].full_month
    months = differences(open_ended)
    assert min(months.values()) <= open_ended.full_month <= max(months.values())
    assert open_ended.year == 12 * open_ended.full_month


def test_only_months_count_in_which_it_holds_from_the_first_day_to_the_last(
    asked: dict[str, tuple[Scenario, WhatIfAnswer]],
) -> None:
    _, early = asked["early"]
    assert early.full_month == pytest.approx(differences(early)[1], rel=0.1), "less half of February"
    assert asked["late"][1].full_month is None, "May is not long over"


def test_the_year_stands_in_the_sentences_and_on_the_page(asked: dict[str, tuple[Scenario, WhatIfAnswer]]) -> None:
    scenario, answer = asked["open"]
    assert answer.year
    said = f"{answer.year / 100:,.2f}"
    assert any(f"twelve of them ${said}" in each for each in sentences(scenario, answer))
    assert f"twelve of them +${said}" in page([(scenario, [answer])], "", False)
