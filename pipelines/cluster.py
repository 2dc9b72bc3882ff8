"""Tasks on a Dask cluster: workers on other machines that see the folders of facts and of records at the same paths.

Dask carries names, tallies and which function to call; blocks and records go through files. If a worker dies, another
does its tasks again. A worker is refused whose code or law is another, or that sees another folder. Whoever reaches a
scheduler may run any code on its workers: so the connection stays on this machine, or is TLS with files that are named.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import dask
from distributed import Client, Future, Security, wait
from distributed.scheduler import KilledWorker

from fold.beat import Beat
from fold.tally import merged
from pipelines.loopback import is_loopback
from pipelines.misuse import MachineLost, Misuse
from pipelines.on_worker import (
    NONCE,
    OVERLAY,
    Ticket,
    WorkerRefused,
    WorkerReport,
    do_task,
    package_digest,
    report,
    wrong,
)
from pipelines.processes import Done, Each, Task
from pipelines.tasks import Replay, pay
from pipelines.work import Cluster, Work
from rules.law import Law
from schemas import private

SECONDS_TO_CONNECT, SECONDS_BETWEEN_LOOKS = 10, 0.1
PATIENCE = 60.0  # seconds without any worker, or until a shared folder shows what a worker wrote
TLS, RUNNING = "tls", "running"
QUIETLY = {"distributed.comm.timeouts.connect": SECONDS_TO_CONNECT, "distributed.comm.retry.count": 0}


def run(work: Work, law: Law, cluster: Cluster) -> None:
    """What `pipelines.pool.run` does, on a cluster. Raises Misuse for one that may not be used or whose worker is
    refused, MachineLost if its scheduler is gone or no worker is left."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    ticket = _ticket(work, law, cluster)
    with dask.config.set(QUIETLY), _connected(cluster) as client:
        _check(client, ticket)
        each: Each[Replay] = partial(_each, client, ticket)
        names = pay(Replay(work, law), each, partial(_in_pairs, each))
    _all_there(work.out, names)


def _ticket(work: Work, law: Law, cluster: Cluster) -> Ticket:
    """What workers need, with the nonce and the overlay in the shared folder."""
    nonce = secrets.token_hex(16)
    private.written(work.out / NONCE, nonce)
    if cluster.overlay:
        for path in sorted(cluster.overlay.glob("*.toml")):
            private.written(private.folder(work.out / OVERLAY) / path.name, path.read_bytes())
    needs = WorkerReport(package_digest(), law.version, nonce)
    beat = Beat(str(Path(work.beat.path).absolute()))
    there = work._replace(events=work.events.absolute(), out=work.out.absolute(), names=[], beat=beat)
    return Ticket(there, cluster.overlay is not None, needs)


@contextmanager
def _connected(cluster: Cluster) -> Iterator[Client]:
    security = None
    if cluster.tls:
        ca, certificate, key = map(str, cluster.tls)
        security = Security(tls_ca_file=ca, tls_client_cert=certificate, tls_client_key=key, require_encryption=True)
    try:
        client = Client(cluster.address, security=security, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError):  # a time-out is an OSError
        raise Misuse(f"--cluster {cluster.address} does not answer: start its scheduler, or name another") from None
    try:
        yield client
    finally:
        client.close(timeout=1)


def _check(client: Client, ticket: Ticket) -> None:
    """Raises Misuse for a cluster that others could listen to, and for a worker that is refused; MachineLost."""
    with suppress(TimeoutError):
        client.wait_for_workers(1, timeout=PATIENCE)
    known = client.scheduler_info(n_workers=-1)
    _refuse_in_the_clear([known["address"], *known["workers"]])
    answers = client.run(report, ticket, on_error="return")
    if not answers:
        raise MachineLost("no worker has joined the cluster: start some, then do it again")
    for address, answer in answers.items():
        if words := _wrong(answer, ticket):
            raise Misuse(f"worker {address} {words}")


def _wrong(answer: WorkerReport | Exception, ticket: Ticket) -> str | None:
    if isinstance(answer, Exception):
        return f"has no ihss-payroll that could say what it is ({type(answer).__name__}): install this version"
    return wrong(answer, ticket.needs)


def _refuse_in_the_clear(addresses: Sequence[str]) -> None:
    for each in addresses:
        address = urlsplit(each)
        if address.scheme != TLS and not is_loopback(address.hostname or ""):
            raise Misuse(
                f"--cluster: {each} is open to other machines without TLS, and whoever reaches it may run any code:"
                " let it listen on 127.0.0.1, or name one at tls:// with --tls"
            )


def _each(client: Client, ticket: Ticket, do: Callable[[Replay, Task], Done], tasks: Sequence[Task]) -> list[Done]:
    """All tasks of a kind, when the last is done. Raises what a task raised, Misuse, MachineLost."""
    named = [f"{do.__name__}-{ticket.needs.nonce[:8]}-{secrets.token_hex(4)}-{number}" for number in range(len(tasks))]
    try:
        futures = client.map(partial(do_task, ticket, do), tasks, key=named, pure=False)
        _wait(client, futures)
        found: list[Done] = client.gather(futures)
        return found
    except WorkerRefused as refused:
        raise Misuse(f"a worker that joined since {refused}") from None
    except KilledWorker as killed:
        raise MachineLost(f"each worker that tried a task died: {killed}") from None
    except (CancelledError, OSError) as lost:
        if client.status == RUNNING and isinstance(lost, OSError):
            raise
        raise MachineLost("the scheduler of the cluster is gone: start it and its workers, then do it again") from None


def _wait(client: Client, futures: list[Future]) -> None:
    """Until all are done or one has failed. Raises MachineLost when there has been no worker for a while."""
    alone = time.monotonic()
    while True:
        with suppress(TimeoutError):
            wait(futures, timeout=SECONDS_BETWEEN_LOOKS)
            return
        if any(each.status == "error" for each in futures):
            return
        if client.status != RUNNING:
            raise CancelledError
        if client.scheduler_info(n_workers=1)["workers"]:
            alone = time.monotonic()
        elif time.monotonic() - alone > PATIENCE:
            raise MachineLost("no worker of the cluster is left: start some, then do it again")


def _in_pairs(each: Each[Replay], tallies: list[bytes]) -> list[bytes]:
    """One tally of many, added up two by two, so that nobody holds more."""
    while len(tallies) > 1:
        tallies = each(_sum, [tallies[at : at + 2] for at in range(0, len(tallies), 2)])
    return tallies


def _sum(_: Replay, pair: list[bytes]) -> bytes:
    return merged(pair).packed()


def _all_there(folder: Path, names: list[str]) -> None:
    """Wait until the folder shows this machine all that workers wrote. Raises MachineLost."""
    ends = time.monotonic() + PATIENCE
    while missing := set(names) - {path.name for path in folder.iterdir()}:
        if time.monotonic() > ends:
            raise MachineLost(f"the shared folder does not show {len(missing):,} files that workers wrote")
        time.sleep(SECONDS_BETWEEN_LOOKS)
