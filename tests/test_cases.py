"""Every case file, both ways: the plain fold and the Beam pipeline say the same, and what the case expects."""

import fcntl
import os
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipelines.replay import replay
from rules.law import Law
from schemas.avro import Container, write_container
from tests.case_comparison import KINDS_OF_CASES, differences, report, said_of
from tests.case_files import Case, case_files
from tests.paid import replay_plain

CASES = [(case, file.law) for file in case_files() for case in file.cases]
EACH = pytest.mark.parametrize(("case", "law"), CASES, ids=[str(case) for case, _ in CASES])


@cache
def said_by_plain(case: Case, law: Law) -> dict[str, list[dict[str, Any]]]:
    facts = list(case.facts)
    Random(case.sentence).shuffle(facts)  # the order in which facts come must not matter
    records = replay_plain(facts, law, case.cut_off).records
    assert not records["Rejection"]
    return said_of(case, records)


def run_pipeline(folder: Path, law: Law) -> None:
    """All cases of one law in one run; ``folder`` gets ``facts`` and ``out``."""
    cases = [case for case, its_law in CASES if its_law.version == law.version]
    facts = [fact for case in cases for fact in case.facts]
    for kind in sorted({fact.KIND for fact in facts}):
        path = folder / "facts" / f"{kind}.avro"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_container(path, kind, [fact.model_dump() for fact in facts if kind == fact.KIND])
    replay(folder / "facts", folder / "out", max(case.until for case in cases), law, engine="beam")


@pytest.fixture(scope="session")
def said_by_beam(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The pipeline's records by law; workers of one test session share one run of each law."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    @cache
    def said(law: Law) -> dict[str, list[dict[str, Any]]]:
        folder = shared / f"cases-{law.version[:16]}"
        folder.mkdir(exist_ok=True)
        with open(folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "done").exists():
                run_pipeline(folder, law)
                (folder / "done").touch()
        records = read_records(folder / "out")
        assert not records.get("Rejection")
        return records

    return said


def read_records(folder: Path) -> dict[str, list[dict[str, Any]]]:
    records: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS_OF_CASES}
    for path in sorted(folder.glob("**/*.avro")):
        with open(path, "rb") as stream:
            container = Container(stream)
            records.setdefault(container.kind, []).extend(record for _, record in container)
    return records


@EACH
def test_plain(case: Case, law: Law) -> None:
    said = said_by_plain(case, law)
    found = differences(case, said)
    assert not found, "\n" + report(case, found, said)


@pytest.mark.engines
@EACH
def test_beam(case: Case, law: Law, said_by_beam: Any) -> None:
    said = said_of(case, said_by_beam(law))
    found = differences(case, said)
    assert not found, "\n" + report(case, found, said)
    assert said == said_by_plain(case, law)


def test_sentences_are_unique() -> None:
    sentences = [case.sentence for case, _ in CASES]
    assert sorted(set(sentences)) == sorted(sentences)
