"""Files of records: one per kind, stage and shard, under a name that stays; and records packed on their way to one."""

import re
from collections.abc import Sequence

import msgspec

from schemas import CONCLUSIONS
from schemas.envelope import OutgoingRecord

_decoders = {kind: msgspec.msgpack.Decoder(list[struct]).decode for kind, struct in CONCLUSIONS.items()}  # type: ignore[valid-type]


def file_name(kind: str, stage: str = "", shard: int | None = None) -> str:
    """``payment_instruction-settle-0003.avro``."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
    return "-".join([name, *([stage] if stage else []), *([f"{shard:04d}"] if shard is not None else [])]) + ".avro"


def unpacked(kind: str, packed: bytes) -> Sequence[OutgoingRecord]:
    """Records of a kind that were packed."""
    return _decoders[kind](packed)
