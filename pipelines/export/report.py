"""What an export tells its operator, so that file, left out and pay run add up; and how its files are written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.export.run import ExportRefusal, PaidRun
from rules.money import dollars
from rules.periods import iso
from schemas import private
from schemas.payment_instruction import PaymentInstruction
from schemas.types import Json

NOTHING_MOVES = "its net is not above zero, so nothing moves"
NAMED_ON_A_LINE = 10


@dataclass(frozen=True)
class LeftOut:
    """An instruction that is in no file now, or should not have been, and why, in words without account data."""

    instruction: PaymentInstruction
    why: str


@dataclass(frozen=True)
class Export:
    """What became of the instructions of one payment method in one export of a pay run.

    ``waiting``: those that a full file had no room for.
    """

    run: PaidRun
    method: str
    paid: Sequence[PaymentInstruction]
    left_out: Sequence[LeftOut]
    sent_before: Sequence[PaymentInstruction] = ()
    waiting: Sequence[PaymentInstruction] = ()

    def report(self, written: str) -> list[str]:
        """Lines for the operator; ``written`` says what the file is. Raises AssertionError unless all adds up."""
        kept = [left.instruction for left in self.left_out]
        parts = (self.paid, kept, self.sent_before, self.waiting)
        total = self.run.total(self.method)
        if (sum(map(len, parts)), sum(map(_net, parts))) != total:
            raise AssertionError(f"the export of {iso(self.run.day)} does not add up to its pay run")
        named = [*self.left_out, *(LeftOut(zero, NOTHING_MOVES) for zero in self.run.by_method("NONE"))]
        return [
            f"{iso(self.run.day)}: {_sum(self.paid)} {written}",
            *(f"left out: {_named(left)}" for left in named),
            *(f"reversed: {_named(gone)}" for gone in self._told_reversed()),
            f"pay run, {self.method}: {total[0]:,} of {dollars(total[1])} = {_sum(self.paid)} in this file"
            + (f" + {_sum(self.sent_before)} sent before" if self.sent_before else "")
            + (f" + {_sum(self.waiting)} that wait for the next file" if self.waiting else "")
            + f" + {_sum(kept)} left out; besides, {len(named) - len(kept):,} with a net of zero",
        ]

    def reversed_since(self) -> list[PaymentInstruction]:
        """Those of the method that came back or were stopped since (RUN-4), in this file or not."""
        return [paid for paid in self.run.by_method(self.method) if paid.instruction_id in self.run.reversed_since]

    def _told_reversed(self) -> list[LeftOut]:
        since = self.run.reversed_since
        return [LeftOut(gone, _told_by(since[gone.instruction_id])) for gone in self.reversed_since()]

    def warnings(self) -> list[str]:
        """What must not be overlooked: that the file is full, and that payments of the run do not stand any more."""
        said = []
        if self.waiting:
            said.append(
                f"the file is full: {_sum(self.waiting)}, from {self.waiting[0].instruction_id} on, are in no file; "
                "export again with the next --modifier, and --after for each file of the day"
            )
        if gone := self.reversed_since():
            here = {paid.instruction_id for paid in self.paid}
            in_file = [paid for paid in gone if paid.instruction_id in here]
            said.append(
                f"{_sum(gone)} of this pay run came back or were stopped since (RUN-4), {_sum(in_file)} of it in this "
                "file; later pay runs pay again what is due, so a file not yet sent must not be sent as it is: "
                + _ids(gone)
            )
        return said

    @property
    def is_whole(self) -> bool:
        """Whether all that moves is in a file, and stands."""
        return not (self.held_back or self.reversed_since())

    @property
    def held_back(self) -> bool:
        """Is there money that is in no file?"""
        return bool(self.waiting) or any(left.instruction.net_cents > 0 for left in self.left_out)

    def told(self) -> Json:
        """The same as JSON, in cents."""
        count, cents = self.run.total(self.method)
        parts = {"paid": self.paid, "sent_before": self.sent_before, "waiting": self.waiting}
        here = {paid.instruction_id for paid in self.paid}
        return {
            "run": iso(self.run.day),
            "method": self.method,
            "pay_run": {"count": count, "net_cents": cents},
            **{name: {"count": len(part), "net_cents": _net(part)} for name, part in parts.items()},
            "left_out": [
                {"instruction_id": kept.instruction_id, "net_cents": kept.net_cents, "why": left.why}
                for left in self.left_out
                for kept in [left.instruction]
            ],
            "reversed": [
                {
                    "instruction_id": gone.instruction_id,
                    "net_cents": gone.net_cents,
                    "told_by_run": iso(self.run.reversed_since[gone.instruction_id]),
                    "in_this_file": gone.instruction_id in here,
                }
                for gone in self.reversed_since()
            ],
            "net_of_zero": len(self.run.by_method("NONE")),
        }


def without_zero(instructions: Iterable[PaymentInstruction]) -> tuple[list[PaymentInstruction], list[LeftOut]]:
    """Those with money to move, and the others left out."""
    instructions = list(instructions)
    moving = [instruction for instruction in instructions if instruction.net_cents > 0]
    return moving, [LeftOut(still, NOTHING_MOVES) for still in instructions if still.net_cents <= 0]


def write_files(texts: dict[Path, str]) -> None:
    """Write files, the last of them the one that counts: whoever sees it sees the others too.

    Raises Refusal, before anything is written, when that one is there and says something else: it may have been sent.
    """
    *_, (path, text) = texts.items()
    try:
        if path.exists() and path.read_text("utf-8", errors="replace") != text:
            raise ExportRefusal(
                f"--out {path} is there and says something else; it may have been sent: name another file"
            )
        private.folder(path.parent)
        for each, content in texts.items():
            private.written(each, content)
    except OSError as error:
        raise ExportRefusal(f"--out {path} cannot be written ({error.strerror}): name a file you may write") from None


def _net(instructions: Iterable[PaymentInstruction]) -> int:
    return sum(instruction.net_cents for instruction in instructions)


def _sum(instructions: Sequence[PaymentInstruction]) -> str:
    return f"{len(instructions):,} of {dollars(_net(instructions))}"


def _named(left: LeftOut) -> str:
    return f"{left.instruction.instruction_id} of {dollars(left.instruction.net_cents)}: {left.why}"


def _told_by(run_date: int) -> str:
    return f"it came back or was stopped, as the pay run of {iso(run_date)} tells (RUN-4)"


def _ids(instructions: Sequence[PaymentInstruction]) -> str:
    more = len(instructions) - NAMED_ON_A_LINE
    named = ", ".join(paid.instruction_id for paid in instructions[:NAMED_ON_A_LINE])
    return named + (f" and {more:,} more, which the report and --json name" if more > 0 else "")
