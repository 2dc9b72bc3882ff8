"""The records that a replay, or a live job's folder, left: each kind once, as structs."""

from collections.abc import Iterator
from pathlib import Path

from pipelines.misuse import Misuse
from pipelines.paid_records import records_in
from schemas.avro import Out, schema_path


class ReportFolder:
    """The folder ``path``. Raises Misuse where it holds no pay runs or a file cannot be read to its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            raise Misuse(f"--paid {path} is no folder: name the folder that a replay wrote to")
        if not self._files("PayRun"):
            raise Misuse(f"--paid {path} has no pay_run*.avro: name the folder that a replay wrote to")

    def records(self, kind: type[Out]) -> Iterator[Out]:
        """Every record of a kind; none where there is no file of it."""
        for path in self._files(kind.KIND):
            yield from records_in(path, kind)

    def _files(self, kind: str) -> list[Path]:
        return sorted(self.path.glob(f"{schema_path(kind).stem}*.avro"))
