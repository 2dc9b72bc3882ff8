"""CourseListing: the course catalog (law: TRAIN-1, TRAIN-2)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact
from schemas.symbols import Pathway
from schemas.types import EndDay, EpochDay, Identifier, Text, check_span


class CourseListing(Fact):
    """A course of the Career Pathways catalog (TRAIN-2). Reference data, known from the start of a run."""

    KIND: ClassVar[str] = "CourseListing"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("course_id",)

    course_id: Identifier
    title: Text
    pathway: Pathway
    listed_from: EpochDay
    listed_to: EndDay | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_span(self.listed_from, self.listed_to, "listed_to", "listed_from")
        return self
