"""Records on their way to files: packed between steps, then one file per kind, stage and shard, under a name that
stays."""

import re
from collections.abc import Sequence

import msgspec

from schemas import CONCLUSIONS
from schemas.envelope import OutgoingRecord

_decoders = {kind: msgspec.msgpack.Decoder(list[struct]).decode for kind, struct in CONCLUSIONS.items()}  # type: ignore[valid-type]
Packed = tuple[str, str, int, bytes]  # kind, stage, shard, packed records


def file_name(kind: str, stage: str = "", shard: int | None = None) -> str:
    """``payment_instruction-settle-0003.avro``."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
    return "-".join([name, *([stage] if stage else []), *([f"{shard:04d}"] if shard is not None else [])]) + ".avro"


def pack(kind: str, stage: str, shard: int, records: Sequence[OutgoingRecord]) -> Packed:
    """Records of one kind, stage and shard, packed for the step that writes files."""
    return kind, stage, shard, msgspec.msgpack.encode(records)


def unpacked(kind: str, packed: bytes) -> Sequence[OutgoingRecord]:
    """Records of a kind that were packed."""
    return _decoders[kind](packed)
