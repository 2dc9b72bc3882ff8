#!/usr/bin/env python3
"""Judges an engine by the vectors: python judge.py ANSWERS [--kit FOLDER]. Needs Python and nothing else.

Your engine reads each file of ``in`` and writes what it says to a file of the same name in the folder ANSWERS
(answer.schema.json). Exit code 0: all as expected; 1: not; 2: nothing was judged. The score by law id is printed.
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHOWN = 5  # differences of a vector
LONGEST = 200  # characters of a value


def plain(value: Any) -> Any:
    """As it is compared: null is as good as absent, and the order of a list says nothing."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return sorted(map(plain, value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def read(path: Path) -> Any:
    """JSON to be compared. Raises OSError, ValueError."""
    text = path.read_text("utf-8")
    return plain(json.loads(text, object_pairs_hook=once, parse_constant=no_number))


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, each name in it once."""
    if twice := [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]:
        raise ValueError(f"the name {twice[0]!a} stands twice in one object")
    return dict(pairs)


def no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def differences(expected: Any, said: Any, place: str = "") -> Iterator[str]:
    """Where two answers differ, a line each."""
    if isinstance(expected, dict) and isinstance(said, dict):
        for name in sorted(expected.keys() | said.keys()):
            yield from differences(expected.get(name), said.get(name), f"{place}/{ascii(name)[1:-1][:LONGEST]}")
    elif isinstance(expected, list) and isinstance(said, list):
        if len(expected) != len(said):
            yield f"{place}: {len(expected)} expected, {len(said)} said"
        for index, pair in enumerate(zip(expected, said)):  # noqa: B905 - their lengths were compared
            yield from differences(*pair, f"{place}/{index}")
    elif expected != said or type(expected) is not type(said):
        yield f"{place}: {short(expected)} expected, {short(said)} said"


def short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def by_run(answer: Any) -> dict[str, Any]:
    """An answer with its pay runs by their day, so that one missing is not many that differ. Raises ValueError."""
    runs = answer.get("pay_runs") if isinstance(answer, dict) else None
    if not isinstance(runs, list) or not all(isinstance(run, dict) for run in runs):
        raise ValueError("an answer is an object whose pay_runs is a list of objects (answer.schema.json)")
    of_day = {run.get("run_date"): run for run in runs if isinstance(run.get("run_date"), str)}
    if len(of_day) != len(runs):
        raise ValueError("each of pay_runs has a run_date of its own, a text")
    found: dict[str, Any] = answer | {"pay_runs": of_day}
    return found


def found_in(expected: Path, said: Path) -> list[str]:
    """What is wrong with the answer to a vector, a line each."""
    if not said.is_file():
        return ["no answer"]
    try:
        return [*differences(by_run(read(expected)), by_run(read(said)))]
    except (OSError, ValueError, RecursionError) as wrong:
        return [f"cannot be judged: {ascii(str(wrong))[1:-1][:LONGEST]}"]


def whole_kit(kit: Path) -> list[str]:
    """The names of the files of a kit that lacks none. Raises ValueError."""
    try:
        told = json.loads((kit / "kit.json").read_text("utf-8"))["vectors"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"{kit} is no kit: it has no kit.json") from None
    given, expected = (sorted(path.name for path in (kit / part).glob("*.json")) for part in ("in", "expected"))
    if given != expected or len(given) != told or not told:
        raise ValueError(
            f"{kit} is no whole kit: of {told} vectors it has {len(given)} files in `in`, {len(expected)} in `expected`"
        )
    return given


def judge(kit: Path, answers: Path) -> int:
    """Print what differs and the score; the exit code. Raises ValueError: nothing can be judged."""
    names = whole_kit(kit)
    if not answers.is_dir() or answers.resolve() in {(kit / part).resolve() for part in ("in", "expected")}:
        raise ValueError(f"{answers} is no folder of answers")
    passed, tried, wrong = Counter[str](), Counter[str](), 0
    for name in names:
        vector = json.loads((kit / "in" / name).read_text("utf-8"))
        found = found_in(kit / "expected" / name, answers / name)
        wrong += bool(found)
        tried.update(vector["law"])
        passed.update([] if found else vector["law"])
        if found:
            more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
            print(f"{vector['vector']}: {vector['sentence']}", *found[:SHOWN], *more, sep="\n  ")
    for id in sorted(tried):
        print(f"{id}: {passed[id]} of {tried[id]}")
    if wrong:
        print(f"{wrong} of {len(names)} vectors are not as expected")
    stray = sorted({path.name for path in answers.glob("*.json")} - {*names})
    if stray:
        print(f"{len(stray)} answers are of no vector, the first {stray[0]!a}: begin with an empty folder")
    elif not wrong:
        print(f"All {len(names)} vectors are as expected")
    return 1 if wrong or stray else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("answers", type=Path)
    parser.add_argument("--kit", type=Path, default=Path(__file__).parent)
    asked = parser.parse_args()
    try:
        return judge(asked.kit, asked.answers)
    except BrokenPipeError:  # whoever reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ValueError as wrong:
        parser.error(str(wrong))


if __name__ == "__main__":
    sys.exit(main())
