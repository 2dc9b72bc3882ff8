"""The direct deposits of one pay run as a NACHA file of PPD credits, and beside it what leads each entry back.

A batch that is full is followed by another; what a full file cannot hold waits for the next file of the day.
Nothing here asks the clock: the file is created, by its own words, in the last minute before the pay run's cut-off.
"""

import csv
import hashlib
from base64 import b32encode
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from achkit import AchFile, validate

from pipelines.cells import Rows
from pipelines.export.accounts import Accounts, BankAccount, Originator, account_for
from pipelines.export.banking_days import next_banking_day
from pipelines.export.batches import NACHA, TRACE_DIGITS, Capacity, batch_sizes
from pipelines.export.report import Export, LeftOut, without_zero
from pipelines.export.run import ExportRefusal, PaidRun
from rules.law import Law
from rules.periods import PACIFIC, civil_date, iso
from schemas.payment_instruction import PaymentInstruction

LARGEST_CENTS = 10**10 - 1
IDENTIFICATION_LENGTH = 15
ORIGIN = slice(13, 23)  # of the file header
MODIFIER = 33
TRACE = slice(79, 94)  # of an entry
MAP_COLUMNS = ("trace", "identification", "payee_type", "payee_id", "instruction_id", "cents")

Payment = tuple[PaymentInstruction, BankAccount]


@dataclass(frozen=True, repr=False)
class AchExport:
    """A NACHA file, the CSV that leads its entries back to instructions, and what became of the rest."""

    text: str
    map_text: str
    effective: int
    export: Export

    def where(self, out: Path) -> str:
        """In which file the money is, in words."""
        return f"in {out}, effective {iso(self.effective)}" if self.text else "to send: no file was written"


def map_of(path: Path) -> Path:
    """Where the CSV of a file's entries lies: beside it."""
    return path.with_name(path.name + ".map.csv")


def export_ach(
    run: PaidRun,
    accounts: Accounts,
    originator: Originator,
    law: Law,
    modifier: str = "A",
    before: "Before | None" = None,
    holds: Capacity = NACHA,
) -> AchExport:
    """The credits of a pay run but for those that earlier files of that day hold; trace numbers go on after theirs.

    The same run, accounts and originator give the same bytes. What is more than one file holds waits for the next.
    """
    deposits, before = run.by_method("DIRECT_DEPOSIT"), before or Before()
    payments, left_out = _payable([paid for paid in deposits if paid.instruction_id not in before.ids], accounts)
    holds = replace(holds, file_entries=min(holds.file_entries, NACHA.file_entries - before.traces))
    sizes = batch_sizes((paid.net_cents for paid, _ in payments), holds)
    payments, waiting = payments[: sum(sizes)], [paid for paid, _ in payments[sum(sizes) :]]
    sent_before = [paid for paid in deposits if paid.instruction_id in before.ids]
    text, traces = ach_text(run, payments, sizes, originator, law, modifier, before.traces)
    export = Export(run, "DIRECT_DEPOSIT", [paid for paid, _ in payments], left_out, sent_before, waiting)
    return AchExport(text, _map_text(traces, payments), next_banking_day(run.day), export)


class Before(NamedTuple):
    """Earlier files of a pay run: the instructions in them, and the last trace number (of 7 digits)."""

    ids: frozenset[str] = frozenset()
    traces: int = 0


def identification(payee_type: str, payee_id: str) -> str:
    """15 letters and digits that stay with a payee for good; a provider and a recipient of one id differ."""
    digest = hashlib.sha256(f"{payee_type} {payee_id}".encode()).digest()
    return b32encode(digest).decode()[:IDENTIFICATION_LENGTH]


def sent_before(paths: Iterable[Path], run: PaidRun, modifier: str) -> Before:
    """What earlier files of the pay run hold. Raises Refusal for a file of another one, or without map."""
    known = {paid.instruction_id for paid in run.by_method("DIRECT_DEPOSIT")}
    ids: set[str] = set()
    last = 0
    for path in paths:
        traces, header = _earlier(path)
        earlier = traces.keys()
        if not earlier <= known:
            raise ExportRefusal(f"--after {path} is not of the pay run of {iso(run.day)}: name the files of that day")
        if header[MODIFIER : MODIFIER + 1] == modifier:
            raise ExportRefusal(f"--after {path} has the modifier {modifier} already: take the next letter")
        ids |= earlier
        last = max(last, *traces.values())
    return Before(frozenset(ids), last)


def _earlier(path: Path) -> tuple[dict[str, int], str]:
    """The trace number of each instruction in a file (its last 7 digits), and the file's header."""
    try:
        with map_of(path).open(encoding="utf-8", newline="") as lines:
            ids = {row["instruction_id"]: int(row["trace"][-TRACE_DIGITS:]) for row in csv.DictReader(lines)}
        header, *records = path.read_text("ascii").splitlines()
    except (OSError, KeyError, TypeError, ValueError, csv.Error):
        raise ExportRefusal(f"--after {path} and its .map.csv cannot be read: name a file made here") from None
    if len(ids) != sum(record.startswith("6") for record in records):
        raise ExportRefusal(f"--after {path} and {map_of(path).name} do not belong together: copy both again")
    return ids, header


def _payable(deposits: Sequence[PaymentInstruction], accounts: Accounts) -> tuple[list[Payment], list[LeftOut]]:
    """Sorted by id: those the file can hold, with their accounts, and the others."""
    moving, left_out = without_zero(deposits)
    shared = _shared_identifications(moving)
    payments: list[Payment] = []
    for paid in moving:
        account, why = account_for(accounts, paid.account_token)
        if paid.net_cents > LARGEST_CENTS:
            why = "it is more than one entry of the file can hold"
        elif _identification(paid) in shared:
            why = "its payee's identification number in the file is also another payee's"
        if account and not why:
            payments.append((paid, account))
        else:
            left_out.append(LeftOut(paid, why))
    return payments, sorted(left_out, key=lambda left: left.instruction.instruction_id)


def _shared_identifications(instructions: Iterable[PaymentInstruction]) -> set[str]:
    payees: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for paid in instructions:
        payees[_identification(paid)].add((paid.payee_type, paid.payee_id))
    return {short for short, of_payees in payees.items() if len(of_payees) > 1}


def _identification(paid: PaymentInstruction) -> str:
    return identification(paid.payee_type, paid.payee_id)


def ach_text(
    run: PaidRun,
    payments: Sequence[Payment],
    sizes: Sequence[int],
    originator: Originator,
    law: Law,
    modifier: str,
    last_trace: int = 0,
) -> tuple[str, list[str]]:
    """The file, in batches of these sizes, and the trace number of each payment, from the one after ``last_trace``;
    nothing if there is none to make."""
    if not payments:
        return "", []
    file, rest = _file(run, originator, modifier), iter(payments)
    for size in sizes:
        batch = file.batch(
            "PPD",
            _description(law, run.day),
            iso(next_banking_day(run.day)),
            descriptive_date=f"{civil_date(run.day):%y%m%d}",
            company_name=originator.company_name,
            company_id=originator.company_id,
        )
        for paid, account in islice(rest, size):
            name, short = account.printed_name(), _identification(paid)
            batch.credit(name, account.routing, account.account, paid.net_cents, account.kind, id_number=short)
    numbers = range(last_trace + 1, last_trace + 1 + len(payments))
    traces = [originator.odfi[:8] + str(sequence).zfill(TRACE_DIGITS) for sequence in numbers]
    return _checked(file, originator, traces), traces


def _file(run: PaidRun, originator: Originator, modifier: str) -> AchFile:
    # The minute before the cut-off is still on the day that names the run: one creation date for one pay run.
    created = datetime.fromtimestamp(run.control.cut_off // 1000, PACIFIC) - timedelta(minutes=1)
    return AchFile.create(
        origin_dfi=originator.odfi,
        company_id=originator.company_id,
        destination_routing=originator.immediate_destination,
        destination_name=originator.destination_name,
        origin_name=originator.origin_name,
        file_id_modifier=modifier,
        creation_date=created,
    )


def _checked(file: AchFile, originator: Originator, traces: Sequence[str]) -> str:
    """The text of the file, accepted by the validator, with what the library knows only one way to say."""
    text = _amended(file.render(), originator.immediate_origin, traces)
    verdict = validate(text)
    if not verdict["ok"]:
        # Only the codes: the messages hold names.
        raise AssertionError(f"the NACHA file is wrong: {sorted({error['code'] for error in verdict['errors']})}")
    return text


def _amended(text: str, immediate_origin: str, traces: Iterable[str]) -> str:
    """The immediate origin, which the library takes for the ODFI, and trace numbers that no two batches share."""
    lines, left = text.splitlines(keepends=True), iter(traces)
    lines[0] = _with(lines[0], ORIGIN, immediate_origin.rjust(ORIGIN.stop - ORIGIN.start))
    return "".join(_with(line, TRACE, next(left)) if line[0] == "6" else line for line in lines)


def _with(line: str, columns: slice, content: str) -> str:
    return line[: columns.start] + content + line[columns.stop :]


def _description(law: Law, day: int) -> str:
    """The Company Entry Description. On a day without one, the first that was required: it must never be empty."""
    required = law.parameters["payment.ach_entry_description"]
    return str((required.on(day, None) or required.entries[0]).value)


def _map_text(traces: Sequence[str], payments: Sequence[Payment]) -> str:
    text = StringIO()
    rows = Rows(text, MAP_COLUMNS)
    for trace, (paid, _) in zip(traces, payments, strict=True):
        payee = paid.payee_type, paid.payee_id
        rows.row((trace, identification(*payee), *payee, paid.instruction_id, paid.net_cents))
    return text.getvalue()
