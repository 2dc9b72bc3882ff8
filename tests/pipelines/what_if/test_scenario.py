"""A scenario file says what would be otherwise, or which of its fields is wrong and why, in one line."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.what_if.scenario import ScenarioError, read_scenario
from rules.law import Law
from rules.periods import cut_off_of, epoch_day
from tests.dense_histories import dense_history

LAW = Law.load()
HEAD = 'name = "N"\nquestion = "Q?"\n'


def read(folder: Path, text: str, name: str = "s.toml") -> object:
    (folder / name).write_text(HEAD + text)
    return read_scenario(folder / name, LAW)


def wage(law: Law, year: int, month: int, day: int, known: date | None = None) -> int | None:
    at = None if known is None else cut_off_of(epoch_day(known))
    found = law.parameters["wage.17"].on(epoch_day(date(year, month, day)), at)
    return found and found.value


def test_a_supplement_goes_with_the_minimum_wage_and_stands_over_later_rows(tmp_path) -> None:
    [variant] = read(tmp_path, "[supplement.17]\nfrom = 2024-07-01\ndollars = 0.90\n").variants
    assert [wage(variant.law, *day) for day in ((2024, 6, 30), (2024, 7, 1), (2025, 3, 1), (2026, 3, 1))] == [
        16_650, 16_900, 17_400, 17_800,
    ]  # fmt: skip


def test_a_supplement_ends_and_what_was_there_holds_again(tmp_path) -> None:
    text = "[supplement.17]\nfrom = 2024-07-01\nuntil = 2024-12-31\ndollars = 0.90\n"
    [variant] = read(tmp_path, text).variants
    before = [wage(LAW, 2025, 1, 1), wage(LAW, 2026, 1, 1)]
    assert [wage(variant.law, 2025, 1, 1), wage(variant.law, 2026, 1, 1)] == before


def test_what_is_adopted_later_is_known_later(tmp_path) -> None:
    text = "adopted = 2024-10-15\n[supplement.17]\nfrom = 2024-07-01\nuntil = 2024-12-31\ndollars = 0.90\n"
    scenario = read(tmp_path, text)
    law = scenario.variants[0].law
    assert scenario.adopted == epoch_day(date(2024, 10, 15))
    assert wage(law, 2024, 8, 1, known=date(2024, 10, 15)) == 16_650
    assert wage(law, 2024, 8, 1, known=date(2024, 10, 16)) == 16_900


def test_a_range_is_a_variant_for_each_point(tmp_path) -> None:
    text = "[supplement.17]\nfrom = 2024-07-01\ndollars = { from = 0.65, to = 1.25, by = 0.10 }\n"
    scenario = read(tmp_path, text)
    assert scenario.axis == "supplement.17.dollars"
    assert scenario.points == [Decimal("0.65") + Decimal("0.10") * step for step in range(7)]
    assert [each.label for each in scenario.variants] == ["0.65", "0.75", "0.85", "0.95", "1.05", "1.15", "1.25"]
    assert [wage(each.law, 2024, 8, 1) for each in scenario.variants][::6] == [16_650, 17_250]


def test_scenarios_lie_over_each_other(tmp_path) -> None:
    """A supplement over a minimum wage that another file raises first."""
    minimum = "[law.minimum_wage]\nvalues = [{ from = 2024-01-01, until = 2024-12-31, value = 16500 }]\n"
    read(tmp_path, minimum, "minimum.toml")
    text = 'with = ["minimum.toml"]\n[supplement.17]\nfrom = 2024-07-01\nuntil = 2024-12-31\ndollars = 1\n'
    [variant] = read(tmp_path, text).variants
    assert wage(variant.law, 2024, 8, 1) == 17_500


def test_facts_are_otherwise_where_they_are_as_asked(tmp_path) -> None:
    text = '[[facts]]\nkind = "ServiceAuthorization"\nfield = "monthly_minutes"\npercent = 5.5\n'
    text += 'where = { program = "IHSS" }\n'
    [variant] = read(tmp_path, text).variants
    facts = [fact for fact in dense_history(5).facts if fact.KIND == "ServiceAuthorization"]
    for fact in facts:
        other = variant.fact(fact)
        share = Decimal("1.055") if fact.program == "IHSS" else 1
        assert abs(other.monthly_minutes - fact.monthly_minutes * share) <= Decimal("0.5")
        assert other.model_dump(exclude={"monthly_minutes"}) == fact.model_dump(exclude={"monthly_minutes"})
    assert {fact.program for fact in facts} == {"IHSS", "WPCS"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "changes nothing"),
        ("nonsense = 1\n", "unknown field `nonsense`"),
        ("adopted = 7\n", "adopted: Expected `date"),
        ("name = ", "cannot be read as TOML"),
        ("[supplement.17]\ndollars = 1\n", "supplement"),
        ("[supplement.99]\nfrom = 2024-07-01\ndollars = 1\n", "supplement.99: no county"),
        ("[supplement.17]\nfrom = 2024-07-01\ndollars = 0.9005\n", "supplement.17.dollars: 0.9005 is no even number"),
        ("[supplement.17]\nfrom = 2024-07-01\ndollars = { from = 1, to = 0, by = 1 }\n", "a range goes up"),
        ("[supplement.17]\nfrom = 2024-07-01\ndollars = { from = 1, to = 99, by = 1 }\n", "a range goes up"),
        ('[supplement.17]\nfrom = 2024-07-01\ndollars = { from = "a", to = 0, by = 1 }\n', "are numbers"),
        ("[law.wage.17]\nvalues = [{ from = 2024-07-01, value = 7.5 }]\n", "wage.17: `value` must be a whole number"),
        ("[law.wages]\nvalues = [{ from = 2024-07-01, value = 7 }]\n", "did you mean"),
        ('[[facts]]\nkind = "Song"\nfield = "a"\nmore = 1\n', "facts.kind: Song is no kind of fact"),
        ('[[facts]]\nkind = "Timesheet"\nfield = "tune"\nmore = 1\n', "facts.field: a Timesheet has no tune"),
        ('[[facts]]\nkind = "Timesheet"\nfield = "revision"\n', "write percent or more, or set"),
        ('with = ["nowhere.toml"]\n', "nowhere.toml: cannot be read as TOML"),
        ('with = ["s.toml"]\n', "with: s.toml names this file again"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_field(text, says, tmp_path) -> None:
    with pytest.raises(ScenarioError) as refused:
        read(tmp_path, text)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert ".toml: " in str(refused.value)
