"""How records lie in files: one file per kind, stage and shard, under a name that stays."""

import re
from typing import Any

import msgspec

Packed = tuple[str, str, int, bytes]  # kind, stage, shard, packed records


def file_name(kind: str, stage: str = "", shard: int | None = None) -> str:
    """``payment_instruction-settle-0003.avro``."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
    return "-".join([name, *([stage] if stage else []), *([f"{shard:04d}"] if shard is not None else [])]) + ".avro"


def pack(kind: str, stage: str, shard: int, records: list[dict[str, Any]]) -> Packed:
    """Records on their way to a file."""
    return kind, stage, shard, msgspec.msgpack.encode(records)
