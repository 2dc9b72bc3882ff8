"""Makes the dictionary that state is squeezed with: ``python -m tests.fold.state_dictionary``.

From what keys of a county remember that nobody lives in; the same each time. With a new one raise VERSION in
fold/key_memory.py, since no state of the old one can be read.
"""

import tempfile
from pathlib import Path

import msgspec
import zstandard

from fold import squeezing
from fold.door import Door
from fold.key_memory import opened
from pipelines.sample.simulate import simulate
from pipelines.stepwise import Steps
from rules.law import Law

PLACE = Path(squeezing.__file__).with_name("state.dictionary")
BYTES, RECIPIENTS, MONTHS, SEED = 16_384, 30, 8, 3


def samples(folder: Path) -> list[bytes]:
    """Headers and months of all keys at the end of each pay run."""
    door = Door(1, None)
    for path in sorted(folder.rglob("*.avro")):
        for _ in door.read_file(path, path.name):
            pass
    found: dict[bytes, None] = {}
    steps = Steps(door, Law.load(), door.tally.latest_cut_off)
    steps.run(lambda _, state: found.update(dict.fromkeys(piece for each in state.values() for piece in _pieces(each))))
    return [squeezing.expanded(each) for each in found]


def _pieces(state: bytes) -> list[bytes]:
    rest = opened(state).rest
    if not rest:
        return []
    _, header, months = msgspec.msgpack.decode(rest)
    return [header, *(body for *_, body in months)]


def main() -> None:
    """Write it."""
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder), "17", RECIPIENTS, MONTHS, "2024-01", SEED)
        found = samples(Path(folder))
    PLACE.write_bytes(zstandard.train_dictionary(BYTES, sorted(found), level=squeezing.LEVEL).as_bytes())
    print(f"{len(found)} samples, {PLACE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
