"""What is added up of records while they are decided: of the baseline, and of each variant what it takes away and adds.

Sums of keys, shards and processes merge in any order. Money in cents, time in minutes. A sum is a list of numbers
under a tuple of what it is of.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fold.shard import Records
from pipelines.what_if.standing import Standing
from rules.periods import business_day_of, month_of, period_of
from schemas.ids import day_of, payee_of
from schemas.payment_instruction import PaymentInstruction

Added = dict[tuple[Any, ...], list[int]]
EMPLOYER = ("FICA", "MEDICARE")
"""Taxes of which an employer owes as much again (26 USC 3111): nobody pays that here, and it is cost all the same."""
NOBODY = ""


class WhatIfSums(msgspec.Struct):
    """``lines``: (county, program, service month, earning) to minutes and cents; ``taken``: (deduction, service month)
    to cents; ``paid``: (payee type, service month) to gross and net; ``people``: (payee type, id) to gross, net and
    minutes of service; ``runs``: (business day, pay period) to gross less what
    an advance covered, and net; ``hours``: (service month,) to claimed,
    held, cut and denied minutes; ``findings``: (outcome, code) to how many and minutes; ``advances``: (status,) to
    how many and open minutes; ``reached``: (county,) to how many months of benefits; ``owed``: () to overpayments not
    taken back. Only where asked for: ``periods``: (payee type, id, pay period) to gross, net, and minutes paid, cut and
    held; ``homes``: (county, payee type, id) to how much they are paid for, or found, there."""

    lines: Added = {}
    taken: Added = {}
    paid: Added = {}
    people: Added = {}
    runs: Added = {}
    hours: Added = {}
    findings: Added = {}
    advances: Added = {}
    reached: Added = {}
    owed: Added = {}
    periods: Added = {}
    homes: Added = {}

    def add(self, sign: int, records: Records, hours: Mapping[str, list[int]], standing: Standing) -> None:
        """What one key said (1), or what is taken away of it (-1). ``hours``: of statements that work is paid by."""
        for paid in records.get("PaymentInstruction", ()):
            assert isinstance(paid, PaymentInstruction)
            self._pay(sign, paid)
        for id, minutes in hours.items():
            _add(self.hours, (month_of(_period(id)),), sign, minutes)
        for code, outcome, minutes_found in standing.findings.values():
            _add(self.findings, (outcome, code), sign, (1, minutes_found))
        for status, minutes_open, _ in standing.advances.values():
            _add(self.advances, (status,), sign, (1, minutes_open))
        for (_, county, _), reached in standing.benefits.items():
            _add(self.reached, (county,), sign, (1 if reached else 0,))
        _add(self.owed, (), sign, (sum(standing.outstanding.values()),))

    def _pay(self, sign: int, paid: PaymentInstruction) -> None:
        month = month_of(paid.period_start)
        amounts = paid.gross_cents, paid.net_cents
        for line in paid.lines:
            named = line.county or NOBODY, line.program, month, line.earning
            _add(self.lines, named, sign, (line.minutes, line.cents))
        for each in paid.deductions:
            _add(self.taken, (each.kind, month), sign, (each.cents,))
        minutes = sum(line.minutes for line in paid.lines if line.earning == "SERVICE")
        _add(self.paid, (paid.payee_type, month), sign, amounts)
        _add(self.people, (paid.payee_type, paid.payee_id), sign, (*amounts, minutes))
        covered = sum(each.cents for each in paid.deductions if each.kind == "ADVANCE_PAID")
        by_run = paid.gross_cents - covered, paid.net_cents
        _add(self.runs, (business_day_of(paid.cut_off), paid.period_start), sign, by_run)

    def add_people(self, sign: int, records: Records, hours: Mapping[str, list[int]], standing: Standing) -> None:
        """The same by person and pay period, and in which counties they are at home."""
        for paid in records.get("PaymentInstruction", ()):
            assert isinstance(paid, PaymentInstruction)
            payee = paid.payee_type, paid.payee_id
            _add(self.periods, (*payee, paid.period_start), sign, (paid.gross_cents, paid.net_cents, 0, 0, 0))
            for county in {line.county for line in paid.lines if line.county}:
                _add(self.homes, (county, *payee), sign, (1,))
        for id, (claimed, held, cut, denied) in hours.items():
            named = "PROVIDER", payee_of(id).payee_id, _period(id)
            _add(self.periods, named, sign, (0, 0, claimed - held - cut - denied, cut, held))
        for home in standing.homes:
            _add(self.homes, home, sign, (1,))

    def merge(self, other: "WhatIfSums") -> "WhatIfSums":
        """Add another's."""
        for name in self.__struct_fields__:
            own: Added = getattr(self, name)
            for named, amounts in getattr(other, name).items():
                _add(own, named, 1, amounts)
        return self


def _period(statement: str) -> int:
    return period_of(day_of(statement) or 0)


def _add(where: Added, named: tuple[Any, ...], sign: int, amounts: Iterable[int]) -> None:
    known = where.get(named)
    if known is None:
        where[named] = [sign * each for each in amounts]
    else:
        for place, each in enumerate(amounts):
            known[place] += sign * each
