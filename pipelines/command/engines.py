"""Who does a replay's work, as it was asked for on the command line."""

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from pipelines.misuse import Misuse
from pipelines.work import Cluster, TlsFiles

ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/(?!/)(.+)")
CLUSTER_EXTRA = "pip install 'ihss-payroll[cluster]'"
TLS = "tls"
SCHEMES = ("tcp", TLS)


Place = Path | str
"""A folder of this machine, or an address that Beam reads."""


def place_in(path: Path) -> Place:
    """The place that was named: a path knows one slash where an address has two."""
    found = ADDRESS.fullmatch(str(path))
    return f"{found[1]}://{found[2]}" if found else path


class EngineAsked(NamedTuple):
    """One of the engines of `pipelines.replay`, with Beam's own options, or a cluster."""

    name: str
    beam: list[str]
    cluster: Cluster | None = None


def engine_asked(
    name: str, beam: list[str], address: str | None, tls: Path | None, overlay: Path | None
) -> EngineAsked:
    """``address``: of a cluster, ``tls``: folder of its files, ``overlay``: of the law. Raises Misuse for an engine
    that there is not, and for options that the engine does not take."""
    from pipelines.replay import AUTO, BEAM, ENGINES

    if name not in ENGINES:
        raise Misuse(f"--engine {name} is none: name one of {', '.join(ENGINES)}")
    if beam and name not in (AUTO, BEAM):
        raise Misuse(f"--engine {name} takes no options of Beam ({beam[0]}): leave them, or name --engine beam")
    if beam and not beam[0].startswith("-"):
        raise Misuse(f"Unexpected argument {beam[0]}: options have two dashes, and Beam's own follow after --")
    if address is not None and (beam or name != AUTO):
        raise Misuse("--cluster does the work itself: leave --engine and Beam's options, or leave --cluster")
    return EngineAsked(name, beam, _cluster(address, tls, overlay))


def _cluster(address: str | None, tls: Path | None, overlay: Path | None) -> Cluster | None:
    if address is None:
        if tls is not None:
            raise Misuse("--tls is for --cluster tls://HOST:PORT: name one, or leave --tls")
        return None
    named = urlsplit(address)
    try:
        whole = named.scheme in SCHEMES and named.hostname and named.port
    except ValueError:  # no number, or too large a one
        whole = False
    if not whole or named.path:
        raise Misuse(f"--cluster {address} is no address: write it as tcp://127.0.0.1:8786")
    if (tls is None) == (named.scheme == TLS):
        raise Misuse("--cluster tls://HOST:PORT and --tls FOLDER go together")
    _installed()
    return Cluster(address, _files(tls) if tls else None, overlay)


def _files(folder: Path) -> TlsFiles:
    files = TlsFiles(*(folder / name for name in ("ca.pem", "cert.pem", "key.pem")))
    for path in files:
        if not path.is_file():
            raise Misuse(f"--tls: {path} is no file: put one in PEM there")
    return files


def fits_places(asked: EngineAsked, *places: Place) -> bool:
    """Whether one of the places is an address. Raises Misuse for an engine that reads none."""
    from pipelines.replay import AUTO, BEAM

    addresses = [place for place in places if isinstance(place, str)]
    if addresses and (asked.cluster or asked.name not in (AUTO, BEAM)):
        other = "--cluster" if asked.cluster else f"--engine {asked.name}"
        raise Misuse(f"{addresses[0]} is read by Beam alone: leave {other}, or copy it to a folder first")
    return bool(addresses)


def _installed() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise Misuse(f"--cluster needs Dask: {CLUSTER_EXTRA}, here and on every worker") from None
