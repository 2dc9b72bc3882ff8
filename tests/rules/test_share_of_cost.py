"""SOC-1 to SOC-5: the share of a month, and who bears it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.share_of_cost import Share, charge, keep, over_limit, share_of_month
from schemas.income_assessment import IncomeAssessment
from tests.rules.settlement import LAW, day


def lookup(name, when):
    return LAW.value(name, when)


def assessed(**fields) -> IncomeAssessment:
    given_fields = {
        "event_id": "e", "source": "s", "recorded_at": 0, "document_id": "I1", "revision": 1, "withdrawn": False,
        "recipient_id": "R1", "effective_from": 0, "category": "NONE", "couple": False, "blind": False,
        "unearned_cents": 0, "earned_cents": 0, "impairment_work_expense_cents": 0, "blind_work_expense_cents": 0,
    }  # fmt: skip
    return IncomeAssessment(**given_fields | fields)


@pytest.mark.parametrize(
    ("month", "fields", "cents"),
    [
        ("2022-03-01", {"unearned_cents": 100000, "earned_cents": 50000}, 15729),
        ("2023-03-01", {"unearned_cents": 133373}, 18000),
        ("2024-03-01", {"unearned_cents": 133373}, 13079),
        ("2025-03-01", {"unearned_cents": 133373}, 10679),
        ("2026-03-01", {"unearned_cents": 133373}, 7979),
        ("2027-03-01", {"unearned_cents": 133373}, 7979),  # the last level goes on (WAGE-2)
        ("2026-03-01", {"unearned_cents": 125394}, 0),
        ("2026-03-01", {"unearned_cents": 125395}, 1),
        # 1,333.73 - 20 = 1,313.73 less 1,267.32, the level of a blind individual
        ("2024-03-01", {"blind": True, "unearned_cents": 133373}, 4641),
        ("2024-03-01", {"blind": True, "blind_spouse": True, "unearned_cents": 133373}, 4641),  # no couple
        ("2024-03-01", {"blind_spouse": True, "unearned_cents": 133373}, 13079),
        ("2022-03-01", {"couple": True, "unearned_cents": 180000}, 1436),
        # 2,400.00 - 20 = 2,380.00 less 2,098.83; one of them blind, whichever, less 2,238.44; both less 2,324.35
        ("2026-03-01", {"couple": True, "unearned_cents": 240000}, 28117),
        ("2026-03-01", {"couple": True, "blind": True, "unearned_cents": 240000}, 14156),
        ("2026-03-01", {"couple": True, "blind_spouse": True, "unearned_cents": 240000}, 14156),
        ("2026-03-01", {"couple": True, "blind": True, "blind_spouse": True, "unearned_cents": 240000}, 5565),
        # As a sighted couple, 1,927.62: no level of 2023 was found
        ("2023-03-01", {"couple": True, "blind_spouse": True, "unearned_cents": 200000}, 5238),
        # (2,700.00 - 20 - 65) / 2 = 1,307.50 less 1,233.94; one cent more earned is half a cent, half-up
        ("2026-03-01", {"earned_cents": 270000}, 7356),
        ("2026-03-01", {"earned_cents": 270001}, 7357),
        ("2026-03-01", {"earned_cents": 270000, "impairment_work_expense_cents": 1000}, 6856),
        ("2026-03-01", {"earned_cents": 270000, "blind_work_expense_cents": 1000}, 6356),
        # 20 - 15 reduces earned income: (2,700 - 5 - 65) / 2 = 1,315.00; expenses never make income negative
        ("2026-03-01", {"unearned_cents": 1500, "earned_cents": 270000}, 8106),
        ("2026-03-01", {"unearned_cents": 126394, "earned_cents": 10000, "blind_work_expense_cents": 90000}, 1000),
        ("2026-03-01", {"unearned_cents": 126394, "earned_cents": 5000}, 1000),
        # Less than the level is no share, and no claim on anybody
        ("2026-03-01", {"unearned_cents": 50000}, 0),
    ],
)
def test_share(month: str, fields: dict, cents: int) -> None:
    assert share_of_month(assessed(**fields), day(month), lookup) == Share(cents)


@pytest.mark.parametrize("category", ["SSI_LINKED", "EXPANSION", "SSI_1619B", "WORKING_DISABLED"])
def test_free(category: str) -> None:
    assert share_of_month(assessed(category=category, unearned_cents=900000), day("2026-01-01"), lookup) == Share(0)


def test_nothing_known() -> None:
    assert share_of_month(None, day("2026-01-01"), lookup) == Share(0, "NO_INCOME_ASSESSMENT")
    assert share_of_month(assessed(), day("2021-12-01"), lookup) == Share(0, "SHARE_OF_COST_UNKNOWN")


@pytest.mark.parametrize(
    ("category", "blind", "monthly", "over"),
    [
        ("SSI_1619B", False, 450683, False),
        ("SSI_1619B", False, 450684, True),
        ("SSI_1619B", True, 461991, False),
        ("SSI_1619B", True, 461992, True),
        ("WORKING_DISABLED", False, 545166, False),
        ("WORKING_DISABLED", True, 545167, True),
        ("EXPANSION", False, 999999, False),
        ("NONE", False, 999999, False),
    ],
)
def test_threshold_of_2022(category: str, blind: bool, monthly: int, over: bool) -> None:
    claimed = assessed(category=category, blind=blind, unearned_cents=100, earned_cents=monthly - 100)
    assert (over_limit(claimed, day("2022-12-01"), lookup) is not None) == over
    assert over_limit(claimed, day("2023-01-01"), lookup) is None
    assert over_limit(claimed, day("2021-12-01"), lookup) is None


def test_statement_first_then_month_last_made_first() -> None:
    charged = [("A", 100), ("B", 50), ("A", 30)]
    assert keep(charged, {"A": 200, "B": 200}, 1000) == charged
    assert keep(charged, {"A": 110, "B": 200}, 1000) == [("A", 100), ("B", 50), ("A", 10)]
    assert keep(charged, {"A": 200, "B": 200}, 140) == [("A", 100), ("B", 40)]
    assert keep(charged, {"B": 200}, 1000) == [("B", 50)]
    # A's own fall comes first: what it no longer bears does not count towards the month's share.
    assert keep(charged, {"A": 90, "B": 50}, 140) == [("A", 90), ("B", 50)]


def test_open_share_is_charged_in_order() -> None:
    assert charge([("A", 100)], [("B", 30), ("C", 0), ("A", 50)], 150) == [("A", 100), ("B", 30), ("A", 20)]
    assert charge([("A", 100)], [("B", 30)], 100) == [("A", 100)]


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 99)), max_size=6), st.integers(0, 300), st.data())
def test_never_more_than_the_share_or_what_it_bears(charged: list, share: int, data: st.DataObject) -> None:
    bears = data.draw(st.dictionaries(st.sampled_from("ABC"), st.integers(0, 120)))
    kept = keep(charged, bears, share)
    rooms = [(id, bears[id] - sum(cents for other, cents in kept if other == id)) for id in sorted(bears)]
    now = charge(kept, rooms, share)
    assert sum(cents for _, cents in now) == min(share, sum(bears.values()))
    assert all(sum(cents for other, cents in now if other == id) <= bears[id] for id in bears)
