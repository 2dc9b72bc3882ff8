"""PayRun records: the counts, sums and digests of a pay run, by which a consumer knows that it has all of it unchanged.

Each holds the digest of the PayRun before. The last one therefore proves all of them.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from fold.content import content_of
from fold.tally import RunTotals, Tally, merged
from rules.law import Law
from rules.periods import business_day_of, cut_offs
from schemas.avro import encode
from schemas.pay_run import CameBack, PayRun, RunTotal


class Chain(msgspec.Struct, array_like=True, frozen=True):
    """Pay runs up to one: the SHA-256 (hex) of its PayRun's plain Avro body, "": none yet; facts admitted so far."""

    previous: str = ""
    facts: int = 0

    def with_facts(self, more: Iterable[int]) -> "Chain":
        """The same, and facts of before there was anything to pay."""
        return Chain(self.previous, self.facts + sum(more))

    def after(self, said: bytes, facts: int) -> "Chain":
        """One pay run on, which said this plain Avro body of a PayRun."""
        return Chain(hashlib.sha256(said).hexdigest(), facts)


FIRST = Chain()


def pay_runs(tally: Tally, law: Law, until: int) -> list[PayRun]:
    """PayRun records from the first cut-off after the earliest fact that claims pay to ``until``."""
    if tally.first_claim is None:
        return []
    chain = FIRST.with_facts(run.facts for cut_off, run in tally.runs.items() if cut_off < tally.first_claim)
    made = []
    for cut_off in cut_offs(tally.first_claim, until):
        run = tally.runs.get(cut_off, RunTotals())
        record, chain = pay_run(cut_off, run, law, chain)
        _forget(run)
        made.append(record)
    return made


def closed(tallies: Iterable[bytes], law: Law, until: int) -> tuple[list[PayRun], Tally]:
    """PayRun records of tallies of all files and shards (packed), and one tally, without what the runs say: nobody
    reads that again."""
    tally = merged(tallies)
    made = pay_runs(tally, law, until)
    for run in tally.runs.values():
        _forget(run)
    return made, tally


def _forget(run: RunTotals) -> None:
    """What it says and paid, one by one: of a State month that is large."""
    run.said.clear()
    run.ids.clear()


def pay_run(cut_off: int, run: RunTotals, law: Law, chain: Chain) -> tuple[PayRun, Chain]:
    """The PayRun of a cut-off: what was said in it, after those before; and the chain with it."""
    ids = sorted(id.encode() for id in run.ids)
    came_back = sorted(run.came_back, key=lambda one: one.instruction_id)
    record = PayRun(
        run_date=business_day_of(cut_off),
        cut_off=cut_off,
        totals=[_total(name, amounts) for name, amounts in sorted(run.totals.items())],
        instructions_sha256=hashlib.sha256(b"".join(id + b"\n" for id in ids)).hexdigest(),
        findings=run.findings,
        assumptions=sorted(run.assumptions),
        law_version=law.version_at(cut_off),
        came_back=[CameBack(**msgspec.structs.asdict(one)) for one in came_back],
        content_sha256=content_of(run),
        previous_sha256=chain.previous,
        facts=chain.facts + run.facts,
    )
    return record, chain.after(encode(record), record.facts)


def _total(name: str, amounts: list[int]) -> RunTotal:
    kind, method = name.split()
    count, gross, net = amounts
    fields = {"kind": kind, "method": method, "count": count, "gross_cents": gross, "net_cents": net}
    return msgspec.convert(fields, RunTotal)
