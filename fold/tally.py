"""What is counted on the way, so that a run can be closed and every input accounted for.

Tallies of files and shards are small, travel as bytes and merge in any order.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from rules.conclusions import PaymentTurned
from schemas.finding import Finding
from schemas.ids import statement_of
from schemas.payment_instruction import PaymentInstruction

MINUTES = ("claimed_minutes", "held_minutes", "cut_minutes", "denied_minutes")


Block = tuple[bytes, bytes]  # a record's plain Avro body, and this and later ones, packed


class RunTotals(msgspec.Struct):
    """One pay run, or the part of it that one shard made. ``totals``: "kind method" -> count, gross, net. ``said``:
    blocks of records by kind (`fold.content`); ``facts``: that are first seen by it."""

    totals: dict[str, list[int]] = {}
    ids: list[str] = []
    findings: int = 0
    assumptions: set[str] = set()
    came_back: list[PaymentTurned] = []
    said: dict[str, list[Block]] = {}
    facts: int = 0

    def pay(self, instruction: PaymentInstruction) -> None:
        """Add an instruction."""
        amounts = (1, instruction.gross_cents, instruction.net_cents)
        _add(self.totals, f"{instruction.kind} {instruction.method}", amounts)
        self.ids.append(instruction.instruction_id)
        self.assumptions.update(instruction.assumptions)

    def merge(self, other: "RunTotals") -> None:
        """Add another part of the same run."""
        for name, amounts in other.totals.items():
            _add(self.totals, name, amounts)
        self.ids += other.ids
        self.findings += other.findings
        self.assumptions |= other.assumptions
        self.came_back += other.came_back
        for kind, blocks in other.said.items():
            self.said.setdefault(kind, []).extend(blocks)
        self.facts += other.facts


class StandingPayments:
    """Payments of one key that do not stand (RUN-4), as what it says goes by in the order of pay runs."""

    def __init__(self) -> None:
        self.net_cents: dict[str, int] = {}  # by instruction
        self.gone: dict[str, set[str]] = defaultdict(set)  # by statement

    def instruct(self, instruction: PaymentInstruction) -> None:
        """An instruction names all earlier ones of its statement that do not stand."""
        self.net_cents[instruction.instruction_id] = instruction.net_cents
        self.gone[instruction.statement_id] = set(instruction.reversed)

    def turn(self, said: PaymentTurned) -> None:
        """A payment came back, or stands again, and no instruction tells."""
        of_statement = self.gone[statement_of(said.instruction_id)]
        of_statement.add(said.instruction_id) if said.reversed else of_statement.discard(said.instruction_id)

    @property
    def came_back(self) -> tuple[int, int]:
        """How many payments, and their net."""
        cents = [self.net_cents.get(id, 0) for ids in self.gone.values() for id in ids]
        return len(cents), sum(cents)


class Tally(msgspec.Struct):
    """What a file was read as, or what a shard said. All amounts in cents and minutes."""

    inputs: int = 0  # what the reader handed in, counted before anything is decided about it
    used: dict[str, int] = {}
    not_yet_due: dict[str, int] = {}
    rejections: dict[str, int] = {}
    rejected_files: list[tuple[str, str, str]] = []
    duplicates: int = 0
    latest_cut_off: int = 0
    first_claim: int | None = None
    runs: dict[int, RunTotals] = {}
    instructions: dict[str, list[int]] = {}  # kind -> count, gross, net
    deductions: dict[str, int] = {}
    providers: set[str] = set()
    recipients: set[str] = set()
    counties: set[str] = set()
    hours: dict[str, int] = {}  # MINUTES of all statements, as of the last decision
    findings: dict[str, list[int]] = {}  # "code outcome rule addressee" -> count, minutes, cents of those that stand
    assumptions: dict[str, list[int]] = {}  # name -> instructions, gross
    came_back: tuple[int, int] = (0, 0)  # payments that do not stand at the end, and their net

    def run(self, cut_off: int) -> RunTotals:
        """The run of a cut-off, begun if need be."""
        return self.runs.setdefault(cut_off, RunTotals())

    def claim_seen(self, cut_off: int) -> None:
        """A fact that claims pay is first seen by this run."""
        self.first_claim = cut_off if self.first_claim is None else min(self.first_claim, cut_off)

    def count(self, where: dict[str, int], name: str, number: int = 1) -> None:
        """Add to one of the counters."""
        where[name] = where.get(name, 0) + number

    def pay(self, instruction: PaymentInstruction) -> None:
        """Add an instruction to its run and to all that is summed over runs."""
        self.run(instruction.cut_off).pay(instruction)
        kind = instruction.kind
        _add(self.instructions, kind, (1, instruction.gross_cents, instruction.net_cents))
        for deduction in instruction.deductions:
            self.count(self.deductions, deduction.kind, deduction.cents)
        payees = self.providers if instruction.payee_type == "PROVIDER" else self.recipients
        payees.add(instruction.payee_id)
        self.counties.update(line.county for line in instruction.lines if line.county)
        for name in instruction.assumptions:
            _add(self.assumptions, name, (1, instruction.gross_cents))

    def find(self, finding: Finding) -> None:
        """Add a finding that stands at the end."""
        name = f"{finding.code} {finding.outcome} {finding.rule} {finding.addressee}"
        _add(self.findings, name, (1, finding.minutes or 0, finding.cents or 0))

    def merge(self, other: "Tally") -> None:
        """Add another tally."""
        for name in ("used", "not_yet_due", "rejections", "deductions", "hours"):
            for key, number in getattr(other, name).items():
                self.count(getattr(self, name), key, number)
        for name in ("instructions", "findings", "assumptions"):
            for key, amounts in getattr(other, name).items():
                _add(getattr(self, name), key, amounts)
        for cut_off, run in other.runs.items():
            self.run(cut_off).merge(run)
        self.rejected_files += other.rejected_files
        self.inputs += other.inputs
        self.duplicates += other.duplicates
        self.latest_cut_off = max(self.latest_cut_off, other.latest_cut_off)
        if other.first_claim is not None:
            self.claim_seen(other.first_claim)
        self.providers |= other.providers
        self.recipients |= other.recipients
        self.counties |= other.counties
        self.add_came_back(other.came_back)

    def add_came_back(self, more: tuple[int, int]) -> None:
        """Payments that do not stand: how many, and their net."""
        self.came_back = self.came_back[0] + more[0], self.came_back[1] + more[1]

    def packed(self) -> bytes:
        """Bytes for the way between steps."""
        return msgspec.msgpack.encode(self)


def _add(where: dict[str, list[int]], name: str, amounts: Iterable[int]) -> None:
    known = where.get(name)
    where[name] = list(amounts) if known is None else [a + b for a, b in zip(known, amounts, strict=True)]


def merged(packed: Iterable[bytes]) -> Tally:
    """One tally of many."""
    whole = Tally()
    for one in packed:
        whole.merge(msgspec.msgpack.decode(one, type=Tally))
    return whole


def hours(tally: Tally) -> dict[str, int]:
    """Service minutes over all statements by what became of them."""
    named = {name: tally.hours.get(name, 0) for name in MINUTES}
    return named | {"paid_minutes": named["claimed_minutes"] - sum(named[name] for name in MINUTES[1:])}
