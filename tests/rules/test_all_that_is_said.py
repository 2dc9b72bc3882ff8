"""All that is said of each worked case, and of small dense histories, is as it was: every cent, minute and word.

A case expects what its sentence is about; nobody had looked at the rest, and three in twenty small changes of the rules
changed only that. What is kept is a digest by name. After a change that was wanted
``python -m tests.rules.test_all_that_is_said`` writes it anew and says what changed, and with a name it prints what is
said of that.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from rules.law import Law
from tests.case_files import Case, case_files
from tests.dense_histories import history_to_the_end
from tests.paid import replay_plain, replay_stepwise

KEPT = Path(__file__).with_suffix(".json")
HISTORIES, PER_TEST = 300, 20
LAW = Law.load()
Said = Callable[[], str]


def said_of_case(case: Case, law: Law) -> str:
    """Records as JSON, without what tells one case from another or one law from another."""
    return _told(replay_plain(case.facts, law, case.cut_off).records).replace(case.prefix, "")


def said_of_history(seed: int, replay: Callable[..., Any] = replay_plain) -> str:
    """The same of a dense history, and of what became of its payments."""
    history = history_to_the_end(seed, LAW)
    return _told(replay(history.facts, LAW, history.until).records)


def _told(records: Mapping[str, list[dict[str, object]]]) -> str:
    kinds = [kind for kind, said in records.items() if said and kind != "PayRun"]  # which sums up the others
    said = {kind: _sorted(records[kind]) for kind in kinds}
    return json.dumps(said, default=str, indent=1, sort_keys=True)


def _sorted(records: list[dict[str, object]]) -> list[dict[str, object]]:
    bare = ({name: value for name, value in each.items() if name != "law_version"} for each in records)
    return sorted(bare, key=lambda each: json.dumps(each, default=str, sort_keys=True))


def groups() -> Iterator[tuple[str, dict[str, Said]]]:
    """What a test looks at: the cases of a file, or some histories; each by its name."""
    for file in case_files():
        yield file.name, {_name(case): lambda case=case, law=file.law: said_of_case(case, law) for case in file.cases}
    for first in range(0, HISTORIES, PER_TEST):
        seeds = range(first, first + PER_TEST)
        yield f"from-{first}", {f"history {seed}": lambda seed=seed: said_of_history(seed) for seed in seeds}


def _name(case: Case) -> str:
    """Which does not change as cases come before it."""
    return f"{case.file}: {case.sentence}"


def _digest(said: Said) -> str:
    return sha256(said().encode()).hexdigest()[:16]


@pytest.mark.parametrize(("name", "group"), list(groups()), ids=[name for name, _ in groups()])
def test_it_is_as_it_was(name: str, group: Mapping[str, Said]) -> None:
    kept = json.loads(KEPT.read_text("utf-8"))
    changed = [each for each, said in group.items() if kept.get(each) != _digest(said)]
    assert not changed, f"look at `python -m {__spec__.name} {changed[0]!r}`"


@pytest.mark.parametrize("first", range(0, HISTORIES, PER_TEST))
def test_step_by_step_it_is_the_same(first: int) -> None:
    """What months leave behind when they close is enough."""
    kept, seeds = json.loads(KEPT.read_text("utf-8")), range(first, first + PER_TEST)
    assert not [
        seed for seed in seeds if kept[f"history {seed}"] != _digest(partial(said_of_history, seed, replay_stepwise))
    ]


def test_nothing_else_is_kept() -> None:
    assert [*json.loads(KEPT.read_text("utf-8"))] == [each for _, group in groups() for each in group]


def main() -> None:
    everything = {each: said for _, group in groups() for each, said in group.items()}
    if sys.argv[1:]:
        print(everything[sys.argv[1]]())
        return
    before = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    now = {each: _digest(said) for each, said in everything.items()}
    KEPT.write_text(json.dumps(now, indent=0, ensure_ascii=False) + "\n", "utf-8")
    for each in sorted(each for each in {*before, *now} if before.get(each) != now.get(each)):
        print(each)


if __name__ == "__main__":
    main()
