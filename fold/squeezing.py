"""Bytes of state made small: zstd with a dictionary of what state mostly holds.

A month of one key is too short to be squeezed by itself: with the dictionary it takes a third less than without, and a
fifth of the time. The dictionary lies beside this file, made of a county that nobody lives in (``python -m
tests.fold.state_dictionary``). Another one cannot read what this one wrote, so it is named in the bytes
(`DICTIONARY`), and a new one is a new version of the state.
"""

import hashlib
import threading
from pathlib import Path

import zstandard

LEVEL = 3
_BYTES = Path(__file__).with_name("state.dictionary").read_bytes()
DICTIONARY = hashlib.sha256(_BYTES).digest()[:4]


class _Squeezer(threading.local):
    """zstd's working memory is of one thread."""

    def __init__(self) -> None:
        known = zstandard.ZstdCompressionDict(_BYTES)
        known.precompute_compress(level=LEVEL)
        self.compress = zstandard.ZstdCompressor(level=LEVEL, dict_data=known).compress
        self.expand = zstandard.ZstdDecompressor(dict_data=known).decompress


_squeezer = _Squeezer()


def compressed(raw: bytes) -> bytes:
    """The same, smaller; the same bytes each time."""
    return _squeezer.compress(raw)


def expanded(body: bytes) -> bytes:
    """What was squeezed. Raises zstandard.ZstdError: it was not, or by another dictionary."""
    return _squeezer.expand(body)
