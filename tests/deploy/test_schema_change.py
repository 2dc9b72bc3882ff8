"""A schema gains a field, in the two orders of docs/dataflow.md: facts and conclusions, each step with old and new.

Readers and writers are fastavro and Avro for Java, both ways; the topic is Java's, and the job is the very reader of
this project. The wrong order is drilled too: it is what the right one is for.
"""

import copy
import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import msgspec
import pytest
from pydantic import BaseModel, create_model

import schemas
from deploy.roll import columns_of
from schemas import CONCLUSIONS, FACTS, KINDS, physical
from schemas.avro import Unreadable, encode, fields_of, schema_path, validate
from schemas.cloud_journal import ENCODING, Delivery, record_of
from schemas.physical import EARLIER
from tests.deploy.java_avro import Java, Refused, java_avro
from tests.schemas.samples import SAMPLES

ADDED: dict[str, tuple[Any, Any, Any, Any]] = {
    "int": ("int", 0, 7, int),
    "nullable": (["null", "string"], None, "x", str | None),
    "array": ({"type": "array", "items": "string"}, [], ["a", "b"], list[str]),
    "enum": ({"type": "enum", "name": "Weather", "symbols": ["FOG", "SUN"]}, "FOG", "SUN", str),
}
"""Fields that may be added: type, default, a value of a writer that knows it, and the type in a model."""


@pytest.fixture(scope="module")
def java() -> Iterator[Java]:
    with java_avro() as running:
        yield running


def old_schema(kind: str) -> Any:
    return json.loads(schema_path(kind).read_text())


def new_schema(kind: str, added: str) -> Any:
    schema, (of_type, default, _, _) = copy.deepcopy(old_schema(kind)), ADDED[added]
    schema["fields"].append({"name": "added", "type": of_type, "default": default})
    return schema


def body(schema: Any, record: dict[str, Any]) -> bytes:
    """As fastavro writes it."""
    written = BytesIO()
    fastavro.schemaless_writer(written, physical.parsed(schema), record)
    return written.getvalue()


def as_read(writer: Any, raw: bytes, reader: Any) -> dict[str, Any]:
    """As fastavro reads it."""
    return fastavro.schemaless_reader(BytesIO(raw), physical.parsed(writer), physical.parsed(reader))  # type: ignore[return-value]


@pytest.mark.parametrize("kind", KINDS)
def test_java_reads_what_is_sent_and_writes_the_same(kind: str, java: Java) -> None:
    """Every schema is one to Java, with no byte left over; a byte too many it does not mind, so a topic may not."""
    raw = encode(validate(kind, SAMPLES[kind]))
    assert java.read(old_schema(kind), raw) == (raw, 0)
    assert java.read(old_schema(kind), raw + b"\0").left == 1


@pytest.mark.parametrize("path", sorted(EARLIER.glob("*.avsc")), ids=lambda path: path.name)
def test_java_reads_what_earlier_versions_wrote(path: Path, java: Java) -> None:
    earlier = json.loads(path.read_text())
    kind = earlier["name"].rpartition(".")[2]
    raw = body(earlier, SAMPLES[kind])
    assert java.read(earlier, raw, old_schema(kind)).body == encode(validate(kind, SAMPLES[kind]))


@pytest.mark.parametrize("added", ADDED)
@pytest.mark.parametrize("kind", KINDS)
def test_old_and_new_read_each_other_in_both_languages(kind: str, added: str, java: Java) -> None:
    """Each who knows the writer's version. Java's own writing is what fastavro reads, and the other way round."""
    old, new, record = old_schema(kind), new_schema(kind, added), SAMPLES[kind]
    _, default, value, _ = ADDED[added]
    for writer, reader, sent, wanted in (
        (old, new, record, record | {"added": default}),
        (new, old, record | {"added": value}, record),
        (new, new, record | {"added": value}, record | {"added": value}),
    ):
        raw = java.read(writer, body(writer, sent)).body  # as Java writes it
        assert raw == body(writer, sent)
        assert as_read(writer, raw, reader) == wanted
        again = java.read(writer, raw, reader)
        assert again.left == 0 and as_read(reader, again.body, reader) == wanted


class Job:
    """The reader of the payroll, of a version that has the new schema or has not."""

    def __init__(self, kind: str, added: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kind, self.added, self.folder, self.patch = kind, added, folder, monkeypatch

    def updated(self) -> None:
        """Step 1 of facts: the old schema goes to ``earlier``, the new one takes its place, and its model knows it."""
        shutil.copytree(physical.FOLDER, self.folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        path = self.folder / schema_path(self.kind).name
        shutil.move(path, self.folder / "earlier" / f"{path.stem}-9.avsc")
        path.write_text(json.dumps(new_schema(self.kind, self.added)))
        _, default, _, of_type = ADDED[self.added]
        fields: Any = {"added": (of_type, default)}
        model = _with(KINDS[self.kind], fields)
        self.patch.setattr(physical, "FOLDER", self.folder)
        self.patch.setattr(physical, "EARLIER", self.folder / "earlier")
        self.patch.setitem(schemas.KINDS, self.kind, model)
        forget()

    def read(self, raw: bytes) -> dict[str, Any]:
        """A message of the topic. Raises Unreadable."""
        return fields_of(record_of(Delivery("s/1", 0, self.kind, {ENCODING: "BINARY"}, raw)))


def _with(model: Any, fields: dict[str, Any]) -> Any:
    if issubclass(model, BaseModel):
        return create_model(model.KIND, __base__=model, **fields)
    more = [(name, of_type, default) for name, (of_type, default) in fields.items()]
    return msgspec.defstruct(model.KIND, more, bases=(model,), frozen=True, kw_only=True)


def forget() -> None:
    """All that is remembered of schemas."""
    for known in vars(physical).values():
        if hasattr(known, "cache_clear"):
            known.cache_clear()


@pytest.fixture
def job(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    kind, added = request.param
    yield Job(kind, added, tmp_path / "schemas", monkeypatch)
    monkeypatch.undo()
    forget()


def taken(java: Java, revisions: list[Any], raw: bytes) -> bool:
    """Does a topic take a body, to which one of its revisions must fit whole?"""
    for revision in revisions:
        with suppress(Refused):
            if java.read(revision, raw).left == 0:
                return True
    return False


def each(kinds: Any) -> pytest.MarkDecorator:
    cases = [(kind, added) for kind in kinds for added in ADDED]
    return pytest.mark.parametrize("job", cases, indirect=True, ids=["-".join(case) for case in cases])


@each(FACTS)
def test_facts_job_then_topic_then_sources(job: Job, java: Java) -> None:
    """In each step every source is understood: the job knows the new version before a topic takes it."""
    old, new = old_schema(job.kind), new_schema(job.kind, job.added)
    _, default, value, _ = ADDED[job.added]
    record = SAMPLES[job.kind]
    before, after = body(old, record), body(new, record | {"added": value})
    assert taken(java, [old], before) and job.read(before) == record
    assert not taken(java, [old], after)  # a source that is too early is told so at once ...
    with suppress(Unreadable):  # ... or, where trailing bytes pass, is rejected by the job with its bytes
        pytest.fail(f"the old job took the new version for its own: {job.read(after)}")
    job.updated()
    assert job.read(before) == record | {"added": default}
    assert taken(java, [old, new], before) and taken(java, [old, new], after)
    assert job.read(after) == record | {"added": value}
    assert job.read(before) == record | {"added": default}  # the journal's, and of sources that are late


@each(CONCLUSIONS)
def test_conclusions_topic_and_table_then_job_then_consumers(job: Job, java: Java) -> None:
    """The topic takes both revisions and the table has its column before the job writes the new one."""
    old, new = old_schema(job.kind), new_schema(job.kind, job.added)
    record, (_, _, value, _) = SAMPLES[job.kind], ADDED[job.added]
    before, after = body(old, record), body(new, record | {"added": value})
    assert not taken(java, [old], after)  # the job first: refused, and tried again for ever
    assert taken(java, [old, new], before) and taken(java, [old, new], after)
    column = columns_of(new, old)[-1]
    assert column["name"] == "added" and column["mode"] in ("NULLABLE", "REPEATED")
    assert java.read(new, after, old).body == before  # a consumer that knows the writer's revision
    assert as_read(new, after, old) == record
    job.updated()
    assert encode(validate(job.kind, record | {"added": value})) == after
