"""Values in force on a day and known at a cut-off; overlays; what the parameter files may hold."""

import csv
import pickle
import re
from dataclasses import FrozenInstanceError
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rules.law import Law, LawError, NotInForce
from rules.parameters import GRADES, own_parameters
from rules.periods import cut_off_of, epoch_day

SHARED = Path(__file__).resolve().parents[3] / "shared" / "law"
LAW = Law.load()


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


def overlay(folder: Path, text: str, name: str = "mine.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def written(name: str, *values: dict[str, Any]) -> dict[str, Any]:
    """A parsed overlay file with one parameter."""
    document: dict[str, Any] = {"values": list(values)}
    for part in reversed(name.split(".")):
        document = {part: document}
    return {"mine.toml": document}


# --- the numbers ---


@pytest.mark.parametrize(
    ("name", "on", "value"),
    [
        ("hours.ceiling_minutes.PCSP.severely_impaired", "2026-01-01", 283 * 60),
        ("hours.ceiling_minutes.PCSP.not_severely_impaired", "2026-01-01", 283 * 60),
        ("hours.ceiling_minutes.CFCO.not_severely_impaired", "2026-01-01", 283 * 60),
        ("hours.ceiling_minutes.IPO.severely_impaired", "2026-01-01", 283 * 60),
        ("hours.ceiling_minutes.IPO.not_severely_impaired", "2026-01-01", 195 * 60),
        ("hours.ceiling_minutes.IHSS_R.not_severely_impaired", "2026-01-01", 195 * 60),
        ("hours.protective_supervision_minutes.not_severely_impaired", "2026-01-01", 195 * 60),
        ("hours.provider_side_returns_minutes", "2026-01-01", False),
        ("weekly.maximum_minutes", "2026-01-01", 70 * 60 + 45),
        ("impairment.weekly_minutes", "2026-01-01", 20 * 60),
        ("filing.closes_after_months", "2026-01-01", 24),
        ("overtime.weekly_threshold_minutes", "2016-02-01", 40 * 60),
        ("overtime.method", "2026-01-01", "rate_in_effect"),
        ("minimum_wage", "2016-01-01", 10_000),
        ("minimum_wage", "2023-12-31", 15_500),
        ("minimum_wage", "2024-01-01", 16_000),
        ("minimum_wage", "2031-07-01", 16_900),
        ("tax.FICA", "2026-01-20", 6_200),
        ("tax.MEDICARE", "2026-01-20", 1_450),
        ("tax.SDI", "2017-12-31", 900),
        ("tax.SDI", "2020-12-31", 1_000),
        ("tax.SDI", "2021-01-01", 1_200),
        ("tax.SDI", "2022-06-01", 1_100),
        ("tax.SDI", "2023-06-01", 900),
        ("tax.SDI", "2024-06-01", 1_100),
        ("tax.SDI", "2025-06-01", 1_200),
        ("tax.SDI", "2026-06-01", 1_300),
        ("tax.kinds.NON_RELATIVE", "2026-01-01", ("FICA", "MEDICARE", "SDI")),
        ("tax.kinds.DOMESTIC_PARTNER", "2026-01-01", ("FICA", "MEDICARE")),
        ("tax.kinds.CHILD_18_TO_20", "2026-01-01", ("SDI",)),
        ("tax.kinds.SPOUSE", "2026-01-01", ()),
        ("tax.kinds.PARENT", "2026-01-01", ()),
        ("tax.kinds.MINOR_CHILD", "2026-01-01", ()),
        ("wage.43", "2026-01-04", 20_440),
        ("wage.17", "2024-12-31", 16_650),
        ("wage.07", "2024-08-31", 18_430),
        ("wage.07", "2024-09-01", 18_830),
        ("limit.several_recipients_minutes", "2026-01-01", 66 * 60),
        ("exemption.weekly_minutes", "2026-01-01", 90 * 60),
        ("exemption.monthly_minutes", "2026-01-01", 360 * 60),
        ("exemption.wpcs_daily_minutes", "2026-01-01", 12 * 60),
        ("travel.weekly_minutes", "2026-01-01", 7 * 60),
        ("evv.policy.IHSS", "2021-01-01", "record"),
        ("evv.policy.WPCS", "2026-01-01", "record"),
        ("evv.overlap_from", "2026-01-01", day("2023-07-01")),
        ("violation.judged_from", "2026-01-01", day("2016-07-03")),
        ("share_of_cost.benefit_level_cents.individual", "2022-03-01", 104_021),
        ("share_of_cost.benefit_level_cents.individual", "2026-03-01", 123_394),
        ("share_of_cost.benefit_level_cents.blind_individual", "2022-03-01", 111_026),
        ("share_of_cost.benefit_level_cents.blind_individual", "2024-03-01", 126_732),
        ("share_of_cost.benefit_level_cents.blind_individual", "2026-03-01", 131_832),
        ("share_of_cost.benefit_level_cents.couple", "2025-03-01", 205_783),
        ("share_of_cost.benefit_level_cents.couple_one_blind", "2023-03-01", 192_762),  # as a sighted couple
        ("share_of_cost.benefit_level_cents.couple_one_blind", "2024-03-01", 216_244),
        ("share_of_cost.benefit_level_cents.couple_one_blind", "2026-03-01", 223_844),
        ("share_of_cost.benefit_level_cents.couple_both_blind", "2024-03-01", 224_835),
        ("share_of_cost.benefit_level_cents.couple_both_blind", "2025-03-01", 228_335),
        ("share_of_cost.benefit_level_cents.couple_both_blind", "2026-03-01", 232_435),
        ("advance.presumed_overpayment_days", "2026-01-01", 45),
        ("training.first_class_day", "2024-01-01", day("2022-10-01")),
        ("training.last_class_day", "2024-01-01", day("2024-09-17")),
        ("incentive.cents.SIX_MONTH_ASSIGNMENT", "2024-01-01", 200_000),
        ("benefit.paid_minutes.21", "2026-01-01", 85 * 60),
    ],
)
def test_value_in_force(name: str, on: str, value: Any) -> None:
    assert LAW.value(name, day(on)) == value


@pytest.mark.parametrize(
    ("name", "on"),
    [
        ("overtime.weekly_threshold_minutes", "2016-01-31"),
        ("travel.weekly_minutes", "2016-01-31"),
        ("evv.policy.IHSS", "2020-12-31"),
        ("minimum_wage", "2015-12-31"),
        ("wage.43", "2021-07-31"),  # before its first row (WAGE-2)
        ("wage.58", "2025-12-31"),
        ("tax.SDI", "2015-12-31"),
        ("share_of_cost.benefit_level_cents.couple", "2021-12-31"),
        ("share_of_cost.yearly_income_limit_cents.SSI_1619B.blind", "2023-01-01"),
    ],
)
def test_nothing_in_force_is_an_error_that_says_what(name: str, on: str) -> None:
    assert not LAW.in_force(name, day(on))
    with pytest.raises(NotInForce, match=f"no value of {name} is in force on {on}") as raised:
        LAW.value(name, day(on))
    assert (raised.value.name, raised.value.day) == (name, day(on))
    assert pickle.loads(pickle.dumps(raised.value)).day == day(on)


def test_a_name_that_is_not_law_is_a_bug() -> None:
    with pytest.raises(KeyError):
        LAW.value("wage.59", day("2026-01-01"))


def test_the_wages_are_those_of_the_table() -> None:
    table = SHARED / "county_wage_rates.csv"
    if not table.exists():
        pytest.skip("the table of the law is not beside this checkout")
    with table.open(encoding="utf-8") as rows:
        expected = [
            (
                row["county_code"],
                day(row["effective_from"]),
                day(row["known_until"]),
                int(Decimal(row["rate_dollars_per_hour"]) * 1000),
                row["grade"],
                row["source"],
            )
            for row in csv.DictReader(rows)
        ]
    own = [
        (county, entry.from_day, entry.until, entry.value, entry.grade, entry.citation)
        for county in (f"{number:02d}" for number in range(1, 59))
        for entry in LAW.parameters[f"wage.{county}"].entries
    ]
    assert own == expected


def test_cross_checks_of_2026() -> None:
    """MIN-1: Tehama, Contra Costa and Lake pay so much above the minimum wage."""
    new_year = day("2026-01-01")
    above = [
        LAW.value(f"wage.{county}", new_year) - LAW.value("minimum_wage", new_year) for county in ("52", "07", "17")
    ]
    assert above == [1_250, 3_130, 650]


def test_lake_is_known_without_gaps_from_2021_to_2026() -> None:
    assert all(LAW.in_force("wage.17", any_day) for any_day in range(day("2021-01-01"), day("2027-01-01")))


def test_every_value_has_a_grade_a_citation_and_a_law() -> None:
    for parameter in LAW.parameters.values():
        for entry in parameter.entries:
            assert entry.grade in GRADES
            assert entry.citation.strip()
            assert re.fullmatch(r"[A-Z]+-\d+", entry.law)


def test_every_law_id_is_one_of_the_law() -> None:
    if not (SHARED / "LAW.md").exists():
        pytest.skip("LAW.md is not beside this checkout")
    ids = set(re.findall(r"\*\*([A-Z]+-\d+)\*\*", (SHARED / "LAW.md").read_text(encoding="utf-8")))
    assert {parameter.law for parameter in LAW.parameters.values()} <= ids


def test_assumptions_are_known_by_their_grade() -> None:
    assert LAW.assumptions("hours.pro_rata", day("2026-01-01")) == ("hours.pro_rata",)
    assert LAW.assumptions("tax.SDI", day("2025-06-01")) == ()
    assert LAW.assumptions("wage.54", day("2026-06-01")) == ("wage.54",)
    assert LAW.assumptions("overtime.method", day("2026-06-01")) == ()
    with pytest.raises(NotInForce):
        LAW.assumptions("wage.54", day("2025-06-01"))


@pytest.mark.parametrize(
    "name",
    [
        "filing.closes_after_months",  # TIME-6
        "hours.provider_side_returns_minutes",  # WHO-2
        "weekly.remainder",  # HOURS-3
        "weekly.with_wpcs",
        "hours.order_in_document",  # HOURS-6
        "hours.pro_rata",  # HOURS-7
        "evv.overlap_judged_by",  # EVV-5
        "evv.probation_warnings",  # EVV-6
        "overtime.allocation",  # OT-3
        "violation.overtime_of_month",  # LIMIT-4
        "wage.retroactive",  # WAGE-2
        "wage.carried_forward",
        "minimum_wage.carried_forward",
        "tax.carried_forward",
        "share_of_cost.carried_forward",
        "share_of_cost.spouses",  # SOC-5
        "share_of_cost.order",
        "share_of_cost.not_charged_on",
        "advance.mode_settled",  # ADV-1
        "incentive.paid_means",  # INC-3
        "incentive.last_service_month",
        "incentive.months",  # section 12, assumptions
        "incentive.order_of_months",
        "incentive.service_counted_per",
        "incentive.in_regular_rate",
    ],
)
def test_every_assumption_that_the_law_names_can_be_reported(name: str) -> None:
    assert LAW.assumptions(name, day("2024-01-01")) == (name,)


# --- known on ---


def test_a_published_value_is_known_to_cut_offs_after_the_end_of_that_day() -> None:
    """Published on Tuesday 10 March: the run of the 10th ends with the day, that of the 11th is the first after."""
    law = LAW.amended(
        written(
            "wage.43",
            {"from": date(2026, 2, 1), "until": date(2026, 12, 31), "published": date(2026, 3, 10), "value": 21_000},
        )
    )
    february = day("2026-02-05")
    assert law.value("wage.43", february, cut_off_of(day("2026-03-10"))) == 20_440
    assert law.value("wage.43", february, cut_off_of(day("2026-03-11"))) == 21_000
    assert law.value("wage.43", february) == 21_000
    assert law.value("wage.43", day("2026-01-31")) == 20_440
    assert law.publications == (cut_off_of(day("2026-03-11")),)
    assert LAW.publications == ()
    # Asked again, in another order: what was remembered for one cut-off is not told to another.
    assert law.value("wage.43", february, cut_off_of(day("2026-03-10"))) == 20_440
    assert law.entry("wage.43", february, cut_off_of(day("2026-03-12"))).published == day("2026-03-10")


def test_published_on_a_friday_is_known_on_monday() -> None:
    law = LAW.amended(written("wage.43", {"from": date(2026, 2, 1), "published": date(2026, 3, 6), "value": 21_000}))
    assert law.publications == (cut_off_of(day("2026-03-09")),)


def published_twice(*also: dict[str, Any]) -> Law:
    """A wage from 1 February, and two later decisions on it."""
    start = {"from": date(2026, 2, 1)}
    return LAW.amended(
        written(
            "wage.43",
            start | {"value": 21_000, "published": date(2026, 3, 10)},
            start | {"value": 22_000, "published": date(2026, 3, 20)},
            start | {"value": 20_600},
            *also,
        )
    )


def test_the_latest_from_wins_then_the_latest_published() -> None:
    law = published_twice({"from": date(2026, 2, 10), "value": 20_800})
    at = [cut_off_of(day(text)) for text in ("2026-03-02", "2026-03-12", "2026-03-24")]
    assert [law.value("wage.43", day("2026-02-05"), known_at) for known_at in at] == [20_600, 21_000, 22_000]
    assert law.value("wage.43", day("2026-02-10"), at[-1]) == 20_800
    assert len(law.publications) == 2


def test_who_asks_for_all_that_is_known_hears_no_answer_of_an_earlier_pay_run() -> None:
    """What was answered is kept; that of no publication, of one and of all are three answers."""
    law = published_twice()
    on, asked = day("2026-02-05"), [*(cut_off_of(day(text)) for text in ("2026-03-02", "2026-03-12")), None]
    assert [law.value("wage.43", on, known_at) for known_at in asked] == [20_600, 21_000, 22_000]


def test_a_value_not_yet_known_is_not_in_force() -> None:
    law = LAW.amended(written("wage.58", {"from": date(2025, 1, 1), "published": date(2026, 12, 1), "value": 21_000}))
    with pytest.raises(NotInForce):
        law.value("wage.58", day("2025-01-01"), cut_off_of(day("2026-12-01")))
    assert law.in_force("wage.58", day("2025-01-01"), cut_off_of(day("2026-12-02")))


# --- carried forward ---


@pytest.mark.parametrize(
    ("name", "on", "value", "known", "since", "until"),
    [
        ("wage.43", "2027-01-01", 20_440, "2026-12-31", "2027-01-01", None),
        ("wage.43", "2199-12-31", 20_440, "2026-12-31", "2027-01-01", None),
        ("wage.28", "2025-06-01", 20_000, "2024-12-31", "2025-01-01", "2025-12-31"),  # between two rows
        ("wage.37", "2026-02-28", 19_000, "2025-12-31", "2026-01-01", "2026-02-28"),
        ("minimum_wage", "2027-01-01", 16_900, "2026-12-31", "2027-01-01", None),
        ("tax.SDI", "2030-01-01", 1_300, "2026-12-31", "2027-01-01", None),
        ("share_of_cost.benefit_level_cents.couple", "2028-03-01", 209_883, "2026-12-31", "2027-01-01", None),
    ],
)
def test_a_value_goes_on_after_its_last_known_day_until_the_next_begins(
    name: str, on: str, value: int, known: str, since: str, until: str | None
) -> None:
    """WAGE-2: as an assumption that keeps where it came from."""
    entry = LAW.entry(name, day(on))
    assert (entry.value, entry.from_day, entry.until) == (value, day(since), day(until) if until else None)
    assert (entry.grade, entry.law) == ("assumption", "WAGE-2")
    assert entry.carried_from is not None
    assert (entry.carried_from.value, entry.carried_from.until) == (value, day(known))
    assert LAW.assumptions(name, day(on)) == (LAW.parameters[name].carried_by,)
    assert LAW.in_force(name, day(on))


def test_what_was_an_assumption_before_it_was_carried_stays_one() -> None:
    assert LAW.assumptions("wage.54", day("2027-06-01")) == ("wage.54", "wage.carried_forward")


def test_only_values_named_by_the_year_are_carried() -> None:
    carried = {name for name, parameter in LAW.parameters.items() if parameter.carried_by}
    levels = {name for name in LAW.names() if name.startswith("share_of_cost.benefit_level_cents.")}
    assert carried == {"minimum_wage", "tax.SDI", *levels, *(f"wage.{number:02d}" for number in range(1, 59))}
    assert {LAW.parameters[name].carried_by for name in carried} == {
        "wage.carried_forward", "minimum_wage.carried_forward", "tax.carried_forward", "share_of_cost.carried_forward",
    }  # fmt: skip


def test_the_value_of_the_last_known_day_is_carried_not_the_one_named_last() -> None:
    """A rate of July alone lies over that of the year: in the next year the year's goes on."""
    july = {"from": date(2026, 7, 1), "until": date(2026, 7, 31), "value": 30_000}
    law = LAW.amended(written("wage.43", july))
    assert [law.value("wage.43", day(text)) for text in ("2026-07-31", "2026-08-01", "2027-01-01")] == [
        30_000, 20_440, 20_440,
    ]  # fmt: skip


def test_a_value_is_carried_until_the_next_is_published() -> None:
    named = {"from": date(2027, 1, 1), "until": date(2027, 12, 31), "published": date(2027, 2, 10), "value": 21_000}
    law = LAW.amended(written("wage.43", named | {"grade": "instruction", "citation": "x"}))
    january, before, after = day("2027-01-15"), cut_off_of(day("2027-02-10")), cut_off_of(day("2027-02-11"))
    assert law.entry("wage.43", january, before).carried_from is not None
    assert law.as_known_at(before).value("wage.43", january) == 20_440
    assert law.assumptions("wage.43", january, before) == ("wage.carried_forward",)
    assert (law.value("wage.43", january, after), law.assumptions("wage.43", january, after)) == (21_000, ())
    assert law.assumptions("wage.43", day("2028-01-01"), after) == ("wage.carried_forward",)


# --- no rule asks in vain ---


def test_what_is_neither_carried_nor_optional_has_a_value_on_every_day() -> None:
    """Also in the week that holds 1900-01-01: it begins on the Sunday before."""
    days = [*range(day("1900-01-01") - 7, day("1900-01-15")), day("2199-12-31"), *range(0, 50_000, 997)]
    for name, parameter in LAW.parameters.items():
        if not (parameter.optional or parameter.carried_by):
            assert all(LAW.in_force(name, each) for each in days), name


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ("{ from = 1900-01-01, until = 2020-12-31, value = 12 }", "2021-01-01"),
        (
            "{ from = 1900-01-01, until = 2020-12-31, value = 12 }, { from = 2022-01-01, value = 24 }",
            "2021-01-01",
        ),
        (
            "{ from = 1900-01-01, until = 2020-12-31, value = 12 }, "
            "{ from = 2021-01-01, published = 2021-02-01, value = 24 }",
            "2021-01-01",
        ),
    ],
)
def test_an_overlay_may_not_leave_a_rule_without_a_value(tmp_path: Path, values: str, missing: str) -> None:
    overlay(tmp_path, "[tax.FICA]\nvalues = [{ from = 2026-01-01, until = 2026-12-31, value = 0 }]", "a.toml")
    assert Law.load(tmp_path)
    overlay(tmp_path, f"[filing.closes_after_months]\nvalues = [{values}]")
    with pytest.raises(LawError, match=rf"^mine.toml: filing.closes_after_months: .* {missing} has none"):
        Law.load(tmp_path)
    overlay(tmp_path, "[filing.closes_after_months]\nvalues = [{ from = 2021-01-01, value = 24 }]", "more.toml")
    assert Law.load(tmp_path).value("filing.closes_after_months", day("2021-06-01")) == 24


# --- overlays ---


def test_an_overlay_replaces_a_value_and_says_so(tmp_path: Path) -> None:
    law = Law.load(overlay(tmp_path, "[wage.43]\nvalues = [{ from = 2026-01-01, value = 30000 }]"))
    entry = law.entry("wage.43", day("2026-03-01"))
    assert (entry.value, entry.until, entry.grade, entry.citation, entry.law) == (
        30_000,
        None,
        "assumption",
        "overlay mine.toml",
        "WAGE-1",
    )
    assert law.overlaid == ("wage.43",)
    assert law.version != LAW.version
    assert LAW.value("wage.43", day("2026-03-01")) == 20_440


def test_an_overlay_adds_a_value_beside_the_others(tmp_path: Path) -> None:
    text = "[[wage.43.values]]\nfrom = 2026-07-01\nuntil = 2026-07-31\nvalue = 30000\ngrade = 'statute'\ncitation = 'x'"
    law = Law.load(overlay(tmp_path, text))
    values = [law.value("wage.43", day(text)) for text in ("2026-06-30", "2026-07-31", "2026-08-01")]
    assert values == [20_440, 30_000, 20_440]
    assert law.assumptions("wage.43", day("2026-07-01")) == ()


def test_an_overlay_that_changes_nothing_is_none(tmp_path: Path) -> None:
    entry = LAW.entry("tax.FICA", day("2026-01-01"))
    same = f"values = [{{ from = 1900-01-01, value = 6200, grade = '{entry.grade}', citation = '{entry.citation}' }}]"
    law = Law.load(overlay(tmp_path, f"[tax.FICA]\nunit = 'per_100000'\nlaw = 'TAX-2'\n{same}"))
    assert law.overlaid == ()
    assert law.version == LAW.version


def test_an_overlay_lies_on_an_overlay() -> None:
    first = LAW.amended(written("tax.SDI", {"from": date(2026, 1, 1), "value": 1_000}))
    second = first.amended(written("evv.policy.IHSS", {"from": date(2026, 1, 1), "value": "deny"}))
    assert second.overlaid == ("evv.policy.IHSS", "tax.SDI")
    assert second.value("evv.policy.IHSS", day("2026-01-01")) == "deny"
    assert second.value("evv.policy.IHSS", day("2025-12-31")) == "record"


FROM = "from = 2026-01-01"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"[wage.59]\nvalues = [{{ {FROM}, value = 20000 }}]", r"wage.59: no such parameter; did you mean wage.5"),
        (f"[wage.43]\nvalues = [{{ {FROM}, value = 20445 }}]", "even number"),
        (f"[wage.43]\nvalues = [{{ {FROM}, value = 20.44 }}]", "must be a whole number"),
        (f"[wage.43]\nvalues = [{{ {FROM}, value = '20440' }}]", "must be a whole number"),
        (f"[wage.43]\nvalues = [{{ {FROM}, value = true }}]", "must be a whole number"),
        (f"[wage.43]\nvalues = [{{ {FROM}, value = 0 }}]", "too low"),
        (f"[wage.43]\nvalues = [{{ {FROM}, value = -2 }}]", "too low"),
        (f"[weekly.divisor]\nvalues = [{{ {FROM}, value = 0 }}]", "too low"),
        (f"[tax.FICA]\nvalues = [{{ {FROM}, value = -1 }}]", "too low"),
        (f"[evv.policy.IHSS]\nvalues = [{{ {FROM}, value = 'punish' }}]", "one of record, warn, hold, deny"),
        (f"[hours.pro_rata]\nvalues = [{{ {FROM}, value = 'by_weeks' }}]", "one of by_days"),
        (f"[hours.provider_side_returns_minutes]\nvalues = [{{ {FROM}, value = true }}]", "one of False"),
        (f"[tax.kinds.SPOUSE]\nvalues = [{{ {FROM}, value = ['VAT'] }}]", "one of FICA"),
        (f"[impairment.services]\nvalues = [{{ {FROM}, value = ['A', 1] }}]", "each part a string"),
        (f"[impairment.services]\nvalues = [{{ {FROM}, value = ['A', 'A'] }}]", "none twice"),
        (f"[violation.ineligible_days]\nvalues = [{{ {FROM}, value = ['A'] }}]", "each part a whole number"),
        (f"[evv.overlap_from]\nvalues = [{{ {FROM}, value = 19539 }}]", "must be a date"),
        (f"[evv.overlap_from]\nvalues = [{{ {FROM}, value = 2026-01-01T00:00:00 }}]", "must be a date"),
        (f"[calendar.holidays]\nvalues = [{{ {FROM}, value = ['01-02'] }}]", "cannot be laid over"),
        ("[wage.43]\nvalues = [{ from = '2026-02-30', value = 20440 }]", "Invalid RFC3339|date"),
        ("[wage.43]\nvalues = [{ from = 2026-02-30, value = 20440 }]", "cannot be read as TOML"),
        ("[wage.43]\nvalues = [{ from = 20260101, value = 20440 }]", "from"),
        ("[wage.43]\nvalues = [{ value = 20440 }]", "missing required field `from`"),
        (f"[wage.43]\nvalues = [{{ {FROM} }}]", "missing required field `value`"),
        (f"[wage.43]\nvalues = [{{ {FROM}, value = 20440, untill = 2026-02-01 }}]", "unknown field `untill`"),
        (f"[wage.43]\nvalues = [{{ {FROM}, value = 20440, grade = 'rumour' }}]", "Invalid enum value 'rumour'"),
        (
            f"[wage.43]\nvalues = [{{ {FROM}, until = 2025-12-31, value = 20440 }}]",
            "`until` 2025-12-31 is before `from`",
        ),
        (f"[wage.43]\nvalues = [{{ {FROM}, value = 2 }}, {{ {FROM}, value = 4 }}]", "two values for 2026-01-01"),
        (
            f"[wage.43]\nvalues = [{{ {FROM}, until = 2026-03-01, value = 2 }}, {{ from = 2026-03-01, value = 4 }}]",
            "two values for 2026-03-01; end the earlier one",
        ),
        (f"[wage.43]\nunit = 'cents'\nvalues = [{{ {FROM}, value = 20440 }}]", "unit is mills_per_hour"),
        (f"[wage.43]\nchoices = ['a']\nvalues = [{{ {FROM}, value = 20440 }}]", "cannot be changed"),
        (f"[wage.43]\noptional = true\nvalues = [{{ {FROM}, value = 20440 }}]", "cannot be changed"),
        (f"[wage.43]\nvalues = [{{ {FROM}, value = 20440, grade = 'statute', citation = 'x' }}]", "add `until`"),
        (f"[minimum_wage.x]\nvalues = [{{ {FROM}, value = 20440 }}]", "minimum_wage.x: no such parameter"),
        (f"[benefit.counties]\nvalues = [{{ {FROM}, value = ['01'] }}]", "one of 19"),
        (f"[wage.43]\nrate = 1\nvalues = [{{ {FROM}, value = 20440 }}]", "unknown field `rate`"),
        ("[wage.43]\nvalues = []", "has no values"),
        ("[wage.43]\n", "has no values"),
        ("wage = 20440", "no table of values"),
        ("[wage.43]\nvalues = 20440", "Expected `array`"),
        ("wage.43 =", "cannot be read as TOML"),
    ],
)
def test_a_bad_overlay_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(LawError, match=says) as raised:
        Law.load(overlay(tmp_path, text))
    assert str(raised.value).startswith("mine.toml: ")
    assert "\n" not in str(raised.value)


def test_two_files_may_not_say_two_things(tmp_path: Path) -> None:
    text = f"[wage.43]\nvalues = [{{ {FROM}, value = 20000 }}]"
    overlay(tmp_path, text, "a.toml")
    with pytest.raises(LawError, match=r"b\.toml: wage\.43: two values"):
        Law.load(overlay(tmp_path, text, "b.toml"))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(LawError, match="cannot be read as TOML"):
        Law.load(tmp_path)


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_a_folder_without_law_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(LawError, match=r"no \*.toml file"):
        Law.load(tmp_path / folder)


@pytest.mark.parametrize("missing", ["law", "unit", "grade", "citation"])
def test_our_own_values_are_complete(missing: str) -> None:
    value = {"from": date(1900, 1, 1), "value": 1, "grade": "statute", "citation": "x"}
    table = {"law": "TAX-2", "unit": "cents", "values": [value]}
    assert own_parameters({"mine.toml": {"x": table}})["x"].entries[0].value == 1
    (value if missing in value else table).pop(missing)
    with pytest.raises(LawError, match="add them"):
        own_parameters({"mine.toml": {"x": table}})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "x: the rules need a value on every day, and 1900-01-01 has none"),
        ({"carried_by": "x.carried_forward"}, r"says until when it is known \(WAGE-2\); add `until`"),
        (
            {"carried_by": "y", "values": [{"from": date(2026, 1, 1), "until": date(2026, 12, 31), "value": 1}]},
            "x: carried_by names no parameter",
        ),
    ],
)
def test_our_own_values_leave_no_rule_without_a_value(changed: dict[str, Any], says: str) -> None:
    graded = {"grade": "statute", "citation": "x"}
    table = {"law": "TAX-2", "unit": "cents", "values": [{"from": date(2026, 1, 1), "value": 1}]} | changed
    table["values"] = [value | graded for value in table["values"]]
    with pytest.raises(LawError, match=f"^mine.toml: .*{says}"):
        own_parameters({"mine.toml": {"x": table}})


def test_an_unknown_unit_is_refused() -> None:
    value = {"from": date(2026, 1, 1), "value": 1, "grade": "statute", "citation": "x"}
    with pytest.raises(LawError, match="unit 'fortnights' is unknown"):
        own_parameters({"mine.toml": {"x": {"law": "TAX-2", "unit": "fortnights", "values": [value]}}})


# --- the law as a thing ---


def test_the_version_knows_values_not_files() -> None:
    turned = Law(dict(reversed(LAW.parameters.items())))
    assert turned.version == LAW.version
    assert re.fullmatch("[0-9a-f]{64}", LAW.version)
    assert LAW.amended(written("tax.FICA", {"from": date(1990, 1, 1), "value": 6_201})).version != LAW.version


def test_the_law_travels_without_its_memory() -> None:
    law = LAW.amended(written("tax.SDI", {"from": date(2026, 1, 1), "value": 1_000, "published": date(2026, 2, 2)}))
    law.value("wage.43", day("2026-01-01"))
    travelled = pickle.loads(pickle.dumps(law))
    assert (travelled.version, travelled.overlaid) == (law.version, law.overlaid)
    assert travelled.value("tax.SDI", day("2026-01-01"), cut_off_of(day("2026-02-02"))) == 1_300


def test_a_pay_run_knows_nothing_that_was_published_later() -> None:
    law = LAW.amended(written("tax.SDI", {"from": date(2026, 1, 1), "value": 1_000, "published": date(2026, 2, 2)}))
    before, after = cut_off_of(day("2026-02-02")), cut_off_of(day("2026-02-03"))
    assert law.as_known_at(before).value("tax.SDI", day("2026-01-01")) == 1_300
    assert law.as_known_at(before) is law.as_known_at(before - 1)
    assert law.as_known_at(after) is law
    assert LAW.as_known_at(before) is LAW


def test_the_law_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        LAW.overlaid = ("x",)  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        LAW.entry("tax.FICA", day("2026-01-01")).value = 0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value", "unit", "most"),
    [
        ("wage.43", 200_000_000, "mills_per_hour", 500_000),
        ("wage.43", 2**63, "mills_per_hour", 500_000),
        ("advance.presumed_overpayment_days", 2**70, "days", 3660),
        ("payment.warrant_stale_after_months", 2402, "months", 2400),
    ],
)
def test_a_slip_of_the_finger_is_one_line(name: str, value: int, unit: str, most: int, tmp_path: Path) -> None:
    """A wage of 200,000 an hour was paid; a greater one ended in an overflow of 64 bits."""
    until = ", until = 2026-12-31" if name == "wage.43" else ""
    (tmp_path / "slip.toml").write_text(f"[{name}]\nvalues = [{{ from = 2026-01-01{until}, value = {value} }}]\n")
    with pytest.raises(LawError) as refused:
        Law.load(tmp_path)
    what = f"`value` {value} is more than plausible.{unit} allows, {most}; correct one of them"
    assert str(refused.value) == f"slip.toml: {name}: {what}"
    bound = f"[plausible.{unit}]\nvalues = [{{ from = 1900-01-01, value = {min(value, 2**62)} }}]\n"
    (tmp_path / "more.toml").write_text(bound)
    if value < 2**62:
        assert Law.load(tmp_path)  # who means it says so
