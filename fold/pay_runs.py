"""PayRun records: what was said in a pay run, counted and hashed, so that whoever has it knows it is whole."""

import hashlib

import msgspec

from fold.tally import RunTotals, Tally
from rules.law import Law
from rules.periods import business_day_of, cut_offs
from schemas.pay_run import CameBack, PayRun, RunTotal


def pay_runs(tally: Tally, law: Law, until: int) -> list[PayRun]:
    """PayRun records from the first cut-off after the earliest fact that claims pay to ``until``."""
    if tally.first_claim is None:
        return []
    return [
        pay_run(cut_off, tally.runs.get(cut_off, RunTotals()), law) for cut_off in cut_offs(tally.first_claim, until)
    ]


def pay_run(cut_off: int, run: RunTotals, law: Law) -> PayRun:
    """The PayRun of a cut-off: what was said in it."""
    ids = sorted(id.encode() for id in run.ids)
    came_back = sorted(run.came_back, key=lambda one: one.instruction_id)
    return PayRun(
        run_date=business_day_of(cut_off),
        cut_off=cut_off,
        totals=[_total(name, amounts) for name, amounts in sorted(run.totals.items())],
        instructions_sha256=hashlib.sha256(b"".join(id + b"\n" for id in ids)).hexdigest(),
        findings=run.findings,
        assumptions=sorted(run.assumptions),
        law_version=law.version,
        came_back=[CameBack(**msgspec.structs.asdict(one)) for one in came_back],
    )


def _total(name: str, amounts: list[int]) -> RunTotal:
    kind, method = name.split()
    count, gross, net = amounts
    fields = {"kind": kind, "method": method, "count": count, "gross_cents": gross, "net_cents": net}
    return msgspec.convert(fields, RunTotal)
