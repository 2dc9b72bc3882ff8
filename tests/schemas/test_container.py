"""Files: whole blocks before any damage, the place of the damage, and the bytes of a record as they were sent."""

from __future__ import annotations

import bz2
import json
import lzma
import os
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

import cramjam
import fastavro
import pytest
import zstandard
from fastavro.read import HEADER_SCHEMA
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import KINDS, written
from schemas.avro import (
    Container,
    Unreadable,
    decode_message,
    encode,
    logical_schema,
    original_message,
    read_container,
    schema_path,
    validate,
    write_container,
)
from tests.schemas.samples import SAMPLES, changed

ROOT = Path(__file__).parents[2]
MANY = [changed("Timesheet", event_id=f"e-{number}") for number in range(400)]
CODECS = ["null", "deflate", "bzip2", "xz", "snappy"]  # what fastavro writes here


def file_of(folder, records, codec="null", kind="Timesheet") -> bytes:
    path = folder / "some.avro"
    write_container(path, kind, records, codec)
    return path.read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return {codec: file_of(folder, MANY, codec) for codec in CODECS}


@pytest.mark.parametrize("codec", ["zstandard", "snappy"])
def test_what_others_compress_is_read(codec):
    """By the words of the Avro specification, not by a library that might be wrong on both sides."""
    body = b"".join(encode(validate("Timesheet", record)) for record in MANY[:3])
    if codec == "snappy":
        body = bytes(cramjam.snappy.compress_raw(body)) + zlib.crc32(body).to_bytes(4, "big")
    else:
        body = zstandard.ZstdCompressor().compress(body)
    expected = [(n, "Timesheet", record) for n, record in enumerate(MANY[:3])]
    assert read(made_of(codec, [(3, body)])) == (expected, None)


def made_of(codec: str, blocks: list[tuple[int, bytes]]) -> bytes:
    """A file of blocks as they are."""
    file, marker = BytesIO(), bytes(range(16))
    meta = {"avro.schema": json.dumps(logical_schema("Timesheet")).encode(), "avro.codec": codec.encode()}
    fastavro.schemaless_writer(file, HEADER_SCHEMA, {"magic": b"Obj\x01", "meta": meta, "sync": marker})
    for count, body in blocks:
        fastavro.schemaless_writer(file, "long", count)
        fastavro.schemaless_writer(file, "bytes", body)
        file.write(marker)
    return file.getvalue()


GIANT = 2 << 30


def bomb(codec: str) -> bytes:
    """A body of at most a few megabytes that would become two gigabytes."""
    zeros = bytes(1 << 24)
    if codec == "deflate":
        compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
        once = compressor.compress(zeros) + compressor.flush(zlib.Z_FULL_FLUSH)
        return once * (GIANT // len(zeros)) + compressor.flush()
    if codec == "zstandard":
        compressor = zstandard.ZstdCompressor(level=1).compressobj()
        return b"".join(compressor.compress(zeros) for _ in range(GIANT // len(zeros))) + compressor.flush()
    if codec == "snappy":
        return b"\x80\x80\x80\x80\x08" + bytes(1000)
    if codec == "bzip2":
        return bz2.compress(bytes(1 << 28), 9)
    return lzma.compress(bytes(1 << 28), preset=0)


@pytest.mark.parametrize("codec", ["deflate", "zstandard", "snappy", "bzip2", "xz"])
def test_a_bomb_is_damage_and_does_not_fill_the_memory(codec, tmp_path):
    """In a process that may have only so much."""
    body = b"".join(encode(validate("Timesheet", record)) for record in MANY[:2])
    packed = {
        "deflate": lambda: zlib.compress(body)[2:-4],
        "zstandard": lambda: zstandard.ZstdCompressor().compress(body),
        "snappy": lambda: bytes(cramjam.snappy.compress_raw(body)) + zlib.crc32(body).to_bytes(4, "big"),
        "bzip2": lambda: bz2.compress(body),
        "xz": lambda: lzma.compress(body),
    }[codec]()
    path = tmp_path / "bomb.avro"
    path.write_bytes(made_of(codec, [(2, packed), (1, bomb(codec))]))
    assert path.stat().st_size < 3_000_000
    program = (
        "import resource, sys\nfrom schemas.avro import Container, Unreadable\nfound = []\n"
        "before = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (before + 320 * 2**20,) * 2)\n"
        "try:\n    for one in Container(open(sys.argv[1], 'rb')): found.append(one)\n"
        "except Unreadable as damage:\n    print(damage.reason, damage.offset)\nprint(len(found))\n"
    )
    told = subprocess.run([sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=True)
    good = path.stat().st_size - len(made_of(codec, [(1, bomb(codec))])) + header_size(codec)
    assert told.stdout.split() == ["UNREADABLE", str(good), "2"]


def header_size(codec: str) -> int:
    return len(made_of(codec, []))


def test_a_codec_that_nobody_knows_is_named_with_the_others():
    found, damage = read(made_of("lz4", [(1, b"x")]))
    assert (found, damage.reason, damage.offset) == ([], "UNREADABLE", 0) and "snappy" in damage.message


def test_a_block_of_snappy_that_was_changed_is_damage():
    body = encode(validate("Timesheet", MANY[0]))
    packed = bytes(cramjam.snappy.compress_raw(body))
    found, damage = read(made_of("snappy", [(1, packed + (zlib.crc32(body) ^ 1).to_bytes(4, "big"))]))
    assert (found, damage.reason) == ([], "UNREADABLE")


@pytest.mark.parametrize("codec", ["deflate", "snappy"])
def test_cut_off_anywhere_the_whole_blocks_count_also_compressed(whole, codec):
    raw, ends = whole[codec], block_ends(whole[codec])
    start = min(ends) - fastavro_block_size(raw)
    for length in [*range(start, start + 40), *(end + step for end in ends for step in (-1, 0, 1))]:
        last = max((end for end in ends if end <= length), default=start)
        found, damage = read(raw[:length])
        assert len(found) == ends.get(last, 0)
        assert damage is None if length >= len(raw) or length in (start, *ends) else damage.offset == last


def block_ends(raw: bytes) -> dict[int, int]:
    """Offset of each block's end -> records up to there; fastavro itself tells."""
    reader = fastavro.block_reader(BytesIO(raw))
    ends, records = {}, 0
    for block in reader:
        records += block.num_records
        ends[block.offset + block.size] = records
    return ends


def read(raw: bytes) -> tuple[list, Unreadable | None]:
    """What is read before the damage, and the damage."""
    found = []
    try:
        for row in read_container(BytesIO(raw)):
            found.append(row)
    except Unreadable as damage:
        return found, damage
    return found, None


@pytest.mark.parametrize("codec", CODECS)
def test_what_is_written_is_read(whole, codec):
    found, damage = read(whole[codec])
    assert damage is None
    assert found == [(number, "Timesheet", record) for number, record in enumerate(MANY)]


def test_anyone_reads_the_file_with_its_logical_types(whole):
    reader = fastavro.reader(BytesIO(whole["null"]))
    assert reader.writer_schema["name"] == "ihss.v1.Timesheet"
    assert next(reader)["period_start"].isoformat() == "2026-01-01"


@pytest.mark.parametrize("codec", CODECS)
def test_anyone_s_file_is_read_as_plain_ints(codec):
    stream = BytesIO()
    fastavro.writer(stream, logical_schema("Timesheet"), MANY[:3], codec=codec)
    assert read(stream.getvalue()) == ([(n, "Timesheet", record) for n, record in enumerate(MANY[:3])], None)


def test_cut_off_anywhere_the_whole_blocks_count(whole):
    raw, ends = whole["null"], block_ends(whole["null"])
    assert len(ends) > 1
    start = min(ends) - fastavro_block_size(raw)
    for length in [
        *range(start, start + 40),
        *range(start, len(raw), 97),
        *(end + step for end in ends for step in (-1, 1)),
    ]:
        last = max((end for end in ends if end <= length), default=start)
        found, damage = read(raw[:length])
        assert len(found) == ends.get(last, 0)
        if length in (start, *ends) or length > len(raw):
            assert damage is None
        else:
            assert (damage.reason, damage.offset) == ("UNREADABLE", last)


def fastavro_block_size(raw: bytes) -> int:
    return next(iter(fastavro.block_reader(BytesIO(raw)))).size


def test_cut_off_in_the_header_nothing_counts(whole):
    raw = whole["null"]
    for length in range(0, min(block_ends(raw)) - fastavro_block_size(raw), 13):
        found, damage = read(raw[:length])
        assert (found, damage.reason, damage.offset) == ([], "UNREADABLE", 0)


def test_a_damaged_marker_ends_the_file_there(whole):
    raw = bytearray(whole["null"])
    first, second = sorted(block_ends(bytes(raw)))[:2]
    raw[second - 1] ^= 1
    found, damage = read(bytes(raw))
    assert (len(found), damage.offset) == (block_ends(whole["null"])[first], first)


@settings(max_examples=150, deadline=None)
@given(codec=st.sampled_from(CODECS), place=st.floats(0, 0.999), byte=st.integers(0, 255))
def test_no_damage_escapes_as_anything_but_unreadable(whole, codec, place, byte):
    raw = bytearray(whole[codec])
    raw[int(place * len(raw))] = byte
    found, damage = read(bytes(raw))
    assert len(found) <= len(MANY)
    assert damage is None or damage.reason in ("UNREADABLE", "UNKNOWN_SCHEMA")


def test_a_huge_length_does_not_fill_the_memory(whole):
    raw = whole["null"]
    start = min(block_ends(raw)) - fastavro_block_size(raw)
    huge = b"\x02" + b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"  # one record in 2**62 bytes
    stream = BytesIO(raw[:start] + huge + bytes(100_000))
    with pytest.raises(Unreadable) as damage:
        list(Container(stream))
    assert (damage.value.reason, damage.value.offset) == ("UNREADABLE", start)
    assert stream.tell() == start + len(huge)


def test_bytes_left_over_in_a_block_are_damage(whole):
    raw = whole["null"]
    start = min(block_ends(raw)) - fastavro_block_size(raw)
    body = encode(validate("Timesheet", MANY[0]))
    size = 2 * (2 * len(body))
    block = b"\x02" + bytes([size & 0x7F | 0x80, size >> 7]) + body * 2 + raw[start - 16 : start]
    found, damage = read(raw[:start] + block)
    assert (found, damage.reason, damage.offset) == ([], "UNREADABLE", start)


@pytest.mark.parametrize("raw", [b"", b"event_id,source\n1,esp\n", b"Obj", b"Obj\x01", b"PK\x03\x04" + bytes(200)])
def test_no_container_at_all(raw):
    found, damage = read(raw)
    assert (found, damage.reason, damage.offset) == ([], "UNREADABLE", 0)


@pytest.mark.parametrize("name", ["ihss.v1.Payslip", "ihss.v2.Timesheet", "Timesheet"])
def test_unknown_record_name(name):
    stream = BytesIO()
    fastavro.writer(stream, {"type": "record", "name": name, "fields": [{"name": "n", "type": "int"}]}, [{"n": 1}])
    assert read(stream.getvalue())[1].reason == "UNKNOWN_SCHEMA"


def test_our_record_name_outside_our_namespace_is_unknown():
    stream = BytesIO()
    schema = json.loads(schema_path("Timesheet").read_text())
    del schema["namespace"]
    fastavro.writer(stream, schema, MANY[:1])
    assert read(stream.getvalue())[1].reason == "UNKNOWN_SCHEMA"


def test_a_schema_that_is_no_schema():
    stream = BytesIO()
    fastavro.writer(stream, logical_schema("Timesheet"), MANY[:1])
    assert read(stream.getvalue().replace(b'"boolean"', b'"boolaen"'))[1].reason == "UNREADABLE"


def test_writers_of_one_schema_are_asked_once_and_one_that_is_refused_each_time(whole, monkeypatch):
    """Files come by the thousand; what is kept of their schemas is small, and never that one was refused."""
    asked = []
    written_schema = written.written_schema
    monkeypatch.setattr(written, "written_schema", lambda text: asked.append(text) or written_schema(text))
    written._remembered.cache_clear()
    for _ in range(3):
        assert [record for _, record in Container(BytesIO(whole["null"]))] == MANY
        assert [record for _, record in Container(BytesIO(whole["xz"]))] == MANY
    assert len(asked) == 1
    nothing = whole["null"].replace(b'"name": "minutes"', b'"name": "minuten"').replace(b"ihss.v1", b"ihss.v0")
    words = []
    for _ in range(3):
        with pytest.raises(Unreadable) as refused:
            Container(BytesIO(nothing))
        words.append(str(refused.value))
    assert len(asked) == 4 and len({*words}) == 1
    monkeypatch.setattr(written, "LARGEST_KEPT", 100)
    for _ in range(2):
        assert [record for _, record in Container(BytesIO(whole["null"]))] == MANY
    assert len(asked) == 6


def test_a_schema_that_lacks_a_required_field():
    stream = BytesIO()
    fields = [{"name": "event_id", "type": "string"}]
    fastavro.writer(stream, {"type": "record", "name": "ihss.v1.Timesheet", "fields": fields}, [{"event_id": "e"}])
    assert read(stream.getvalue())[1].reason == "UNKNOWN_SCHEMA"


class Broken(BytesIO):
    def read(self, size: int = -1) -> bytes:
        if self.tell() > 20_000:
            raise OSError("the disk is gone")
        return super().read(min(size, 1000))


def test_a_failing_disk_is_not_a_damaged_file(whole):
    with pytest.raises(OSError, match="the disk is gone"):
        list(read_container(Broken(whole["null"])))


def test_short_reads_are_not_the_end(whole):
    class Slow(BytesIO):
        def read(self, size: int = -1) -> bytes:
            return super().read(min(size, 100))

    assert len(list(read_container(Slow(whole["null"])))) == len(MANY)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_records_give_the_same_bytes(kind, tmp_path):
    assert file_of(tmp_path, [SAMPLES[kind]], kind=kind) == file_of(tmp_path, [SAMPLES[kind]], kind=kind)
    assert [path.name for path in tmp_path.iterdir()] == ["some.avro"]


def test_the_same_records_give_the_same_bytes_in_another_life_of_python(tmp_path):
    """Sets are walked in another order in each process; nothing of that may show in a header."""
    program = (
        "import sys; from schemas import CONCLUSIONS; from schemas.avro import write_container\n"
        "for kind in CONCLUSIONS: write_container(f'{sys.argv[1]}/{kind}.avro', kind, [])"
    )
    for seed in ("1", "2", "3"):
        folder = tmp_path / seed
        folder.mkdir()
        here = Path(__file__).parents[2]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(here)}
        subprocess.run([sys.executable, "-c", program, folder], cwd=here, env=environment, check=True)
    first, *others = ({path.name: path.read_bytes() for path in (tmp_path / seed).iterdir()} for seed in "123")
    assert first and all(other == first for other in others)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    write_container(tmp_path / "some.avro", "Timesheet", MANY[:1])
    with pytest.raises(ZeroDivisionError):
        write_container(tmp_path / "some.avro", "Timesheet", (1 // 0 for _ in MANY))
    assert [path.name for path in tmp_path.iterdir()] == ["some.avro"]
    assert len(list(Container((tmp_path / "some.avro").open("rb")))) == 1


def test_a_refused_record_keeps_its_own_bytes(tmp_path):
    wrong = changed("Timesheet", minutes_worked=[0] * 13)
    container = Container(BytesIO(file_of(tmp_path, [MANY[0], wrong, MANY[1]])))
    messages = [original_message(container) for _, record in container]
    with pytest.raises(Unreadable, match="CONTRADICTORY"):
        decode_message(messages[1])
    assert decode_message(messages[2]) == validate("Timesheet", MANY[1])
