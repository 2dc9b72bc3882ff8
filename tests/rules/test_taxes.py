"""TAX-1 to TAX-3: classes, rates, payment years."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.kept import PastInstruction
from rules.law import NotInForce
from rules.taxes import Deciding, kinds_of, on_part, withheld, withholding
from tests.rules.settlement import LAW, day, line, run


def lookup_at(known_at):
    return lambda name, when: LAW.value(name, when, known_at)


LOOKUP = lookup_at(None)


def said(
    written: str, minutes: int, deductions: dict[str, int], relationship: str = "NON_RELATIVE", part: int = 0
) -> PastInstruction:
    return PastInstruction(
        f"X:{written}", day(written), run(written), relationship, [line(minutes)], deductions, part, 1
    )


@pytest.mark.parametrize(
    ("relationship", "kinds"),
    [
        ("NON_RELATIVE", {"FICA", "MEDICARE", "SDI"}),
        ("DOMESTIC_PARTNER", {"FICA", "MEDICARE"}),
        ("CHILD_18_TO_20", {"SDI"}),
        ("SPOUSE", set()),
        ("PARENT", set()),
        ("MINOR_CHILD", set()),
    ],
)
def test_class_pays(relationship: str, kinds: set[str]) -> None:
    assert set(kinds_of(relationship, day("2026-01-16"), LOOKUP)) == kinds


def test_example_one() -> None:
    taxes = withholding(100156, ("FICA", "MEDICARE", "SDI"), day("2026-01-20"), LOOKUP)
    assert taxes == {"FICA": 6210, "MEDICARE": 1452, "SDI": 1302}


@pytest.mark.parametrize(
    ("written", "sdi"),
    [
        ("2016-06-01", 900),
        ("2018-12-31", 1000),
        ("2021-01-04", 1200),
        ("2022-03-01", 1100),
        ("2025-12-31", 1200),
        ("2026-01-02", 1300),
    ],
)
def test_rate_of_the_payment_year(written: str, sdi: int) -> None:
    assert withholding(100000, ("SDI",), day(written), LOOKUP) == {"SDI": sdi}


def test_no_rate_before_2016() -> None:
    with pytest.raises(NotInForce):
        withholding(100000, ("SDI",), day("2015-12-31"), LOOKUP)


def test_this_year_is_decided_anew_and_past_years_stay() -> None:
    past = said("2025-12-16", 600, {"FICA": 1, "SDI": 2})  # whatever was withheld then
    this_year = said("2026-01-06", 60, {"FICA": 999})
    taxes = withheld(20440 + 2044 + 10000, [past, this_year], "NON_RELATIVE", day("2026-02-02"), LOOKUP)
    # past: 204.40 of the gross; this year 120.44: 7.47, 1.75, 1.57
    assert taxes == {"FICA": 1 + 747, "MEDICARE": 175, "SDI": 2 + 157}


def test_part_is_split_by_year_with_the_class_of_then() -> None:
    past = said("2025-12-16", 600, {}, "SPOUSE", part=20440)
    now = Deciding("NON_RELATIVE", day("2026-01-06"), run("2026-01-06"))
    assert on_part(30440, [past], now, lookup_at) == 620 + 145 + 130
    past = said("2025-12-16", 600, {}, "NON_RELATIVE", part=20440)
    now = Deciding("SPOUSE", day("2026-01-06"), run("2026-01-06"))
    assert on_part(30440, [past], now, lookup_at) == 1267 + 296 + 245  # SDI of 2025: 1.2 %


@given(st.lists(st.integers(-2000, 2000), min_size=1, max_size=8))
def test_any_order_of_differences_withholds_what_the_whole_would(minutes: list[int]) -> None:
    """Tax so far is a function of the gross so far, not of the way there."""
    so_far: list[PastInstruction] = []
    total = 0
    for step in minutes:
        total += line(step).cents
        taxes = withheld(total, so_far, "NON_RELATIVE", day("2026-03-02"), LOOKUP)
        already = {kind: sum(each.deductions.get(kind, 0) for each in so_far) for kind in taxes}
        so_far.append(said("2026-03-02", step, {kind: taxes[kind] - already[kind] for kind in taxes}))
    assert taxes == withholding(total, ("FICA", "MEDICARE", "SDI"), day("2026-03-02"), LOOKUP)
