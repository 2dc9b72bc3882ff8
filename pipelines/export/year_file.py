"""The year's file: a row a provider, payments that came back, and a page on which all adds up; CSV or XLSX.

Amounts are dollars with cents. It is no filing: what it leaves to the payroll downstream stands on its control page.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pipelines.cells import Rows, harmless_cell
from pipelines.export.run import ExportRefusal
from pipelines.export.year import PaymentYear, ProviderYear
from pipelines.harmless import harmless
from pipelines.paid_year import YearFigures
from rules.money import dollars
from rules.periods import iso, year_of
from schemas import private
from schemas.symbols import DEDUCTIONS, EARNINGS, TAXES

ROW = tuple[Any, ...]
PROVIDERS, REVERSED, CONTROL = "providers", "reversed", "control"
NOT_WAGES = ("ADVANCE",)  # earnings of recipients
WAGES = [each for each in EARNINGS if each not in NOT_WAGES]
OTHERS = [each for each in DEDUCTIONS if each not in TAXES]
NOTES = (
    "This is not a filing: figures for the payroll downstream, which files.",
    "By payment date: a payment belongs to the year of its pay run's business day.",
    "Wages subject to a tax are those of statements from which it was withheld in the year.",
    "Overtime premium is the qualified overtime of W-2 box 12, code TT, from payment year 2026 on.",
    "Excluded wages are those of providers who certified to live with the recipient (SOC 2298): no income tax.",
    "Payments that came back are in no sum but their own; what was paid in their place stands in the year it was paid.",
    "Left to the payroll downstream: the yearly threshold of household employees for Social Security and Medicare;"
    " State disability for household wages over 750 a quarter; wage bases, further Medicare tax, refunds; income tax.",
)


def columns() -> list[str]:
    """Of a provider's row."""
    taxes = [name for tax in TAXES for name in (f"{tax.lower()}_wages", f"{tax.lower()}_withheld")]
    return [
        "payment_year", "provider_id", "payments", "gross", *(each.lower() for each in WAGES), *taxes,
        "excluded_from_income_tax", *(each.lower() for each in OTHERS), "net", "reversed_payments", "reversed_gross",
        "reversed_net",
    ]  # fmt: skip


def provider_row(year: int, provider_id: str, stands: YearFigures, gone: YearFigures) -> ROW:
    """Figures of payments that stand, and what came back."""
    taxes = [cents for tax in TAXES for cents in (stands.subject[tax], stands.deductions[tax])]
    amounts = [
        stands.gross,
        *(stands.earnings[each] for each in WAGES),
        *taxes,
        stands.excluded,
        *(stands.deductions[each] for each in OTHERS),
        stands.net,
    ]
    came_back = gone.payments, dollars_of(gone.gross), dollars_of(gone.net)
    return (year, provider_id, stands.payments, *map(dollars_of, amounts), *came_back)


def dollars_of(cents: int) -> str:
    """``1234.56``, without thousands apart."""
    return dollars(cents).replace(",", "")


def pages(made: PaymentYear) -> Iterator[tuple[str, list[ROW]]]:
    """Name and rows of each page, headings first."""
    total = provider_row(made.year, "all providers", made.stands, made.reversed)
    yield PROVIDERS, [tuple(columns()), *(_row(made.year, each) for each in made.providers), total]
    yield REVERSED, [*_reversed(made)]
    yield CONTROL, [*_control(made)]


def _row(year: int, each: ProviderYear) -> ROW:
    return provider_row(year, each.provider_id, each.stands, each.reversed)


def _reversed(made: PaymentYear) -> Iterator[ROW]:
    taxes = [tax.lower() for tax in TAXES]
    yield "payment_year", "reversed_in_year", "reversed_on", "instruction_id", "payee_id", "gross", *taxes, "net"
    for paid, known_on in made.came_back:
        withheld = {each.kind: each.cents for each in paid.deductions}
        amounts = [paid.gross_cents, *(withheld.get(tax, 0) for tax in TAXES), paid.net_cents]
        named = paid.instruction_id, paid.payee_id
        yield year_of(paid.run_date), year_of(known_on), iso(known_on), *named, *map(dollars_of, amounts)


def _control(made: PaymentYear) -> Iterator[ROW]:
    yield "what", "payments", "gross", "net"
    parts = (
        ("Providers: payments that stand", made.stands),
        ("Providers: payments that came back", made.reversed),
        ("Advances to recipients (wages of nobody, in no row)", made.advances),
        ("All instructions of the year", made.stands.plus(made.reversed).plus(made.advances)),
    )
    for what, figures in parts:
        yield what, figures.payments, dollars_of(figures.gross), dollars_of(figures.net)
    for run in made.runs:
        yield f"Pay run of {iso(run.run_date)}", run.payments, dollars_of(run.gross_cents), dollars_of(run.net_cents)
    sums = [sum(each) for each in list(zip(*made.runs, strict=True))[1:]]
    yield f"All {len(made.runs)} pay runs of the year", sums[0], dollars_of(sums[1]), dollars_of(sums[2])
    if not made.is_over:
        yield f"The year is not over: pay runs up to {iso(made.runs[-1].run_date)}", "", "", ""
    yield from ((note, "", "", "") for note in NOTES)


def write_year(made: PaymentYear, out: Path) -> list[Path]:
    """The file, or of CSV one a page, for its owner alone. Raises ExportRefusal for another suffix."""
    if out.suffix not in WRITERS:
        raise ExportRefusal(f"--out {out} is neither CSV nor XLSX: let its name end in .csv or .xlsx")
    return WRITERS[out.suffix](made, out)


def _write_csv(made: PaymentYear, out: Path) -> list[Path]:
    written = []
    for name, rows in pages(made):
        path = out if name == PROVIDERS else out.with_name(f"{out.stem}.{name}.csv")
        with private.text(path) as stream:
            Rows(stream).many(rows)
        written.append(path)
    return written


def _write_xlsx(made: PaymentYear, out: Path) -> list[Path]:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = openpyxl.Workbook(write_only=True)
    for name, (headings, *rows) in pages(made):
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        cells = [WriteOnlyCell(sheet, heading) for heading in headings]
        for cell in cells:
            cell.font = Font(bold=True)
        sheet.append(cells)
        for row in rows:
            sheet.append([*_in_sheet(headings, row)])
    with private.created(out) as stream:
        book.save(stream)
    return [out]


def _in_sheet(headings: Iterable[str], row: ROW) -> Iterator[Any]:
    """Amounts as numbers: a sheet adds them up; to the cent they are exact in it."""
    for heading, value in zip(headings, row, strict=True):
        amount = isinstance(value, str) and value and heading not in TEXTS
        yield float(value) if amount else harmless_cell(harmless(value)) if isinstance(value, str) else value


def told(made: PaymentYear, written: Iterable[Path]) -> Iterator[str]:
    """Lines for the operator."""
    whole = made.stands.plus(made.reversed).plus(made.advances)
    yield f"{made.year}: {len(made.providers):,} providers, in {', '.join(map(str, written))}"
    yield f"{whole.payments:,} payments = {len(made.runs):,} pay runs"
    yield f"gross {dollars(whole.gross)}, net {dollars(whole.net)}, as its pay runs count"
    yield f"of them came back: {made.reversed.payments:,}; advances to recipients: {made.advances.payments:,}"
    if not made.is_over:
        yield f"the year is not over: pay runs up to {iso(made.runs[-1].run_date)}"
    yield "not a filing: thresholds, wage bases and income tax are the payroll's downstream"


TEXTS = ("provider_id", "instruction_id", "payee_id", "reversed_on", "what")
WRITERS: dict[str, Callable[[PaymentYear, Path], list[Path]]] = {".csv": _write_csv, ".xlsx": _write_xlsx}
