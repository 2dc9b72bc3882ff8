"""Are the records the same? ``python -m bench.sameness FOLDER`` prints how many there are and the hash of them sorted.

Files may be split and ordered in any way; the records may not differ by a byte.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from bench.counties import ROOT


class Records(NamedTuple):
    """Number of records and SHA-256 (hex) of their digests, sorted."""

    count: int
    sha256: str


def records_below(folder: Path) -> Records:
    """As :func:`told`, read in another process, so that this one stays small. CalledProcessError if unreadable."""
    command = [sys.executable, "-m", "bench.sameness", str(folder)]
    return Records(*json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout))


def told(folder: Path) -> Records:
    """What lies in the container files of a folder. Raises Unreadable for a damaged one."""
    import msgspec

    from schemas.avro import read_container

    encode = msgspec.msgpack.Encoder(order="sorted").encode
    digests = []
    for path in folder.glob("*.avro"):
        with path.open("rb") as stream:
            digests += [hashlib.sha256(encode((kind, record))).digest() for _, kind, record in read_container(stream)]
    return Records(len(digests), hashlib.sha256(b"".join(sorted(digests))).hexdigest())


if __name__ == "__main__":
    print(json.dumps(told(Path(sys.argv[1]))))
