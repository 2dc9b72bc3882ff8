"""The warrants (paper checks) of one pay run as a positive-pay list: what the bank may pay when one is presented."""

from io import StringIO

from pipelines.cells import Rows
from pipelines.export.report import Export, without_zero
from pipelines.export.run import PaidRun
from pipelines.people import PeopleOnPapers
from rules.law import Law
from rules.periods import add_months, civil_date, days_in_month, iso, month_of

COLUMNS = ("warrant_number", "issue_date", "amount", "payee_type", "payee_id", "stale_date", "instruction_id")
NAME = "payee_name"


def export_warrants(run: PaidRun, law: Law, people: PeopleOnPapers | None = None) -> tuple[str, Export]:
    """A CSV with COLUMNS, one line per warrant with money to move, by instruction id; and what became of the rest. With
    ``people`` payee_name and the lines of the address follow, empty for one without an entry.

    The number is the run's day as YYMMDD and six digits: the same instruction always has the same one.
    """
    warrants, left_out = without_zero(run.by_method("WARRANT"))
    stale = iso(stale_day(run.day, law))
    text = StringIO()
    rows = Rows(text, COLUMNS if people is None else (*COLUMNS, NAME, *people.columns))
    for sequence, paid in enumerate(warrants, 1):
        number = f"{civil_date(run.day):%y%m%d}{sequence:06d}"
        payee = paid.payee_type, paid.payee_id
        of_warrant = (number, iso(run.day), _amount(paid.net_cents), *payee, stale, paid.instruction_id)
        rows.row((*of_warrant, *(_name_of(payee, people) if people else ())))
    return text.getvalue(), Export(run, "WARRANT", warrants, left_out)


def stale_day(issued: int, law: Law) -> int:
    """The day from which a warrant issued on a day is stale (RUN-3): so many months later, the day clamped."""
    month = month_of(issued)
    later = add_months(month, law.value("payment.warrant_stale_after_months", issued))
    return later + min(issued - month, days_in_month(later) - 1)


def _name_of(payee: tuple[str, str], people: PeopleOnPapers) -> tuple[str, ...]:
    known = people.of(*payee)
    return (known.name, *known.address) if known else ("", *("" for _ in people.columns))


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
