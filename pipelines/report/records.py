"""The records that a replay, or a live job's folder, left: each kind once, as dicts of physical values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.misuse import Misuse
from schemas.avro import Container, Unreadable

Row = dict[str, Any]
STEMS = {
    "PaymentInstruction": "payment_instruction",
    "Finding": "finding",
    "AdvanceReconciliation": "advance_reconciliation",
    "BenefitHours": "benefit_hours",
    "PayRun": "pay_run",
    "Rejection": "rejection",
}
SUMMARY = "summary.json"


class Folder:
    """The folder ``path``. Raises Misuse where it holds no pay runs or a file cannot be read to its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            raise Misuse(f"--paid {path} is no folder: name the folder that a replay wrote to")
        if not self._files("PayRun"):
            raise Misuse(f"--paid {path} has no pay_run*.avro: name the folder that a replay wrote to")

    def records(self, kind: str) -> Iterator[Row]:
        """Every record of a kind; none where there is no file of it."""
        for path in self._files(kind):
            yield from self._records_in(path, kind)

    def summary(self) -> Row | None:
        """summary.json; None where there is none, as in a live job's folder."""
        path = self.path / SUMMARY
        try:
            return json.loads(path.read_text("utf-8")) if path.exists() else None
        except (OSError, ValueError) as error:
            raise Misuse(f"{path} cannot be read ({type(error).__name__}): replay again") from error

    def _files(self, kind: str) -> list[Path]:
        return sorted(self.path.glob(f"{STEMS[kind]}*.avro"))

    def _records_in(self, path: Path, kind: str) -> Iterator[Row]:
        try:
            with path.open("rb") as stream:
                container = Container(stream)
                if container.kind != kind:
                    raise Misuse(f"{path} holds {container.kind}, not {kind}: name the folder that a replay wrote to")
                yield from (record for _, record in container)
        except Unreadable as damage:
            raise Misuse(f"{path} cannot be used ({damage.reason}): copy the folder again, or replay again") from None
        except OSError as error:
            raise Misuse(f"{path} cannot be read ({error.strerror}): name a folder that you may read") from None
