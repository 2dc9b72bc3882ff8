"""Facts as plain dicts of physical values (days and instants ``int``), shaped as CONTRACT.md says."""

from pipelines.sample.shelf import Record


def fact(source: str, document_id: str, recorded_at: int, fields: Record, revision: int = 1) -> Record:
    """A revision of a document; ``fields`` may replace those of the envelope."""
    return {
        "event_id": f"{document_id}.{revision}",
        "source": source,
        "recorded_at": recorded_at,
        "admitted_cut_off": None,
        "document_id": document_id,
        "revision": revision,
        "withdrawn": False,
        **fields,
    }


def revised(record: Record, recorded_at: int, **changes: object) -> Record:
    """The next revision of the record's document."""
    revision = record["revision"] + 1
    return {
        **record,
        "event_id": f"{record['document_id']}.{revision}",
        "recorded_at": recorded_at,
        "revision": revision,
        **changes,
    }
