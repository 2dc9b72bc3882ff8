"""One pay run as a replay's output folder holds it, held against its control total before any money is exported."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pipelines.came_back import ReversedPayments
from pipelines.unchanged import refuse_changed
from rules.periods import business_day_of, is_business_day, is_cut_off, iso
from schemas.avro import Container, Unreadable, outgoing
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction

STEMS = {"PaymentInstruction": "payment_instruction", "PayRun": "pay_run"}


class ExportRefusal(ValueError):
    """A payment file that must not be made; the message is one line for the user, without personal data."""


@dataclass(frozen=True)
class PaidRun:
    """All instructions of the pay run of a business day (an epoch day), each once, sorted by id.

    ``reversed_since``: the ids of those that do not stand as of the folder's last pay run (RUN-4), and the business day
    of the pay run that tells.
    """

    day: int
    instructions: tuple[PaymentInstruction, ...]
    control: PayRun
    reversed_since: Mapping[str, int] = field(default_factory=dict)

    def by_method(self, method: str) -> list[PaymentInstruction]:
        """The instructions of a payment method (RUN-3), sorted by id."""
        return [instruction for instruction in self.instructions if instruction.method == method]

    def total(self, method: str) -> tuple[int, int]:
        """Count and net cents of a payment method, as the PayRun record says."""
        of_method = [total for total in self.control.totals if total.method == method]
        return sum(total.count for total in of_method), sum(total.net_cents for total in of_method)


Beat = Callable[[str, int, int], None]
Day = TypeVar("Day", PaymentInstruction, PayRun)


def paid_run(folder: Path, day: int, beat: Beat = lambda stage, done, total: None) -> PaidRun:
    """The pay run of a business day in a replay's output folder. ``beat("read", files, of all)`` goes with it.

    Raises Refusal when it is not there, not whole, or contradicts itself; Misuse when it is not what was said.
    """
    if not is_business_day(day):
        raise ExportRefusal(
            f"--run {iso(day)} is no business day (RUN-1), so no pay run has its name: name a business day"
        )
    came_back = ReversedPayments()
    control = _control(folder, day, came_back)
    paid = _each_once(_records(folder, PaymentInstruction, day, beat, came_back.instruction))
    since = {each.instruction_id: came_back.since(each.instruction_id) for each in paid}
    reversed_since = {id: business_day_of(cut_off) for id, cut_off in since.items() if cut_off is not None}
    run = PaidRun(day, paid, control, reversed_since)
    check_whole(run, folder)
    refuse_changed(folder, [control.cut_off], "--paid")
    return run


def _control(folder: Path, day: int, came_back: ReversedPayments) -> PayRun:
    runs = [*_records(folder, PayRun, day, lambda stage, done, total: None, came_back.pay_run)]
    if not runs:
        raise ExportRefusal(
            f"{folder} has no pay run of {iso(day)}: name another --run, or replay with a later --until"
        )
    if any(run != runs[0] for run in runs):
        raise ExportRefusal(f"{folder} has two pay runs of {iso(day)} that differ: name the folder of one replay")
    return runs[0]


def _records(folder: Path, kind: type[Day], day: int, beat: Beat, tell: Callable[[Day], None]) -> Iterator[Day]:
    stem = STEMS[kind.KIND]
    paths = sorted(folder.glob(f"{stem}*.avro"))
    if not paths:
        raise ExportRefusal(f"--paid {folder} has no {stem}*.avro: name the folder that a replay wrote to")
    for done, path in enumerate(paths, 1):
        try:
            yield from _of_day(path, kind, day, tell)
            beat("read", done, len(paths))
        except Unreadable as damage:
            raise ExportRefusal(
                f"{path} cannot be used ({damage.reason}): copy the folder again, or replay again"
            ) from None
        except OSError as error:
            raise ExportRefusal(f"{path} cannot be read ({error.strerror}): name a folder that you may read") from None


def _of_day(path: Path, kind: type[Day], day: int, tell: Callable[[Day], None]) -> Iterator[Day]:
    """Records of a day, validated. ``tell`` hears of those of later days, which may say that one does not stand."""
    with path.open("rb") as stream:
        container = Container(stream)
        if container.kind != kind.KIND:
            raise ExportRefusal(
                f"{path} holds {container.kind}, not {kind.KIND}: name the folder that a replay wrote to"
            )
        for _, fields in container:
            if fields["run_date"] < day:  # years of pay runs may lie in one file
                continue
            record = outgoing(kind, fields)
            if record.run_date == day:
                yield record
            elif is_cut_off(record.cut_off):
                tell(record)


def _each_once(found: Iterable[PaymentInstruction]) -> tuple[PaymentInstruction, ...]:
    """Sorted by id. The same decision has the same id: one that says two things could be paid twice."""
    by_id: dict[str, PaymentInstruction] = {}
    for instruction in found:
        if by_id.setdefault(instruction.instruction_id, instruction) != instruction:
            raise ExportRefusal(
                f"{instruction.instruction_id} stands there twice and differs: name the folder of one replay"
            )
        if not instruction.instruction_id.endswith(f":{iso(instruction.run_date)}"):
            # Its id would be in the file of one day and its money in that of another.
            raise ExportRefusal(f"{instruction.instruction_id} does not belong to its run_date: replay again")
    return tuple(sorted(by_id.values(), key=lambda instruction: instruction.instruction_id.encode()))


def check_whole(run: PaidRun, folder: Path) -> None:
    """Raise Refusal unless the instructions are those that the PayRun record counts."""
    ids = b"".join(instruction.instruction_id.encode() + b"\n" for instruction in run.instructions)
    control = run.control.totals
    totals = {(total.kind, total.method): (total.count, total.gross_cents, total.net_cents) for total in control}
    same_ids = hashlib.sha256(ids).hexdigest() == run.control.instructions_sha256
    if not same_ids or _totals(run.instructions) != totals:
        counted = sum(total.count for total in control)
        raise ExportRefusal(
            f"{folder} does not hold the pay run of {iso(run.day)} whole and unchanged ({len(run.instructions):,} "
            f"instructions; its PayRun counts {counted:,}): copy the folder again, or replay again"
        )


def _totals(instructions: Iterable[PaymentInstruction]) -> dict[tuple[str, str], tuple[int, ...]]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for paid in instructions:
        so_far = sums[paid.kind, paid.method]
        for at, amount in enumerate((1, paid.gross_cents, paid.net_cents)):
            so_far[at] += amount
    return {key: tuple(amounts) for key, amounts in sums.items()}
