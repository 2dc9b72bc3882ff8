"""What every record is: a fact is a model, judged once as it comes in; a conclusion a struct, from its rule on.

CONTRACT.md, "Facts in", says what every fact begins with.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec
from pydantic import BaseModel, ConfigDict

from schemas.types import EpochMillis, Identifier, Revision, Token


class Part(BaseModel):
    """Part of a record: immutable, of exactly the declared types, without other fields."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Record(Part):
    """One record that comes in; ``KIND`` is its Avro record name within ``ihss.v1``."""

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


class Outgoing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Part of a record that leaves: immutable, its fields those of its schema, in that order."""


class OutgoingRecord(Outgoing, frozen=True):
    """One record that leaves; ``KIND`` is its Avro record name within ``ihss.v1``, ``KEY`` the fields that make it one,
    beside its cut-off."""

    KIND: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]] = ()


class RepeatedRecord(OutgoingRecord, frozen=True):
    """One that is said again whenever it changes: the newest of a key holds."""


Crossing = Record | OutgoingRecord
"""What crosses the boundary."""
