"""What every record is, and what every fact begins with (CONTRACT.md, "Facts in")."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from schemas.types import EpochMillis, Identifier, Revision, Token


class Part(BaseModel):
    """Part of a record: immutable, of exactly the declared types, without other fields."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Record(Part):
    """One record that crosses the boundary; ``KIND`` is its Avro record name within ``ihss.v1``."""

    KIND: ClassVar[str]


class Fact(Record):
    """A revision of a document. ``KEY_FIELDS`` never change between revisions of one document."""

    KEY_FIELDS: ClassVar[tuple[str, ...]]

    event_id: Identifier
    source: Token
    recorded_at: EpochMillis
    admitted_cut_off: EpochMillis | None = None
    document_id: Identifier
    revision: Revision
    withdrawn: bool
