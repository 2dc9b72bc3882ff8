"""What this machine has and lacks, what each thing is needed for, and how to come by it.

Only what ``replay`` needs is REQUIRED; anything else missing is a remark. Nothing here imports what it looks for, and
of credentials it asks only whether they are named.
"""

import ctypes.util
import os
import re
import shutil
import socket
import sys
import sysconfig
import time
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules import compiled
from schemas.types import Json

if TYPE_CHECKING:
    from rules.law import Law

OLDEST_PYTHON = (3, 11)
FREE_MIB = 1024  # records are about as large as facts; a county's month is tens of MiB
ZONE = "America/Los_Angeles"
PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
PANGO = ("pango-1.0", "pangoft2-1.0")
EMULATOR, CREDENTIALS = "PUBSUB_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS"
MIB = 1 << 20
NANOS_IN_MILLI = 1_000_000

# docs/measured.md: peak memory and pace of a replay with one worker, and timesheets of a recipient's month.
MIB_AT_REST, TIMESHEETS_A_MIB, TIMESHEETS_A_SECOND, TIMESHEETS_OF_RECIPIENT = 300, 125, 1300, 2.5


class DoctorCheck(NamedTuple):
    """One thing looked for. ``fine`` None: neither good nor bad, as what is optional or not set."""

    group: str
    name: str
    fine: bool | None
    found: str
    needed_for: str
    remedy: str = ""
    required: bool = False

    @property
    def missing(self) -> bool:
        """Without it nothing can be paid."""
        return self.required and self.fine is False


def checks(folder: Path, law: "Law | None" = None) -> list[DoctorCheck]:
    """All of them; ``folder`` is where the user stands, ``law`` (None: as it is) by which is paid."""
    return [*_machine(folder), *_packages(), *_programs(), *_cloud(), *_law(law)]


def _machine(folder: Path) -> Iterator[DoctorCheck]:
    found, oldest = (".".join(map(str, parts[:3])) for parts in (sys.version_info, OLDEST_PYTHON))
    fine = sys.version_info >= OLDEST_PYTHON
    remedy = f"install Python {oldest}, then {_packages_again()}" + f" PYTHON=python{oldest}" * PROJECT.is_file()
    yield DoctorCheck("Machine", "Python", fine, found, "replay", "" if fine else remedy, required=True)
    yield from _builds()
    yield _time_zone()
    fine = os.access(folder, os.W_OK | os.X_OK)
    remedy = "" if fine else "go to a folder you may write to, or name one with --out"
    yield DoctorCheck(
        "Machine", "This folder", fine, "writable" if fine else "not writable", "replay --out here", remedy
    )
    free = shutil.disk_usage(folder).free // MIB
    remedy = "" if free >= FREE_MIB else "make room, or name another disk with --out"
    yield DoctorCheck(
        "Machine", "Free disk here", free >= FREE_MIB, f"{free / 1024:,.1f} GiB", "facts and records", remedy
    )
    yield _capacity()


def _builds() -> Iterator[DoctorCheck]:
    """What makes the same work faster (docs/measured.md)."""
    fine = says_it_is_tuned()
    remedy = "if nobody who packaged it did (Debian does): a Python configured with --enable-optimizations"
    found, remedy = ("yes", "") if fine else ("cannot be told", remedy)
    yield DoctorCheck("Machine", "Python tuned by profile", fine or None, found, "a sixth less time", remedy)
    fine = compiled.how == compiled.USED
    yield DoctorCheck(
        "Machine", "Rules", fine or None, compiled.how, "a quarter less time", "" if fine else "make setup FAST=1"
    )


def says_it_is_tuned() -> bool:
    """Does this Python say that it was built with profile-guided optimization? One that does not may be: Debian's
    packaging asks for it when it makes it, of which what it was configured with says nothing."""
    return "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")


def _time_zone() -> DoctorCheck:
    try:
        ZoneInfo(ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        remedy = f"{_packages_again()} (the package tzdata)"
        return DoctorCheck("Machine", "Time zones", False, f"no {ZONE}", "cut-offs", remedy, required=True)
    return DoctorCheck("Machine", "Time zones", True, ZONE, "cut-offs", required=True)


def _capacity() -> DoctorCheck:
    cores, memory = usable_cores(), usable_memory_mib()
    timesheets = max(0, memory - MIB_AT_REST) * TIMESHEETS_A_MIB
    people = int(timesheets / TIMESHEETS_OF_RECIPIENT) // 1000 * 1000
    minutes = timesheets / TIMESHEETS_A_SECOND / 60
    fits = f"one replay: a month of about {people:,} recipients, in {minutes:,.0f} minutes (from docs/measured.md)"
    fine = people > 0
    remedy = "" if fine else "give it 1 GiB of memory"
    return DoctorCheck("Machine", "Memory, cores", fine, f"{memory / 1024:,.1f} GiB, {cores}", fits, remedy)


def usable_cores() -> int:
    """Cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def usable_memory_mib() -> int:
    """Memory of the machine, or the limit of the container if that is less."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    with suppress(OSError, ValueError):  # ValueError: "max", no limit
        limits.append(int(Path("/sys/fs/cgroup/memory.max").read_text("ascii")))
    return min(limits) // MIB


@cache
def words() -> Json:
    """doctor.toml."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def _packages_again() -> str:
    """How packages that are missing are installed, here."""
    return str(words()["remedy_in_checkout" if PROJECT.is_file() else "remedy_of_wheel"])


def _packages() -> Iterator[DoctorCheck]:
    asked, groups = requirements(), words()["packages"]
    uses = {name: use for use, group in groups.items() for name in group["names"]}
    for name in sorted(asked, key=list(uses).index):  # each has its use in doctor.toml
        fine, found = _installed(name, asked[name])
        remedy = "" if fine else _packages_again()
        needed_for = groups[uses[name]]["needed_for"]
        yield DoctorCheck("Packages", name, fine, found, needed_for, remedy, required=uses[name] == "replay")
    pango = all(ctypes.util.find_library(name) for name in PANGO)
    remedy = "" if pango else "apt-get install libpango-1.0-0 libpangoft2-1.0-0"
    yield DoctorCheck("Packages", "Pango", pango, "found" if pango else "not found", "statements as PDF", remedy)


def requirements() -> dict[str, str]:
    """Version asked for by package: of pyproject.toml beside the code, else as installed."""
    if PROJECT.is_file():
        lines = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["dependencies"]
    else:
        lines = [line for line in requires("ihss-payroll") or [] if "extra ==" not in line]
    parts = (re.fullmatch(r"([\w.-]+)(?:\[.*\])?\s*\(?([^;)]*)\)?.*", line) for line in lines)
    return {part[1].lower(): part[2].strip() for part in parts if part}


def _installed(name: str, asked: str) -> tuple[bool, str]:
    try:
        found = version(name)
    except PackageNotFoundError:
        return False, "not installed"
    return (True, found) if meets(found, asked) else (False, f"{found}, but {asked} is needed")


def meets(found: str, asked: str) -> bool:
    """Whether a version is one of those asked for; packaging comes with Beam, so without it only presence counts."""
    try:
        from packaging.specifiers import SpecifierSet
    except ModuleNotFoundError:
        return True
    return SpecifierSet(asked).contains(found, prereleases=True)


def _programs() -> Iterator[DoctorCheck]:
    for program in words()["programs"]:
        path = next(filter(None, map(shutil.which, program["any_of"])), None)
        fine = True if path else None
        remedy = "" if path else program["remedy"]
        yield DoctorCheck("Programs", program["name"], fine, path or "not found", program["needed_for"], remedy)


def _cloud() -> Iterator[DoctorCheck]:
    host, use = os.environ.get(EMULATOR), "run --from pubsub: and --to pubsub:"
    if host:
        fine = _answers(host)
        remedy = "" if fine else f"start the server, or unset {EMULATOR}"
        yield DoctorCheck("Cloud", EMULATOR, fine, host if fine else f"{host} does not answer", use, remedy)
        return
    named = os.environ.get(CREDENTIALS)
    if named:
        fine = os.access(named, os.R_OK) and Path(named).is_file()
        remedy = "" if fine else f"name a file that can be read, or unset {CREDENTIALS}"
        yield DoctorCheck("Cloud", "Credentials", fine, "named" if fine else "named, but no readable file", use, remedy)
        return
    remedy = f"set {CREDENTIALS}, or {EMULATOR} of a server here, when you need it"
    yield DoctorCheck("Cloud", "Pub/Sub", None, "neither credentials nor a server here are named", use, remedy)


def _law(asked: "Law | None") -> Iterator[DoctorCheck]:
    """What must be entered into the law; nothing where what reads it is missing, which is said above."""
    try:
        from pipelines.law_notices import SOON, notices
        from rules.law import Law
        from rules.periods import civil_day
    except (ModuleNotFoundError, ZoneInfoNotFoundError):
        return
    today = civil_day(time.time_ns() // NANOS_IN_MILLI)
    found = notices(asked or Law.load(), today)
    for each in found:
        yield DoctorCheck("Law", each.what.capitalize(), False, each.found, "pay at the rates in force", each.remedy)
    if not found:
        known = f"known for {SOON} days and more"
        yield DoctorCheck("Law", "Wages, rates and levels", True, known, "pay at the rates in force")


def _answers(host: str) -> bool:
    name, _, port = host.rpartition(":")
    try:
        socket.create_connection((name, int(port)), timeout=1).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True
