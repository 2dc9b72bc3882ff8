"""Records of a folder that a replay, or a live job, left: what `report` and `statement` read."""

from collections.abc import Iterator
from pathlib import Path

from pipelines.misuse import Misuse
from schemas.avro import Container, Out, Unreadable, outgoing


def records_in(path: Path, kind: type[Out]) -> Iterator[Out]:
    """Every record of a file. Raises Misuse: another kind, or damaged."""
    try:
        with path.open("rb") as stream:
            container = Container(stream)
            if container.kind != kind.KIND:
                raise Misuse(f"{path} holds {container.kind}, not {kind.KIND}: name the folder that a replay wrote to")
            yield from (outgoing(kind, record) for _, record in container)
    except Unreadable as damage:
        raise Misuse(f"{path} cannot be used ({damage.reason}): copy the folder again, or replay again") from None
    except OSError as error:
        raise Misuse(f"{path} cannot be read ({error.strerror}): name a folder that you may read") from None
