"""What bytes of others are read from: streams that end where they end, and what reading them can raise."""

from __future__ import annotations

import lzma
import zlib
from io import BytesIO
from typing import IO

from fastavro.read import SchemaResolutionError

from schemas.codecs import LARGEST_BLOCK

CHUNK = 1024 * 1024

BAD_BYTES = (
    EOFError, IndexError, KeyError, MemoryError, OSError, OverflowError, SchemaResolutionError, ValueError,
    lzma.LZMAError, zlib.error,
)  # fmt: skip
"""What bytes of others can raise, as `tests/fuzz.py` found."""


class Exact(BytesIO):
    """Bytes that end where they end: fastavro, which skips a field of a writer's that is not ours, does not look."""

    def read(self, size: int | None = -1) -> bytes:
        """So many. Raises EOFError when there are fewer, or the number is none."""
        found = super().read(size)
        if len(found) != size:
            raise EOFError
        return found


class Spliced:
    """A stream that knows how far it was read and whether reading itself failed; may be given a new header."""

    def __init__(self, stream: IO[bytes], largest: int = LARGEST_BLOCK) -> None:
        self._stream, self._largest = stream, largest
        self._header = BytesIO()
        self.offset = 0
        self.failed = False
        self.end: int | None = None  # nothing is read beyond it

    def replace_header(self, header: bytes) -> None:
        self._header = BytesIO(header)

    def tell(self) -> int:
        return self.offset

    def seek(self, offset: int, header: bytes = b"") -> None:
        """Go on at a byte of the stream as if only the header were before it."""
        self._stream.seek(offset)
        self.offset = offset
        self.replace_header(header)

    def read(self, size: int) -> bytes:
        beyond = self.end is not None and self.offset + size > self.end
        if beyond or not 0 <= size <= self._largest:  # a damaged length must not fill the memory
            raise ValueError("length out of range")
        found = self._header.read(size)
        while len(found) < size:
            chunk = self._read_chunk(min(size - len(found), CHUNK))
            if not chunk:
                break
            found += chunk
        return found

    def _read_chunk(self, size: int) -> bytes:
        try:
            chunk = self._stream.read(size)
        except OSError:
            self.failed = True
            raise
        self.offset += len(chunk)
        return chunk
