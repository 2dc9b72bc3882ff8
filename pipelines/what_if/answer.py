"""What a variant comes to, as tables of before and after: who pays, who gains and loses, what moves, what is owed.

Money in cents, time in minutes, days as epoch days. Names of people are in it only where they were asked for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pipelines.what_if.compare import ComparedVariant, Comparison
from pipelines.what_if.owed import BeforeAfter, Retroactive, full_month, owed_for_past
from pipelines.what_if.people import PeopleMoved, people_moved
from pipelines.what_if.scenario import Scenario
from pipelines.what_if.sums import EMPLOYER, Added, Named, WhatIfSums
from pipelines.what_if.variant import Variant
from rules.law import Law
from schemas.symbols import TAXES

VIOLATION = "VIOLATION"
ADVANCED = ("ADVANCE_PAID",)
MONTHS_IN_YEAR = 12


class ComesAndGoes(NamedTuple):
    """Findings of an outcome and code: before, after, how many come and how many go."""

    outcome: str
    code: str
    before: int
    after: int
    come: int
    go: int


class WhatIfAnswer(NamedTuple):
    """A variant of a scenario against the baseline. ``advanced``: pay that an advance covered, which is gross twice."""

    label: str
    gross: BeforeAfter
    advanced: BeforeAfter
    net: BeforeAfter
    employer: BeforeAfter
    owed: BeforeAfter
    by_county: list[BeforeAfter]
    by_month: list[BeforeAfter]
    by_program: list[BeforeAfter]
    by_earning: list[BeforeAfter]
    by_payer: list[BeforeAfter]
    hours: list[BeforeAfter]
    findings: list[ComesAndGoes]
    benefits: list[tuple[str, int, int]]
    advances: tuple[int, int]
    shares: tuple[int, int]
    people: PeopleMoved
    retroactive: Retroactive
    full_month: int | None
    decided_again: int
    keys: int

    @property
    def violations(self) -> int:
        """How many more stand."""
        return sum(row.come - row.go for row in self.findings if row.outcome == VIOLATION)

    @property
    def year(self) -> int | None:
        """Twelve such months."""
        return None if self.full_month is None else MONTHS_IN_YEAR * self.full_month

    @property
    def pay(self) -> BeforeAfter:
        """Gross, what an advance covered once."""
        return BeforeAfter(("pay",), self.gross.before - self.advanced.before, self.gross.after - self.advanced.after)

    @property
    def cost(self) -> BeforeAfter:
        """Pay, and the employer's part of the taxes."""
        return BeforeAfter(("cost",), self.pay.before + self.employer.before, self.pay.after + self.employer.after)


def answers(
    scenario: Scenario, compared: list[ComparedVariant], comparison: Comparison, base: Law
) -> list[WhatIfAnswer]:
    """Of each variant of the scenario, in order."""
    pairs = zip(scenario.variants, compared, strict=True)
    return [_answer(scenario, variant, each, comparison, base) for variant, each in pairs]


def _answer(
    scenario: Scenario, variant: Variant, one: ComparedVariant, comparison: Comparison, base: Law
) -> WhatIfAnswer:
    was, now, moves = comparison.baseline, one.sums, one.moves
    cents = _by(was.lines, now.lines)
    return WhatIfAnswer(
        label=variant.label,
        gross=_total("gross", was.paid, now.paid, 0),
        advanced=BeforeAfter(("advanced",), _taken(was, ADVANCED), _taken(now, ADVANCED)),
        net=_total("net", was.paid, now.paid, 1),
        employer=BeforeAfter(("employer",), _taken(was, EMPLOYER), _taken(now, EMPLOYER)),
        owed=_total("owed", was.owed, now.owed, 0),
        by_county=cents(lambda name: (name[0],)),
        by_month=cents(lambda name: (name[2],)),
        by_program=cents(lambda name: (name[1],)),
        by_earning=cents(lambda name: (name[3],)),
        by_payer=_payers(was, now),
        hours=_hours(was, now),
        findings=_findings(was, now, one),
        benefits=[(county, *amounts) for (county,), amounts in sorted(moves.benefits.items())],
        advances=_two(moves.advances),
        shares=_two(moves.shares),
        people=people_moved(was.people, now.people),
        retroactive=owed_for_past(scenario, was, now, comparison.until, base),
        full_month=full_month(variant, base, _pay_by_month(was, now), comparison.until),
        decided_again=sum(count for (count,) in moves.keys.values()),
        keys=sum(comparison.keys.values()),
    )


def _by(was: Added, now: Added) -> Callable[[Callable[[Named], Named]], list[BeforeAfter]]:
    """Cents of lines by a part of their names."""

    def by(part: Callable[[Named], Named]) -> list[BeforeAfter]:
        before, after = (defaultdict[Named, int](int) for _ in range(2))
        for sums, added in ((before, was), (after, now)):
            for name, (_, cents) in added.items():
                sums[part(name)] += cents
        return [BeforeAfter(name, before[name], after[name]) for name in sorted({**before, **after})]

    return by


def _total(name: str, was: Added, now: Added, place: int) -> BeforeAfter:
    return BeforeAfter((name,), *(sum(amounts[place] for amounts in each.values()) for each in (was, now)))


def _taken(sums: WhatIfSums, kinds: Iterable[str]) -> int:
    return sum(cents for (kind, _), (cents,) in sums.taken.items() if kind in kinds)


def _pay_by_month(was: WhatIfSums, now: WhatIfSums) -> dict[int, int]:
    """The difference in pay of each service month."""
    months = defaultdict[int, int](int)
    for sign, sums in ((-1, was), (1, now)):
        for (_, month), (gross, _) in sums.paid.items():
            months[month] += sign * gross
        for (kind, month), (cents,) in sums.taken.items():
            months[month] -= sign * cents if kind in ADVANCED else 0
    return months


def _payers(was: WhatIfSums, now: WhatIfSums) -> list[BeforeAfter]:
    """Who pays taxes and shares: (payer, kind)."""
    found = []
    kinds = sorted({kind for sums in (was, now) for kind, _ in sums.taken})
    for kind in kinds:
        of_kind = [sum(cents for (each, _), (cents,) in sums.taken.items() if each == kind) for sums in (was, now)]
        payer = "provider" if kind in TAXES else "recipient" if kind == "SHARE_OF_COST" else "set against"
        found.append(BeforeAfter((payer, kind), *of_kind))
        if kind in EMPLOYER:
            found.append(BeforeAfter(("employer", kind), *of_kind))
    return sorted(found)


def _hours(was: WhatIfSums, now: WhatIfSums) -> list[BeforeAfter]:
    """Minutes of service that were claimed, by what became of them."""
    sums = [[sum(amounts[place] for amounts in each.hours.values()) for place in range(4)] for each in (was, now)]
    names = ("claimed", "held", "cut", "denied")
    found = {name: BeforeAfter((name,), sums[0][place], sums[1][place]) for place, name in enumerate(names)}
    paid = (each[0] - sum(each[1:]) for each in sums)
    return [found["claimed"], BeforeAfter(("paid",), *paid), found["cut"], found["held"], found["denied"]]


def _findings(was: WhatIfSums, now: WhatIfSums, one: ComparedVariant) -> list[ComesAndGoes]:
    rows = []
    for name, (come, go) in one.moves.findings.items():
        outcome, code = name
        before, after = (each.findings.get(name, [0])[0] for each in (was, now))
        rows.append(ComesAndGoes(outcome, code, before, after, come, go))
    return sorted(rows, key=lambda row: (row.outcome != VIOLATION, -(row.come + row.go), row.code))


def _two(added: Added) -> tuple[int, int]:
    first, second = added.get((), (0, 0))
    return first, second
