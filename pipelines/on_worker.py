"""What a worker of a cluster does: shows what it is, then tasks of a replay, each with the ticket of that replay.

Nothing of an engine is known here. A worker does no task unless its code and its law are those of whoever began the
replay and it sees the same folder.
"""

import hashlib
import os
import platform
import secrets
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from fold.beat import Beat
from pipelines.processes import Done, Task
from pipelines.tasks import Replay
from pipelines.work import Work
from rules.law import Law, LawError

HOUSE = Path(__file__).parents[1]
OURS = ("schemas", "rules", "fold", "pipelines")
SUFFIXES = {".py", ".avsc", ".toml"}
THEIRS = ("fastavro", "msgspec", "pydantic", "tzdata")  # of others, what may change a byte
NONCE, OVERLAY = "nonce", "law"


class WorkerRefused(RuntimeError):
    """A worker that may do no task of this replay: another law, another version, or another folder."""


class WorkerReport(NamedTuple):
    """What a worker is: digests of its code and its law, what it read where the nonce lies; "": it could not."""

    package: str
    law: str
    nonce: str


class Ticket(NamedTuple):
    """What goes with each task: the work, without the names of its files, and what the worker must be. ``overlay``:
    whether TOML in the folder of the work is laid over the law."""

    work: Work
    overlay: bool
    needs: WorkerReport


def report(ticket: Ticket) -> WorkerReport:
    """What this worker is."""
    law, path = _law(ticket), ticket.work.out / NONCE
    return WorkerReport(package_digest(), law.version if law else "", path.read_text() if path.is_file() else "")


def wrong(found: WorkerReport, needed: WorkerReport) -> str | None:
    """Why a worker is refused, in words; None: it is not."""
    if found.package != needed.package:
        return "has another version of ihss-payroll, Python or what they stand on: install the same"
    if found.nonce != needed.nonce:
        return "does not see the same folder at the path of --out: mount it there"
    if found.law != needed.law:
        return "has another law: install the same rules/parameters"
    return None


def do_task(ticket: Ticket, do: Callable[[Replay, Task], Done], task: Task) -> Done:
    """A task of a replay. Raises WorkerRefused."""
    known = _known.get(ticket.needs.nonce)
    if known is None:
        known = _begun(ticket)
        _known.clear()  # the replay before is over
        _known[ticket.needs.nonce] = known
    return do(known, task)


_known: dict[str, Replay] = {}


def _begun(ticket: Ticket) -> Replay:
    if words := wrong(report(ticket), ticket.needs):
        raise WorkerRefused(words)
    law = _law(ticket)
    assert law is not None
    beat = Beat(f"{ticket.work.beat.path}-{os.getpid()}-{secrets.token_hex(4)}")  # machines do not append to one
    return Replay(ticket.work._replace(beat=beat), law)


def _law(ticket: Ticket) -> Law | None:
    """The worker's own, with what is laid over it; None where that cannot be read."""
    try:
        return Law.load(ticket.work.out / OVERLAY if ticket.overlay else None)
    except LawError:
        return None


@cache
def package_digest() -> str:
    """SHA-256 (hex) of the code that decides and of what it stands on; the law's parameters have a digest of their
    own."""
    found = hashlib.sha256(f"{platform.python_version()} {[version(name) for name in THEIRS]}".encode())
    paths = (path for folder in OURS for path in (HOUSE / folder).rglob("*") if path.suffix in SUFFIXES)
    for path in sorted(path for path in paths if path.parent != HOUSE / "rules" / "parameters" or path.suffix == ".py"):
        text = path.read_bytes()
        found.update(f"{path.relative_to(HOUSE)} {len(text)} ".encode() + text)
    return found.hexdigest()
