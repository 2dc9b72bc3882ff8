"""What a replay has to do, whatever engine does it."""

from pathlib import Path
from typing import NamedTuple

from fold.beat import Beat


class TlsFiles(NamedTuple):
    """PEM files by which machines know each other: the authority, and this one's certificate and key."""

    authority: Path
    certificate: Path
    key: Path


class Cluster(NamedTuple):
    """A Dask scheduler by its address. ``overlay``: folder of TOML laid over the law, which workers are sent."""

    address: str
    tls: TlsFiles | None = None
    overlay: Path | None = None


class Work(NamedTuple):
    """``names``: files of facts below ``events``; records go below ``out``. ``until``: the last cut-off to decide
    (None: the latest that facts name). ``shards``: how finely work is dealt."""

    events: Path
    names: list[str]
    out: Path
    shards: int
    beat: Beat
    until: int | None

    @property
    def tally(self) -> Path:
        """Where an engine leaves what it counted."""
        return self.out / "tally"
