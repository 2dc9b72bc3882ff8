"""Facts as messages through Beam's stateful path, on FnApiRunner: ``python -m bench.state_on_beam [FOLDER]``

The whole streaming story but for Pub/Sub itself: messages are decoded, doors open, keys are woken pay run by pay run,
records are encoded. Facts a second are of the processor, not of the clock, and they count only if every fact was used
and the records are the plain fold's, byte by byte; anything else ends with exit code 1. Without a folder, counties of 4
and of 24 months are made and both are said, of so many recipients that keys share the bundles of a pay run.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.counties import ROOT, CountyAsked, made
from bench.stateful import measured
from rules.law import Law
from schemas import FACTS
from schemas.avro import Container, Unreadable, validate

MONTHS, RECIPIENTS = (4, 24), 60


def facts_in(folder: Path) -> Iterator[Any]:
    """All facts of a folder that can be read."""
    for path in sorted(folder.rglob("*.avro")):
        with path.open("rb") as stream, suppress(Unreadable):
            container = Container(stream)
            for _, record in container if container.kind in FACTS else ():
                with suppress(Unreadable):
                    yield validate(container.kind, record)


def main() -> int:
    """Print what each county came to; 1 if a figure does not count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    asked = parser.parse_args().folder
    build_in = ROOT / "build" / "bench"
    folders = (
        [asked] if asked else [made(CountyAsked("17", n, "2022-07", 5), RECIPIENTS, build_in).folder for n in MONTHS]
    )
    found = [measured([*facts_in(folder)], Law.load()) for folder in folders]
    for folder, each in zip(folders, found, strict=True):
        print(f"{folder.name}: {each.sentence}", *each.wrong, sep="\n  ")
    return int(any(each.wrong for each in found))


if __name__ == "__main__":
    sys.exit(main())
