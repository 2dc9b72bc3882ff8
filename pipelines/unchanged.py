"""Are pay runs what was said? Their records held against the digests of the PayRuns, and these against each other.

A PayRun of before there were digests says nothing of it.
"""

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from fold.content import content_sha256
from fold.record_files import file_name
from pipelines.misuse import Misuse
from rules.periods import business_day_of, cut_off_after, iso
from schemas import KINDS_OF_RUN
from schemas.avro import Container, Unreadable

COPY = "copy the folder again, or replay again"
PayRun = dict[str, Any]


def changed(folder: Path, cut_offs: Collection[int]) -> list[str]:
    """What was changed in pay runs of a folder since they were said, a sentence each; of all of them if it is their
    chain. Raises Misuse for a file that cannot be read."""
    runs = {record["cut_off"]: (record, body) for record, body in stored(folder, "PayRun")}
    told = list(_broken(runs))
    held = {each: runs[each][0] for each in cut_offs if each in runs and runs[each][0]["content_sha256"]}
    said = _said(folder, held.keys()) if held else {}
    for cut_off, run in sorted(held.items()):
        bodies = {kind: map(zlib.decompress, said.get((kind, cut_off), ())) for kind in KINDS_OF_RUN}
        if content_sha256(bodies) != run["content_sha256"]:
            told.append(
                f"The PayRun of {iso(run['run_date'])} says another content_sha256: an amount, an account or a finding"
                " of that pay run is not what was said, or is missing."
            )
    return told


def refuse_changed(folder: Path, cut_offs: Collection[int], option: str) -> None:
    """Raises Misuse, which names the pay run, unless these are what was said."""
    if told := changed(folder, cut_offs):
        raise Misuse(f"{option} {folder}: {' '.join(told)} Nothing was written: {COPY}")


def _broken(runs: Mapping[int, tuple[PayRun, bytes]]) -> Iterator[str]:
    """PayRuns that another one knows otherwise."""
    for cut_off, (run, body) in sorted(runs.items()):
        follower = runs.get(cut_off_after(cut_off))
        if follower and follower[0]["previous_sha256"] not in ("", hashlib.sha256(body).hexdigest()):
            day, other = iso(run["run_date"]), iso(business_day_of(follower[0]["cut_off"]))
            yield f"The PayRun of {day} is not the one that the PayRun of {other} knows (previous_sha256)."


def _said(folder: Path, cut_offs: Collection[int]) -> dict[tuple[str, int], list[bytes]]:
    """Bodies, packed, by kind and pay run; what stands there twice alike was sent twice."""
    found: dict[tuple[str, int], dict[bytes, None]] = defaultdict(dict)
    for kind in KINDS_OF_RUN:
        for record, body in stored(folder, kind):
            if record["cut_off"] in cut_offs:
                found[kind, record["cut_off"]][zlib.compress(body, 1)] = None
    return {key: list(bodies) for key, bodies in found.items()}


def stored(folder: Path, kind: str) -> Iterator[tuple[PayRun, bytes]]:
    """Records of a kind, each with its plain Avro body in the schema that it was said in."""
    for path in sorted(folder.glob(f"{file_name(kind).removesuffix('.avro')}*.avro")):
        try:
            with path.open("rb") as stream:
                container = Container(stream)
                for _, record in container:
                    yield record, container.own_bytes()
        except Unreadable as damage:
            raise Misuse(f"{path} cannot be used ({damage.reason}): {COPY}") from None
        except OSError as error:
            raise Misuse(f"{path} cannot be read ({error.strerror}): name a folder that you may read") from None
