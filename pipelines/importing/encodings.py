"""How the texts of a file are written: found, read and, where it is no text, kept so that it can be told."""

import codecs
from pathlib import Path
from typing import IO

from pipelines.importing.cells import BadCell
from pipelines.importing.sources import RefusedFile

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
BEGINNING = 1 << 16
HALF, ESCAPED = 0xDC00, "ihss-payroll.escaped"


def encoding_of(path: Path, stated: str | None) -> str:
    """How a text is written: by its mark, else as stated, else UTF-8. Raises RefusedFile for what is no text."""
    with path.open("rb") as stream:
        begins = stream.read(BEGINNING)
    for mark, encoding in BOMS:
        if begins.startswith(mark):
            return encoding
    if b"\0" in begins and stated is None:
        raise RefusedFile("UNREADABLE", "a text: zero bytes stand in it, and no mark says that it is UTF-16")
    return stated or "utf-8"


def begins_with(path: Path) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as stream:
        return stream.read(64)


def is_writable(text: str) -> bool:
    """Whether a text can be written again: half a character cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def escaped(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no text, as halves of characters: surrogateescape, but for encodings of two bytes too."""
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(HALF + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(ESCAPED, escaped)


def not_this_text(line: str) -> BadCell | None:
    """The fault of a line whose bytes are not in the encoding: they are halves of characters in it."""
    if not is_writable(line):
        return BadCell(
            "text in the file's encoding: say it in the map, such as encoding = 'windows-1252'", "UNREADABLE"
        )
    return None


def position(stream: IO[str]) -> int:
    """How many bytes of a text have been read, as far as they are buffered."""
    return stream.buffer.tell()  # type: ignore[attr-defined, no-any-return]
