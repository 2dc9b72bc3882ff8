"""Makes a county of synthetic facts: Avro files of every inbound kind, and the truth about what was planted in them.

The same arguments give the same bytes. A recipient's facts come from a stream of random numbers of their own, so more
recipients only add to them; wrong records come from another, so the good ones are the same at every rate of defects.
"""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from random import Random

from pipelines.county_names import county_name
from pipelines.sample.county import live, spoil
from pipelines.sample.defects import SPOILED
from pipelines.sample.homes import draw
from pipelines.sample.shelf import Record, Shelf, Truth, write_truth
from pipelines.sample.training import list_courses
from pipelines.sample.window import Window, window
from rules.law import Law
from rules.periods import iso
from schemas import private
from schemas.avro import Container, Unreadable, write_container
from schemas.types import Json

RECORDS_BEFORE_DAMAGE = 400
CUT_BYTES = 20  # the last block's sync marker and a little more
NOT_AVRO = "This is a text, whatever its name says.\n"


class SampleRefusal(ValueError):
    """A sample that cannot be made; the message is one line for the user."""


def simulate(
    out: Path,
    county: str,
    recipients: int,
    months: int,
    start: str,
    seed: int,
    defects: float = 0.01,
    beat: Callable[[str, int, int], None] = lambda stage, done, total: None,
    first: int = 1,
) -> Json:
    """Writes the facts and ``truth.json`` into the folder ``out``; returns ``{"counts": ..., "truth": ...}``.

    ``county``: two-digit State code; ``start``: first service month, ``"YYYY-MM"``; ``defects``: share of wrong records
    (0 to 1), which come on top of the good ones; ``first``: number of the first recipient, where a county is made in
    parts. Raises SampleRefusal where a month has no wage rate.
    """
    span = window(county, start, months)
    _refuse_without_rates(span)
    if any(out.rglob("*.avro")):
        raise SampleRefusal(f"{out} holds *.avro files already: name a new folder or empty this one")
    shelf, truth = Shelf(out), Truth()
    list_courses(span, shelf)
    home = None
    for done, number in enumerate(range(first, first + recipients), 1):
        home = draw(number, seed, span, home)
        desk = live(home, span, shelf, truth)
        spoil(desk, Random(f"{seed}/{number}/defects"), defects)
        beat("make", done, recipients)
    shelf.close()
    damaged = _damage(out, truth) if defects else 0
    asked = {"county": county, "start": start, "months": months, "recipients": recipients, "seed": seed}
    return _told(out, asked | {"defects": defects}, shelf, truth, damaged)


def _told(out: Path, asked: Record, shelf: Shelf, truth: Truth, damaged: int) -> Json:
    """Writes and returns the truth. ``inputs``: all records a reader gets, and one for each file it cannot read on."""
    counts = dict(sorted(shelf.written.items()))
    told = {
        **asked,
        "counts": counts,
        "inputs": sum(counts.values()) + damaged + truth.rejections["UNREADABLE"],
        "repeated": {**truth.repeated, "in_damaged_file": damaged},
        "rejections": dict(truth.rejections),
        "situations": truth.situations(),
    }
    write_truth(out / "truth.json", told)
    return {"counts": counts, "truth": told}


def _refuse_without_rates(span: Window) -> None:
    name, law = f"wage.{span.county}", Law.load()
    if name not in law.parameters:
        raise SampleRefusal(f"{span.county} is no county: give its two-digit State code, 01 to 58, such as 17 for Lake")
    if not law.in_force(name, span.months[0]):  # after its first row a rate is carried forward (WAGE-2)
        first = min(entry.from_day for entry in law.parameters[name].entries)
        raise SampleRefusal(f"{county_name(span.county)} has no wage rate before {iso(first)[:7]}: start then or later")


def _damage(out: Path, truth: Truth) -> int:
    """Adds a file that breaks off and one that is none; returns how many (repeated) records the first still gives."""
    with (out / "timesheet-0001.avro").open("rb") as stream:
        good = (record for _, record in Container(stream) if not record["document_id"].endswith(SPOILED))
        copies = list(islice(good, RECORDS_BEFORE_DAMAGE))
    broken = out / "truncated.avro"
    write_container(broken, "Timesheet", copies)
    private.written(broken, broken.read_bytes()[:-CUT_BYTES])
    private.written(out / "not_avro.avro", NOT_AVRO)
    truth.rejections["UNREADABLE"] += 2
    return _readable(broken)


def _readable(path: Path) -> int:
    count = 0
    with path.open("rb") as stream:
        try:
            for _ in Container(stream):
                count += 1
        except Unreadable:
            return count
    return count
