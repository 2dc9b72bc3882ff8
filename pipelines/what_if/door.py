"""Where the facts of variants come in: each fact as it is, and where a variant has it otherwise, that beside it."""

from pydantic import ValidationError

from fold.admissions import Admissions, Told
from fold.rows import fact_body, fact_row
from fold.stages import routes
from pipelines.importing.text_facts import FolderDoor
from pipelines.what_if.variant import Variant
from pipelines.work import Work
from schemas.envelope import Fact

GONE, MORE = "-", "+"  # rows that a variant takes away, and adds


class FactRefused(ValueError):
    """A fact cannot be as a variant would have it; the message says which kind and field, and why."""


class VariantsDoor(FolderDoor):
    """The door of a folder of facts; each variant's own facts are dealt beside those that are."""

    def __init__(self, work: Work, variants: list[Variant], told: list[Told]) -> None:
        super().__init__(work.shards, work.until, None, Admissions(told))
        self.variants = [(number, each) for number, each in enumerate(variants) if each.facts]

    def deal(self, fact: Fact, cut_off: int) -> None:
        """As it is, and where a variant has it otherwise, that it is gone and what comes in its place."""
        super().deal(fact, cut_off)
        for number, variant in self.variants:
            try:
                other = variant.fact(fact)
            except ValidationError as refused:
                first = refused.errors()[0]
                field = ".".join(map(str, first["loc"])) or "it"
                raise FactRefused(f"a {fact.KIND} cannot be so: {field}: {first['msg']}") from None
            if other is not fact:
                self._deal_to(f"{GONE}{number}", fact, cut_off)
                self._deal_to(f"{MORE}{number}", other, cut_off)

    def _deal_to(self, variant: str, fact: Fact, cut_off: int) -> None:
        body = fact_body(fact)
        for stage, key in routes(fact):
            self.dealer.deal(f"{stage}{variant}", fact_row(key, cut_off, fact, body))
