"""The AsyncAPI 3 document of all that crosses the boundary, made from the schemas, the topics and the story.

``python -m pipelines.reference`` writes it to docs/asyncapi.yaml, which consumers may link to.
"""

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from pipelines.live.outbox import letter_id
from pipelines.live.publishing import attributes
from pipelines.live.topics import topics_of_arrivals, topics_of_conclusions, topics_of_facts
from pipelines.reference.avro_words import plain, published_schema
from pipelines.reference.records import page_of
from pipelines.reference.story import examples
from rules.periods import MILLIS_IN_SECOND, business_day_of, iso
from schemas import CONCLUSIONS, FACTS
from schemas.avro import fingerprint_of, outgoing
from schemas.ids import message_id
from schemas.types import Json

AVRO = "application/vnd.apache.avro;version=1.9.0"
SINGLE_OBJECT = "application/vnd.apache.avro+binary"
NO_VERSION = "0" * 64
BY_VERSION = {"law_version", "content_sha256", "previous_sha256"}
ABOUT = """\
Facts about home care go in, payment instructions come out: California's IHSS and WPCS, paid by the published law.

**Encoding.** Avro single-object encoding: `C3 01`, the schema's CRC-64-AVRO fingerprint (8 bytes, little-endian), the
body. Through a topic that holds its messages to a schema comes the body alone, with Pub/Sub's own schema attributes.

**Once.** Delivery is at least once and in no order. Deduplicate facts and conclusions alike on `ce-id`: the same
decision always has the same id. A `PayRun` says when all instructions of a pay run are there.

**Units.** Minutes, cents and mills (tenths of a cent an hour) are whole numbers. `UNKNOWN` in an enum is only what an
old reader makes of a symbol it does not know; a fact that says it is rejected.

In the examples `law_version`, and what is a digest of it, is all zeros: it changes with every parameter."""
HEADERS = {
    "ce-specversion": {"type": "string", "const": "1.0", "description": "CloudEvents."},
    "ce-id": {"type": "string", "description": "What to deduplicate on: event_id of a fact, the id of a conclusion."},
    "ce-source": {"type": "string", "description": "Who says so: source of a fact; ihss-payroll."},
    "ce-type": {"type": "string", "description": "The record."},
    "ce-time": {"type": "string", "format": "date-time", "description": "recorded_at of a fact; the cut-off."},
}


def document() -> Json:
    """The whole document, as JSON would have it."""
    incoming, outgoing = topics_of_facts(), topics_of_conclusions() | topics_of_arrivals()
    topics = {**incoming, **outgoing}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ihss-payroll",
            "version": version("ihss-payroll"),
            "description": ABOUT,
            "tags": [{"name": "facts"}, {"name": "conclusions"}],
        },
        "defaultContentType": SINGLE_OBJECT,
        "servers": {"pubsub": _server()},
        "channels": {kind: _channel(kind, topic) for kind, topic in topics.items()},
        "operations": {
            **{f"receive{kind}": _operation(kind, "receive") for kind in incoming},
            **{f"send{kind}": _operation(kind, "send") for kind in outgoing},
        },
        "components": {"messages": {kind: _message(kind) for kind in topics}},
    }


def text() -> str:
    """The document as YAML, a comment above that says how it is renewed."""
    import yaml

    class Readable(yaml.SafeDumper):  # type: ignore[misc]
        """Texts of several lines stay lines; nothing is written once and referred to."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    Readable.add_representer(str, _string)
    written = yaml.dump(document(), Dumper=Readable, sort_keys=False, allow_unicode=True, width=120)
    return f"# Made from schemas/*.avsc and pipelines/live/topics.toml by python -m pipelines.reference\n{written}"


def _string(dumper: Any, said: str) -> Any:
    lines = "\n" in said and said.replace("\n", "").isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", said, style="|" if lines else None)


def _server() -> Json:
    return {
        "host": "pubsub.googleapis.com",
        "protocol": "googlepubsub",
        "description": "Google Cloud Pub/Sub, in the project of the payroll.",
    }


def _channel(kind: str, topic: str) -> Json:
    return {
        "address": topic,
        "title": kind,
        "description": published_schema(kind)["doc"],
        "servers": [{"$ref": "#/servers/pubsub"}],
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
    }


def _operation(kind: str, action: str) -> Json:
    return {
        "action": action,
        "title": f"{action.capitalize()} {kind}",
        "channel": {"$ref": f"#/channels/{kind}"},
        "messages": [{"$ref": f"#/channels/{kind}/messages/{kind}"}],
        "tags": [{"name": "facts" if action == "receive" else "conclusions"}],
    }


def _message(kind: str) -> Json:
    schema = published_schema(kind)
    typed = {"ce-type": {**HEADERS["ce-type"], "const": f"ihss.v1.{kind}"}}
    return {
        "name": f"ihss.v1.{kind}",
        "title": kind,
        "summary": schema["doc"],
        "description": f"Fingerprint {fingerprint_of(kind).hex()}. Field by field: records/{page_of(kind)[:-3]}.html.",
        "contentType": SINGLE_OBJECT,
        "headers": {"type": "object", "required": list(HEADERS), "properties": HEADERS | typed},
        "payload": {"schemaFormat": AVRO, "schema": schema},
        "examples": [_example(kind, examples()[kind])],
        "bindings": {"googlepubsub": {"attributes": _attributes(kind, examples()[kind]), "bindingVersion": "0.2.0"}},
    }


def _example(kind: str, record: Json) -> Json:
    payload = plain(dict(record)) | dict.fromkeys(record.keys() & BY_VERSION, NO_VERSION)
    return {"name": kind, "headers": _attributes(kind, record), "payload": payload}


def _attributes(kind: str, record: Json) -> dict[str, str]:
    """The attributes that a message of the record bears."""
    if kind in FACTS:
        return attributes(kind, record["event_id"], _instant(record["recorded_at"]), record["source"])
    cut_off: int = record["cut_off"] if "cut_off" in record else examples()["PayRun"]["cut_off"]
    if kind in CONCLUSIONS:
        id = letter_id(outgoing(CONCLUSIONS[kind], dict(record)), iso(business_day_of(cut_off)))
    else:
        id = message_id(kind, record["source"], record["event_id"], str(cut_off))
    return attributes(kind, id, _instant(cut_off))


def _instant(millis: int) -> str:
    return datetime.fromtimestamp(millis / MILLIS_IN_SECOND, UTC).isoformat()
