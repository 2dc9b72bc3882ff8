"""A text file that landed (JSON, or CSV with a template's headings), read as messages: each fact as a topic would bring
it, and what cannot be used in its own words."""

import hashlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from fold.door import LARGEST_RAW
from pipelines.importing.text_facts import TextFact, facts_of, is_text
from pipelines.live.collector import Message, Taken
from pipelines.live.landed import LandedFile
from schemas.avro import Unreadable, encode_message
from schemas.ids import origin_in


class LandedText(LandedFile):
    """One text, open; see `LandedFile`."""

    def __init__(self, stream: BufferedReader, path: Path) -> None:
        self._suffix = path.suffix
        super().__init__(stream, path.name)

    def messages(self) -> Iterator[Message]:
        """Its facts and what is wrong with it, in its order, and a mark of its end."""
        for told in facts_of(self._stream, self._suffix):
            if told.is_rest:
                self.damage = told.wrong
            yield _message(told, origin_in(self.origin, told.place))
        yield Message(bytes.fromhex(self.mark), origin_in(self.origin, "end"), wrong=Taken())

    def _begun(self) -> None:
        return None

    def _mark(self) -> str:
        return hashlib.file_digest(self._stream, "sha256").hexdigest()


def landed(stream: BufferedReader, path: Path) -> LandedFile:
    """A file that landed, of whatever kind its name says."""
    return LandedText(stream, path) if is_text(path) else LandedFile(stream, path.name)


def _message(told: TextFact, origin: str) -> Message:
    if told.fact is not None:
        return Message(encode_message(told.fact), origin)
    assert told.wrong is not None
    if len(told.raw) <= LARGEST_RAW:
        return Message(told.raw, origin, wrong=told.wrong)
    mark = hashlib.sha256(told.raw).hexdigest()
    words = f"{told.wrong.message} {len(told.raw):,} bytes with SHA-256 {mark} stay there."
    return Message(b"", origin, wrong=Unreadable(told.wrong.reason, words, told.wrong.field))
