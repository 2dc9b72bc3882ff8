"""What providers were paid in a payment year, as a replay's folder holds it, held against every pay run of the year.

A payment belongs to the year of its pay run's business day (TAX-2). One that came back (RUN-4) is beside those that
stand, as of the folder's last pay run; of one of an earlier year it is told in the year in which it was known.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from pipelines.came_back import ReversedPayments
from pipelines.export.run import STEMS, ExportRefusal, PaidRun, check_whole
from pipelines.paid_records import records_in
from pipelines.paid_year import YearFigures, year_figures
from pipelines.unchanged import refuse_changed
from rules.periods import business_day_of, next_business_day, year_of
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction

Kind = TypeVar("Kind", PayRun, PaymentInstruction)


class ProviderYear(NamedTuple):
    """One provider's payments of the year that stand, and those that came back."""

    provider_id: str
    stands: YearFigures
    reversed: YearFigures


class ReversedOfYear(NamedTuple):
    """A payment that came back; ``known_on``: the business day of the pay run that first told so."""

    paid: PaymentInstruction
    known_on: int


class RunOfYear(NamedTuple):
    """A pay run of the year: what its PayRun counts, which is what the instructions of the folder come to."""

    run_date: int
    payments: int
    gross_cents: int
    net_cents: int


class PaymentYear(NamedTuple):
    """A year of pay. ``advances``: what recipients were paid ahead, which is nobody's wage; ``is_over``: no pay run of
    the year comes after the last of the folder."""

    year: int
    providers: list[ProviderYear]
    advances: YearFigures
    came_back: list[ReversedOfYear]
    runs: list[RunOfYear]
    is_over: bool

    @property
    def stands(self) -> YearFigures:
        """All providers' payments that stand."""
        return _total(each.stands for each in self.providers)

    @property
    def reversed(self) -> YearFigures:
        """All providers' payments that came back."""
        return _total(each.reversed for each in self.providers)


def payment_year(folder: Path, year: int) -> PaymentYear:
    """The year as the folder holds it. Raises Misuse and ExportRefusal: not there, not whole, or not what was said."""
    runs = [run for run in _stored(folder, PayRun) if year_of(run.run_date) == year]
    if not runs:
        raise ExportRefusal(f"--paid {folder} has no pay run of {year}: name another --year, or replay more")
    told, first_known = ReversedPayments(), dict[str, int]()
    of_run: dict[int, dict[str, PaymentInstruction]] = defaultdict(dict)
    for paid in _stored(folder, PaymentInstruction):
        told.instruction(paid)
        _know(first_known, paid.reversed, paid.cut_off)
        if year_of(paid.run_date) == year:
            of_run[paid.run_date][paid.instruction_id] = paid
    last = 0
    for run in _stored(folder, PayRun):
        told.pay_run(run)
        _know(first_known, (each.instruction_id for each in run.came_back if each.reversed), run.cut_off)
        last = max(last, run.run_date)
    for run in runs:
        of_day = sorted(of_run[run.run_date].values(), key=lambda paid: paid.instruction_id.encode())
        check_whole(PaidRun(run.run_date, tuple(of_day), run), folder)
    refuse_changed(folder, [run.cut_off for run in runs], "--paid")
    gone = {id: business_day_of(cut_off) for id, cut_off in first_known.items() if told.since(id) is not None}
    paid_in_year = [paid for of_day in of_run.values() for paid in of_day.values()]
    return _added_up(folder, year, runs, paid_in_year, gone, year_of(next_business_day(last)) > year)


def _know(first_known: dict[str, int], ids: Iterable[str], cut_off: int) -> None:
    for id in ids:
        first_known[id] = min(cut_off, first_known.get(id, cut_off))


def _added_up(
    folder: Path, year: int, runs: list[PayRun], paid: list[PaymentInstruction], gone: dict[str, int], is_over: bool
) -> PaymentYear:
    """Raises AssertionError unless providers, advances and pay runs come to the same cent."""
    by_provider: dict[str, list[PaymentInstruction]] = defaultdict(list)
    for each in paid:
        if each.provider_id is not None:
            by_provider[each.provider_id].append(each)
    made = PaymentYear(
        year,
        [_of_provider(provider, by_provider[provider], gone) for provider in sorted(by_provider)],
        year_figures(each for each in paid if each.provider_id is None),
        sorted(_came_back(folder, year, gone), key=lambda each: (each.known_on, each.paid.instruction_id)),
        sorted(RunOfYear(run.run_date, *_counted(run)) for run in runs),
        is_over,
    )
    _check(made)
    return made


def _of_provider(provider: str, paid: list[PaymentInstruction], gone: dict[str, int]) -> ProviderYear:
    stands = [each for each in paid if each.instruction_id not in gone]
    lost = [each for each in paid if each.instruction_id in gone]
    return ProviderYear(provider, year_figures(stands), year_figures(lost))


def _came_back(folder: Path, year: int, gone: dict[str, int]) -> Iterator[ReversedOfYear]:
    """Payments of the year that came back, and of other years that were known to in this one."""
    for paid in _stored(folder, PaymentInstruction):
        known_on = gone.get(paid.instruction_id)
        if known_on is not None and year in (year_of(paid.run_date), year_of(known_on)):
            yield ReversedOfYear(paid, known_on)


def _counted(run: PayRun) -> tuple[int, int, int]:
    return (
        sum(total.count for total in run.totals),
        sum(total.gross_cents for total in run.totals),
        sum(total.net_cents for total in run.totals),
    )


def _check(made: PaymentYear) -> None:
    whole = made.stands.plus(made.reversed).plus(made.advances)
    runs = [sum(each) for each in list(zip(*made.runs, strict=True))[1:]]
    if [whole.payments, whole.gross, whole.net] != runs:
        raise AssertionError(f"the payments of {made.year} do not come to what its pay runs count")
    for each in (whole, *(figures for provider in made.providers for figures in provider[1:])):
        if sum(each.earnings.values()) != each.gross or each.gross - sum(each.deductions.values()) != each.net:
            raise AssertionError(f"lines, deductions and net of {made.year} do not add up")


def _total(figures: Iterable[YearFigures]) -> YearFigures:
    total = YearFigures()
    for each in figures:
        total = total.plus(each)
    return total


def _stored(folder: Path, kind: type[Kind]) -> Iterator[Kind]:
    if not folder.is_dir():
        raise ExportRefusal(f"--paid {folder} is no folder: name the folder that a replay wrote to")
    for path in sorted(folder.glob(f"{STEMS[kind.KIND]}*.avro")):
        yield from records_in(path, kind)
