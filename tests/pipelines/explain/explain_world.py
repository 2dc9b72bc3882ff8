"""Folders of facts and of what was paid from them, for the tests of explain; nothing here needs an engine."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from fold.door import Door
from fold.places import INDEX, Places, write_index
from pipelines.explain.answer import Answer, Sources, answer, question_of
from pipelines.explain.paid import Paid, records_in
from pipelines.explain.tree import Node
from pipelines.summary import SUMMARY, summary_of
from rules.law import Law
from schemas.avro import fields_of, write_container
from schemas.envelope import Fact
from schemas.payment_instruction import PaymentInstruction
from tests.case_files import Case, case
from tests.paid import replay_plain

LAW = Law.load()
Instruction = dict[str, Any]


def lay(facts: Iterable[Fact], folder: Path) -> Path:
    """Facts as files, one a kind."""
    folder.mkdir(parents=True, exist_ok=True)
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for fact in facts:
        by_kind[fact.KIND].append(fact.model_dump())
    for kind, records in by_kind.items():
        write_container(folder / f"{kind}.avro", kind, records)
    return folder


def pay(facts: Iterable[Fact], folder: Path, law: Law = LAW, until: int | None = None) -> Path:
    """What the plain fold pays for the facts, as a replay would leave it, without an index."""
    outcome = replay_plain(list(facts), law, until)
    folder.mkdir(parents=True, exist_ok=True)
    write_container(
        folder / "payment_instruction-settle-0000.avro",
        "PaymentInstruction",
        outcome.records.get("PaymentInstruction", []),
    )
    (folder / SUMMARY).write_text(summary_of(outcome.tally, law, outcome.until).text())
    return folder


def index(events: Path, out: Path) -> None:
    """The index that a replay leaves."""
    parts = out / "parts"
    parts.mkdir()
    for path in sorted(events.rglob("*.avro")):
        places = Places()
        for _ in Door(1, None, places).read_file(path, path.name):
            pass
        places.write_part(parts, events, str(path.relative_to(events)))
    write_index(parts, out / INDEX, 1)


def paid_in(out: Path) -> list[Instruction]:
    """All instructions of an output folder, each settlement's in order."""
    paths = sorted(out.glob("payment_instruction*.avro"))
    return [fields_of(each) for path in paths for each in records_in(path, PaymentInstruction)]


def explained(instruction_id: str, events: Path, out: Path, law: Law = LAW) -> Answer:
    """The answer to the question about an instruction."""
    return answer(question_of(instruction_id), Sources(events, Paid(out), law))


def leaves(node: Node) -> list[Node]:
    """The last parts."""
    return [each for each in node.walk() if not each.parts]


def chain() -> Case:
    """P1 and P2 work for R1, P2 and P3 for R2; P2's week for both has overtime."""
    facts: list[dict[str, Any]] = [{"kind": "ServiceAuthorization", "recipient": "R1", "monthly": "60:00"}]
    facts += [{"kind": "ServiceAuthorization", "recipient": each, "monthly": "140:00"} for each in ("R2", "R3")]
    pairs = ("P1", "R1"), ("P2", "R1"), ("P2", "R2"), ("P3", "R2"), ("P3", "R3")
    facts += [{"kind": "ProviderAssignment", "provider": p, "recipient": r} for p, r in pairs]
    worked = ("0", "P1", "R1", (2, 3, 4, 5)), ("A", "P2", "R1", (9, 10, 11, 12)), ("B", "P2", "R2", (13, 14, 15))
    for id, provider, recipient, days in worked:
        about = {"kind": "Timesheet", "id": id, "provider": provider, "recipient": recipient}
        facts.append(about | {"period": date(2026, 2, 1), "days": {str(day): "9:00" for day in days}})
    return case("chain", 1, {"sentence": "A chain.", "law": ["OT-1"], "facts": facts, "expect": {}})
