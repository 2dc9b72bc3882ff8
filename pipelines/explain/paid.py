"""What a replay said: the instructions in its output folder, to be held against what the rules say now."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from fold.places import INDEX, Index, index_at
from fold.rows import shard_of
from pipelines.paid_records import record_said
from pipelines.spoken import say
from pipelines.summary import Summary, summary_in
from rules.periods import iso
from schemas.avro import Container, Out, Unreadable
from schemas.ids import settlement_of
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction

NOT_COMPARED = ("law_version",)  # a difference in it alone makes no instruction (CONTRACT.md)


class ExplainRefusal(Exception):
    """There is no answer that can be stood by; the message is one line with the remedy, without personal data.
    ``words``: it, to be said in another language where it can be."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Paid:
    """The output folder of a replay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def index(self) -> Index | None:
        """The index of facts that the replay left; None if there is none that can be read."""
        return index_at(self.folder / INDEX)

    @cached_property
    def summary(self) -> Summary | None:
        """summary.json; None if there is none. Raises Misuse."""
        return summary_in(self.folder)

    @property
    def last_pay_run(self) -> int | None:
        """The cut-off of the newest PayRun; None if there is none. Raises Refusal."""
        newest = sorted(self.folder.rglob("*pay_run*.avro"))[-1:]
        return max((each.cut_off for path in newest for each in records_in(path, PayRun)), default=None)

    def instructions(self, settlement: str) -> list[PaymentInstruction]:
        """All instructions of a settlement, in order. Raises Refusal."""
        found = [each for path in self._paths(settlement) for each in records_in(path, PaymentInstruction)]
        of_settlement = (each for each in found if _settlement(each) == settlement)
        return sorted(of_settlement, key=lambda each: (each.statement_id, each.sequence))

    def _paths(self, settlement: str) -> list[Path]:
        """The one file that a settlement's instructions are in, where that is known, and those of payments that waited
        for their method; else all."""
        if self.index is not None:
            path = self.folder / f"payment_instruction-settle-{shard_of(settlement, self.index.shards):04d}.avro"
            if path.is_file():
                return [path, *sorted(self.folder.glob("payment_instruction-method-*.avro"))]
        return sorted(self.folder.rglob("*payment_instruction*.avro"))


def _settlement(instruction: PaymentInstruction) -> str:
    return settlement_of(instruction.kind, instruction.payee_id, instruction.recipient_id or "")


def records_in(path: Path, kind: type[Out]) -> Iterator[Out]:
    """All records of a kind in a file. Raises Refusal."""
    try:
        with path.open("rb") as stream:
            container = Container(stream)
            if container.kind == kind.KIND:
                yield from (record_said(kind, record) for _, record in container)
    except Unreadable as damage:
        refused = say("{path} cannot be used ({reason}): replay again", path=str(path), reason=damage.reason)
        raise ExplainRefusal(refused) from None


def differences(ours: PaymentInstruction, theirs: PaymentInstruction) -> list[str]:
    """Fields in which two instructions differ."""
    return [
        name
        for name in theirs.__struct_fields__
        if name not in NOT_COMPARED and getattr(ours, name) != getattr(theirs, name)
    ]


def hold_against(ours: Sequence[PaymentInstruction], theirs: Sequence[PaymentInstruction], folder: Path) -> None:
    """Raises Refusal unless the rules say exactly the instructions that were paid, to the cent."""
    by_id = {each.instruction_id: each for each in ours}
    missing = [each for each in theirs if each.instruction_id not in by_id]
    more = len(ours) - (len(theirs) - len(missing))
    wrong = [(by_id[each.instruction_id], each) for each in theirs if each.instruction_id in by_id]
    differing = next(((mine, paid, names) for mine, paid in wrong if (names := differences(mine, paid))), None)
    if not missing and not more and differing is None:
        return
    if differing is not None:
        mine, paid, names = differing
        ours_is, theirs_is = (_said(getattr(each, names[0])) for each in (mine, paid))
        what = say(
            "{name} of the instruction of {day} is {ours} by these facts and this law, {theirs} in {folder}",
            name=names[0], day=iso(paid.run_date), ours=ours_is, theirs=theirs_is, folder=str(folder),
        )  # fmt: skip  # no ids: who may read this line?
    elif missing:
        what = say(
            "{folder} has {count} instructions that do not follow from these facts",
            folder=str(folder), count=str(len(missing)),
        )  # fmt: skip
    else:
        what = say(
            "{count} instructions follow from these facts that {folder} does not have",
            folder=str(folder), count=str(more),
        )  # fmt: skip
    other = any(each.law_version != mine.law_version for each in theirs for mine in ours)
    law = " " + say("It was paid under another law: name its overlay (--law).") if other else ""
    no = say("no explanation, for it would not be true: {what}.", what=what)
    raise ExplainRefusal(no + law + " " + say("Name the facts it was paid from, or replay."))


def _said(value: object) -> str:
    """An amount, or nothing that could be about a person."""
    return str(value) if isinstance(value, int | None) else say("otherwise")
