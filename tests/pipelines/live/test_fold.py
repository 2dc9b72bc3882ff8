"""Pay run by pay run onto what is remembered is the fold of the whole, whatever the history (all kinds of facts)."""

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from fold.door import admission
from pipelines.live.memory import CountyMemory
from pipelines.live.pay_run import PayRuns
from rules.periods import cut_offs
from schemas.avro import encode_message, fields_of
from schemas.envelope import Fact
from schemas.journal import Entry
from tests.histories import History, histories
from tests.paid import replay_plain
from tests.pipelines.live.drill import LAW, Records, in_order


def stepwise(facts: list[Fact], until: int) -> Records:
    """What the live fold says, from a journal that holds each fact in its pay run."""
    entries: dict[int, list[Entry]] = defaultdict(list)
    first = min(admission(fact) for fact in facts)
    for number, fact in enumerate(facts, 1):
        run = first if fact.KIND == "CourseListing" else admission(fact)
        entries[run].append(Entry(number, 0, run, "", encode_message(fact)))
    folder = Path(tempfile.mkdtemp())
    try:
        return _said(PayRuns(CountyMemory(folder, LAW)), entries, first, until)
    finally:
        shutil.rmtree(folder)


def _said(pay_runs: PayRuns, entries: dict[int, list[Entry]], first: int, until: int) -> Records:
    records: Records = defaultdict(list)
    for cut_off in cut_offs(first, until):
        run = pay_runs.fold(cut_off, entries.get(cut_off, []))
        pay_runs.remember(run)
        for letter in run.letters:
            records[letter.kind].append(fields_of(letter.record))
    return {kind: in_order(said) for kind, said in records.items()}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_step_by_step_is_the_whole(history: History) -> None:
    whole = replay_plain(history.facts, LAW, history.until).records
    said = stepwise(list(history.facts), history.until)

    for kind in {*whole, *said}:
        assert said.get(kind, []) == in_order(whole.get(kind, [])), kind
