"""A folder that records are sent to, as files: ``payment_instruction-2026-01-20.avro`` and so on."""

from collections.abc import Callable
from pathlib import Path

from fold.record_files import file_name
from pipelines.live.durable import made, sync_file, sync_folder
from pipelines.live.outbox import ORDER, Letter, OtherContent, letter_id, letter_of
from pipelines.live.seals import sha256_of
from schemas import CONCLUSIONS
from schemas.avro import Container, Unreadable, fields_of, outgoing, write_container
from schemas.envelope import OutgoingRecord
from schemas.types import Fields

Rows = list[OutgoingRecord]


class FolderOut:
    """What is said, as files: one a kind and pay run, each written whole and synced; the pay run's own last."""

    def __init__(self, folder: Path) -> None:
        self.folder = made(folder)

    def send(self, run: str, letters: list[Letter], first: int, confirm: Callable[[int], None]) -> None:
        """Write all letters of the pay run, again if need be: the same names and bytes. Raises OtherContent, before
        anything is written, if a file of the pay run is there and says something else."""
        files = {self._path(kind, run): (kind, records) for kind in ORDER if (records := _records(kind, letters))}
        new = {path: path.with_name(f".{path.name}.new") for path in files}
        try:
            for path, (kind, records) in files.items():
                write_container(new[path], kind, records)
                _hold_against(path, new[path], records)
            for path in files:
                sync_file(new[path])
                if path == self._path(ORDER[-1], run):  # where it is, all is
                    sync_folder(self.folder)
                new[path].replace(path)
            sync_folder(self.folder)
        finally:
            for path in new.values():
                path.unlink(missing_ok=True)
        confirm(len(letters))

    def said(self, run: str) -> list[Letter] | None:
        """What the files of a pay run hold, if its PayRun is among them. Raises OtherContent: one is damaged."""
        if not self._path(ORDER[-1], run).exists():
            return None
        letters = []
        for kind in ORDER:
            if (path := self._path(kind, run)).exists():
                if (records := _said_in(path)) is None:
                    raise OtherContent(f"{path.name} in --to is damaged, and nobody knows what it said")
                made_again = (outgoing(CONCLUSIONS[kind], record) for record in records)
                letters += [letter_of(record, letter_id(record, run)) for record in made_again]
        return letters

    def close(self) -> None:
        """Nothing to let go."""

    def _path(self, kind: str, run: str) -> Path:
        return self.folder / f"{file_name(kind).removesuffix('.avro')}-{run}.avro"


def _records(kind: str, letters: list[Letter]) -> Rows:
    return [letter.record for letter in letters if letter.kind == kind]


def _hold_against(path: Path, new: Path, records: Rows) -> None:
    """What is there must say the same; its bytes may be those of an earlier schema."""
    if not path.exists() or sha256_of(path) == sha256_of(new) or _said_in(path) == [*map(fields_of, records)]:
        return
    raise OtherContent(
        f"--to has a {path.name} that says something else, and it may have been paid by: is this the right journal? If"
        " so, move the files of that pay run away, and start again"
    )


def _said_in(path: Path) -> list[Fields] | None:
    try:
        with path.open("rb") as stream:
            return [record for _, record in Container(stream)]
    except Unreadable:
        return None
