"""A key's case file of which months are brought out when they are needed (`fold.shelves`), and what arrives for it."""

from collections.abc import Iterable, Iterator

from fold.closing import recalled
from fold.key_memory import bring_out
from fold.news import News
from fold.remembered import STANDING_ROWS, Remembered
from fold.rows import Row, arrival
from fold.shelves import VISIT, looked_at, mark, months_named, reach, read_by_others
from fold.stages import CONCLUSIONS, STAGES, Catalog
from rules.conclusion import PRICE
from rules.documents import Arrival
from rules.law import Law
from rules.restatement import Before, CaseFile, Change, Decision, Unit, closed, month_unit
from schemas import FACTS
from schemas.envelope import Fact

NOWHERE = -1


class OpenedFile:
    """The case file of a key as it was left, made again from the rows that are remembered, month by month as asked."""

    def __init__(self, stage: str, key: str, memory: Remembered, law: Law, catalog: Catalog) -> None:
        self.stage, self.key, self.memory, self.law = stage, key, memory, law
        self.case: CaseFile = STAGES[stage](key, law, catalog)
        self._admit(memory.open_rows)
        self.bring(memory.always)

    def bring(self, months: Iterable[int] | None) -> None:
        """Bring out months (None: all) that are still put away."""
        waiting = self.memory.put_away
        for month in [*waiting] if months is None else dict.fromkeys(months):
            if month in waiting:
                self._admit(bring_out(self.memory, self.key, month))

    def _admit(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.case.admit(arrival(row))

    # --- as a case file -----------------------------------------------------------------------------------------------

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File what arrives; its months are brought out."""
        return self.case.admit(arrival)

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """As the case file decides when all that it reads is brought out."""
        self.bring(reach(self.stage, unit))
        return self.case.decide(unit, before, cut_off)

    def followers(self, unit: Unit, change: Change, now: Before) -> Iterable[Unit]:
        """Of what others read, the provider's side looks for later months that there are."""
        if self.stage == PRICE and read_by_others(change.now or change.before, unit.month):
            self.bring([month for month in self.memory.put_away if month > unit.month])
        return self.case.followers(unit, change, now)

    # --- what arrives -------------------------------------------------------------------------------------------------

    def filed(self, fresh: Iterable[Row], new_facts: list[Row]) -> Iterator[Arrival]:
        """What arrived, for the case file. It is remembered if it says something new, and a fact is then noted among
        ``new_facts``."""
        news = News(self._revisions)
        for fresh_row in fresh:
            fresh_arrival = arrival(fresh_row)
            self._bring_for(fresh_arrival)
            for row in recalled(fresh_row, self.memory):
                arrived = fresh_arrival if row is fresh_row else arrival(row)
                yield arrived
                if row[-1] not in FACTS:
                    _file_conclusion(self.memory.rows[self._shelf(arrived)], row)
                elif news.is_new(arrived.content):
                    self.memory.rows[self._shelf(arrived)].append(row)
                    if row is fresh_row:
                        new_facts.append(row)

    def _bring_for(self, arrived: Arrival) -> None:
        months = looked_at(self.stage, arrived)
        if arrived.kind == VISIT:
            name = mark(arrived.content)
            months = [*(months or ()), *(month for month, lies in self.memory.put_away.items() if name in lies.visits)]
        self.bring(months)

    def _shelf(self, arrived: Arrival) -> int:
        """Where a row is to lie. What comes for a closed month is looked at over all months (TIME-6)."""
        months = months_named(arrived)
        if months is None:
            return STANDING_ROWS
        self.memory.always |= {month for month in months if closed(month_unit(month), arrived.cut_off, self.law)}
        if arrived.kind == VISIT:
            return self._shelf_of_visit(arrived.content, months)
        return months.pop() if months else STANDING_ROWS

    def _shelf_of_visit(self, visit: Fact, months: set[int]) -> int:
        """All revisions of a visit lie together: in the month that they name, or, if there are several, with what
        stands."""
        revisions = {month: [*_named(rows, visit)] for month, rows in self.memory.rows.items()}
        months |= {month for month, rows in revisions.items() if rows}
        month = months.pop() if len(months) == 1 else STANDING_ROWS
        for other in [other for other, rows in revisions.items() if rows and other != month]:
            self.memory.rows[month] += [row for row, _ in revisions[other]]
            moved = {id(row) for row, _ in revisions[other]}
            self.memory.rows[other] = [row for row in self.memory.rows[other] if id(row) not in moved]
        self.memory.marks[month].add(mark(visit))
        return month

    def _revisions(self, fact: Fact) -> Iterator[Fact]:
        return (other for _, other in _named(self.memory.open_rows, fact))


def _named(rows: Iterable[Row], fact: Fact) -> Iterator[tuple[Row, Fact]]:
    """Revisions of the fact's document, or of one with its number."""
    name = fact.document_id.encode()
    for row in rows:
        if row[-1] == fact.KIND and name in row[-2]:
            other = arrival(row).content
            if other.document_id == fact.document_id:
                yield row, other


def _file_conclusion(rows: list[Row], row: Row) -> None:
    """It takes the place of the one before, unless it is said once."""
    *_, event_id, body, kind = row
    struct = CONCLUSIONS[kind]
    if struct.state_number is None:
        return
    places = [place for place, other in enumerate(rows) if (other[-1], other[-3]) == (kind, event_id)]
    if body and places:
        rows[places[0]] = row
    elif body or not struct.leaves_nothing:
        rows.append(row)
    else:
        places.insert(0, NOWHERE)
    for place in reversed(places[1:]):
        del rows[place]
