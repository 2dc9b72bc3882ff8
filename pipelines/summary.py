"""summary.json: the tally of a replay in an officer's words. Amounts in cents, time in minutes, days ISO."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from fold.tally import Tally, hours
from pipelines.files_below import printable
from pipelines.misuse import Misuse
from pipelines.wording import clock
from rules.law import Law
from rules.money import dollars
from rules.periods import business_day_of, cut_offs, iso

SUMMARY = "summary.json"


class LawOverlay(msgspec.Struct):
    """Parameters that a what-if changes; a summary of another program may say where they came from."""

    parameters: list[str]
    folder: str | None = None


class KindUse(msgspec.Struct):
    """Facts of a kind."""

    used: int
    not_yet_due: int


class RejectedFile(msgspec.Struct):
    """A file that was not read to its end."""

    origin: str
    reason: str
    message: str


class Inputs(msgspec.Struct):
    """What became of each fact: used, not yet due or rejected; duplicates are among the used."""

    total: int
    used: int
    duplicates: int
    not_yet_due: int
    rejected: int
    by_kind: dict[str, KindUse]
    rejections: dict[str, int]
    rejected_files: list[RejectedFile]
    ignored_files: list[str] = []

    @classmethod
    def of(cls, tally: Tally, ignored: Sequence[str]) -> Self:
        """Of a tally."""
        kinds = sorted({*tally.used, *tally.not_yet_due})
        used, later, rejected = (sum(each.values()) for each in (tally.used, tally.not_yet_due, tally.rejections))
        return cls(
            tally.inputs,
            used,
            tally.duplicates,
            later,
            rejected,
            {kind: KindUse(tally.used.get(kind, 0), tally.not_yet_due.get(kind, 0)) for kind in kinds},
            dict(sorted(tally.rejections.items())),
            [RejectedFile(*each) for each in sorted(tally.rejected_files)],
            list(map(printable, ignored)),
        )


class RunsOf(msgspec.Struct):
    """Pay runs, those that pay, and the business days of the first and the last."""

    count: int = 0
    paying: int = 0
    first: str | None = None
    last: str | None = None

    @classmethod
    def of(cls, tally: Tally, last: int) -> Self:
        """Of a tally, up to a cut-off."""
        if tally.first_claim is None:
            return cls()
        runs = cut_offs(tally.first_claim, last)
        paying = sum(1 for run in tally.runs.values() if run.totals)
        return cls(len(runs), paying, iso(business_day_of(runs[0])), iso(business_day_of(runs[-1])))


class PayeeCounts(msgspec.Struct):
    """How many are payees."""

    providers: int
    recipients: int


class PaidOfKind(msgspec.Struct):
    """Instructions of a kind."""

    count: int
    gross_cents: int
    net_cents: int


class ReturnedTold(msgspec.Struct):
    """Payments that do not stand at the end (RUN-4)."""

    count: int
    net_cents: int


class MoneyTold(msgspec.Struct):
    """All instructions; outstanding is what the overpayments that stand at the end come to."""

    gross_cents: int
    deductions: dict[str, int]
    net_cents: int
    came_back: ReturnedTold
    outstanding_cents: int


class HoursTold(msgspec.Struct):
    """Service by what became of it, as of the last decision."""

    claimed_minutes: int
    held_minutes: int
    cut_minutes: int
    denied_minutes: int
    paid_minutes: int


class FindingsOfKind(msgspec.Struct):
    """Findings of a code that stand at the end."""

    code: str
    outcome: str
    rule: str
    addressee: str
    count: int
    minutes: int | None
    cents: int | None

    @classmethod
    def of(cls, name: str, amounts: Sequence[int]) -> Self:
        """Of a tally's name and amounts."""
        return cls(*name.split(), *amounts)  # type: ignore[arg-type]


class AssumptionTouched(msgspec.Struct):
    """Instructions that a value without a source touched."""

    instructions: int
    gross_cents: int


class Summary(msgspec.Struct):
    """A replay. ``seconds``: it took."""

    law_version: str
    law_overlay: LawOverlay | None
    until: str | None
    counties: list[str]
    inputs: Inputs
    pay_runs: RunsOf
    payees: PayeeCounts
    instructions: dict[str, PaidOfKind]
    money: MoneyTold
    hours: HoursTold
    findings: list[FindingsOfKind]
    assumptions: dict[str, AssumptionTouched]
    seconds: float

    def text(self) -> str:
        """As JSON that people can read."""
        return msgspec.json.format(msgspec.json.encode(self)).decode() + "\n"


def summary_of(tally: Tally, law: Law, until: int | None, ignored: Sequence[str] = (), seconds: float = 0.0) -> Summary:
    """The summary; ``until`` is the last cut-off asked for, None: the latest that a fact names. ``ignored``: files that
    were not read."""
    last = until or tally.latest_cut_off
    instructions = {kind: PaidOfKind(*amounts) for kind, amounts in sorted(tally.instructions.items())}
    findings = [FindingsOfKind.of(*each) for each in sorted(tally.findings.items())]
    return Summary(
        law_version=law.version,
        law_overlay=LawOverlay(list(law.overlaid)) if law.overlaid else None,
        until=iso(business_day_of(last)) if last else None,
        counties=sorted(tally.counties),
        inputs=Inputs.of(tally, ignored),
        pay_runs=RunsOf.of(tally, last),
        payees=PayeeCounts(len(tally.providers), len(tally.recipients)),
        instructions=instructions,
        money=MoneyTold(
            gross_cents=sum(kind.gross_cents for kind in instructions.values()),
            deductions=dict(sorted(tally.deductions.items())),
            net_cents=sum(kind.net_cents for kind in instructions.values()),
            came_back=ReturnedTold(*tally.came_back),
            outstanding_cents=sum(each.cents or 0 for each in findings if each.code == "OVERPAYMENT"),
        ),
        hours=HoursTold(**hours(tally)),
        findings=findings,
        assumptions={name: AssumptionTouched(*each) for name, each in sorted(tally.assumptions.items())},
        seconds=seconds,
    )


def summary_in(folder: Path) -> Summary | None:
    """summary.json of an output folder; None where there is none, as in a live job's. Raises Misuse."""
    path = folder / SUMMARY
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Summary)
    except (OSError, msgspec.MsgspecError, UnicodeError) as error:
        raise Misuse(f"{path} cannot be read ({type(error).__name__}): replay again") from None


def faults(summary: Summary) -> list[str]:
    """What does not add up, a sentence each; none in a right summary.

    Facts: used + not yet due + rejected = inputs. Money: gross - deductions = net. Hours: paid + held + cut + denied
    = claimed.
    """
    inputs, money, time = summary.inputs, summary.money, summary.hours
    ended = inputs.used + inputs.not_yet_due + inputs.rejected
    net = money.gross_cents - sum(money.deductions.values())
    told = time.paid_minutes + time.held_minutes + time.cut_minutes + time.denied_minutes
    checks = (
        ("used + not yet due + rejected", ended, "inputs", inputs.total, "{:,}".format),
        ("gross - deductions", net, "net", money.net_cents, dollars),
        ("paid + held + cut + denied", told, "claimed", time.claimed_minutes, clock),
    )
    return [
        f"{parts} = {written(summed)}, but {whole} = {written(said)}"
        for parts, summed, whole, said, written in checks
        if summed != said
    ]
