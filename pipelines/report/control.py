"""Does it add up? The records held against their control totals: what PayRun says, and what summary.json says."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipelines.report.books import Books
from pipelines.report.wording import clock, counted
from pipelines.summary import Summary, faults
from rules.money import dollars
from rules.periods import business_day_of, cut_off_of, cut_offs, iso
from schemas.pay_run import PayRun


class ControlCheck(NamedTuple):
    """One thing that must agree: in words, what it came to, and sentences on what does not agree."""

    what: str
    found: str
    wrong: list[str]


def checks(books: Books) -> list[ControlCheck]:
    """All checks of the span; nothing is wrong in a folder that a replay left and nobody touched."""
    span, paid = books.span, books.payments
    total = paid.total()
    made = [
        ControlCheck("Every business day has its pay run", counted(len(span.days), "pay run"), list(_gaps(books))),
        ControlCheck(
            "Instructions are those that the pay runs count: number, ids, gross and net",
            f"{total['count']:,} instructions, ${dollars(total['net'])} net",
            list(_runs(books)),
        ),
        ControlCheck(
            "Findings are those that the pay runs count",
            f"{sum(books.findings.said[day] for day in span.days):,} findings",
            list(_findings(books)),
        ),
        ControlCheck(
            "In every instruction lines make the gross, gross less deductions the net, all minutes have an end, and "
            "the id names payee, period and run",
            f"{sum(map(len, paid.ids.values())):,} instructions",
            list(_instructions(books)),
        ),
        ControlCheck(
            "Every pay run is what was said, to the byte, and knows the one before it (content_sha256)",
            counted(len(span.days), "pay run"),
            books.changed,
        ),
    ]
    return made + (_of_summary(books, books.summary) if books.summary else [])


def _gaps(books: Books) -> Iterator[str]:
    days = sorted(books.runs)
    for day in map(business_day_of, cut_offs(cut_off_of(days[0]), cut_off_of(days[-1]))):
        if day not in books.runs and day in books.span:
            yield f"The pay run of {iso(day)} is missing."
    yield from (f"There are two pay runs of {iso(day)} that differ." for day in sorted(books.contradicted))
    for day in sorted(day for day in books.payments.ids if day not in books.runs):
        yield f"Instructions of {iso(day)} belong to no pay run."


def _runs(books: Books) -> Iterator[str]:
    for day in books.span.days:
        run = books.runs[day]
        ids = b"".join(id + b"\n" for id in sorted(id.encode() for id in books.payments.ids.get(day, ())))
        if (hashlib.sha256(ids).hexdigest(), _there(books, day)) != (run.instructions_sha256, _counted(run)):
            count, there = sum(total.count for total in run.totals), books.payments.total([day])
            yield (
                f"The pay run of {iso(day)} counts {count:,} instructions of ${dollars(_net(run))}; there are "
                f"{there['count']:,} of ${dollars(there['net'])}"
                + (", but other ones." if (count, _net(run)) == (there["count"], there["net"]) else ".")
            )


def _net(run: PayRun) -> int:
    return sum(total.net_cents for total in run.totals)


def _counted(run: PayRun) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {(total.kind, total.method): (total.count, total.gross_cents, total.net_cents) for total in run.totals}


def _there(books: Books, day: int) -> dict[tuple[str, str], tuple[int, int, int]]:
    sums: Mapping[Any, Counter[str]] = books.payments.by_day.get(day, {})
    return {key: (each["count"], each["gross"], each["net"]) for key, each in sums.items()}


def _findings(books: Books) -> Iterator[str]:
    for day in books.span.days:
        said, there = books.runs[day].findings, books.findings.said[day]
        if said != there:
            yield f"The pay run of {iso(day)} counts {said:,} findings; there are {there:,}."


def _instructions(books: Books) -> Iterator[str]:
    if books.payments.doubtful:
        yield f"{books.payments.doubtful:,} instructions do not add up in themselves."
    if books.payments.misnamed:
        yield f"{books.payments.misnamed:,} instructions are of another payee, period or run than their id says."
    if books.payments.conflicting:
        yield f"{books.payments.conflicting:,} instructions stand there twice and differ."


def _of_summary(books: Books, summary: Summary) -> list[ControlCheck]:
    inputs, hours = summary.inputs, summary.hours
    wrong = faults(summary)
    facts = [fault for fault in wrong if fault.startswith("used")]
    if inputs.rejected != len(books.rejections):
        facts.append(f"summary.json counts {inputs.rejected:,} rejections; there are {len(books.rejections):,}")
    whole = books.payments.total(books.payments.by_day)
    said = sum(kind.count for kind in summary.instructions.values()), summary.money.net_cents
    money = [fault for fault in wrong if not fault.startswith("used")]
    if said != (whole["count"], whole["net"]):
        money.append(
            f"summary.json counts {said[0]:,} instructions of ${dollars(said[1])}; there are {whole['count']:,} of "
            f"${dollars(whole['net'])}"
        )
    ends = f"{inputs.used:,} used + {inputs.not_yet_due:,} not yet due + {inputs.rejected:,} rejected"
    return [
        ControlCheck("Every fact was used, is not yet due, or was rejected", f"{ends} = {inputs.total:,}", facts),
        ControlCheck(
            "The summary agrees: instructions, money and hours of the whole replay",
            f"{clock(hours.claimed_minutes)} claimed, ${dollars(said[1])} net",
            money,
        ),
    ]
