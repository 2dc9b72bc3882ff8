"""A file system of Beam in this process's memory, ``memory://``, that can be told to fail at any change of it."""

import hashlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from apache_beam.io.filesystem import FileMetadata, FileSystem

FILES: dict[str, bytes] = {}


class Failed(OSError):
    """What the file system was told to do."""


class Broken:
    """``after``: so many changes are made, and the next fails (None: none does). ``changes``: made so far."""

    after: int | None = None
    changes = 0

    @classmethod
    def change(cls) -> None:
        if cls.after is not None and cls.changes >= cls.after:
            raise Failed
        cls.changes += 1


class _Written(BytesIO):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def close(self) -> None:
        if not self.closed:
            Broken.change()
            FILES[self.path] = self.getvalue()
        super().close()


class MemoryFiles(FileSystem):
    """As much as `transforms.addresses` asks; a rename is not refused where a file is."""

    @classmethod
    def scheme(cls) -> str:
        return "memory"

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def mkdirs(self, path: str) -> None: ...

    def has_dirs(self) -> bool:
        return False

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        yield from (FileMetadata(path, len(FILES[path])) for path in list(FILES) if path.startswith(dir_or_prefix))

    def create(self, path: str, *_: Any, **__: Any) -> BytesIO:
        return _Written(path)

    def open(self, path: str, *_: Any, **__: Any) -> BytesIO:
        if path not in FILES:
            raise FileNotFoundError(path)
        return BytesIO(FILES[path])

    def copy(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        for source, to in zip(source_file_names, destination_file_names, strict=True):
            Broken.change()
            FILES[to] = FILES[source]

    def rename(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        for source, to in zip(source_file_names, destination_file_names, strict=True):
            Broken.change()
            FILES[to] = FILES.pop(source)

    def exists(self, path: str) -> bool:
        return path in FILES

    def size(self, path: str) -> int:
        return len(FILES[path])

    def last_updated(self, path: str) -> float:
        return float(self.metadata(path).last_updated_in_seconds)

    def checksum(self, path: str) -> str:
        return hashlib.sha256(FILES[path]).hexdigest()

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, len(FILES[path]))

    def delete(self, paths: list[str]) -> None:
        for path in paths:
            Broken.change()
            FILES.pop(path, None)
