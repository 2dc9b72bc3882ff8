"""Records of a folder that a replay, or a live job, left: what `report` and `statement` read."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipelines.misuse import Misuse
from rules.periods import business_day_of, is_cut_off
from schemas.avro import Container, Out, Unreadable, outgoing
from schemas.types import Fields


def record_said(kind: type[Out], fields: Fields) -> Out:
    """A record that a pay run said. Raises Unreadable for what none says: a bit of it is another, though every field by
    itself could be."""
    record = outgoing(kind, fields)
    if "cut_off" in fields:
        day = _pay_run_of(fields["cut_off"])
        if day is None or fields.get("run_date", day) != day:
            raise Unreadable("INVALID", "It is of no pay run.", "cut_off")
    return record


@cache
def _pay_run_of(instant: int) -> int | None:
    """The business day of a cut-off; None: it is none."""
    return business_day_of(instant) if is_cut_off(instant) else None


def records_in(path: Path, kind: type[Out]) -> Iterator[Out]:
    """Every record of a file. Raises Misuse: another kind, or damaged."""
    try:
        with path.open("rb") as stream:
            container = Container(stream)
            if container.kind != kind.KIND:
                raise Misuse(f"{path} holds {container.kind}, not {kind.KIND}: name the folder that a replay wrote to")
            yield from (record_said(kind, record) for _, record in container)
    except Unreadable as damage:
        raise Misuse(f"{path} cannot be used ({damage.reason}): copy the folder again, or replay again") from None
    except OSError as error:
        raise Misuse(f"{path} cannot be read ({error.strerror}): name a folder that you may read") from None
