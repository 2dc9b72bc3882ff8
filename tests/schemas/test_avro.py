"""Bytes to models and back, and bytes that are neither."""

from __future__ import annotations

from io import BytesIO

import fastavro
import pytest
from fastavro.schema import parse_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import KINDS, physical
from schemas.avro import (
    Unreadable,
    decode_message,
    decode_plain,
    encode,
    encode_message,
    fields_of,
    physical_schema,
    validate,
    write_container,
)
from schemas.container import Container
from tests.schemas.samples import SAMPLES
from tests.schemas.strategies import records

REASONS = {"UNREADABLE", "UNKNOWN_SCHEMA", "INVALID", "CONTRADICTORY"}
TIMESHEET = validate("Timesheet", SAMPLES["Timesheet"])


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(drawn=st.data())
def test_round_trip(kind, drawn, tmp_path_factory):
    values = drawn.draw(records(kind))
    record = validate(kind, values)
    assert fields_of(record) == values
    assert decode_message(encode_message(record)) == decode_message(encode_message(record), kind) == record
    assert decode_plain(kind, encode(record)) == record
    path = tmp_path_factory.getbasetemp() / f"{kind}.avro"
    write_container(path, kind, [values])
    assert list(Container(path.open("rb"))) == [(0, values)]


def test_the_fingerprint_is_the_specification_s():
    null = physical.fingerprint(parse_schema("null"))
    assert null == (0x63DD24E7CC258F8A).to_bytes(8, "little")
    assert encode_message(TIMESHEET)[:10] == b"\xc3\x01" + physical.fingerprint_of("Timesheet")


def test_another_s_logical_schema_reads_our_bytes():
    read = fastavro.schemaless_reader(BytesIO(encode(TIMESHEET)), physical.logical_schema("Timesheet"), None)
    assert read["period_start"].isoformat() == "2026-01-01"
    assert read["recorded_at"].isoformat() == "2026-01-01T20:00:00+00:00"


def test_physical_schemas_have_no_logical_types():
    assert all("logicalType" not in str(physical_schema(kind)) for kind in KINDS)


def reason_of(raw: bytes, kind: str | None = None) -> str:
    with pytest.raises(Unreadable) as refused:
        decode_message(raw, kind)
    return refused.value.reason


def test_unknown_fingerprint():
    assert reason_of(b"\xc3\x01" + bytes(8) + encode(TIMESHEET)) == "UNKNOWN_SCHEMA"


def test_wrong_kind():
    assert reason_of(encode_message(TIMESHEET), "EvvVisit") == "UNKNOWN_SCHEMA"


def test_trailing_bytes():
    assert reason_of(encode_message(TIMESHEET) + b"\x00") == "UNREADABLE"


@pytest.mark.parametrize("raw", [b"", b"\xc3", b"\xc3\x01", b"hello, world", encode(TIMESHEET)])
def test_no_message_at_all(raw):
    assert reason_of(raw) == "UNREADABLE"


def test_cut_at_every_length():
    raw = encode_message(TIMESHEET)
    for length in range(len(raw)):
        assert reason_of(raw[:length]) == "UNREADABLE"


def test_a_record_that_cannot_be_true_is_read_and_refused_by_field():
    wrong = TIMESHEET.model_copy(update={"minutes_worked": [0] * 13})
    with pytest.raises(Unreadable) as refused:
        decode_message(encode_message(wrong))
    assert (refused.value.reason, refused.value.field) == ("CONTRADICTORY", "minutes_worked")


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(list(KINDS)), place=st.integers(0, 400), byte=st.integers(0, 255), cut=st.booleans())
def test_damaged_messages_are_unreadable_or_a_record(kind, place, byte, cut):
    raw = bytearray(encode_message(validate(kind, SAMPLES[kind])))
    raw[place % len(raw)] = byte
    try:
        decode_message(bytes(raw[: place % len(raw)] if cut else raw))
    except Unreadable as refused:
        assert refused.reason in REASONS


def test_an_earlier_published_schema_stays_readable(tmp_path, monkeypatch):
    earlier = dict(physical.logical_schema("Timesheet"))
    earlier["fields"] = [field for field in earlier["fields"] if field["name"] != "admitted_cut_off"]
    earlier["fields"].append({"name": "weather", "type": "string", "default": "sun"})
    body = BytesIO()
    fastavro.schemaless_writer(body, physical.parsed(earlier), SAMPLES["Timesheet"])
    raw = b"\xc3\x01" + physical.fingerprint(physical.parsed(earlier)) + body.getvalue()
    assert reason_of(raw) == "UNKNOWN_SCHEMA"

    (tmp_path / "timesheet-1.avsc").write_text(physical.as_json(earlier))
    monkeypatch.setattr(physical, "EARLIER", tmp_path)
    physical.published.cache_clear()
    try:
        assert decode_message(raw, "Timesheet") == TIMESHEET
    finally:
        physical.published.cache_clear()
