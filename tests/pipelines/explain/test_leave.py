"""A provider's page says how much sick leave there is, from when, why a claim was cut, and how it came to be."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.explain.answer import Answer, Question, Sources, answer
from pipelines.explain.page import page
from pipelines.explain.paid import Paid
from pipelines.explain.tree import Node
from rules.periods import epoch_day, period_of
from tests.case_files import Case, case_files
from tests.pipelines.explain.explain_world import LAW, lay, paid_in, pay

CASES = [one for file in case_files() if file.name == "sick_leave" for one in file.cases]
FIRST = epoch_day(date(2026, 1, 1))
BALANCE, EARNED, USABLE = "leave", "earned", "usable"


def of(sentence: str) -> Case:
    [found] = [one for one in CASES if one.sentence.startswith(sentence)]
    return found


def asked(one: Case, folder: Path) -> Answer:
    """About the provider, in the pay period of its last claim or timesheet."""
    events, out = lay(one.facts, folder / "facts"), pay(one.facts, folder / "paid", until=one.cut_off)
    periods = [fact.period_start for fact in one.facts if fact.KIND == "Timesheet"] or [period_of(FIRST)]
    question = Question(None, f"{one.prefix}P1", None, max(periods), one.cut_off)
    return answer(question, Sources(events, Paid(out), LAW))


def find(found: Answer, what: str) -> list[Node]:
    return [node for tree in found.leave for node in tree.find(what)]


def test_the_day_that_reached_100_00_and_the_one_that_reached_300_00(tmp_path: Path) -> None:
    found = asked(of("A claim for a day from which leave is usable"), tmp_path)
    [balance], [earned], [usable] = (find(found, what) for what in (BALANCE, EARNED, USABLE))
    assert "40:00 granted on Tue 20 Jan 2026, 8:00 used, 32:00 left; usable from Mon 2 Mar 2026" in balance.text
    assert "100:00 reached on Tue 20 Jan 2026" in earned.text and earned.minutes == 6000
    assert [day.text for day in earned.find("day")][-1] == "Tue 20 5:00 (100:00)"
    assert "200:00 of service after that" in usable.text and usable.minutes == 12000
    assert [day.text for day in usable.find("day")][-1] == "Sun 1 5:00 (300:00)"


@pytest.mark.parametrize(
    ("sentence", "words"),
    (
        ("What exceeds the balance is cut", "18:00 of 22:00 paid; not the rest: more sick leave than was left"),
        ("A second claim of the same", "0:00 of 3:00 paid; not the rest: sick leave claimed twice for a day"),
        ("Leave that was instructed stays", "8:00 of 8:00 paid; it stays, though the service that earned it was cut"),
    ),
)
def test_why_a_claim_was_cut(sentence: str, words: str, tmp_path: Path) -> None:
    one = of(sentence)
    events, out = lay(one.facts, tmp_path / "facts"), pay(one.facts, tmp_path / "paid", until=one.cut_off)
    found = answer(
        Question(None, f"{one.prefix}P1", None, paid_in(out)[-1]["period_start"], one.cut_off),
        Sources(events, Paid(out), LAW),
    )
    claims = [each.text for each in find(found, "leave_claim")]
    assert any(words in text for text in claims), claims
    assert words in page(found)


@pytest.mark.parametrize("one", CASES[::4], ids=str)
def test_days_add_up_to_what_was_decided(one: Case, tmp_path: Path) -> None:
    """Or there would be no answer (Unbalanced)."""
    found = asked(one, tmp_path)
    for node in (*find(found, EARNED), *find(found, USABLE), *find(found, "not_earned")):
        assert node.minutes == sum(day.minutes or 0 for day in node.find("day"))
