"""What each of the facts that are to be sent would change in money: ``ihss-payroll validate --with FACTS --pay``.

The same fold as `explain` and the same trial as the desk's preview, over the circles of people whom the facts concern:
nobody else's pay can change. The facts are given in the order in which pay runs see them, each on top of those before,
so that their differences add up to that of all. Only keys to which a fact tells something are decided again.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from fold.admissions import Admissions, as_told
from fold.door import Door, admission
from fold.rows import catalog_of, rows_of
from pipelines.check.circles import Circles, Person, people
from pipelines.check.counter import Counter, Placed
from pipelines.explain.facts import ONE_SHARD, Concerned, Rows
from pipelines.explain.fold import Bare, ExplainedFold, ExplainFold, unkeyed
from pipelines.explain.trial import TrialOutcome, last_looked_at, outcome_of
from rules.law import Law
from schemas.ids import PROVIDER, provider_key, recipient_key


class TriedFact(NamedTuple):
    """A fact, the pay run (cut-off) that sees it first, and what it would change on top of those before it."""

    placed: Placed
    cut_off: int
    outcome: TrialOutcome


class PayPreview(NamedTuple):
    """``until``: the last pay run (cut-off) looked at, as if nothing else came; ``tried``: fact by fact, in the order
    of pay runs; ``circles``: all facts of a circle of people together; ``aside``: facts that concern nobody in
    particular, which are reference data: what they would change is not looked at."""

    until: int
    tried: list[TriedFact]
    circles: list[TrialOutcome]
    aside: list[Placed]


class _Circle:
    """Facts of people who hang together: known, and to be sent."""

    def __init__(self) -> None:
        self.known: list[Placed] = []
        self.sent: list[Placed] = []


def pay_preview(sent: Counter, known: Counter, law: Law, open_run: int = 0) -> PayPreview:
    """Decide the circles of ``sent`` as they are known, and again with each fact. ``open_run``: the first cut-off that
    may still see a fact, as the payroll's journal has it (0: there is none, and facts are seen when they were
    recorded, as a replay sees them)."""
    aside = [each for each in sent.placed if not [*people(each.fact)]]
    named = [_seen_from(each, open_run) for each in sent.placed if [*people(each.fact)]]
    catalog = [each for each in known.placed if not [*people(each.fact)]]
    told = Admissions(as_told(each) for each in (*known.late, *sent.late))
    seen = {id(each): told.obeyed(each.fact, admission(each.fact)) for each in named}
    until = last_looked_at(max([known.tally.latest_cut_off, *seen.values()]))
    tried, together = list[TriedFact](), list[TrialOutcome]()
    for circle in _circles(known.placed, named):
        circle.sent.sort(key=lambda each: (seen[id(each)], each.fact.recorded_at, each.fact.source))
        one_by_one, of_all = _Tried(circle, catalog, Door(ONE_SHARD, until, admissions=told), law, until).outcomes()
        tried += [TriedFact(each, seen[id(each)], found) for each, found in one_by_one]
        together.append(of_all)
    return PayPreview(until, sorted(tried, key=lambda each: each.cut_off), together, aside)


def _seen_from(placed: Placed, open_run: int) -> Placed:
    first = max(admission(placed.fact), open_run)
    return placed._replace(fact=placed.fact.model_copy(update={"admitted_cut_off": first})) if open_run else placed


def _circles(known: list[Placed], sent: list[Placed]) -> Iterable[_Circle]:
    """The circles of people whom facts to be sent concern."""
    joined = Circles()
    for placed in (*known, *sent):
        joined.join(placed.fact)
    found: dict[Person, _Circle] = defaultdict(_Circle)
    for placed in sent:
        for person in [*people(placed.fact)][:1]:
            found[joined.of(person)].sent.append(placed)
    for placed in known:
        for person in [*people(placed.fact)][:1]:
            if circle := found.get(joined.of(person)):
                circle.known.append(placed)
    return found.values()


class _Tried:
    """A circle folded without, and fact by fact with what is to be sent."""

    def __init__(self, circle: _Circle, catalog: list[Placed], door: Door, law: Law, until: int) -> None:
        self.circle, self.door = circle, door
        self.rows: Rows = defaultdict(list)
        known = {bare for each in (*catalog, *circle.known) for bare in self._admit(each)}
        self.of_fact = [self._admit(each) - known for each in circle.sent]  # what is known already is not tried again
        sides = sorted({person for each in (*circle.known, *circle.sent) for person in people(each.fact)})
        providers = [id for side, id in sides if side == PROVIDER]
        recipients = [id for side, id in sides if side != PROVIDER]
        settlements = [*map(provider_key, providers), *map(recipient_key, recipients)]
        concerned = Concerned(self.rows, catalog_of(door.catalog), recipients, providers, [])
        self.fold = ExplainFold(concerned, settlements, law, until)

    def _admit(self, placed: Placed) -> set[Bare]:
        self.door.admit(placed.fact)
        admitted = set()
        for stage, (_, block) in self.door.dealer.blocks():
            for row in rows_of([block]):
                self.rows[stage, row[0]].append(row)
                admitted.add(unkeyed(row))
        return admitted

    def outcomes(self) -> tuple[list[tuple[Placed, TrialOutcome]], TrialOutcome]:
        """Of each fact on top of those before it, and of all together."""
        without = frozenset(bare for each in self.of_fact for bare in each)
        before = last = self.fold.run(without)
        found = []
        for placed, own in zip(self.circle.sent, self.of_fact, strict=True):
            without -= own
            now = self.fold.run(without)
            found.append((placed, _differing(last, now)))
            last = now
        return found, _differing(before, last)


def _differing(before: ExplainedFold, after: ExplainedFold) -> TrialOutcome:
    """Of the keys that were decided anew."""
    anew = [key for key in {**before.keys, **after.keys} if before.keys.get(key) is not after.keys.get(key)]
    return outcome_of(*(ExplainedFold({key: each.keys[key] for key in anew}) for each in (before, after)))
