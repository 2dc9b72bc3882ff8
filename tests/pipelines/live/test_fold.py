"""Pay run by pay run onto what is remembered, or some at once, is the fold of the whole, whatever the history (all
kinds of facts)."""

import shutil
import tempfile
from collections import defaultdict
from datetime import date
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fold.door import admission
from pipelines.live import past
from pipelines.live.memory import CountyMemory
from pipelines.live.past import some_at_once
from pipelines.live.pay_run import PayRuns, read_run
from rules.law import Law
from rules.periods import cut_off_of, cut_offs
from schemas import FACTS
from schemas.avro import encode_message, fields_of
from schemas.envelope import Fact
from schemas.journal import Entry
from tests.histories import History, histories
from tests.paid import replay_plain
from tests.pipelines.live.drill import LAW, Records, in_order
from tests.schemas.samples import SAMPLES

SECOND = 19_900  # a business day


SOON = LAW.amended({"soon.toml": {"filing": {"closes_after_months": {"values": [
    {"from": date(1900, 1, 1), "value": 2, "grade": "assumption", "citation": "a test"}
]}}}})  # fmt: skip


def stepwise(facts: list[Fact], until: int, law: Law = LAW, at_once: int = 1) -> Records:
    """What the live fold says, so many pay runs at once, from a journal that holds each fact in its pay run."""
    entries: dict[int, list[Entry]] = defaultdict(list)
    first = min(admission(fact) for fact in facts)
    for number, fact in enumerate(facts, 1):
        run = first if fact.KIND == "CourseListing" else admission(fact)
        entries[run].append(Entry(number, 0, run, "", encode_message(fact)))
    folder = Path(tempfile.mkdtemp())
    try:
        return _said(PayRuns(CountyMemory(folder, law)), entries, [*cut_offs(first, until)], at_once)
    finally:
        shutil.rmtree(folder)


def _said(pay_runs: PayRuns, entries: dict[int, list[Entry]], cut_offs: list[int], at_once: int) -> Records:
    records: Records = defaultdict(list)
    for place in range(0, len(cut_offs), at_once):
        some = cut_offs[place : place + at_once]
        runs = pay_runs.fold_all([read_run(cut_off, entries.get(cut_off, [])) for cut_off in some])
        assert [run.told.cut_off for run in runs] == some
        pay_runs.remember(runs[-1])
        for letter in (letter for run in runs for letter in run.letters):
            records[letter.kind].append(fields_of(letter.record))
    return {kind: in_order(said) for kind, said in records.items()}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_step_by_step_is_the_whole(history: History) -> None:
    whole = replay_plain(history.facts, LAW, history.until).records
    said = stepwise(list(history.facts), history.until)

    for kind in {*whole, *said}:
        assert said.get(kind, []) == in_order(whole.get(kind, [])), kind


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(), st.integers(2, 40), st.sampled_from((LAW, SOON)))
def test_some_at_once_are_the_whole(history: History, at_once: int, law: Law) -> None:
    """Also where months close, and are forgotten, between two pay runs that are folded at once."""
    whole = replay_plain(history.facts, law, history.until).records
    said = stepwise(list(history.facts), history.until, law, at_once)

    for kind in {*whole, *said}:
        assert said.get(kind, []) == in_order(whole.get(kind, [])), kind


def test_a_course_listing_is_not_known_before_it_arrives(tmp_path: Path) -> None:
    """So pay runs are folded at once only if it came with the first."""
    listing = Entry(1, 0, 0, "", encode_message(FACTS["CourseListing"].model_validate(SAMPLES["CourseListing"])))
    runs = [read_run(cut_off_of(day), [listing] if day == SECOND else []) for day in (SECOND - 1, SECOND)]
    with pytest.raises(ValueError, match="listing"):
        PayRuns(CountyMemory(tmp_path, LAW)).fold_all(runs)
    assert [*some_at_once(runs, lambda _: False)] == [runs[:1], runs[1:]]


def test_only_so_many_pay_runs_are_folded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor where an accepted past may have been said otherwise: each builds on what was said in the one before."""
    first = cut_off_of(SECOND)
    runs = [read_run(cut_off, []) for cut_off in islice(cut_offs(first, 2 * first), 6)]
    assert [*some_at_once(runs, lambda _: False)] == [runs]
    apart = {runs[2].cut_off, runs[3].cut_off}
    assert [*some_at_once(runs, apart.__contains__)] == [runs[:2], runs[2:3], runs[3:4], runs[4:]]
    monkeypatch.setattr(past, "RUNS_AT_ONCE", 4)
    assert [*some_at_once(runs, lambda _: False)] == [runs[:4], runs[4:]]
    large = [run._replace(size=past.BYTES_AT_ONCE // 2) for run in runs]
    assert [*some_at_once(large, lambda _: False)] == [large[:2], large[2:4], large[4:]]
