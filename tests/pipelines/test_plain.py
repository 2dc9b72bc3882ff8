"""What the plain fold counts beside what it pays."""

from tests.case_files import CASES, read_case_file
from tests.paid import replay_plain


def test_a_fact_that_came_twice_is_one_duplicate_however_many_stages_read_it() -> None:
    """CONTRACT, Rejection: counts add up, duplicates count as used."""
    file = read_case_file(CASES / "outcomes.toml")
    case = file.cases[0]
    tally = replay_plain([*case.facts, *case.facts], file.law, case.cut_off).tally
    assert tally.duplicates == len(case.facts)
    assert sum(tally.used.values()) == tally.inputs == len(case.facts) * 2
