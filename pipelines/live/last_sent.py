"""Records that are sent again when they change: the version that was last sent, and the one that this code would have
sent.

Part of `as_said`.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from pipelines.live.outbox import Letter, identity
from pipelines.live.pay_run import RunLetters
from rules.conclusions import UNSENT
from schemas import REPEATED
from schemas.benefit_hours import BenefitHours
from schemas.envelope import RepeatedRecord
from schemas.finding import Finding
from schemas.leave_balance import LeaveBalance

LastVersions = dict[tuple[str, ...], RepeatedRecord]
"""The last version of each finding, reconciliation, record of hours and balance, by kind and id."""


class LastSent:
    """Of each id: the version that was last sent (``real``), and the one that this code would have sent (``ours``)."""

    def __init__(self) -> None:
        self.real: LastVersions = {}
        self.ours: LastVersions = {}

    def add(self, run: RunLetters, letters: Iterable[Letter]) -> None:
        """A pay run of the past: its real letters, and those of this code."""
        for last, of_one in ((self.real, letters), (self.ours, run.letters)):
            for record in (letter.record for letter in of_one if letter.kind in REPEATED):
                assert isinstance(record, RepeatedRecord)
                last[identity(record)] = record

    def to_say_again(self) -> set[tuple[str, ...]]:
        """What stands by this code, but was last said otherwise."""
        return {
            id for id, ours in self.ours.items()
            if not _is_cleared(ours) and not _same_content(ours, self.real.get(id))
        }  # fmt: skip

    def to_take_back(self) -> list[RepeatedRecord]:
        """What was said and does not stand by this code, as it is to be taken back."""
        gone = (real for id, real in self.real.items() if id not in self.ours or _is_cleared(self.ours[id]))
        return [back for real in gone if not _is_cleared(real) and (back := _taken_back(real)) is not None]


def _is_cleared(record: RepeatedRecord) -> bool:
    return isinstance(record, Finding) and record.cleared


def _same_content(one: RepeatedRecord, other: RepeatedRecord | None) -> bool:
    return other is not None and replace(one, cut_off=UNSENT) == replace(other, cut_off=UNSENT)


def _taken_back(real: RepeatedRecord) -> RepeatedRecord | None:
    """The record that says so; of a reconciliation none: an advance that was paid is reconciled by any code, since it
    has an account."""
    match real:
        case Finding():
            words = {"message": f"No longer so: {real.message}", "next_step": "Nothing: this was cleared."}
            return replace(real, **words, cleared=True)
        case BenefitHours():
            return replace(real, paid_minutes=0, authorized_minutes=0, eligible=None)
        case LeaveBalance():
            nothing = {"granted_minutes": 0, "used_minutes": 0, "left_minutes": 0}
            return replace(real, **nothing, earned_on=None, usable_from=None)
        case _:
            return None
