"""An overlay is read like a careful colleague would: what cannot be, what is mostly a slip, what it changes."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.overlays.check import UNUSUAL, WRONG, checked
from pipelines.overlays.differences import law_spans, spelled
from rules.law import Law
from rules.periods import iso

LAW = Law.load()
LATER = "from = 2027-06-01, until = 2027-12-31, value = 18100"
GOOD = 'grade = "instruction", citation = "board item"'


def issues(tmp_path: Path, text: str) -> list[tuple[str, str, str | None, str]]:
    (tmp_path / "own.toml").write_text(text)
    found = checked(tmp_path, LAW, with_cases=False)
    return [(each.how, each.name, each.day and iso(each.day), each.says) for each in found.issues]


def wage(*values: str, county: str = "17") -> str:
    return f"[wage.{county}]\nvalues = [{', '.join(f'{{ {value}, {GOOD} }}' for value in values)}]\n"


def test_a_raise_with_its_citation_is_nothing_to_look_at(tmp_path) -> None:
    assert issues(tmp_path, wage("from = 2024-07-01, until = 2024-12-31, value = 17250")) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["from = 2024-07-01, until = 2024-12-31, value = 15000"], (WRONG, "2024-07-01", "minimum wage, 16.00")),
        (["from = 2024-07-01, until = 2024-12-31, value = 21000"], (UNUSUAL, "2024-07-01", "21.00 is +26 % on 16.65")),
        (["from = 2024-07-01, until = 2024-09-30, value = 17000"], (UNUSUAL, "2024-10-01", "16.65, holds again")),
        (["from = 2025-07-01, until = 2026-03-31, value = 17700"], (UNUSUAL, "2026-01-01", "overlaps the value")),
        (
            ["from = 2027-01-01, until = 2027-03-31, value = 18000", LATER],
            (UNUSUAL, "2027-04-01", "a gap until 2027-05-31: 18.00 is carried forward"),
        ),
    ],
    ids=["below", "jump", "returns", "overlap", "gap"],
)  # fmt: skip
def test_each_slip_is_found_alone(values, expected, tmp_path) -> None:
    [(how, name, day, says)] = issues(tmp_path, wage(*values))
    assert (how, name, day) == (expected[0], "wage.17", expected[1])
    assert expected[2] in says


def test_a_value_without_citation_and_grade(tmp_path) -> None:
    text = "[wage.17]\nvalues = [{ from = 2024-07-01, until = 2024-12-31, value = 17000 }]"
    [(how, _, day, says)] = issues(tmp_path, text)
    assert (how, day) == (UNUSUAL, "2024-07-01")
    assert says.startswith("no citation and no grade")


def test_a_higher_minimum_wage_leaves_counties_below_it(tmp_path) -> None:
    text = f"[minimum_wage]\nvalues = [{{ from = 2024-01-01, until = 2024-12-31, value = 17000, {GOOD} }}]"
    below = {name for how, name, _, _ in issues(tmp_path, text) if how == WRONG}
    assert "wage.17" in below
    assert "minimum_wage" not in below


def test_all_that_cannot_be_used_is_said_at_once(tmp_path) -> None:
    text = wage("from = 2024-07-01, value = 17000", county="17") + wage(
        "from = 2024-07-01, until = 2024-07-02, value = 7.5", county="43"
    )
    said = issues(tmp_path, text + "[wages.01]\nvalues = []\n")
    assert [(how, name) for how, name, _, _ in said] == [(WRONG, "wage.17"), (WRONG, "wage.43"), (WRONG, "wages.01")]
    assert "add `until`" in said[0][3]
    assert "must be a whole number" in said[1][3]
    assert "did you mean" in said[2][3]


def test_spans_are_joined_and_end_where_the_law_goes_on(tmp_path) -> None:
    law = LAW.amended({"own.toml": {"wage": {"17": {"values": [
        {"from": date(2024, 3, 1), "until": date(2024, 6, 30), "value": 17000},
        {"from": date(2024, 7, 1), "until": date(2024, 10, 31), "value": 17000},
    ]}}}})  # fmt: skip
    [span] = [each for each in law_spans(LAW, law) if iso(each.first) >= "2024"]
    assert (iso(span.first), iso(span.last or 0)) == ("2024-03-01", "2024-10-31")
    assert spelled(LAW.parameters["wage.17"], span.after and span.after.value) == "17.00"


def test_the_cases_that_a_limit_decides_change(tmp_path) -> None:
    (tmp_path / "own.toml").write_text("[travel.weekly_minutes]\nvalues = [{ from = 2020-01-01, value = 300 }]")
    found = checked(tmp_path, LAW)
    assert found.cases and all({"TRAVEL-1", "LIMIT-4"} & {*case.law} for case in found.cases)


def test_an_overlay_that_changes_nothing_changes_no_case(tmp_path) -> None:
    (tmp_path / "own.toml").write_text("[travel.weekly_minutes]\nvalues = [{ from = 2190-01-01, value = 420 }]")
    assert checked(tmp_path, LAW).cases == []
