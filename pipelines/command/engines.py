"""Who does a replay's work, as it was asked for on the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipelines.misuse import Misuse
from pipelines.work import Cluster, TlsFiles

CLUSTER_EXTRA = "pip install 'ihss-payroll[cluster]'"
SCHEMES = ("tcp://", "tls://")


class EngineAsked(NamedTuple):
    """One of the engines of `pipelines.replay`, with Beam's own options, or a cluster."""

    name: str
    beam: list[str]
    cluster: Cluster | None = None


def engine_asked(name: str, beam: list[str], cluster: Cluster | None) -> EngineAsked:
    """Raises Misuse for an engine that there is not, and for options that the engine does not take."""
    from pipelines.replay import AUTO, BEAM, ENGINES

    if name not in ENGINES:
        raise Misuse(f"--engine {name} is none: name one of {', '.join(ENGINES)}")
    if beam and name not in (AUTO, BEAM):
        raise Misuse(f"--engine {name} takes no options of Beam ({beam[0]}): leave them, or name --engine beam")
    if beam and not beam[0].startswith("-"):
        raise Misuse(f"Unexpected argument {beam[0]}: options have two dashes, and Beam's own follow after --")
    if cluster and (beam or name != AUTO):
        raise Misuse("--cluster does the work itself: leave --engine and Beam's options, or leave --cluster")
    return EngineAsked(name, beam, cluster)


def cluster_asked(address: str | None, files: Sequence[Path | None], overlay: Path | None) -> Cluster | None:
    """The cluster at an address; ``files``: authority, certificate and key. Raises Misuse."""
    if address is None:
        if any(files):
            raise Misuse("--tls-ca, --tls-cert and --tls-key are for --cluster tls://HOST:PORT: name one")
        return None
    if not address.startswith(SCHEMES) or not address.rpartition(":")[2].isdigit():
        raise Misuse(f"--cluster {address} is no address: write it as tcp://127.0.0.1:8786")
    tls = _tls(files)
    if (tls is None) == address.startswith("tls://"):
        raise Misuse("--cluster tls://HOST:PORT, --tls-ca, --tls-cert and --tls-key go together")
    _installed()
    return Cluster(address, tls, overlay)


def _tls(files: Sequence[Path | None]) -> TlsFiles | None:
    given = [path for path in files if path is not None]
    if not given:
        return None
    for path in given:
        if not path.is_file():
            raise Misuse(f"{path} is no file: name one in PEM")
    if len(given) < len(files):
        raise Misuse("--tls-ca, --tls-cert and --tls-key go together")
    return TlsFiles(*given)


def _installed() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise Misuse(f"--cluster needs Dask: {CLUSTER_EXTRA}, here and on every worker") from None
