"""Files that somebody else wrote, or broke: schema and bytes changed at random, read in every way that files come in.

``python -m tests.fuzz`` (``make fuzz``): 5,000 files and messages, or as many as ``FUZZ`` says, from ``SEED`` on.
Nothing may crash, take more than two seconds of processor time or a gigabyte, or keep back the honest file after it.
What is being read lies in the folder that is named first: whatever kills the process is found there.
"""

from __future__ import annotations

import bz2
import faulthandler
import json
import lzma
import os
import resource
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import cramjam
import fastavro
import zstandard
from fastavro.read import HEADER_SCHEMA
from google.pubsub_v1.types import Schema

from fold.admissions import admissions_in
from fold.door import Door
from fold.fact_files import places_in
from pipelines.check.counter import Counter as Validated
from pipelines.live.collector import Message
from pipelines.live.landed import LandedFile, opened
from pipelines.live.topic_schemas import writer_of
from schemas import FACTS, KINDS
from schemas.avro import Unreadable, decode_as, decode_message, encode_message, validate
from tests.schemas.samples import NOON, SAMPLES
from tests.schemas.writers import encoded, file_with, published

FILES = 5000
SECONDS = 2.0  # of processor time for one
SECONDS_OF_HANG = 120  # by the clock on the wall, whatever else the machine does: then it never ends
MEMORY = 1 << 30  # bytes more than at the start
Json = Any
DEEP: Json = "null"
for _ in range(80):
    DEEP = ["null", {"type": "array", "items": DEEP}]
PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
ODD: list[Json] = [
    None, True, -5, 0, 2**62, 2**70, 1e308, "", "Node", "ihss.v1.Timesheet", "\x1b[31m", "x" * 300, [], {}, [[]], DEEP,
    *PRIMITIVES, ["null", "null"], {"type": "array", "items": "null"}, {"type": "map", "values": "null"},
    {"type": "array", "items": {"type": "array", "items": "boolean"}}, {"type": "fixed", "name": "F", "size": 2**62},
    {"type": "fixed", "name": "F", "size": -5}, {"type": "fixed", "name": "F", "size": 0},
    {"type": "fixed", "name": "F", "size": 7}, {"type": "enum", "name": "E", "symbols": ["A"]},
    {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]},
    {"type": "record", "name": "Nothing", "fields": []},
    {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}, {"type": "int", "logicalType": "date"},
    {"type": "string", "logicalType": "uuid"}, {"type": "long", "logicalType": "timestamp-micros"},
]  # fmt: skip
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "null": bytes,
    "deflate": lambda body: zlib.compress(body)[2:-4],
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "snappy": lambda body: bytes(cramjam.snappy.compress_raw(body)) + zlib.crc32(body).to_bytes(4, "big"),
    "zstandard": lambda body: zstandard.ZstdCompressor().compress(body),
}
LENGTHS = [
    b"\x00",
    b"\x01",
    b"\x7f",
    b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\xff" * 10,
    b"\x80\x80\x80\x80\x80\x80\x40",
]


# --- what is changed --------------------------------------------------------------------------------------------------


def places(schema: Json) -> Iterator[tuple[Json, Any]]:
    """Everything in a schema, as what holds it and where."""
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        for key, value in each.items() if isinstance(each, dict) else enumerate(each):
            yield each, key
            if isinstance(value, dict | list):
                waiting.append(value)


def changed_schema(random: Random, schema: Json) -> Json:
    """A schema with one to three things otherwise, or a field more."""
    schema = deepcopy(schema)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        if random.random() < 0.6:
            place = random.randint(0, len(schema["fields"]))
            schema["fields"].insert(place, {"name": f"more{random.random()}".replace(".", ""), "type": _odd(random)})
            continue
        holder, key = random.choice(list(places(schema)))
        if random.random() < 0.2 and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = _odd(random)
        if not isinstance(schema.get("fields"), list):
            break
    return schema


def _odd(random: Random) -> Json:
    odd = deepcopy(random.choice(ODD))
    return ["null", odd] if random.random() < 0.2 else odd


def changed_bytes(random: Random, raw: bytes) -> bytes:
    """Bytes with one to four things otherwise."""
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(raw) + 1)
        length = random.choice([1, 1, 2, 8, 100])
        new = random.choice([b"", random.randbytes(length), random.choice(LENGTHS), raw[place : place + length] * 2])
        raw = raw[:place] + new + raw[place + random.choice([0, length]) :]
    return raw[: random.randrange(len(raw) + 1)] if random.random() < 0.1 else raw


def file_of(random: Random, schema: Json, bodies: list[bytes]) -> bytes:
    """A container file, now and then with a count or a length that is not so."""
    file, marker = BytesIO(), random.randbytes(16)
    codec = random.choice(["null", "null", *PACKED])
    meta = {"avro.schema": json.dumps(schema).encode(), "avro.codec": codec.encode()}
    fastavro.schemaless_writer(file, HEADER_SCHEMA, {"magic": b"Obj\x01", "meta": meta, "sync": marker})
    body = b"".join(bodies)
    if random.random() < 0.2:
        body = changed_bytes(random, body + bytes(random.choice([0, 0, 100, 100_000])))
    packed = BytesIO()
    fastavro.schemaless_writer(packed, "bytes", PACKED[codec](body))
    count = random.choice([len(bodies)] * 12 + [-1, 2**40, 100_000])
    fastavro.schemaless_writer(file, "long", count)
    return file.getvalue() + packed.getvalue() + marker


def hostile(random: Random) -> bytes:
    """One file."""
    kind = random.choice(list(KINDS))
    schema, record = published(kind), SAMPLES[kind]
    bodies = [encoded(schema, record)] * random.choice([1, 3])
    if random.random() < 0.6:
        schema = changed_schema(random, schema)
    raw = file_of(random, schema, bodies)
    return changed_bytes(random, raw) if random.random() < 0.4 else raw


# --- the ways in ------------------------------------------------------------------------------------------------------


def replayed(path: Path) -> None:
    """As a replay reads a file."""
    list(admissions_in(path))
    for _ in Door(2, None).read_file(path, path.name):
        pass


def validated(path: Path) -> None:
    """As ``validate`` does."""
    for _ in Validated(now=NOON).read(path):
        pass


def landed(path: Path) -> list[Message]:
    """As a job does what lands."""
    with opened(path) as stream:
        return list(LandedFile(stream, path.name).messages())


def indexed(path: Path) -> None:
    """As ``explain`` does."""
    with path.open("rb") as stream:
        places_in(stream)


WAYS: list[Callable[[Path], object]] = [replayed, validated, landed, indexed]


def a_message(random: Random) -> None:
    """A message in a schema of Pub/Sub's that anyone may change, and a single object of ours."""
    kind = random.choice(list(FACTS))
    record = validate(kind, SAMPLES[kind])
    definition = json.dumps(changed_schema(random, published(kind)))
    with suppress(Unreadable):
        writer = writer_of(kind, Schema(type_=Schema.Type.AVRO, definition=definition))
        decode_as(writer, changed_bytes(random, encoded(published(kind), SAMPLES[kind])))
    with suppress(Unreadable):
        decode_message(changed_bytes(random, encode_message(record)))


# --- held to what they must keep --------------------------------------------------------------------------------------


def honest(folder: Path) -> Path:
    """The file after."""
    path = folder / "honest.avro"
    schema = published("Timesheet")
    path.write_bytes(file_with(schema, encoded(schema, SAMPLES["Timesheet"])))
    return path


def timed(number: int, name: str, do: Callable[[], None]) -> float:
    """Seconds of processor time. Raises AssertionError over SECONDS."""
    began, done = time.process_time(), False
    try:
        do()
        done = True
    finally:
        if not done:
            print(f"SEED={number} FUZZ=1: {name} failed", file=sys.stderr)
    took = time.process_time() - began
    assert took < SECONDS, f"SEED={number} FUZZ=1: {name} took {took:.1f} s"
    return took


def fuzz(folder: Path, numbers: range, after: Path) -> Counter[str]:
    """Read so many, and the honest one after each."""
    told: Counter[str] = Counter()
    for number in numbers:
        random, path = Random(number), folder / "hostile.avro"
        faulthandler.dump_traceback_later(SECONDS_OF_HANG, exit=True)
        path.write_bytes(hostile(random))
        for way in WAYS:
            told["slowest_ms"] = max(told["slowest_ms"], int(1000 * timed(number, way.__name__, lambda: way(path))))  # noqa: B023
        timed(number, "message", lambda: a_message(random))  # noqa: B023
        told["read"] += reads(path)
        assert reads(after) == 1, f"SEED={number} FUZZ=1: the file after it"
    faulthandler.cancel_dump_traceback_later()
    return told


def reads(path: Path) -> int:
    """How many facts a file holds."""
    return sum(message.wrong is None for message in landed(path))


def main() -> None:
    """As many as are asked for, in a process that may have only so much memory."""
    first, count = int(os.environ.get("SEED", "1")), int(os.environ.get("FUZZ") or FILES)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    began = time.process_time()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        print(f"fuzz: files are read from {folder}/hostile.avro", flush=True)
        told = fuzz(Path(folder), range(first, first + count), honest(Path(folder)))
    took = time.process_time() - began
    print(f"fuzz: {count:,} files and messages in {took:.0f} s, the slowest {told['slowest_ms']} ms; "
          f"{told['read']:,} facts could be read", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
