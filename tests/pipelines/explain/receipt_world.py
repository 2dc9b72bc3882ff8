"""Receipts of the payments of cases, and the verifier of docs/verify, which knows nothing of this house."""

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

from fold.record_files import file_name
from pipelines.explain.answer import LookedInto, Sources, look, question_of
from pipelines.explain.paid import Paid
from pipelines.explain.receipt import receipt_json, receipt_of
from rules.law import Law
from schemas.avro import write_container
from schemas.envelope import Fact
from tests.paid import replay_plain
from tests.pipelines.explain.explain_world import lay

VERIFIER = Path(__file__).resolve().parents[3] / "docs" / "verify" / "verify.py"
Receipt = dict[str, Any]
Place = tuple[str | int, ...]


@cache
def verifier() -> Any:
    """The program of docs/verify as a module; the law's text, which many receipts share, is parsed once."""
    spec = spec_from_file_location("verify", VERIFIER)
    assert spec is not None and spec.loader is not None
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    parsed = cache(json.loads)
    module.json = type("json", (), {"loads": staticmethod(lambda text: parsed(bytes(text)))})
    return module


class Books(NamedTuple):
    """Facts, and all that was said of them."""

    events: Path
    out: Path
    law: Law
    payments: list[dict[str, Any]]

    def look(self, instruction_id: str) -> LookedInto:
        return look(question_of(instruction_id), Sources(self.events, Paid(self.out), self.law))

    def receipt(self, instruction_id: str) -> Receipt:
        made: Receipt = json.loads(receipt_json(receipt_of(instruction_id, self.look(instruction_id), self.out)))
        return made


def books(facts: Iterable[Fact], folder: Path, law: Law, until: int) -> Books:
    """What is paid of facts, with its pay runs."""
    facts = list(facts)
    events, out = lay(facts, folder / "facts"), folder / "paid"
    out.mkdir()
    records = replay_plain(facts, law, until).records
    for kind, of_kind in records.items():
        write_container(out / file_name(kind), kind, of_kind)
    return Books(events, out, law, records.get("PaymentInstruction", []))


def refused(receipt: Receipt) -> str | None:
    """Why the verifier does not accept a receipt, as its main says it; None: it does."""
    verify = verifier()
    try:
        verify.Receipt(receipt).check()
    except verify.Refused as why:
        return str(why) or "refused"
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, zlib.error) as wrong:
        return f"{type(wrong).__name__}: {wrong}"
    return None


def numbers(part: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """The place of each number and day of a receipt, and the same changed by one."""
    if isinstance(part, dict):
        for name, inner in part.items():
            yield from numbers(inner, (*place, name))
    elif isinstance(part, list):
        for index, inner in enumerate(part):
            yield from numbers(inner, (*place, index))
    elif isinstance(part, int) and not isinstance(part, bool):
        yield from ((place, part + 1), (place, part - 1))
    elif isinstance(part, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", part) and part < "9999":
        yield place, (date.fromisoformat(part) + timedelta(days=1)).isoformat()


class Changed:
    """A receipt with one value changed, for as long as it is looked at."""

    def __init__(self, receipt: Receipt, place: Place, value: Any) -> None:
        self.inside: Any = receipt
        for step in place[:-1]:
            self.inside = self.inside[step]
        self.name, self.value = place[-1], value

    def __enter__(self) -> None:
        self.was = self.inside[self.name]
        self.inside[self.name] = self.value

    def __exit__(self, *_: object) -> None:
        self.inside[self.name] = self.was
