"""A writer's schema beside ours: what means the same is read with equal values, what does not is refused by field."""

from __future__ import annotations

from copy import deepcopy
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import ARRIVALS, FACTS, KINDS
from schemas.avro import Container, Unreadable, validate
from schemas.cloud_journal import SCHEMA, Deliveries
from schemas.journal import MARKER, NAME, is_segment, read_segment
from tests.schemas.samples import SAMPLES, changed
from tests.schemas.writers import Json, encoded, file_with, leaves, published

READ = [*FACTS, *ARRIVALS]
LOGICAL = [
    None, "date", "decimal", "duration", "local-timestamp-micros", "local-timestamp-millis", "local-timestamp-nanos",
    "time-micros", "time-millis", "timestamp-micros", "timestamp-millis", "timestamp-nanos", "uuid", "made-up",
]  # fmt: skip
TYPES = ["boolean", "bytes", "double", "float", "int", "long", "string"]
READ_AS = {"int": {"int"}, "long": {"long", "int"}, "string": {"string", "bytes"}, "bytes": {"bytes", "string"},
           "boolean": {"boolean"}}  # fmt: skip


def as_written(type_: str, logical: str | None) -> Json:
    return type_ if logical is None else {"type": type_, "logicalType": logical, "precision": 9, "scale": 2}


def meaning(schema: Json) -> tuple[str, str | None]:
    return (schema["type"], schema.get("logicalType")) if isinstance(schema, dict) else (schema, None)


def refusal_of(schema: Json, *bodies: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        list(Container(BytesIO(file_with(schema, *bodies))))
    assert (refused.value.reason, refused.value.offset) == ("UNKNOWN_SCHEMA", 0)
    return refused.value


def read(schema: Json, *records: dict[str, Any]) -> list[dict[str, Any]]:
    return [record for _, record in Container(BytesIO(file_with(schema, *(encoded(schema, r) for r in records))))]


@settings(max_examples=400, deadline=None)
@given(
    drawn=st.data(), kind=st.sampled_from(list(KINDS)), type_=st.sampled_from(TYPES), logical=st.sampled_from(LOGICAL)
)
def test_another_type_of_one_leaf_is_read_alike_or_refused_by_exactly_that_field(drawn, kind, type_, logical):
    ours = published(kind)
    leaf = drawn.draw(st.sampled_from(list(leaves(ours))))
    expected, own_logical = meaning(leaf.of(ours))
    theirs = leaf.replaced(ours, as_written(type_, logical))
    harmless = logical == own_logical or (type_, logical) == ("string", "uuid")
    if type_ in READ_AS[expected] and harmless:
        assert Container(BytesIO(file_with(theirs))).kind == kind
        return
    refused = refusal_of(theirs)
    assert refused.field == leaf.field
    assert f"{leaf.field} is {type_}" in refused.message and "; " not in refused.message


@pytest.mark.parametrize("logical", [None, *LOGICAL[4:7], "timestamp-micros", "timestamp-nanos", "time-millis"])
@pytest.mark.parametrize("kind", FACTS)
def test_an_instant_of_another_clock_or_unit_is_refused_before_a_record_is_read(kind, logical):
    """It was read eight hours off, and a pay run early."""
    ours = published(kind)
    [leaf] = [leaf for leaf in leaves(ours) if leaf.field == "recorded_at"]
    refused = refusal_of(leaf.replaced(ours, as_written("long", logical)), encoded(ours, SAMPLES[kind]))
    assert refused.field == "recorded_at"


def test_all_that_does_not_fit_is_named_at_once():
    theirs = published("ServiceAuthorization")
    of = {field["name"]: field for field in theirs["fields"]}
    of["recorded_at"]["type"]["logicalType"] = "local-timestamp-millis"
    of["effective_from"]["type"] = "long"
    of["services"]["type"]["items"]["fields"][1]["type"] = {"type": "int", "logicalType": "time-millis"}
    theirs["fields"].remove(of["county"])
    refused = refusal_of(theirs)
    assert refused.field == "recorded_at"
    assert refused.message == (
        "The writer's schema does not resolve to ours: recorded_at is long/local-timestamp-millis, not"
        " long/timestamp-millis; county is missing; effective_from is long, not int/date;"
        " services[].minutes_per_week is int/time-millis, not int."
    )
    theirs["fields"] = theirs["fields"][:1]
    assert refusal_of(theirs).message.endswith("and 12 more.")


def test_a_field_that_stands_there_twice_is_refused():
    """Which of the two would be read is nobody's to guess."""
    theirs = published("TravelClaim")
    theirs["fields"].insert(0, {"name": "recorded_at", "type": {"type": "long", "logicalType": "timestamp-micros"}})
    assert refusal_of(theirs).message.endswith("recorded_at stands there twice; recorded_at is long/timestamp-micros,"
                                               " not long/timestamp-millis.")  # fmt: skip


@pytest.mark.parametrize("name", ["\x1b[31m", "x" * 65, "", 7, ["date"], {"a": 1}])
def test_a_logical_type_that_is_no_name_is_not_repeated(name):
    theirs = published("Timesheet")
    theirs["fields"][2]["type"]["logicalType"] = name
    assert "recorded_at is long/..., not" in refusal_of(theirs).message


# --- what a schema may become -----------------------------------------------------------------------------------------


def without_a_default_field(draw, schema: Json, record: dict[str, Any]) -> None:
    """The writer did not know a field."""
    unset = [field for field in schema["fields"] if "default" in field and record[field["name"]] == field["default"]]
    if unset:
        schema["fields"].remove(draw(st.sampled_from(unset)))


def with_another_field(draw, schema: Json, record: dict[str, Any]) -> None:
    """The writer knows one more, of any type."""
    name, place = f"more{len(record)}", draw(st.integers(0, len(schema["fields"])))
    inner = {"type": "record", "name": f"Inner{name}", "fields": [{"name": "x", "type": ["null", "double"]}]}
    type_, value = draw(
        st.sampled_from([
            ("string", "fog"), ({"type": "long", "logicalType": "local-timestamp-micros"}, 5), (inner, {"x": 0.5}),
            ({"type": "map", "values": inner}, {"a": {"x": None}}), ({"type": "array", "items": "bytes"}, [b"\xff"]),
        ])
    )  # fmt: skip
    schema["fields"].insert(place, {"name": name, "type": type_})
    record[name] = value


def in_another_order(draw, schema: Json, record: dict[str, Any]) -> None:
    """The writer lists its fields otherwise; a type is defined where it is first named."""
    known: dict[str, Json] = {}
    fields = draw(st.permutations([field | {"type": _defined(field["type"], known)} for field in schema["fields"]]))
    seen: set[str] = set()
    schema["fields"] = [field | {"type": _referred(field["type"], seen)} for field in fields]


def _defined(schema: Json, known: dict[str, Json]) -> Json:
    if isinstance(schema, list):
        return [_defined(branch, known) for branch in schema]
    if isinstance(schema, str):
        return known.get(schema, schema)
    inner = {"items": _defined(schema["items"], known)} if "items" in schema else {}
    if "fields" in schema:
        inner = {"fields": [field | {"type": _defined(field["type"], known)} for field in schema["fields"]]}
    if "name" in schema:
        known[schema["name"]] = schema | inner
    return schema | inner


def _referred(schema: Json, seen: set[str]) -> Json:
    if isinstance(schema, list):
        return [_referred(branch, seen) for branch in schema]
    if isinstance(schema, str):
        return schema
    if "name" in schema:
        if schema["name"] in seen:
            return schema["name"]
        seen.add(schema["name"])
    inner = {"items": _referred(schema["items"], seen)} if "items" in schema else {}
    if "fields" in schema:
        inner = {"fields": [field | {"type": _referred(field["type"], seen)} for field in schema["fields"]]}
    return schema | inner


def that_may_be_null(draw, schema: Json, record: dict[str, Any]) -> None:
    """As programs write that make every column optional; items too."""
    for field in schema["fields"]:
        inner = field["type"]
        if isinstance(inner, dict) and inner["type"] == "array" and not isinstance(inner["items"], list):
            inner["items"] = draw(st.sampled_from([["null", inner["items"]], [inner["items"], "null"], inner["items"]]))
        if not isinstance(field["type"], list) and draw(st.booleans()):
            field["type"] = [field["type"], "null"]
            field.pop("default", None)


def that_is_never_null(draw, schema: Json, record: dict[str, Any]) -> None:
    """The writer always knows what may be unknown to us."""
    for field in schema["fields"]:
        if isinstance(field["type"], list) and record.get(field["name"]) is not None and draw(st.booleans()):
            field["type"] = next(branch for branch in field["type"] if branch != "null")
            field.pop("default", None)


def of_narrower_types(draw, schema: Json, record: dict[str, Any]) -> None:
    """int for a plain long, a uuid, Java's strings."""
    for leaf in list(leaves(schema)):
        type_, logical = meaning(leaf.of(schema))
        if type_ == "long" and logical is None:
            leaf.put(schema, "int")
        if (type_, logical) == ("string", None) and draw(st.booleans()):
            java = {"type": "string", "avro.java.string": "String"}
            leaf.put(schema, draw(st.sampled_from([java, {"type": "string", "logicalType": "uuid"}])))


def of_other_names_and_symbols(draw, schema: Json, record: dict[str, Any]) -> None:
    """What the contract leaves to the writer: what enums and parts are called, and symbols that nobody uses yet."""
    number = iter(range(99))
    known: dict[str, str] = {}

    def renamed(part: Json) -> Json:
        if isinstance(part, list):
            return [renamed(branch) for branch in part]
        if isinstance(part, str):
            return known.get(part, part)
        part = dict(part)
        if "name" in part and "namespace" not in part:
            known[part["name"]] = part["name"] = known.get(part["name"], f"Own{next(number)}")
        if part["type"] == "enum":
            part["symbols"] = [*draw(st.permutations(part["symbols"])), f"NEWER{len(part['symbols'])}"]
        if "items" in part:
            part["items"] = renamed(part["items"])
        if "fields" in part:
            part["fields"] = [field | {"type": renamed(field["type"])} for field in part["fields"]]
        return part

    schema["fields"] = renamed(schema)["fields"]


EVOLUTIONS = [
    without_a_default_field, with_another_field, in_another_order, that_may_be_null, that_is_never_null,
    of_narrower_types, of_other_names_and_symbols,
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(drawn=st.data(), kind=st.sampled_from(READ), evolutions=st.lists(st.sampled_from(EVOLUTIONS), max_size=5))
def test_every_evolution_that_avro_allows_is_read_with_equal_values(drawn, kind, evolutions):
    schema, record = published(kind), deepcopy(SAMPLES[kind])
    for evolve in evolutions:
        evolve(drawn.draw, schema, record)
    assert read(schema, record, record) == [SAMPLES[kind]] * 2


def test_a_null_where_we_have_none_is_the_fault_of_its_record_alone():
    theirs = published("Timesheet")
    of = {field["name"]: field for field in theirs["fields"]}
    of["provider_id"]["type"] = ["null", "string"]
    of["minutes_worked"]["type"]["items"] = ["int", "null"]
    good = SAMPLES["Timesheet"]
    found = read(theirs, good, changed("Timesheet", provider_id=None), changed("Timesheet", minutes_worked=[None] * 15))
    assert found[0] == good
    for record, field in zip(found[1:], ("provider_id", "minutes_worked[0]"), strict=True):
        with pytest.raises(Unreadable) as refused:
            validate("Timesheet", record)
        assert (refused.value.reason, refused.value.field) == ("INVALID", field)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in READ])
def test_what_a_payroll_said_is_whole(kind):
    """Readers of our own conclusions do not look at each record: there a null is refused with its file."""
    theirs = published(kind)
    place, field = next((n, field) for n, field in enumerate(theirs["fields"]) if field["type"] == "string")
    theirs["fields"][place] = field | {"type": ["null", "string"]}
    refused = refusal_of(theirs)
    assert refused.field == field["name"] and refused.message.endswith(f"{field['name']} may be null.")


def test_a_field_that_is_always_null_fits_only_where_null_is_ours():
    theirs = published("Timesheet")
    of = {field["name"]: field for field in theirs["fields"]}
    of["recipient_approved_at"]["type"] = "null"
    assert read(theirs, changed("Timesheet", recipient_approved_at=None))[0]["recipient_approved_at"] is None
    of["document_id"]["type"] = "null"
    assert refusal_of(theirs).field == "document_id"


@pytest.mark.parametrize(
    ("branches", "field"),
    [
        (["null", "int", "long"], "monthly_minutes"),
        (["int", "string"], "monthly_minutes"),
        (["null", {"type": "int", "logicalType": "date"}], "monthly_minutes"),
        ([{"type": "record", "name": "X", "fields": []}], "monthly_minutes"),
    ],
)
def test_one_branch_of_a_union_that_does_not_fit_is_enough(branches, field):
    theirs = published("ServiceAuthorization")
    next(each for each in theirs["fields"] if each["name"] == field)["type"] = branches
    assert refusal_of(theirs).field == field


def test_only_enums_of_ours_are_named_twice():
    """A part that was named twice could not be read as two writers' parts."""
    for kind in KINDS:
        seen: dict[str, Json] = {}
        _defined(published(kind), seen)
        parts = [name for name, schema in seen.items() if schema["type"] == "record"]
        assert str(published(kind)).count("'type': 'record'") == len(parts)
        assert all(f"'type': '{name}'" not in str(published(kind)) for name in parts)


# --- the journal that the cloud keeps ---------------------------------------------------------------------------------


def test_the_cloud_s_clock_must_be_the_one_we_know():
    theirs = deepcopy(SCHEMA)
    theirs["fields"][2]["type"]["logicalType"] = "timestamp-millis"
    with pytest.raises(Unreadable) as refused:
        Deliveries(BytesIO(file_with(theirs)))
    assert (refused.value.reason, refused.value.field) == ("UNKNOWN_SCHEMA", "publish_time")


# --- schemas that would harm ------------------------------------------------------------------------------------------


def nested(levels: int) -> Json:
    schema: Json = "int"
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


def a_chain(length: int, of: str = "int") -> list[Json]:
    """Records that each hold the next one twice: their types are few, their paths endless."""
    last = {"name": "end", "type": {"type": "record", "name": "R0", "fields": [{"name": "x", "type": of}]}}
    return [last, *(
        {"name": f"f{n}", "type": {"type": "record", "name": f"R{n}", "fields": [
            {"name": "a", "type": f"R{n - 1}"}, {"name": "b", "type": f"R{n - 1}"}]}}
        for n in range(1, length)
    )]  # fmt: skip


def items_of(bytes_: int, nulls: int) -> list[Json]:
    """An array of records that take long to read for how few bytes they have."""
    fields = [{"name": f"b{n}", "type": "int"} for n in range(bytes_)]
    fields += [{"name": f"n{n}", "type": "null"} for n in range(nulls)]
    return [{"name": "more", "type": {"type": "array", "items": {"type": "record", "name": "R", "fields": fields}}}]


def fixed(size: Json) -> Json:
    return {"name": "more", "type": ["null", {"type": "fixed", "name": "F", "size": size}]}


OF_NO_SIZE = "One of its types is fixed to more than 1,048,576 bytes, or to no number of them."
NODE = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
NOTHING = {"type": "record", "name": "Nothing", "fields": [{"name": "n", "type": "null"}]}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([{"name": "more", "type": NODE}], "One of its types holds itself."),
        ([{"name": "more", "type": ["null", "ihss.v1.Timesheet"]}], "One of its types holds itself."),
        ([{"name": "more", "type": nested(25)}], None),
        ([{"name": "more", "type": nested(70)}], "It goes more than 64 levels deep."),
        ([{"name": "more", "type": nested(900)}], "It goes more than 64 levels deep."),
        (a_chain(40), None),
        (a_chain(70), "It goes more than 64 levels deep."),
        (a_chain(250), "It goes more than 64 levels deep."),
        (a_chain(40, "null"), "It has records of nothing."),
        (items_of(10, 200), "It has arrays of nothing."),
        (items_of(30, 200), None),
        ([fixed(1 << 20)], None),
        *(([fixed(size)], OF_NO_SIZE) for size in (-5, 1 << 62, (1 << 20) + 1, True, "7")),
        ([{"name": "more", "type": {"type": "array", "items": "null"}}], "It has arrays of nothing."),
        ([{"name": "more", "type": {"type": "array", "items": NOTHING}}], "It has arrays of nothing."),
        ([{"name": "more", "type": {"type": "array", "items": ["null"]}}], None),
        ([{"name": "more", "type": {"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}}],
         "It has arrays of nothing."),
        ([{"name": "more", "type": {"type": "map", "values": NOTHING}}], None),
    ],
)  # fmt: skip
def test_a_schema_that_would_kill_the_reader_is_refused(more, words):
    """A file of two megabytes whose record held itself ended the program with a segmentation fault."""
    schema = published("Timesheet")
    schema["fields"] += more
    if words is None:
        assert Container(BytesIO(file_with(schema))).kind == "Timesheet"
    else:
        refused = refusal_of(schema)
        assert refused.message == f"Nothing is read by the writer's schema: {words}"
        assert refused.field in {each["name"] for each in more}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([{"name": f"f{n}", "type": ["null", "int"], "default": None} for n in range(1000)], "more than 1,000 fields."),
        ([{"name": "f", "type": "int", "doc": "x" * (256 << 10)}], "more than 256 KiB."),
    ],
)
def test_a_schema_that_is_too_large_is_refused(more, words):
    schema = published("Timesheet")
    schema["fields"] += more
    assert refusal_of(schema).message == f"Nothing is read by the writer's schema: It has {words}"


def test_what_only_seems_to_be_a_journal_is_read_by_no_schema_of_its_own():
    """A folder of facts may hold what bears a journal's marks."""
    theirs = {"type": "record", "name": NAME, "fields": [{"name": "more", "type": ["null", NODE]}]}
    raw = file_with(theirs, b"\x02" * 1_000_000).replace(bytes(range(16)), MARKER)
    assert is_segment(BytesIO(raw))
    with pytest.raises(Unreadable) as refused:
        list(read_segment(BytesIO(raw)))
    assert (refused.value.reason, refused.value.offset) == ("UNREADABLE", 0)


# --- whatever is accepted can be read ---------------------------------------------------------------------------------

SCHEMAS: st.SearchStrategy[Json] = st.recursive(
    st.sampled_from([*TYPES, "null", {"type": "long", "logicalType": "timestamp-millis"},
                     {"type": "int", "logicalType": "date"}]),
    lambda inner: st.one_of(
        inner.map(lambda items: {"type": "array", "items": items}),
        inner.map(lambda values: {"type": "map", "values": values}),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(drawn=st.data(), kind=st.sampled_from(list(KINDS)), body=st.binary(max_size=300), fill=st.binary(min_size=1))
def test_an_accepted_schema_is_never_refused_by_a_record(drawn, kind, body, fill):
    """Any types in any fields, any bytes: records, damage, or one refusal that names a field, and never a crash."""
    theirs = published(kind)
    for field in theirs["fields"]:
        if drawn.draw(st.integers(0, 3)) == 0:
            field["type"] = [drawn.draw(SCHEMAS), *([] if drawn.draw(st.booleans()) else ["null"])]
            field.pop("default", None)
    try:
        list(Container(BytesIO(file_with(theirs, body + fill * 300))))
    except Unreadable as refused:
        assert refused.reason == "UNREADABLE" or refused.field
