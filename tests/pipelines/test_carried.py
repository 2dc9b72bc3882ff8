"""What is carried forward is said by all who speak of pay: explain, the report, the doctor, the live job (WAGE-2)."""

import re
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fold.record_files import file_name
from pipelines.check import doctor
from pipelines.console.live import sentence
from pipelines.explain.answer import Answer
from pipelines.law_notices import FAMILIES, how_carried, notices
from pipelines.live.telling import Teller
from pipelines.reference.law_pages import pages
from pipelines.report.asked import ReportAsked
from pipelines.report.books import Books
from pipelines.report.page import report
from pipelines.report.records import ReportFolder
from pipelines.sample.simulate import simulate
from pipelines.sample.situations import ROLL
from pipelines.summary import AssumptionTouched, summary_of
from rules.carried import carried_on, ending_by
from rules.law import Law
from rules.periods import cut_off_of, epoch_day, midnight
from schemas import CONCLUSIONS
from schemas.avro import write_container
from schemas.envelope import Fact
from tests.case_files import case
from tests.paid import Outcome, replay_folder, replay_plain
from tests.pipelines.explain.explain_world import LAW, explained, lay, paid_in, pay

OF_2027 = {"from": date(2027, 1, 1), "until": date(2027, 12, 31), "grade": "instruction", "citation": "a test's own"}


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


def amended(**values: dict[str, Any]) -> Law:
    """The law with a wage of 2027 for some counties (``lake``)."""
    codes = {"lake": "17", "alameda": "01"}
    wages = {codes[name]: {"values": [OF_2027 | value]} for name, value in values.items()}
    return LAW.amended({"mine.toml": {"wage": wages}})


# --- a pay run in January ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def january(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """The sample county in the first month for which nothing of the law is known."""
    facts = tmp_path_factory.mktemp("january")
    simulate(facts, "17", len(ROLL), 1, "2027-01", 5, 0)
    return facts, replay_folder(facts, sorted(path.name for path in facts.glob("*.avro")), LAW)


def test_a_january_pay_run_pays_everybody(january: tuple[Path, Outcome]) -> None:
    _, outcome = january
    assert not [found for found in outcome.records["Finding"] if found["code"] == "NOT_IN_FORCE"]
    made = outcome.records["PaymentInstruction"]
    worked = [each for each in made if each["kind"] == "ARREARS" and each["paid_minutes"]]
    assert len({each["provider_id"] for each in worked}) > 30
    assert all("wage.carried_forward" in each["assumptions"] for each in worked if each["gross_cents"])
    withheld = [each for each in made if any(taken["kind"] == "SDI" for taken in each["deductions"])]
    assert withheld and all("tax.carried_forward" in each["assumptions"] for each in withheld)


def test_the_pay_run_and_the_summary_name_what_is_carried(january: tuple[Path, Outcome]) -> None:
    _, outcome = january
    named = {name for run in outcome.records["PayRun"] for name in run["assumptions"]}
    assert {"wage.carried_forward", "tax.carried_forward", "share_of_cost.carried_forward"} <= named
    said = summary_of(outcome.tally, LAW, None).assumptions
    touched = [each for each in outcome.records["PaymentInstruction"] if "wage.carried_forward" in each["assumptions"]]
    assert said["wage.carried_forward"] == AssumptionTouched(len(touched), sum(each["gross_cents"] for each in touched))


# --- the report -------------------------------------------------------------------------------------------------------


def section(outcome: Outcome, folder: Path, law: Law = LAW) -> str:
    """What the report's section says, without its tags."""
    for kind in CONCLUSIONS:
        write_container(folder / file_name(kind), kind, outcome.records.get(kind, []))
    html = report(Books(ReportFolder(folder), None, None), ReportAsked(folder), law).html
    [found] = re.findall(r'<section id="carried".*?</section>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_the_report_says_by_county_since_when_and_how_much(january: tuple[Path, Outcome], tmp_path: Path) -> None:
    _, outcome = january
    made = outcome.records["PaymentInstruction"]
    touched: Counter[str] = Counter()
    for each in made:
        if "wage.carried_forward" in each["assumptions"] and each["lines"]:
            touched.update(count=1, cents=sum(line["cents"] for line in each["lines"]))
    told = section(outcome, tmp_path)
    assert f"County wage Lake (17) 1 Jan 2027 {touched['count']:,} ${touched['cents'] / 100:,.2f}" in told
    assert "Disability insurance rate 1 Jan 2027" in told and "Benefit level 1 Jan 2027" in told
    assert "No later value of these is known" in told


def test_the_report_says_what_was_carried_though_the_law_knows_better_now(
    january: tuple[Path, Outcome], tmp_path: Path
) -> None:
    """A rate entered without a day of publication: since when it was carried can no longer be told."""
    _, outcome = january
    told = section(outcome, tmp_path, amended(lake={"value": 18_050}))
    assert re.search(r"County wage Lake \(17\) [\d,]+ \$", told)
    late = {"value": 18_050, "published": date(2027, 12, 1)}
    (tmp_path / "late").mkdir()
    assert "County wage Lake (17) 1 Jan 2027" in section(outcome, tmp_path / "late", amended(lake=late))


def test_of_two_counties_only_the_carried_one_is_told(tmp_path: Path) -> None:
    """Napa has no wage of 2025, Lake has: one statement has a line of each."""
    facts = world(
        {"kind": "ServiceAuthorization", "id": "A1", "county": "17"},
        {"kind": "ServiceAuthorization", "id": "A2", "county": "28", "from": date(2025, 6, 3)},
        {"kind": "Timesheet", "id": "T1", "period": date(2025, 6, 1), "days": {"2": "2:00", "3": "2:00"}},
    )
    told = section(replay_plain(facts, LAW), tmp_path)
    assert "County wage Napa (28) 1 Jan 2025 1 $40.00" in told
    assert "Lake" not in told


def test_nothing_carried_is_said_too_with_what_ends_soon(tmp_path: Path) -> None:
    facts = world({"kind": "Timesheet", "id": "T1", "period": date(2026, 11, 1), "days": {"2": "2:00"}})
    told = section(replay_plain(facts, LAW), tmp_path)
    assert "Nothing was paid by a value carried forward." in told
    assert "58 county wages end on 31 December 2026: add theirs to rules/parameters/wages.toml" in told


# --- explain ----------------------------------------------------------------------------------------------------------


def world(*facts: dict[str, Any]) -> list[Fact]:
    return list(case("x", 1, {"sentence": "", "law": [], "facts": list(facts), "expect": {}}).facts)


def asked(facts: list[Fact], folder: Path) -> Answer:
    """The explanation of the last payment."""
    events, out = lay(facts, folder / "facts"), pay(facts, folder / "paid")
    return explained(paid_in(out)[-1]["instruction_id"], events, out)


def texts(answer: Answer, what: str) -> list[str]:
    return [f"{node.text} ({node.authority or ''})" for each in answer.statements for node in each.find(what)]


def test_explain_says_since_when_a_wage_and_a_tax_are_carried(tmp_path: Path) -> None:
    found = asked(world({"kind": "Timesheet", "id": "T1", "period": date(2027, 1, 1), "days": {"5": "2:00"}}), tmp_path)
    carried = "carried forward since 1 January 2027: no later one is known [assumption]"
    assert f"; the wage of 2026, {carried}" in texts(found, "line")[0]
    [sdi] = [text for text in texts(found, "deduction") if "SDI" in text or "disability" in text.lower()]
    assert f"; the rate of 2026, {carried}" in sdi
    assert any(
        text.startswith("wage.carried_forward (the State's payroll goes on") for text in texts(found, "assumption")
    )


def test_explain_says_that_a_carried_wage_was_raised_to_the_minimum(tmp_path: Path) -> None:
    found = asked(world({"kind": "Timesheet", "id": "T1", "period": date(2024, 1, 1), "days": {"5": "2:00"}}), tmp_path)
    [line] = texts(found, "line")
    assert "the wage of 2021, carried forward since 1 January 2022: none is known until 31 December 2025" in line
    assert line.endswith("; Labor Code 1182.12)")


def test_explain_asks_for_the_wage_of_the_days_worked(tmp_path: Path) -> None:
    """The premium of the week stands on the statement of January, and was earned in December."""
    worked = {str(number): "10:00" for number in range(27, 32)}
    sheet = {"kind": "Timesheet", "id": "T1", "period": date(2026, 12, 16), "days": worked}
    found = asked(world(sheet), tmp_path)
    assert texts(found, "line")[0].startswith("Overtime premium")
    assert "carried" not in "".join(texts(found, "line"))


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ({"unearned": "1500.00"}, "an individual"),
        ({"unearned": "1500.00", "blind": True}, "a blind individual"),
        ({"unearned": "2500.00", "couple": True}, "a couple"),
        ({"unearned": "2500.00", "couple": True, "blind_spouse": True}, "a couple, one of them blind"),
        ({"unearned": "2500.00", "couple": True, "blind": True, "blind_spouse": True}, "a couple, both blind"),
    ],
)
def test_explain_says_whose_level_it_is_and_of_which_year(tmp_path: Path, fields: dict[str, Any], who: str) -> None:
    facts = world(
        {"kind": "IncomeAssessment", "category": "NONE", **fields},
        {"kind": "Timesheet", "id": "T1", "period": date(2027, 1, 1), "days": {"5": "20:00"}},
    )
    [level] = texts(asked(facts, tmp_path), "benefit_level")
    assert level.startswith(f"Less the benefit level of {who}: $")
    assert "(the level of 2026, carried forward since 1 January 2027: no later one is known)" in level


# --- what must be entered ---------------------------------------------------------------------------------------------


def told(on: str, law: Law = LAW) -> list[str]:
    return [each.sentence for each in notices(law, day(on))]


def test_what_ends_within_60_days_is_told() -> None:
    """Day 61 says nothing; the last known day is still known."""
    wages = "58 county wages end on 31 December 2026: add theirs to rules/parameters/wages.toml, docs/law_as_data.md"
    for on in ("2026-11-01", "2026-12-31"):
        assert wages in told(on), on
        assert len(told(on)) == len(FAMILIES)
    assert told("2026-10-31") == []
    assert [each.now for each in notices(LAW, day("2026-12-31"))] == [False] * len(FAMILIES)


def test_what_is_carried_forward_now_is_told() -> None:
    assert sorted(told("2027-01-01")) == [
        "5 benefit levels are carried forward since 1 January 2027: add theirs to "
        "rules/parameters/share_of_cost.toml, docs/law_as_data.md",
        "58 county wages are carried forward since 1 January 2027: add theirs to rules/parameters/wages.toml, "
        "docs/law_as_data.md",
        "The disability insurance rate is carried forward since 1 January 2027: add the next to "
        "rules/parameters/taxes.toml, docs/law_as_data.md",
        "The minimum wage is carried forward since 1 January 2027: add the next to rules/parameters/wages.toml, "
        "docs/law_as_data.md",
    ]


def test_counties_are_named_unless_they_are_all() -> None:
    assert told("2026-02-28")[0].startswith("The county wage of San Diego (37) is carried forward since 1 January 2026")
    several = told("2025-03-01")[0]
    assert re.match(
        r"\d+ county wages \(09, .*43, 45.*\) are carried forward, the first since 1 January 2017:", several
    )
    known = amended(lake={"value": 18_050}, alameda={"value": 22_000})
    assert any(text.startswith("56 county wages (02, 03") for text in told("2027-01-01", known))


def test_a_row_that_follows_or_lies_over_is_no_end() -> None:
    names = {each.name for each in ending_by(LAW, day("2026-05-15"), day("2026-07-14"))}
    assert names == set(), "Tehama's rate of July follows that of June"
    assert {each.name for each in ending_by(LAW, day("2025-12-01"), day("2026-01-29"))} == {"wage.37"}
    july = LAW.amended(
        {"m": {"wage": {"43": {"values": [{"from": date(2026, 7, 1), "until": date(2026, 7, 31), "value": 2}]}}}}
    )
    assert not ending_by(july, day("2026-07-15"), day("2026-08-31"))


def test_a_value_not_yet_published_is_carried_still() -> None:
    law = amended(lake={"value": 18_050, "published": date(2027, 2, 10)})
    names = [
        {each.name for each in carried_on(law, day("2027-01-20"), cut_off_of(day(run)))}
        for run in ("2027-02-10", "2027-02-11")
    ]
    assert ["wage.17" in found for found in names] == [True, False]


def test_every_assumption_that_carries_has_its_words() -> None:
    assert set(FAMILIES) == {each.carried_by for each in LAW.parameters.values() if each.carried_by}
    assert how_carried(LAW, "wage.17", LAW.entry("wage.17", day("2026-12-31"))) == ""


def test_the_law_as_implemented_says_what_goes_on() -> None:
    wages = dict(pages())["wage.md"]
    assert wages.count("a value goes on until the next begins: `wage.carried_forward`") == 1
    assert "`minimum_wage.carried_forward`" in wages


# --- who tells it -----------------------------------------------------------------------------------------------------


def test_the_doctor_tells_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def of(on: str, law: Law | None = None) -> list[doctor.DoctorCheck]:
        monkeypatch.setattr(time, "time_ns", lambda: (midnight(day(on)) + 1) * 1_000_000)
        return [check for check in doctor.checks(tmp_path, law) if check.group == "Law"]

    found = {check.name: check for check in of("2026-12-01")}
    assert found["County wages"].found == "58 county wages end on 31 December 2026"
    assert found["County wages"].remedy == "add theirs to rules/parameters/wages.toml, docs/law_as_data.md"
    assert not any(check.fine or check.required for check in found.values())
    [known] = of("2026-08-01")
    assert (known.fine, known.found) == (True, "known for 60 days and more")
    assert len(of("2027-06-01", amended(lake={"value": 18_050}))) == len(FAMILIES)


class Heard:
    """A `telling.Voice` that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def line(self, told: dict[str, Any]) -> None:
        self.lines.append(told)


def test_the_live_job_tells_it_in_lines_and_on_the_screen(tmp_path: Path) -> None:
    heard = Heard()
    Teller(tmp_path, heard, lambda: 7).tell_law(notices(LAW, day("2026-12-31")))  # type: ignore[arg-type]
    wages = "58 county wages end on 31 December 2026: add theirs to rules/parameters/wages.toml, docs/law_as_data.md"
    assert {"at": 7, "event": "law", "says": wages} in heard.lines
    assert wages in [sentence(line).plain for line in heard.lines]
