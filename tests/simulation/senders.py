"""What senders make of a county's facts."""

from typing import Any, NamedTuple

from schemas.avro import Unreadable, encode_message, validate
from tests.pipelines.live.drill import Day


class Sent(NamedTuple):
    """Of one pay run: kind, message, and can it be read?"""

    cut_off: int
    messages: list[tuple[str, bytes, bool]]


def sent(day: Day) -> Sent:
    """The facts of a pay run as messages."""
    of_kinds = ((kind, record) for kind, records in day.facts.items() for record in records)
    return Sent(day.cut_off, [(kind, *_message(kind, record)) for kind, record in of_kinds])


def _message(kind: str, record: dict[str, Any]) -> tuple[bytes, bool]:
    """Of a record that nobody can use, something that nobody can."""
    try:
        return encode_message(validate(kind, record)), True
    except Unreadable:
        return b"\xc3\x01" + repr(sorted(record.items())).encode(), False
