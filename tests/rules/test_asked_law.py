"""A law that notes where others would answer otherwise: it answers as the law does, and notes no more than that."""

import ast
from datetime import date
from pathlib import Path

from rules.asked_law import REMEMBERED, AskedLaw, Noted
from rules.law import Law
from rules.periods import cut_off_of, epoch_day
from rules.price.sick_leave import first_open_year
from rules.restatement import closed, month_unit
from rules.sick_leave import leave_year_of, terms
from rules.taxes import taxable
from rules.wages import wage

ROOT = Path(__file__).parents[2]
LAW = Law.load()
JUNE, AUGUST, FIRST = (epoch_day(date(2024, month, 1)) for month in (6, 8, 7))
NAME, OTHER = "wage.17", "travel.weekly_minutes"
ADOPTED = date(2024, 9, 10)
BEFORE, AFTER = (cut_off_of(epoch_day(date(2024, 9, day))) for day in (9, 11))


def raised(**known: date) -> Law:
    return LAW.amended({"x": {"wage": {"17": {"values": [{"from": date(2024, 7, 1), "value": 30_000, **known}]}}}})


def asked(*others: Law) -> tuple[AskedLaw, Noted]:
    law = AskedLaw(LAW, others, {NAME: [range(FIRST, FIRST + 3650)]}).for_key()
    return law, law.noted


def test_it_notes_the_days_on_which_another_would_answer_otherwise() -> None:
    law, noted = asked(LAW, raised())
    for day in (JUNE, AUGUST):
        assert law.value(OTHER, day) == LAW.value(OTHER, day)
    assert law.value(NAME, JUNE) == LAW.value(NAME, JUNE) and not noted.asked
    assert law.value(NAME, AUGUST) == LAW.value(NAME, AUGUST)
    assert noted.asked == {(NAME, AUGUST)} and noted.differing == {1}


def test_what_another_publishes_later_it_answers_from_then_on() -> None:
    law, noted = asked(raised(published=ADOPTED))
    assert law.value(NAME, AUGUST, BEFORE) == LAW.value(NAME, AUGUST)
    assert not noted.differing and not law.would_differ(0, BEFORE) and law.would_differ(0, AFTER)
    law.value(NAME, AUGUST, AFTER)
    assert noted.differing == {0}


def test_so_does_the_law_as_a_pay_run_knows_it() -> None:
    law, noted = asked(raised(published=ADOPTED))
    assert law.as_known_at(BEFORE).value(NAME, AUGUST) == LAW.value(NAME, AUGUST)
    assert noted.asked and not noted.differing
    law.as_known_at(AFTER).in_force(NAME, AUGUST)
    assert noted.differing == {0}


def test_what_it_publishes_itself_it_answers_from_then_on() -> None:
    """Asked before, it does not remember that for after; watched or not."""
    published = raised(published=ADOPTED)
    for watched in ({}, {NAME: [range(FIRST, FIRST + 3650)]}):
        law = AskedLaw(published, [], watched)
        answers = [law.value(NAME, AUGUST, known_at) for known_at in (BEFORE, AFTER, BEFORE)]
        assert answers == [LAW.value(NAME, AUGUST), 30_000, LAW.value(NAME, AUGUST)]


def test_each_key_has_notes_of_its_own() -> None:
    """Also where it is the same law that is asked."""
    law, _ = asked(raised(published=ADOPTED))
    for known in (BEFORE, AFTER, BEFORE):
        again = law.for_key()
        assert not again.noted.asked and not again.noted.differing
        then = again.as_known_at(known)
        assert wage("17", AUGUST, then, known).rate_mills == LAW.value(NAME, AUGUST)
        assert (NAME, AUGUST) in again.noted.asked and again.noted.differing == ({0} if known == AFTER else set())
    assert law is again and law.version == LAW.version


def test_rules_remember_no_more_by_law_than_is_said() -> None:
    """A cache hides from a key what another asked: who watches such a parameter gets a law for each key."""
    cached = {
        path.relative_to(ROOT / "rules").with_suffix("").as_posix(): {
            node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if _remembers_by_law(node)
        }
        for path in (ROOT / "rules").rglob("*.py")
    }
    assert {name: found for name, found in cached.items() if found} == {
        "restatement": {"closed"}, "taxes": {"taxable"}, "sick_leave": {"leave_year_of", "terms"},
        "price/sick_leave": {"first_open_year"}, "wages": {"_wage"},
        "price/other_wages": {"_all_month"},
    }  # fmt: skip
    everything = {name: [range(40_000)] for name in LAW.names()}
    law = AskedLaw(LAW, [], everything).for_key()
    closed(month_unit(FIRST), AFTER, law)
    assert taxable("CHILD_18_TO_20", AFTER, law)
    leave_year_of(AUGUST, law), terms(AUGUST, law), first_open_year(AFTER, law)
    assert {name for name, _ in law.noted.asked if not name.startswith(REMEMBERED)} == set()
    assert law.for_key() is not law and law.for_key() is not law.for_key()
    of_key = AskedLaw(LAW, [raised()], everything).for_key()
    assert of_key.to_ask((NAME,), AUGUST) is of_key
    assert {each for each in REMEMBERED if not any(name.startswith(each) for name, _ in law.noted.asked)} == set()


def _remembers_by_law(node: ast.AST) -> bool:
    if not isinstance(node, ast.FunctionDef):
        return False
    cached = any("cache" in ast.unparse(each) for each in node.decorator_list)
    return cached and any(each.arg == "law" for each in node.args.args)


def test_who_remembers_answers_asks_the_law_itself_where_nothing_is_noted() -> None:
    law, noted = asked(raised())
    assert law.to_ask((NAME,), JUNE) is LAW and law.to_ask((OTHER,), AUGUST) is LAW
    own = law.to_ask((OTHER, NAME), AUGUST)
    assert (
        own is law.to_ask((OTHER, NAME), AUGUST) and own is not law and own is not law.for_key().to_ask((NAME,), AUGUST)
    )
    assert own.to_ask((OTHER, NAME), AUGUST) is own
    noted.differing.add(0)
    assert law.to_ask((OTHER, NAME), AUGUST) is LAW
    assert LAW.to_ask((NAME,), AUGUST) is LAW and (LAW.takes_notes, law.takes_notes) == (False, True)
