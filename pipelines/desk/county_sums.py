"""What all people of a county were paid, and would have been: sums by pay period, and who gains and loses.

Person by person from two indexes, so that no more than one person's records are held at a time.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.desk.index import Beat
from pipelines.desk.shelf import DeskShelf
from pipelines.find.search import FoundId
from pipelines.statements.statement import hours_by_statement
from rules.periods import period_of
from schemas.finding import Finding
from schemas.ids import day_of
from schemas.payment_instruction import PaymentInstruction

PEOPLE = """
SELECT lower(payee_type), payee_id FROM payments WHERE county = ?1 AND cut_off <= ?2
UNION SELECT 'provider', provider_id FROM findings WHERE county = ?1 AND cut_off <= ?2 AND provider_id <> ''
UNION SELECT 'recipient', recipient_id FROM findings WHERE county = ?1 AND cut_off <= ?2 AND recipient_id <> ''
"""
"""Who is paid in a county, or has work there of which something was found."""
BETWEEN_BEATS = 200  # people
STAGE = "sums"


class CountySums(NamedTuple):
    """Cents, and minutes of service."""

    gross: int = 0
    net: int = 0
    paid: int = 0
    cut: int = 0
    held: int = 0

    def plus(self, other: "CountySums") -> "CountySums":
        """Both together."""
        return CountySums(*(one + more for one, more in zip(self, other, strict=True)))


class CountyRow(NamedTuple):
    """A pay period: as it is, and as it would be."""

    period: int
    was: CountySums
    would_be: CountySums


class CountyAnswer(NamedTuple):
    """Pay periods, newest first; how many ``people`` there are, and of how many net pay is more or less in sum."""

    rows: list[CountyRow]
    people: int
    gain: int
    lose: int

    @property
    def was(self) -> CountySums:
        """All pay periods, as it is."""
        return _all(row.was for row in self.rows)

    @property
    def would_be(self) -> CountySums:
        """All pay periods, as it would be."""
        return _all(row.would_be for row in self.rows)


def compared(before: DeskShelf, after: DeskShelf, county: str, beat: Beat) -> CountyAnswer:
    """Two indexes against each other, over everybody of a county in either of them."""
    people = sorted({*_people(before, county), *_people(after, county)})
    was, would_be = (defaultdict[int, CountySums](CountySums) for _ in range(2))
    gain = lose = 0
    for number, named in enumerate(people):
        one, other = _added(was, before, named), _added(would_be, after, named)
        gain, lose = gain + (other > one), lose + (other < one)
        if not number % BETWEEN_BEATS:
            beat(STAGE, number, len(people))
    rows = [CountyRow(period, was[period], would_be[period]) for period in sorted({**was, **would_be}, reverse=True)]
    return CountyAnswer(rows, len(people), gain, lose)


def sums_of(shelf: DeskShelf, named: FoundId) -> dict[int, CountySums]:
    """What a payee was paid by pay period: each statement to date, as its last instruction and newer findings say."""
    said = [paid for paid in shelf.records(PaymentInstruction, named) if _is_to(paid, named)]
    findings = {each.finding_id: each for each in shelf.records(Finding, named)}
    hours = hours_by_statement(said, findings.values()) if named.kind == "provider" else {}
    last = {paid.statement_id: paid for paid in said}
    sums = defaultdict[int, CountySums](CountySums)
    for id in {**last, **hours}:
        paid, of = last.get(id), hours.get(id)
        cents = (paid.gross_to_date_cents, paid.net_to_date_cents) if paid else (0, 0)
        minutes = (of.paid, of.cut, of.held) if of else (0, 0, 0)
        period = period_of(day_of(id) or 0)
        sums[period] = sums[period].plus(CountySums(*cents, *minutes))
    return sums


def _added(to: dict[int, CountySums], shelf: DeskShelf, named: FoundId) -> int:
    """Add what somebody was paid; their net in sum."""
    own = sums_of(shelf, named)
    for period, sums in own.items():
        to[period] = to[period].plus(sums)
    return sum(sums.net for sums in own.values())


def _people(shelf: DeskShelf, county: str) -> Iterator[FoundId]:
    return (FoundId(*row) for row in shelf.rows(PEOPLE, county, shelf.on))


def _is_to(paid: PaymentInstruction, named: FoundId) -> bool:
    return (paid.payee_type.lower(), paid.payee_id) == (named.kind, named.id)


def _all(each: Iterator[CountySums]) -> CountySums:
    total = CountySums()
    for sums in each:
        total = total.plus(sums)
    return total
