"""What payments of a year come to for one provider: the figures of the year's file and of a statement's year to date.

A year is a payment year: the year of the pay run's business day (TAX-2). Wages are subject to a tax in a statement and
year if it was withheld there (TAX-1, TAX-3: per statement and year it is withheld from all of it or from none), so they
are told from the records alone; of cents too few for a tax of half a cent nothing is.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.payment_instruction import PaymentInstruction
from schemas.symbols import TAXES

TAXED_WITH: dict[str, tuple[str, ...]] = {
    "FICA": ("FICA", "MEDICARE"),
    "MEDICARE": ("FICA", "MEDICARE"),
    "SDI": ("SDI",),
}
"""By whose withholding wages are known to be subject to a tax: FICA and Medicare have the same wages (TAX-1)."""


@dataclass
class YearFigures:
    """Cents. ``earnings`` and ``deductions`` by kind; ``subject``: wages subject to each tax; ``excluded``: wages left
    out of income tax (SOC 2298, TAX-4)."""

    payments: int = 0
    gross: int = 0
    net: int = 0
    earnings: Counter[str] = field(default_factory=Counter)
    deductions: Counter[str] = field(default_factory=Counter)
    subject: Counter[str] = field(default_factory=Counter)
    excluded: int = 0

    @property
    def overtime_premium(self) -> int:
        """What overtime pays on top of the normal rate: the qualified overtime of W-2 box 12, code TT, from 2026 on."""
        return self.earnings["OVERTIME_PREMIUM"]

    def plus(self, other: "YearFigures") -> "YearFigures":
        """Both together."""
        return YearFigures(
            self.payments + other.payments,
            self.gross + other.gross,
            self.net + other.net,
            _sum(self.earnings, other.earnings),
            _sum(self.deductions, other.deductions),
            _sum(self.subject, other.subject),
            self.excluded + other.excluded,
        )


def year_figures(paid: Iterable[PaymentInstruction]) -> YearFigures:
    """Of payments of one year, in any order."""
    figures, by_statement = YearFigures(), defaultdict[str, list[PaymentInstruction]](list)
    for each in paid:
        by_statement[each.statement_id].append(each)
        figures.payments += 1
        figures.gross += each.gross_cents
        figures.net += each.net_cents
        figures.excluded += each.gross_cents if each.income_tax_excluded else 0
        for line in each.lines:
            figures.earnings[line.earning] += line.cents
        for deduction in each.deductions:
            figures.deductions[deduction.kind] += deduction.cents
    for of_statement in by_statement.values():
        _add_subject(figures, of_statement)
    return figures


def _add_subject(figures: YearFigures, of_statement: Iterable[PaymentInstruction]) -> None:
    withheld: Counter[str] = Counter()
    gross = 0
    for each in of_statement:
        gross += each.gross_cents
        for deduction in each.deductions:
            withheld[deduction.kind] += deduction.cents
    for tax in TAXES:
        if any(withheld[known_by] for known_by in TAXED_WITH[tax]):
            figures.subject[tax] += gross


def _sum(one: Counter[str], other: Counter[str]) -> Counter[str]:
    """With what is below zero."""
    total = Counter(one)
    total.update(other)
    return total
