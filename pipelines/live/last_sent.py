"""Records that are sent again when they change: the version that was last sent, and the one that this code would have
sent.

Part of `as_said`.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from pipelines.live.outbox import ID_FIELDS, Letter
from pipelines.live.pay_run import Repeated, RunLetters, identity
from rules.conclusions import UNSENT
from schemas.benefit_hours import BenefitHours
from schemas.finding import Finding

LastVersions = dict[tuple[str, ...], Repeated]
"""The last version of each finding, reconciliation and record of hours, by kind and id."""


class LastSent:
    """Of each id: the version that was last sent (``real``), and the one that this code would have sent (``ours``)."""

    def __init__(self) -> None:
        self.real: LastVersions = {}
        self.ours: LastVersions = {}

    def add(self, run: RunLetters, letters: Iterable[Letter]) -> None:
        """A pay run of the past: its real letters, and those of this code."""
        for last, of_one in ((self.real, letters), (self.ours, run.letters)):
            for record in (letter.record for letter in of_one if letter.kind in ID_FIELDS):
                assert isinstance(record, Repeated)
                last[identity(record)] = record

    def to_say_again(self) -> set[tuple[str, ...]]:
        """What stands by this code, but was last said otherwise."""
        return {
            id for id, ours in self.ours.items()
            if not _is_cleared(ours) and not _same_content(ours, self.real.get(id))
        }  # fmt: skip

    def to_take_back(self) -> list[Repeated]:
        """What was said and does not stand by this code, as it is to be taken back."""
        gone = (real for id, real in self.real.items() if id not in self.ours or _is_cleared(self.ours[id]))
        return [back for real in gone if not _is_cleared(real) and (back := _taken_back(real)) is not None]


def _is_cleared(record: Repeated) -> bool:
    return isinstance(record, Finding) and record.cleared


def _same_content(one: Repeated, other: Repeated | None) -> bool:
    return other is not None and replace(one, cut_off=UNSENT) == replace(other, cut_off=UNSENT)


def _taken_back(real: Repeated) -> Repeated | None:
    """The record that says so; of a reconciliation none: an advance that was paid is reconciled by any code, since it
    has an account."""
    match real:
        case Finding():
            words = {"message": f"No longer so: {real.message}", "next_step": "Nothing: this was cleared."}
            return replace(real, **words, cleared=True)
        case BenefitHours():
            return replace(real, paid_minutes=0, authorized_minutes=0, eligible=None)
        case _:
            return None
