"""A folder that what is said goes to, as files: ``payment_instruction-2026-01-20.avro`` and so on."""

from collections.abc import Callable
from pathlib import Path

from fold.record_files import file_name
from pipelines.live.durable import made
from pipelines.live.outbox import ORDER, Letter
from schemas.avro import write_container


class FolderOut:
    """What is said, as files: one a kind and pay run, each written whole; the pay run's own last."""

    def __init__(self, folder: Path) -> None:
        self.folder = made(folder)

    def send(self, run: str, letters: list[Letter], first: int, confirm: Callable[[int], None]) -> None:
        """Write all letters of the pay run, again if need be: the same names and bytes."""
        for kind in ORDER:
            records = [letter.record for letter in letters if letter.kind == kind]
            if records:
                stem = file_name(kind).removesuffix(".avro")
                write_container(self.folder / f"{stem}-{run}.avro", kind, records)
        confirm(len(letters))

    def close(self) -> None:
        """Nothing to let go."""
