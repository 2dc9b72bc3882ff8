"""What a case expects against what the program said: a list of differences a payroll clerk can read.

Records are dicts of physical values. Only the fields that a case names are compared.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rules.money import dollars
from rules.periods import hhmm, iso
from schemas import KINDS, KINDS_OF_RUN
from schemas.payment_instruction import PaymentLine
from tests.case_files import Case, field_name, physical

Record = Mapping[str, Any]
Said = Mapping[str, Sequence[Record]]
KINDS_OF_CASES = KINDS_OF_RUN
SAID_AGAIN = {
    "reconciliations": "AdvanceReconciliation", "benefit_hours": "BenefitHours", "leave": "LeaveBalance",
}  # fmt: skip
"""Records of which the last of each is looked at, by what cases call them."""
OWNERS = ("provider_id", "recipient_id", "payee_id", "document_id")
MINUTES = ("claimed", "paid", "held", "cut", "denied")
DAYS = (
    "run_date", "period_start", "service_month", "service_date", "workweek_start", "due_by", "spend_by", "leave_year",
    "earned_on", "usable_from", "ends_on",
)  # fmt: skip
WORDS = (
    "finding_id",
    "authority",
    "message",
    "next_step",
    "rule",
    "law_version",
    "documents",
    "assumptions",
    "cut_off",
)
TOLD_BY_ID = (
    "cut_off",
    "payee_type",
    "payee_id",
    "provider_id",
    "recipient_id",
    "period_start",
    "run_date",
    "statement_id",
)
EMPTY = (None, False, 0, "", [])
MODELS = KINDS | {"PaymentLine": PaymentLine, "CameBack": KINDS["PaymentInstruction"]}
PACIFIC = ZoneInfo("America/Los_Angeles")


def said_of(case: Case, records: Said) -> dict[str, list[dict[str, Any]]]:
    """What was said about this case up to its last cut-off, ids local again, in order of cut-off and id."""
    said = {kind: sorted(_own(case, records.get(kind, ())), key=_order) for kind in KINDS_OF_CASES}
    return said | {"CameBack": list(_came_back(case, records.get("PayRun", ())))}


def _came_back(case: Case, runs: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Payments of the case of which only pay runs tell that they stand no more, or again; with the day of the run."""
    for run in sorted(runs, key=lambda run: run["cut_off"]):
        for one in run["came_back"]:
            if case.prefix in one["instruction_id"] and run["cut_off"] <= case.cut_off:
                yield local(case.prefix, dict(one)) | {"run_date": run["run_date"]}


def _own(case: Case, records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    for record in records:
        owned = any(str(record.get(name)).startswith(case.prefix) for name in OWNERS)
        if owned and record["cut_off"] <= case.cut_off:
            yield local(case.prefix, dict(record))


def local(prefix: str, value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(prefix, "")
    if isinstance(value, dict):
        return {name: local(prefix, part) for name, part in value.items()}
    return [local(prefix, part) for part in value] if isinstance(value, list | tuple) else value


def _order(record: Record) -> tuple[int, str, str]:
    return record["cut_off"], record.get("instruction_id") or record.get("finding_id") or "", repr(record)


def differences(case: Case, said: Said) -> list[str]:
    """One line per difference, empty when all is as expected; ``said`` as from ``said_of``."""
    expect = dict(case.expect)
    found = [line for instruction in said["PaymentInstruction"] for line in _unsound(instruction)]
    found += [*_totals(expect, said["PaymentInstruction"]), *_instructions(expect, said["PaymentInstruction"])]
    last = _last_of_each(said["Finding"], "finding_id")
    standing = [finding for finding in last if not finding["cleared"]]
    found += _sets("Finding", "finding", expect.pop("findings", []), standing)
    cleared = [finding for finding in last if finding["cleared"]]
    found += _sets("Finding", "cleared", expect.pop("cleared", []), cleared, exhaustive=False)
    found += _sets("CameBack", "came_back", expect.pop("came_back", []), said["CameBack"])
    for name, kind in SAID_AGAIN.items():
        if name in expect:
            found += _sets(kind, name, expect.pop(name), _last_of_each(said[kind], *KINDS[kind].KEY))
    return found + [f"the case expects {name!r}, which nobody compares" for name in expect]


def _unsound(instruction: Record) -> Iterator[str]:
    """What must hold of every instruction, whatever the case (CONTRACT, RUN-2, RUN-3, MONEY-2)."""
    id, net = instruction["instruction_id"], instruction["net_cents"]
    claimed, *parts = (instruction[f"{name}_minutes"] for name in MINUTES)
    lines = sum(line["cents"] for line in instruction["lines"])
    deductions = sum(deduction["cents"] for deduction in instruction["deductions"])
    yield from _unequal(f"{id}: claimed (paid, held, cut, denied)", sum(parts), claimed, "minutes")
    yield from _unequal(f"{id}: gross (sum of lines)", lines, instruction["gross_cents"], "cents")
    yield from _unequal(f"{id}: net (gross - deductions)", lines - deductions, net, "cents")
    if net < 0 or (net == 0) != (instruction["method"] == "NONE"):
        yield f"{id}: {instruction['method']} of {dollars(net)}"


def _last_of_each(records: Iterable[Record], *grain: str) -> list[Record]:
    return list({tuple(record.get(name) for name in grain): record for record in records}.values())


def _totals(expect: dict[str, Any], instructions: Sequence[Record]) -> Iterator[str]:
    """Sums over all instructions, and minutes over the latest one of each ARREARS statement."""
    for name in ("gross", "net"):
        if name in expect:
            total = sum(instruction[f"{name}_cents"] for instruction in instructions)
            yield from _unequal(name, physical("cents", expect.pop(name)), total, f"{name}_cents")
    for kind, cents in expect.pop("deductions", {}).items():
        yield from _unequal(kind, physical("cents", cents), _deducted(instructions, kind), "cents")
    arrears = [instruction for instruction in instructions if instruction["kind"] == "ARREARS"]
    for name in MINUTES:
        if name in expect:
            total = sum(last[f"{name}_minutes"] for last in _last_of_each(arrears, "statement_id"))
            yield from _unequal(name, physical("minutes", expect.pop(name)), total, "minutes")


def _deducted(instructions: Iterable[Record], kind: str) -> int:
    return sum(d["cents"] for instruction in instructions for d in instruction["deductions"] if d["kind"] == kind)


def _instructions(expect: dict[str, Any], said: Sequence[Record]) -> Iterator[str]:
    if "instructions" not in expect:
        return
    wanted, actual = expect.pop("instructions"), sorted(said, key=lambda i: (i["run_date"], i["instruction_id"]))
    if len(wanted) != len(actual):
        yield f"instructions: expected {len(wanted)}, got {len(actual)}"
    for place, (written, instruction) in enumerate(zip(wanted, actual, strict=False), 1):
        for line in _unlike("PaymentInstruction", written, instruction):
            yield f"instruction {place} ({instruction['instruction_id']}) {line}"


def _unlike(kind: str, written: Mapping[str, Any], record: Record) -> Iterator[str]:
    """Differences of one record in the fields that are named."""
    for name, value in written.items():
        if name == "lines":
            yield from _sets("PaymentLine", "line", value, record["lines"])
        elif name == "deductions":
            for deduction, cents in value.items():
                yield from _unequal(deduction, physical("cents", cents), _deducted([record], deduction), "cents")
        else:
            field = field_name(MODELS[kind], name)
            yield from _unequal(field, physical(field, value), record[field], field)


def _sets(
    kind: str, name: str, wanted: Sequence[Mapping[str, Any]], actual: Sequence[Record], exhaustive: bool = True
) -> Iterator[str]:
    """Records in any order: each wanted one needs a record of its own; whatever is left over is too much."""
    left = list(actual)
    for written in sorted(wanted, key=len, reverse=True):
        match = next((record for record in left if not list(_unlike(kind, written, record))), None)
        if match is None:
            yield f"{name}: missing {{{', '.join(f'{key}={value}' for key, value in written.items())}}}"
        else:
            left.remove(match)
    if exhaustive:
        yield from (f"{name}: not expected {shown(record)}" for record in left)


def _unequal(name: str, expected: Any, actual: Any, field: str) -> Iterator[str]:
    if expected != actual:
        yield f"{name}: expected {_shown(field, expected)}, got {_shown(field, actual)}"


def shown(record: Record) -> str:
    """A record on one line in words of payroll: hours, dollars and dates; without what is empty, or told by an id."""
    told = WORDS + TOLD_BY_ID if "instruction_id" in record else WORDS
    named = {name: value for name, value in record.items() if name not in told and value not in EMPTY}
    return "{" + ", ".join(f"{name}={_shown(name, value)}" for name, value in named.items()) + "}"


def _shown(field: str, value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(shown(part) if isinstance(part, dict) else str(part) for part in value) + "]"
    if not isinstance(value, int) or isinstance(value, bool):
        return str(value)
    if field in DAYS:
        return iso(value)
    if field == "cut_off":
        return f"{datetime.fromtimestamp(value / 1000, PACIFIC):%Y-%m-%d}"
    return hhmm(value) if field.endswith("minutes") else dollars(value) if field.endswith("cents") else str(value)


def report(case: Case, found: Sequence[str], said: Said) -> str:
    """The differences, and below them all that was said."""
    lines = [f"{case.sentence} ({', '.join(case.law)})", *(f"  {line}" for line in found), "said:"]
    lines += [f"  {kind} {shown(record)}" for kind in KINDS_OF_CASES for record in said[kind]]
    return "\n".join(lines)
