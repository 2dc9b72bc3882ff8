"""A small county, simulated and replayed into a folder, for the tests of what is read off a replay's folder."""

from pathlib import Path
from typing import Any

from fold.record_files import file_name
from pipelines.sample.simulate import simulate
from pipelines.summary import SUMMARY, summary_of
from rules.law import Law
from schemas import CONCLUSIONS
from schemas.avro import Container, write_container
from tests.paid import replay_folder

Row = dict[str, Any]


def county(root: Path, recipients: int = 24, months: int = 4, seed: int = 11) -> tuple[Path, Path]:
    """Folders of facts and of what their replay said."""
    facts = root / "facts"
    facts.mkdir(parents=True)
    simulate(facts, "17", recipients, months, "2024-01", seed, 0.05)
    return facts, replayed(facts, root / "paid")


def replayed(facts: Path, paid: Path) -> Path:
    """What the replay of a folder of facts says, as files."""
    law = Law.load()
    paid.mkdir()
    outcome = replay_folder(facts, sorted(path.name for path in facts.glob("*.avro")), law)
    for kind in CONCLUSIONS:
        write_container(paid / file_name(kind), kind, outcome.records.get(kind, []))
    (paid / SUMMARY).write_text(summary_of(outcome.tally, law, None).text())
    return paid


def records(folder: Path, kind: str) -> list[Row]:
    """All records of a kind in a folder."""
    with (folder / file_name(kind)).open("rb") as stream:
        return [record for _, record in Container(stream)]


def rewrite(folder: Path, kind: str, rows: list[Row]) -> None:
    """Put other records of a kind in their place."""
    write_container(folder / file_name(kind), kind, rows)
