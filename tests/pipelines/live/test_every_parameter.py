"""Each parameter of the law in turn is published in the middle of a small dense history: the live job, which did not
know it before, says what a replay with the law known from that cut-off on says, and the money comes to what deciding
everything once by the changed law does. A rule that reads law without a cut-off, or a key that is not decided again,
differs.

``PARAMETERS`` (4) says how many the suite tries, drawn by ``SEED``; `make engines` tries them all.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from fold.door import admission
from pipelines.live.memory import CountyMemory
from pipelines.live.pay_run import PayRuns
from rules.law import Law
from rules.parameters import Documents, Parameter
from rules.periods import business_day_of, civil_date, cut_off_after
from schemas.avro import encode_message, fields_of
from schemas.envelope import Fact
from schemas.journal import Entry
from tests.dense_histories import history_to_the_end
from tests.histories import History
from tests.paid import replay_plain
from tests.test_from_scratch import otherwise_decided, otherwise_paid

LAW = Law.load()
HISTORIES = (0, 5, 11)
DAYS_BACK, DAYS_ON = 60, 300
SEED = int(os.environ.get("SEED") or 20)
NOT_OF_PAY = (
    "calendar.",
    "plausible.",
)  # the calendar cannot be laid over; bounds of slips decide nothing that is said
Said = dict[str, list[dict[str, Any]]]


def other_value(parameter: Parameter, value: Any) -> Any:
    """A plausible other value; None: there is none, since only one is implemented."""
    match parameter.unit:
        case "mills_per_hour":
            return value + 2_000
        case "minutes" | "cents":
            return value * 3 // 4 if value else 60
        case "per_100000":
            return value * 2
        case "months" | "count" | "divisor":
            return value + 1
        case "days" | "day":
            return value + 5
        case "counts":
            return [*value[:-1], value[-1] + 100]
        case "text":
            return "OTHER"
        case "symbols":
            missing = [each for each in parameter.choices if each not in value]
            return [*value, missing[0]] if missing else [*value[:-1]]
        case _:
            return next((each for each in parameter.choices if each != value), None)


OF_HISTORIES = ("wage.01", "wage.17", "wage.19", "wage.43")  # counties of the histories
TRIED = sorted(
    name
    for name, parameter in LAW.parameters.items()
    if not name.startswith(NOT_OF_PAY)
    and (not name.startswith("wage.") or name in OF_HISTORIES)
    and other_value(parameter, parameter.entries[-1].value) is not None
)


class LivedHalf(NamedTuple):
    """A history's live job up to a pay run that is open: what it remembers, and what it said."""

    history: History
    journal: Path
    said: Said
    cut_off: int


def entries_of(facts: Iterator[Fact]) -> dict[int, list[Entry]]:
    found: dict[int, list[Entry]] = defaultdict(list)
    for number, fact in enumerate(facts, 1):
        cut_off = admission(fact)
        found[cut_off].append(Entry(number, fact.recorded_at, cut_off, "", encode_message(fact), None))
    return found


def live(memory: CountyMemory, history: History, law: Law, runs: range, said: Said) -> None:
    """All pay runs in which anything is due. ``runs``: from one instant to before another."""
    entries, cut_off = entries_of(iter(history.facts)), runs.start - 1
    memory.law = law
    while (cut_off := cut_off_after(cut_off)) < runs.stop:
        if not (entries[cut_off] or memory.due_count(cut_off)):
            continue
        run = PayRuns(memory).fold(cut_off, entries[cut_off])
        for letter in run.letters:
            said[letter.kind].append(fields_of(letter.record))
        PayRuns(memory).remember(run)


@cache
def lived(seed: int, folder: Path) -> LivedHalf:
    """Up to the middle of its pay runs."""
    history, said = history_to_the_end(seed, LAW), defaultdict(list)
    runs = sorted({admission(fact) for fact in history.facts})
    journal, half = folder / str(seed), runs[len(runs) // 2]
    journal.mkdir()
    memory = CountyMemory(journal, LAW)
    live(memory, history, LAW, range(runs[0], half), said)
    memory.close()
    return LivedHalf(history, journal, dict(said), half)


def change_of(name: str, cut_off: int) -> Documents:
    """A document as it is published: from some weeks before the pay run on."""
    parameter, day = LAW.parameters[name], business_day_of(cut_off) - DAYS_BACK
    known = parameter.on(day, cut_off) or parameter.entries[-1]
    value = other_value(parameter, known.value)
    value = civil_date(value) if parameter.unit == "day" else value
    written = {"from": civil_date(day), "value": value, "grade": "instruction", "citation": "ACL 26-99"}
    if parameter.carried_by:
        written["until"] = civil_date(day + DAYS_ON)
    table: dict[str, Any] = {"values": [written]}
    for part in reversed(name.split(".")):
        table = {part: table}
    return {"change.toml": table}


def of_kinds(said: Said) -> Said:
    """Sorted, but for pay runs, of which those without anything to do were left out here, and rejections."""
    return {
        kind: sorted(records, key=repr)
        for kind, records in said.items()
        if kind not in ("PayRun", "Rejection") and records
    }


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("halves")


def differences(name: str, seed: int, halves: Path, tmp_path: Path) -> list[str]:
    half = lived(seed, halves)
    changed = LAW.with_published(change_of(name, half.cut_off), half.cut_off)
    shutil.copytree(half.journal, tmp_path / str(seed))
    memory = CountyMemory(tmp_path / str(seed), LAW)
    said = defaultdict(list, {kind: [*records] for kind, records in half.said.items()})
    live(memory, half.history, changed, range(half.cut_off, half.history.until + 1), said)
    memory.close()
    replayed = replay_plain(half.history.facts, changed, half.history.until).records
    one, other = of_kinds(said), of_kinds(replayed)
    found = [f"{kind} of the live job" for kind in sorted({*one, *other}) if one.get(kind) != other.get(kind)]
    return found + otherwise_decided(half.history, changed) + otherwise_paid(half.history, changed)


@pytest.mark.parametrize("name", Random(SEED).sample(TRIED, int(os.environ.get("PARAMETERS", "4"))))
def test_published_it_is_paid_as_if_replayed_and_as_if_decided_once(name: str, halves: Path, tmp_path: Path) -> None:
    found = [each for seed in HISTORIES for each in differences(name, seed, halves, tmp_path)]
    assert not found, "\n".join(found)


@pytest.mark.engines
@pytest.mark.parametrize("name", TRIED)
def test_every_parameter(name: str, halves: Path, tmp_path: Path) -> None:
    test_published_it_is_paid_as_if_replayed_and_as_if_decided_once(name, halves, tmp_path)


def test_what_is_tried_alters_pay(halves: Path) -> None:
    """Of some parameters; else nothing could be found."""
    altered = set()
    for name in ("wage.43", "wage.01", "wage.17", "tax.FICA", "overtime.weekly_threshold_minutes", "tax.SDI"):
        for seed in HISTORIES:
            half = lived(seed, halves)
            changed = LAW.with_published(change_of(name, half.cut_off), half.cut_off)
            laws = (LAW, changed)
            paid = [
                replay_plain(half.history.facts, law, half.history.until).records["PaymentInstruction"] for law in laws
            ]
            amounts = [[(each["instruction_id"], each["net_cents"]) for each in sorted(one, key=repr)] for one in paid]
            altered |= {name} if amounts[0] != amounts[1] else set()
    assert len(altered) >= 3, altered
