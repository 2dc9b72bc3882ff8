"""What a door remembers between pay runs, tried without an engine: `transforms.admit_facts` on cells that are plain."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apache_beam.utils.timestamp import Timestamp

from fold.admitted import Admitted
from fold.rows import fact_body
from rules.periods import cut_off_after
from schemas import FACTS
from tests.schemas.samples import SAMPLES
from transforms.admit_facts import KEPT, AdmitFacts
from transforms.moments import PASSED, wakes_at

DAY = 24 * 3_600_000
SHEET = FACTS["Timesheet"].model_validate(SAMPLES["Timesheet"])
BEGINS = cut_off_after(1_700_000_000_000)


@dataclass
class Cells:
    """The state of one door, and the timer that it waits for."""

    door: bytes | None = None
    seen: list[bytes] = field(default_factory=list)
    wakes: Timestamp | None = None
    looked: int = 0

    def read(self) -> Any:
        return self.door

    def write(self, packed: bytes) -> None:
        self.door = packed

    def set(self, at: Timestamp) -> None:
        self.wakes = at


class Bag:
    """The events that the door has seen; who reads them is counted."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells

    def read(self) -> list[bytes]:
        self.cells.looked += 1
        return [*self.cells.seen]

    def add(self, mark: bytes) -> None:
        self.cells.seen.append(mark)

    def clear(self) -> None:
        self.cells.seen.clear()


def told(cells: Cells, number: int, cut_off: int) -> list[Any]:
    """What the door says to a fact of a pay run."""
    fact = SHEET.model_copy(update={"event_id": f"E{number}", "admitted_cut_off": cut_off})
    element = ("00", Admitted(cut_off, cut_off - DAY, fact.KIND, fact_body(fact)).packed())
    said = AdmitFacts(None).process(element, cells, Bag(cells), cells)
    return [output for output in said if output.tag != "tally"]


def passes(cells: Cells, until: int) -> Iterator[int]:
    """Pay runs that the door lets pass."""
    while cells.wakes is not None and cells.wakes <= wakes_at(PASSED, until):
        AdmitFacts(None).close(cells.wakes, cells, cells)
        yield 1


def test_a_door_forgets_what_cannot_be_sent_again() -> None:
    cells = Cells()
    assert {output.tag for output in told(cells, 1, BEGINS)} == {"authorize"}
    runs = sum(passes(cells, BEGINS + KEPT // 2))
    assert runs > 8 and cells.looked == 0, "a pay run that passes is not told of events"
    assert told(cells, 1, BEGINS) == [], "sent again"
    assert {output.tag for output in told(cells, 2, BEGINS)} == {"authorize", "records"}, "late, and another"
    sum(passes(cells, BEGINS + 2 * KEPT))
    later = cut_off_after(BEGINS + 2 * KEPT)
    assert len(cells.seen) == 2
    told(cells, 3, later)
    assert len(cells.seen) == 1
    looked = cells.looked
    told(cells, 4, later)
    assert len(cells.seen) == 2 and cells.looked == looked, "once a month"
