"""The warrants (paper cheques) of one pay run as a positive-pay list: what the bank may pay when one is presented."""

from io import StringIO

from pipelines.cells import Rows
from pipelines.export.report import Export, without_zero
from pipelines.export.run import PaidRun
from rules.law import Law
from rules.periods import add_months, civil_date, days_in_month, iso, month_of

COLUMNS = ("warrant_number", "issue_date", "amount", "payee_type", "payee_id", "stale_date", "instruction_id")


def export_warrants(run: PaidRun, law: Law) -> tuple[str, Export]:
    """A CSV with COLUMNS, one line per warrant with money to move, by instruction id; and what became of the rest.

    The number is the run's day as YYMMDD and six digits: the same instruction always has the same one.
    """
    warrants, left_out = without_zero(run.by_method("WARRANT"))
    stale = iso(stale_day(run.day, law))
    text = StringIO()
    rows = Rows(text, COLUMNS)
    for sequence, paid in enumerate(warrants, 1):
        number = f"{civil_date(run.day):%y%m%d}{sequence:06d}"
        payee = paid.payee_type, paid.payee_id
        rows.row((number, iso(run.day), _amount(paid.net_cents), *payee, stale, paid.instruction_id))
    return text.getvalue(), Export(run, "WARRANT", warrants, left_out)


def stale_day(issued: int, law: Law) -> int:
    """The day from which a warrant issued on a day is stale (RUN-3): so many months later, the day clamped."""
    month = month_of(issued)
    later = add_months(month, law.value("payment.warrant_stale_after_months", issued))
    return later + min(issued - month, days_in_month(later) - 1)


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
