"""A law that notes where others would answer otherwise: it answers as the law does, and notes no more than that."""

from datetime import date

from rules.asked_law import AskedLaw, Noted
from rules.law import Law
from rules.periods import cut_off_of, epoch_day

LAW = Law.load()
JUNE, AUGUST, FIRST = (epoch_day(date(2024, month, 1)) for month in (6, 8, 7))
NAME, OTHER = "wage.17", "travel.weekly_minutes"
ADOPTED = date(2024, 9, 10)
BEFORE, AFTER = (cut_off_of(epoch_day(date(2024, 9, day))) for day in (9, 11))


def raised(**known: date) -> Law:
    return LAW.amended({"x": {"wage": {"17": {"values": [{"from": date(2024, 7, 1), "value": 30_000, **known}]}}}})


def asked(*others: Law) -> tuple[AskedLaw, Noted]:
    noted = Noted()
    return AskedLaw(LAW, others, {NAME: [range(FIRST, FIRST + 3650)]}).for_key(noted), noted


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


def test_each_key_has_notes_of_its_own() -> None:
    law, noted = asked(raised())
    law.value(NAME, AUGUST)
    again = law.for_key(fresh := Noted())
    assert not fresh.asked and again.value(NAME, AUGUST) == LAW.value(NAME, AUGUST)
    assert fresh.asked == noted.asked and again.version == LAW.version


def test_who_remembers_answers_asks_the_law_itself_where_nothing_is_noted() -> None:
    law, noted = asked(raised())
    assert law.to_ask((NAME,), JUNE) is LAW and law.to_ask((OTHER,), AUGUST) is LAW
    assert law.to_ask((OTHER, NAME), AUGUST) is law
    noted.differing.add(0)
    assert law.to_ask((OTHER, NAME), AUGUST) is LAW
    assert LAW.to_ask((NAME,), AUGUST) is LAW and (LAW.takes_notes, law.takes_notes) == (False, True)
