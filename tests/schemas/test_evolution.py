"""Old bytes stay readable. The files in ``old/`` are kept as they were written: never write them again, add to them.

``one_more`` was written by someone with a further field, ``one_fewer`` by someone without ``admitted_cut_off``, and
``other_type_names`` by someone who typed the contract in and named enums and parts as they liked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import fastavro
import pytest

from schemas import KINDS
from schemas.avro import (
    Container,
    Unreadable,
    decode_message,
    fields_of,
    fingerprint_of,
    original_message,
    schema_path,
    validate,
)
from schemas.physical import EARLIER, fingerprint, kind_of, parsed
from tests.schemas.samples import SAMPLES, changed

OLD = Path(__file__).parent / "old"
REVERSING = SAMPLES["PaymentInstruction"] | {
    "instruction_id": "ARREARS:P1:R1:2026-01-01:2026-01-22",
    "sequence": 2,
    "reversed": ["ARREARS:P1:R1:2026-01-01:2026-01-20"],
}
OF_A_COUNTY = SAMPLES["Finding"] | {
    "finding_id": "OVER_AUTHORIZED_HOURS:PROVIDER:P1:R1:-:IHSS:Timesheet/D1/2026-01-01:-:-:-:-",
    "county": "43",
}
CAME_BACK = SAMPLES["PayRun"] | {
    "came_back": [{"instruction_id": "ARREARS:P1:R1:2026-01-01:2026-01-20", "net_cents": 5, "reversed": True}]
}
SECOND = {"PaymentInstruction": REVERSING, "Finding": OF_A_COUNTY, "PayRun": CAME_BACK}


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_version_of_every_kind(kind):
    with (OLD / f"{kind}.avro").open("rb") as stream:
        container = Container(stream)
        records = [record for _, record in container]
    assert container.kind == kind
    assert [fields_of(validate(kind, record)) for record in records] == [SAMPLES[kind]]


@pytest.mark.parametrize("kind", SECOND)
def test_the_second_version(kind):
    """Of instructions the first that names what was reversed, of findings the first that names a county, of pay
    runs the first that names what came back."""
    with (OLD / f"{kind}_2.avro").open("rb") as stream:
        records = [record for _, record in Container(stream)]
    assert [fields_of(validate(kind, record)) for record in records] == [SECOND[kind]]


@pytest.mark.parametrize("path", sorted(EARLIER.glob("*.avsc")), ids=lambda path: path.name)
def test_a_message_of_an_earlier_version_is_read(path):
    earlier = parsed(json.loads(path.read_text()))
    kind = str(kind_of(earlier))
    body = BytesIO()
    fastavro.schemaless_writer(body, earlier, SAMPLES[kind])
    assert fingerprint(earlier) != fingerprint_of(kind)
    assert fields_of(decode_message(b"\xc3\x01" + fingerprint(earlier) + body.getvalue())) == SAMPLES[kind]


@pytest.mark.parametrize("name", ["one_more", "one_fewer", "other_type_names"])
def test_a_writer_with_another_schema(name):
    with (OLD / f"{name}.avro").open("rb") as stream:
        container = Container(stream)
        assert container.reader_schema is not None
        records = [record for _, record in container]
    expected = [changed(container.kind, event_id=f"e-{number}") for number in range(3)]
    assert records == expected
    assert all(validate(container.kind, record) for record in records)


def own_names(schema: Any, seen: dict[str, Any], number: Iterator[int]) -> Any:
    """The schema with every inner type spelled out at each use under a name of its own."""
    if isinstance(schema, list):
        return [own_names(branch, seen, number) for branch in schema]
    if isinstance(schema, str):
        return own_names(seen[schema], seen, number) if schema in seen else schema
    schema = dict(schema)
    if schema["type"] in ("enum", "record") and "namespace" not in schema:
        seen[schema["name"]] = dict(schema)
        schema["name"] = f"Own{next(number)}"
    if "items" in schema:
        schema["items"] = own_names(schema["items"], seen, number)
    if "fields" in schema:
        schema["fields"] = [field | {"type": own_names(field["type"], seen, number)} for field in schema["fields"]]
    return schema


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_writer_calls_its_enums_does_not_matter(kind):
    stream = BytesIO()
    fastavro.writer(stream, own_names(json.loads(schema_path(kind).read_text()), {}, count()), [SAMPLES[kind]])
    assert list(Container(BytesIO(stream.getvalue()))) == [(0, SAMPLES[kind])]


def test_the_original_message_keeps_what_we_do_not_read():
    with (OLD / "one_more.avro").open("rb") as stream:
        container = Container(stream)
        messages = [original_message(container) for _, record in container]
    assert len({message[:10] for message in messages}) == 1
    own = [fastavro.schemaless_reader(BytesIO(message[10:]), container.writer_schema, None) for message in messages]
    assert [(record["event_id"], record["weather"]) for record in own] == [
        ("e-0", "fog"),
        ("e-1", "sun"),
        ("e-2", "fog"),
    ]


def test_a_symbol_we_do_not_know_is_unknown_and_refused_by_field():
    with (OLD / "one_more_symbol.avro").open("rb") as stream:
        [(_, record)] = Container(stream)
    assert record["channel"] == "UNKNOWN"
    with pytest.raises(Unreadable) as refused:
        validate("Timesheet", record)
    assert (refused.value.reason, refused.value.field) == ("INVALID", "channel")
