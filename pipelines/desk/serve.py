"""The desk's server: uvicorn on a socket of its own, that logs nothing about people and ends with Ctrl-C."""

import asyncio
import logging
import socket
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import uvicorn

from pipelines.desk.look import RUNS_IN_CHART
from pipelines.desk.pages import spoken
from pipelines.desk.runs import net_chart, run_rows
from pipelines.desk.safety import WithoutPeople
from pipelines.desk.station import Station
from pipelines.desk.web import desk_app
from pipelines.live.crash import crash_without_people
from pipelines.loopback import is_loopback
from pipelines.misuse import Misuse
from pipelines.statements.language import SOURCE

LOOPBACK = "127.0.0.1"
NAMES_OF_LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]


class Tls(NamedTuple):
    """Files of a certificate and its key, PEM."""

    certificate: Path
    key: Path


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises Misuse where another does already, or the address is not this machine's."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise Misuse(
            f"--host {host} --port {port}: {error.strerror}: name another --port, or 0 for a free one"
        ) from None


def address_of(station: Station, host: str, listening: socket.socket, tls: Tls | None) -> str:
    """What to open in a browser."""
    name = f"[{host}]" if ":" in host else host
    query = f"?token={station.token}" if station.token else ""
    return f"{'https' if tls else 'http'}://{name}:{listening.getsockname()[1]}/enter{query}"


def serve(station: Station, host: str, listening: socket.socket, tls: Tls | None) -> None:
    """Serve until asked to end."""
    server = server_of(station, host, tls)
    crash_without_people()
    threading.Thread(target=_draw_ahead, args=(station,), daemon=True).start()
    try:
        asyncio.run(server.serve(sockets=[listening]))
    finally:
        station.counties.stop()


def _draw_ahead(station: Station) -> None:
    """Charts of the first page, so that who opens it first does not wait for what draws them to come up."""
    with station.shelf() as shelf:
        net_chart(run_rows(shelf, RUNS_IN_CHART), spoken(SOURCE))


def server_of(station: Station, host: str, tls: Tls | None) -> uvicorn.Server:
    """A server that is not running yet. Raises Misuse for a certificate that cannot be used."""
    _log_without_people()
    names = NAMES_OF_LOOPBACK if is_loopback(host) else [host]
    config = uvicorn.Config(
        desk_app(station, names, tls is not None), access_log=False, log_config=None, server_header=False,
        lifespan="off", ssl_certfile=tls.certificate if tls else None, ssl_keyfile=tls.key if tls else None,
        timeout_graceful_shutdown=3,
    )  # fmt: skip
    try:
        config.load()
    except OSError as error:
        raise Misuse(f"--tls-cert and --tls-key cannot be used ({error.strerror}): name PEM files that fit") from None
    return uvicorn.Server(config)


def _log_without_people() -> None:
    told = logging.StreamHandler(sys.stderr)
    told.setFormatter(WithoutPeople("ihss-payroll: %(message)s"))
    logger = logging.getLogger("uvicorn.error")
    logger.handlers, logger.propagate = [told], False
    logger.setLevel(logging.ERROR)
