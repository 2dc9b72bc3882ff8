"""A county whose every text that its schema lets be anything is hostile, in every other record."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.desk.origins import PaidOrigin
from pipelines.desk.station import Station
from pipelines.sample.simulate import simulate
from rules.law import Law
from schemas import CONCLUSIONS
from schemas.avro import Container, Unreadable, validate, write_container
from schemas.types import Json
from tests.pipelines.desk.desk_world import TOKEN
from tests.pipelines.explain.explain_world import index
from tests.pipelines.report.report_world import records, replayed, rewrite
from tests.schemas.samples import changed

HOSTILE = (
    "\"><script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"
    "{{7*7}}<b>\u202e\x00%00../../etc/passwd"
)
STRANGER = "X900001"  # whom no fact names
LINE = HOSTILE.replace('"', "")
OWN = re.compile(r"_id$|_sha256$|^law_version$|^documents$")  # what the payroll makes itself of what the schema lets in


def hostile_station(root: Path) -> Station:
    """The desk of the county, on which anna may decide."""
    facts = root / "facts"
    facts.mkdir()
    simulate(facts, "17", 8, 2, "2024-01", 11, 0.05)
    sent = replayed(facts, root / "first")
    paid = records(sent, "PaymentInstruction")
    back = [_came_back(each["instruction_id"], each["cut_off"]) for each in paid if each["net_cents"]][:3]
    write_container(facts / "outcomes.avro", "PaymentOutcome", back)
    for path in sorted(facts.glob("*.avro")):
        spoil(path)
    out = replayed(facts, root / "paid")
    for kind in CONCLUSIONS:
        rewrite(out, kind, [spoilt(kind, row) if number % 2 else row for number, row in enumerate(records(out, kind))])
    found = records(out, "Finding")
    rewrite(out, "Finding", [*found[1:], found[0] | {"other_id": STRANGER}])
    told = [_rejected(at) for at in range(6)]
    rewrite(out, "Rejection", [*records(out, "Rejection"), *told])
    index(facts, out)
    (root / "land").mkdir()
    station = Station(PaidOrigin(facts, out), Law.load(), TOKEN, deciders=("anna",), land=root / "land")
    station.make(lambda *_: None)
    return station


def _came_back(instruction: str, cut_off: int) -> Json:
    fields = {"instruction_id": instruction, "outcome": "RETURNED", "reason": HOSTILE, "cents": None}
    return changed("PaymentOutcome", event_id=f"e{cut_off}{abs(hash(instruction))}", recorded_at=cut_off + 1, **fields)


def _rejected(at: int) -> Json:
    raw = f'{{"kind": "Timesheet", "{LINE}": "{LINE}", "n": {at}}}'.replace("\x00", "").encode()
    wrong = {"field": HOSTILE, "message": HOSTILE if at % 2 else f'Read "{HOSTILE}".', "origin": HOSTILE, "raw": raw}
    return changed("Rejection", **wrong)


def spoil(path: Path) -> None:
    """Every other record of a file; one that is damaged, or holds what is rejected, stays as it is."""
    try:
        with path.open("rb") as stream:
            container = Container(stream)
            rows = [(container.kind, row) for _, row in container if container.kind]
    except Unreadable:
        return
    for kind in {kind for kind, _ in rows}:
        write_container(path, kind, [spoilt(kind, row) if at % 2 else row for at, (_, row) in enumerate(rows)])


def spoilt(kind: str, row: Json) -> Json:
    """A record with every text hostile that may be so."""
    for where in leaves(row):
        if not any(OWN.search(str(each)) for each in where) and may_be(kind, where, row):
            row = _with(row, where, HOSTILE)
    return row


def leaves(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a record the texts stand."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield from leaves(each, (*where, name))
    if isinstance(value, str) and where:
        yield where


def may_be(kind: str, where: tuple[Any, ...], row: Json) -> bool:
    """Does the schema let the text be anything?"""
    place = (kind, *(each for each in where if isinstance(each, str)))
    if place not in _may_be:
        try:
            _may_be[place] = bool(validate(kind, _with(row, where, HOSTILE)))
        except Unreadable:
            _may_be[place] = False
    return _may_be[place]


_may_be: dict[tuple[str, ...], bool] = {}


def _with(value: Any, where: tuple[Any, ...], text: str) -> Any:
    """A record with another text in a place."""
    if not where:
        return text
    copy = value.copy()
    copy[where[0]] = _with(value[where[0]], where[1:], text)
    return copy
