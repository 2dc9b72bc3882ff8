"""A small pay run for the tests of payment files: instructions, its PayRun, accounts and an originator, as files."""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from rules.periods import cut_off_of, epoch_day, iso
from schemas.avro import write_container
from tests.schemas.samples import SAMPLES

DAY = epoch_day(date(2026, 4, 7))
NEXT_DAY = DAY + 1
ROUTINGS = ("121000248", "322271627", "011401533", "121042882")
ORIGINATOR = """\
immediate_destination = "121000248"
destination_name = "Example Bank"
immediate_origin = "1946001347"
origin_name = "State of California"
company_name = "CA IHSS Payroll"
company_id = "1946001347"
odfi = "322271627"
"""

Row = dict[str, Any]


def instruction(payee: str, net: int = 10_000, method: str = "DIRECT_DEPOSIT", day: int = DAY, **changes: Any) -> Row:
    """An instruction as physical values; its token is that of the payee."""
    kind, payee_type = changes.get("kind", "ARREARS"), changes.get("payee_type", "PROVIDER")
    statement = f"{kind}:{payee}:R1:2026-03-16"
    own = {
        "instruction_id": f"{statement}:{iso(day)}",
        "payee_type": payee_type,
        "payee_id": payee,
        "statement_id": statement,
        "run_date": day,
        "cut_off": cut_off_of(day),
        "method": method,
        "account_token": f"token-{payee}" if method == "DIRECT_DEPOSIT" else None,
        "gross_cents": net + 6_205,
        "net_cents": net,
    }
    return SAMPLES["PaymentInstruction"] | own | changes


def pay_run(instructions: Iterable[Row], day: int = DAY) -> Row:
    """The control total of the instructions as CONTRACT.md says it."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for paid in instructions:
        amounts = sums[paid["kind"], paid["method"]]
        amounts[:] = amounts[0] + 1, amounts[1] + paid["gross_cents"], amounts[2] + paid["net_cents"]
    totals = [
        {"kind": kind, "method": method, "count": count, "gross_cents": gross, "net_cents": net}
        for (kind, method), (count, gross, net) in sorted(sums.items())
    ]
    ids = "".join(f"{id}\n" for id in sorted(paid["instruction_id"] for paid in instructions))
    sha256 = hashlib.sha256(ids.encode()).hexdigest()
    own = {"run_date": day, "cut_off": cut_off_of(day), "totals": totals, "instructions_sha256": sha256}
    return SAMPLES["PayRun"] | own


def write_run(folder: Path, instructions: Iterable[Row], runs: Iterable[Row], name: str = "0000") -> None:
    folder.mkdir(exist_ok=True)
    write_container(folder / f"payment_instruction-settle-{name}.avro", "PaymentInstruction", instructions)
    write_container(folder / f"pay_run-close-{name}.avro", "PayRun", runs)


def account(payee: str, at: int = 0, **changes: str) -> dict[str, str]:
    """An account as a row of the token file; ``at`` makes routing, number and kind differ."""
    own = {
        "token": f"token-{payee}",
        "routing": ROUTINGS[at % len(ROUTINGS)],
        "account": str(700_100_200_300 + at),
        "kind": ("checking", "savings")[at % 2],
        "name": f"Secret Person {payee}",
    }
    return own | changes


def write_accounts(path: Path, rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, ["token", "routing", "account", "kind", "name"])
        writer.writeheader()
        writer.writerows(rows)
