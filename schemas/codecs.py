"""Compressed blocks of Avro container files, within bounds: a few bytes that would fill the memory are damage."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any, Protocol

import cramjam
import zstandard

LARGEST_BLOCK = 32 * 1024 * 1024  # bytes, as compressed and as not; read, a block takes up to 60 times as much memory
LARGEST_DICTIONARY = 2 * LARGEST_BLOCK  # what a decompressor may keep for itself
CRC = 4  # bytes after a block of snappy
LONGEST_NUMBER = 10  # bytes of a long
RAW_DEFLATE = -15  # without a header, as Avro has it

Inflate = Callable[[bytes], bytes]


class BlockSource(Protocol):
    """What blocks are read from."""

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end."""


class Inflated:
    """A container file's stream as if its blocks were not compressed: ``header`` (which must say so), then blocks.

    Reading raises ValueError, zlib.error or lzma.LZMAError for a block that is damaged or too large.
    """

    def __init__(self, source: BlockSource, header: bytes, codec: str, marker: int) -> None:
        self._source, self._waiting = source, BytesIO(header)
        self._inflate, self._marker = CODECS[codec], marker

    def tell(self) -> int:
        """Nothing depends on it."""
        return 0

    def read(self, size: int) -> bytes:
        """Of the block at hand, else of the next."""
        return self._waiting.read(size) or self._next().read(size)

    def _next(self) -> BytesIO:
        count = _long(self._source, at_end=b"")
        if count:
            body = self._inflate(_exactly(self._source, _value(_long(self._source))))
            if len(body) > LARGEST_BLOCK:
                raise ValueError("a block too large")
            marker = _exactly(self._source, self._marker)
            self._waiting = BytesIO(b"".join((count, long_bytes(len(body)), body, marker)))
        return self._waiting


def _long(source: BlockSource, at_end: bytes | None = None) -> bytes:
    """The bytes of a long."""
    found = source.read(1)
    if not found and at_end is not None:
        return at_end
    while len(found) <= LONGEST_NUMBER and (not found or found[-1] & 0x80):
        found += _exactly(source, 1)
    return found


def _value(long: bytes) -> int:
    number = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(long))
    return (number >> 1) ^ -(number & 1)


def long_bytes(size: int) -> bytes:
    """A number, not negative, as Avro writes a long."""
    number, found = size << 1, b""
    while number > 0x7F:
        number, found = number >> 7, found + bytes([number & 0x7F | 0x80])
    return found + bytes([number])


def _exactly(source: BlockSource, size: int) -> bytes:
    found = source.read(size)
    if len(found) != size:
        raise ValueError("cut off")
    return found


def _bounded(decompressor: Any) -> Any:
    """One that stops after the largest block."""
    return lambda body: decompressor().decompress(body, LARGEST_BLOCK + 1)


def _snappy(body: bytes) -> bytes:
    """Its length stands before the block, its CRC-32 after it."""
    length = next((place for place, byte in enumerate(body[:LONGEST_NUMBER], 1) if byte < 0x80), 0)
    if sum((byte & 0x7F) << 7 * place for place, byte in enumerate(body[:length])) > LARGEST_BLOCK:
        raise ValueError("a block too large")
    try:
        found = bytes(cramjam.snappy.decompress_raw(body[:-CRC]))
    except cramjam.DecompressionError as damage:
        raise ValueError(str(damage)) from None
    if zlib.crc32(found).to_bytes(CRC, "big") != body[-CRC:]:
        raise ValueError("a block that is not what was written")
    return found


def _zstandard(body: bytes) -> bytes:
    try:
        return (
            zstandard.ZstdDecompressor(max_window_size=LARGEST_DICTIONARY).stream_reader(body).read(LARGEST_BLOCK + 1)
        )
    except zstandard.ZstdError as damage:
        raise ValueError(str(damage)) from None


CODECS: dict[str, Inflate] = {
    "deflate": _bounded(lambda: zlib.decompressobj(RAW_DEFLATE)),
    "bzip2": _bounded(bz2.BZ2Decompressor),
    "xz": _bounded(lambda: lzma.LZMADecompressor(memlimit=LARGEST_DICTIONARY)),
    "snappy": _snappy,
    "zstandard": _zstandard,
}
"""All codecs that Avro names, but for ``null``."""
