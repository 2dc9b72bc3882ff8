"""Minutes on the provider's side, while rules take from them.

Authority: none of its own; the words of the rules of the provider's side. In force: always. Does not cover: what of a
month its next one must know (`kept.Tail`).
"""

import msgspec

from rules.conclusions import HandedOn, Stamp
from schemas.symbols import Earning, LineProgram


class Worked:
    """Minutes of one document on one day.

    ``earning`` is SERVICE, TRAVEL or TRAINING; ``payable`` orders documents in a day (OT-3), ``recorded`` tells who
    loses a day too long (TIME-5), ``reference`` is kind/document_id/revision, ``assumptions`` name this project's own
    choices behind the rate. Mutable: each rule that takes minutes lowers ``minutes`` and says so in a finding. Not a
    struct, since a class of its own is cheaper where rules are compiled.
    """

    __slots__ = (
        "assumptions", "county", "day", "document_id", "earning", "minutes", "overtime_minutes", "payable", "program",
        "rate_mills", "recipient_id", "recorded", "reference",
    )  # fmt: skip

    def __init__(
        self, day: int, earning: Earning, payable: Stamp, recorded: Stamp, document_id: str, reference: str,
        recipient_id: str | None, program: LineProgram, county: str, rate_mills: int, minutes: int,
        overtime_minutes: int = 0, assumptions: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.day, self.earning, self.payable, self.recorded = day, earning, payable, recorded
        self.document_id, self.reference, self.recipient_id = document_id, reference, recipient_id
        self.program, self.county, self.rate_mills = program, county, rate_mills
        self.minutes, self.overtime_minutes, self.assumptions = minutes, overtime_minutes, assumptions


def handed_on(worked: Worked) -> HandedOn:
    """To the next month; what this one does with its own minutes changes nothing there."""
    return HandedOn(*(getattr(worked, name) for name in HandedOn.__struct_fields__))


def taken_up(before: HandedOn) -> Worked:
    """From the month before."""
    return Worked(*msgspec.structs.astuple(before))
