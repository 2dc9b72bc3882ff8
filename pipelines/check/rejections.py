"""Rejections of a journal: found, shown as text that can be repaired, and sent again as facts."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import fastavro

from pipelines.importing.json_lines import fact_of_line
from pipelines.live.journal import entries_of, run_folders, segments
from pipelines.misuse import Misuse
from schemas.avro import MARKER, PREFIX, Unreadable, encode_message, write_container
from schemas.envelope import Fact
from schemas.journal import TAKEN, Entry
from schemas.physical import published
from schemas.streams import BAD_BYTES


def rejections(journal: Path) -> Iterator[Entry]:
    """All of them, pay run by pay run. Raises Damaged."""
    for folder in run_folders(journal):
        for path in segments(folder):
            yield from (entry for entry in entries_of(path) if entry.reason not in (None, TAKEN))


def rejection(journal: Path, number: int) -> Entry:
    """The rejection with a number. Raises Misuse."""
    found = next((entry for entry in rejections(journal) if entry.number == number), None)
    if found is None:
        raise Misuse(f"{number} is no rejection: ihss-payroll rejections list --journal {journal} names them")
    return found


def as_text(raw: bytes) -> str | None:
    """The fields as JSON that ``repaired`` takes; None when the bytes are no record."""
    version = published().get(raw[len(MARKER) : PREFIX]) if raw.startswith(MARKER) else None
    if version is None:
        return None
    try:
        fields = fastavro.schemaless_reader(BytesIO(raw[PREFIX:]), version.layout, version.reader)
    except BAD_BYTES:
        return None
    return json.dumps({"kind": version.kind, "fields": fields}, indent=2, default=repr)


def repaired(text: bytes) -> Fact:
    """The fact of repaired text. Raises Misuse that names what is still wrong."""
    try:
        return fact_of_line(text)
    except Unreadable as wrong:
        where = f"{wrong.field}: " if wrong.field else ""
        raise Misuse(f"still {wrong.reason.lower()}: {where}{wrong.message}") from None


def land(fact: Fact, folder: Path, number: int) -> Path:
    """Put a fact where a job takes files from; where it is."""
    path = folder / f"repaired-{number}.avro"
    write_container(path, fact.KIND, [fact.model_dump()])
    return path


def publish(fact: Fact, project: str) -> None:
    """Publish a fact as its source would."""
    from google.cloud import pubsub_v1

    from pipelines.live.pubsub import SECONDS_OF_ANSWER, attributes
    from pipelines.live.topics import topics_of_facts

    client = pubsub_v1.PublisherClient()
    topic = client.topic_path(project, topics_of_facts()[fact.KIND])
    named = attributes(fact.KIND, fact.event_id, "", fact.source)
    client.publish(topic, encode_message(fact), **named).result(timeout=SECONDS_OF_ANSWER)
    client.stop()
