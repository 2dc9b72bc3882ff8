"""``python -m tests.mutants``: every mutant of the rules judged, or ``--sample 200 --seed 7`` of them. What is in the
tally of these sources already is not judged again, so a run that was stopped goes on. Exit code 1 if the score is under
90 %, or a survivor has no reason in survivors.toml: why it changes nothing. The score is of the mutants that do.

``--noticed``: of noticed.jsonl only, each by the one test that noticed it before: minutes instead of hours. Exit code 1
if one is noticed no more, or survivors.toml gives a reason for what is no mutant any more. ``--keep`` adds to
noticed.jsonl what the tally of these sources has."""

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any

LEAST = 90  # percent
NOTICED = Path(__file__).with_name("noticed.jsonl")
SURVIVORS = Path(__file__).with_name("survivors.toml")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="so many, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="those whose id holds this text")
    parser.add_argument("--again", action="store_true", help="do not believe the tally")
    parser.add_argument("--noticed", action="store_true", help="only what was noticed before, by the test that did")
    parser.add_argument("--keep", action="store_true", help="add what is noticed to noticed.jsonl")
    parser.add_argument("--without-reason", action="store_true", help="print survivors that have none, as TOML")
    asked = parser.parse_args()
    os.environ["IHSS_PAYROLL_COMPILED"] = "no"
    from tests.mutants.made import mutants

    of_nothing = _of_nothing({each.id for each in mutants()})
    for id in of_nothing:
        print(f"survivors.toml gives a reason for what is no mutant any more: {id}")
    wanted = [each for each in mutants() if asked.only in each.id]
    if asked.noticed:
        wanted = [each for each in wanted if each.id in _noticed()]
    drawn = Random(asked.seed).sample(wanted, len(wanted))[: asked.sample]  # a smaller sample begins a greater one
    if asked.noticed:
        return _still_noticed(drawn) or int(bool(of_nothing))
    tally = _judged(drawn, asked.again)
    if asked.keep:
        _keep(tally, {each.id for each in mutants()})
    return _told(drawn, len(wanted), tally, asked.without_reason) or int(bool(of_nothing))


def _of_nothing(ids: set[str]) -> list[str]:
    """What survivors.toml names and is no mutant: its line was changed, so the reason is to be looked at again."""
    return [id for table in _reasons() for id in table["mutants"] if id not in ids]


def _judged(drawn: Sequence[Any], again: bool) -> dict[str, dict[str, str]]:
    """Verdicts by id; what is missing is judged, first in warm forks, then what must be changed before import."""
    from tests.mutants.judge import AT_IMPORT, at_import, sources
    from tests.mutants.made import BUILD

    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / f"tally-{sources()}.jsonl"
    if again:
        path.unlink(missing_ok=True)
    missing = [each for each in drawn if each.id not in _read(path)]
    if missing:
        child = os.fork()  # the session knows the house; who comes after must not
        if not child:
            os._exit(_warm(missing, path))
        os.waitpid(child, 0)
    known = _read(path)
    at_import([each for each in drawn if known.get(each.id, {}).get("verdict") == AT_IMPORT], path)
    return _read(path)


def _warm(mutants: Sequence[Any], tally: Path, by: dict[str, str] | None = None) -> int:
    import pytest

    from tests.mutants.judge import ARGUMENTS, Judge, arguments

    tests = ARGUMENTS if by is None else arguments(sorted({by[each.id] for each in mutants}))
    return int(pytest.main(tests, plugins=[Judge(mutants, tally, by)]))


def _still_noticed(drawn: Sequence[Any]) -> int:
    """Each judged by the test that noticed it before."""
    from tests.mutants.judge import AT_IMPORT, at_import
    from tests.mutants.made import BUILD

    BUILD.mkdir(parents=True, exist_ok=True)
    path, by = BUILD / "noticed.jsonl", _noticed()
    path.unlink(missing_ok=True)
    now = _as_named_now(by)
    there = [each for each in drawn if each.id in now]
    if fails := _fails_as_it_is(sorted({now[each.id] for each in there})):
        print(f"with nothing changed a test fails, so it notices nothing: {fails}")
        return 1
    child = os.fork()
    if not child:
        os._exit(_warm(there, path, now))
    os.waitpid(child, 0)
    at_import([each for each in there if _read(path).get(each.id, {}).get("verdict") == AT_IMPORT], path, now)
    tally = _read(path)
    lost = [each for each in drawn if tally.get(each.id, {}).get("verdict") not in ("killed", "timeout")]
    for each in lost:
        print(f"{each.id}\n    {each.shown()}\n    was noticed by {by[each.id]}")
    print(f"{len(drawn)} mutants that were noticed before: {len(drawn) - len(lost)} are, {len(lost)} are not any more")
    return int(bool(lost) or not drawn)


def _fails_as_it_is(tests: Sequence[str]) -> str:
    """The first of these tests that fails though nothing is changed; "": none does."""
    from tests.mutants.judge import arguments

    asked = [sys.executable, "-m", "pytest", "-x", *arguments(tests)]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    lines = [line for line in found.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return (lines or [f"pytest ended with {found.returncode}"])[0] if found.returncode else ""


def _noticed() -> dict[str, str]:
    """Test by id of a mutant."""
    return {id: found["by"] for id, found in _read(NOTICED).items()}


def _as_named_now(by: dict[str, str]) -> dict[str, str]:
    """The same tests by the names that they have now, without those that are gone: the name of a case says its place
    in its file, which moves."""
    from tests.mutants.judge import arguments

    files = sorted({test.partition("::")[0] for test in by.values()})
    asked = [sys.executable, "-m", "pytest", "--collect-only", *arguments(files)]
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    names = {_without_place(name): name for name in found}
    return {id: name for id, test in by.items() if (name := names.get(_without_place(test)))}


def _without_place(test: str) -> str:
    return re.sub(r"(?<=\[)([a-z_]+)-\d+-", r"\1-", test)


def _named(found: dict[str, str]) -> bool:
    """Is there one test that noticed it? Of what cannot be imported there is none."""
    return found["verdict"] == "killed" and found["by"].count("::") == 1 and " " not in found["by"].partition("[")[0]


def _keep(tally: dict[str, dict[str, str]], ids: set[str]) -> None:
    """Of mutants that are still some."""
    known = _noticed() | {id: found["by"] for id, found in tally.items() if _named(found)}
    lines = (json.dumps({"id": id, "by": by}, ensure_ascii=False) for id, by in sorted(known.items()) if id in ids)
    NOTICED.write_text("\n".join(lines) + "\n", "utf-8")


def _read(path: Path) -> dict[str, dict[str, str]]:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {found["id"]: found for found in map(json.loads, lines)}


def _told(drawn: Sequence[Any], of: int, tally: dict[str, dict[str, str]], as_toml: bool) -> int:
    verdicts = [tally.get(each.id, {}).get("verdict", "not judged") for each in drawn]
    count = {verdict: verdicts.count(verdict) for verdict in sorted({*verdicts})}
    reasons = {id: table["why"] for table in _reasons() for id in table["mutants"]}
    survived = [each for each, verdict in zip(drawn, verdicts, strict=True) if verdict == "survived"]
    unexplained = [each for each in survived if each.id not in reasons]
    for each in unexplained:
        quoted = json.dumps(each.id, ensure_ascii=False)
        print(f"    {quoted},  # {each.shown()}" if as_toml else f"{each.id}\n    {each.shown()}")
    dead = sum(count.get(verdict, 0) for verdict in ("killed", "timeout"))
    changing = len(drawn) - len(survived) + len(unexplained)  # who has a reason changes nothing
    score = 100 * dead / max(1, changing)
    margin = 196 * sqrt(score / 100 * (1 - score / 100) / max(1, changing)) * sqrt(max(0, 1 - len(drawn) / of))
    print(f"{len(drawn)} of {of} mutants: {', '.join(f'{number} {name}' for name, number in count.items())};", end=" ")
    equal = f"{len(drawn) - changing} survivors change nothing, each with its reason"
    print(f"{equal}; score {score:.1f} % (± {margin:.1f})", end=" ")
    print(f"of those that change something, {100 * dead / len(drawn):.1f} % of all")
    return int(score < LEAST or bool(unexplained) or not {"not judged", "broken"}.isdisjoint(count))


def _reasons() -> list[dict[str, Any]]:
    return tomllib.loads(SURVIVORS.read_text("utf-8")).get("reason", []) if SURVIVORS.exists() else []


if __name__ == "__main__":
    sys.exit(main())
