#!/usr/bin/env python3
"""Judges an engine by the vectors: python judge.py ANSWERS [--kit FOLDER]. Needs Python and nothing else.

Your engine reads each file of ``in`` and writes what it says to a file of the same name in the folder ANSWERS
(answer.schema.json). Exit code 0: all as expected; 1: not; the score by law id is printed either way.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def differences(expected: Any, said: Any, place: str = "") -> Iterator[str]:
    """Where two answers differ, a line each. The order within a list of records does not count."""
    if isinstance(expected, dict) and isinstance(said, dict):
        for name in sorted(expected.keys() | said.keys()):
            yield from differences(expected.get(name), said.get(name), f"{place}/{name}")
    elif isinstance(expected, list) and isinstance(said, list):
        expected, said = (sorted(each, key=lambda one: json.dumps(one, sort_keys=True)) for each in (expected, said))
        if len(expected) != len(said):
            yield f"{place}: {len(expected)} expected, {len(said)} said"
        for index, pair in enumerate(zip(expected, said)):  # noqa: B905 - their lengths were compared
            yield from differences(*pair, f"{place}/{index}")
    elif expected != said or type(expected) is not type(said):
        yield f"{place}: {json.dumps(expected)} expected, {json.dumps(said)} said"


def by_run(answer: dict[str, Any]) -> dict[str, Any]:
    """Pay runs by their day, so that one missing is not many that differ."""
    return {run["run_date"]: run for run in answer.get("pay_runs", [])}


def judge(kit: Path, answers: Path) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """The differences of each vector, and the law ids it stands for."""
    for path in sorted((kit / "expected").glob("*.json")):
        vector = json.loads((kit / "in" / path.name).read_text("utf-8"))
        expected = json.loads(path.read_text("utf-8"))
        said = answers / path.name
        found = ["no answer"]
        if said.is_file():
            found = list(differences(by_run(expected), by_run(json.loads(said.read_text("utf-8")))))
        yield vector, found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("answers", type=Path)
    parser.add_argument("--kit", type=Path, default=Path(__file__).parent)
    asked = parser.parse_args()
    passed, tried = Counter[str](), Counter[str]()
    wrong = 0
    for vector, found in judge(asked.kit, asked.answers):
        wrong += bool(found)
        for id in vector["law"]:
            tried[id] += 1
            passed[id] += not found
        if found:
            print(f"{vector['vector']}: {vector['sentence']}", *found[:5], sep="\n  ")
    for id in sorted(tried):
        print(f"{id}: {passed[id]} of {tried[id]}")
    print(f"{wrong} vectors are not as expected" if wrong else "All vectors are as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
