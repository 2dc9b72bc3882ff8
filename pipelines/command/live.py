"""The commands of the live job: ``ihss-payroll run``, and (in files of their own) ``journal`` and ``rejections``.

The job itself is imported inside the commands only, so that ``--help`` answers at once.
"""

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from pipelines.command import journal as of_journal
from pipelines.command import rejections
from pipelines.harmless import HUSHED, complain
from pipelines.live.crash import crash_without_people
from pipelines.live.edges import Edge, edge_of
from pipelines.live.ending import Ended, JobEnding
from pipelines.misuse import OF_THE_MACHINE, Misuse, day_asked

if TYPE_CHECKING:
    from pipelines.live.clock import Clock
    from pipelines.live.collector import Source
    from pipelines.live.deciding import SentSums
    from pipelines.live.job import Job
    from pipelines.live.telling import Voice

SECONDS_BETWEEN_ROUNDS = 0.2
DAY = "YYYY-MM-DD"
FOLDERS = "see that the folders of --from, --to and --journal are there"
SAFE = "what was acknowledged is safe, start again then"
Fold = Literal["auto", "plain", "pool", "beam"]
AfterOption = Annotated[
    str | None, typer.Option(metavar=DAY, help="Pay runs up to this one were sent: do not send them.")
]
SumsOption = Annotated[
    str | None,
    typer.Option(metavar="CONTENT,PREVIOUS,FACTS", help="The sums in the last PayRun that was sent to topics."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(run)
    app.add_typer(of_journal.app, name="journal")
    app.add_typer(rejections.app, name="rejections")


def run(
    from_: Annotated[str, typer.Option("--from", metavar="folder:PATH|pubsub:PROJECT", help="Where facts come from.")],
    to: Annotated[str, typer.Option("--to", metavar="folder:PATH|pubsub:PROJECT", help="Where records go.")],
    journal: Annotated[Path, typer.Option("--journal", help="Folder of the journal.")],
    clock: Annotated[Path | None, typer.Option(help="File that says what time it is: for tests and drills.")] = None,
    close_run: Annotated[
        str | None, typer.Option(metavar=DAY, help="Take what is there, close pay runs up to this one, end.")
    ] = None,
    resume_after: AfterOption = None,
    sent_sums: SumsOption = None,
    accept_history: Annotated[
        str | None, typer.Option(metavar=DAY, help="All said up to the last pay run stands: pay differences.")
    ] = None,
    law: Annotated[Path | None, typer.Option(help="Folder of TOML that overlays the law.")] = None,
    trust_clock: Annotated[str | None, typer.Option(metavar=DAY, help="Up to this pay run the clock is right.")] = None,
    engine: Annotated[Fold, typer.Option(help="What folds pay runs: all cores pay in large ones.")] = "auto",
    settle: Annotated[float, typer.Option(min=0, help="Seconds for which what lands must stay as it is.")] = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="Lines of JSON, also on a terminal.")] = False,
) -> int:
    """Take facts as they come and pay at each cut-off, for years.

    With --close-run, exit code 0 says that this pay run is closed and sent; ended before by a signal it is 130 or 143.

    [bold]Examples[/]

        ihss-payroll run --from pubsub:my-project --to pubsub:my-project --journal /var/lib/ihss

        ihss-payroll run --from folder:in --to folder:out --journal journal --close-run 2026-02-27
    """
    if clock and close_run:
        raise Misuse("--clock and --close-run both say what time it is: give one of them")
    logging.basicConfig(level=logging.ERROR)  # Beam warns of cloud clients that nobody needs here
    last = _cut_off(close_run, "--close-run")
    edges, vouched = (edge_of(from_, "--from"), edge_of(to, "--to")), _cut_off(trust_clock, "--trust-clock")
    sums = _sums(sent_sums, resume_after, edges[1])
    resumed = _Resumed(_cut_off(resume_after, "--resume-after"), _cut_off(accept_history, "--accept-history"), sums)
    place = NamedPlace(journal, law, engine, _clock(clock, last), max(last or 0, vouched or 0), settle)
    with _voice(as_json, f"{from_} → {to}", place.now) as voice:
        return _run_until_asked(edges, place, voice, last, resumed)


class NamedPlace(NamedTuple):
    """Where a job is, and by what law, engine and clock it pays; ``trusted``: until when the clock is vouched for;
    ``settle``: how long what lands must be as it is (seconds)."""

    journal: Path
    law: Path | None
    engine: str
    now: "Clock"
    trusted: int
    settle: float


class _Resumed(NamedTuple):
    """What `Job.resume` is told."""

    after: int | None
    accept: int | None
    sums: "SentSums | None"


def _run_until_asked(
    edges: tuple[Edge, Edge], place: NamedPlace, voice: "Voice", last: int | None, resumed: _Resumed
) -> int:
    crash_without_people()
    ending = JobEnding()
    try:
        return _run(edges, place, voice, last, resumed, ending)
    except Ended:
        voice.line({"at": place.now(), "event": "ended"} | _not_closed(last))
        return 0 if last is None else ending.too_early


def _not_closed(last: int | None) -> dict[str, str]:
    """The pay run that was to be closed, as the line about the end names it."""
    from rules.periods import business_day_of, iso

    return {} if last is None else {"not_closed": iso(business_day_of(last))}


def _run(
    edges: tuple[Edge, Edge], place: NamedPlace, voice: "Voice", last: int | None, resumed: _Resumed, ending: JobEnding
) -> int:
    from pipelines.command.pay import overlaid_law
    from pipelines.live.collector import SourceEnded
    from pipelines.live.durable import LockLost, Owned
    from pipelines.live.job import How, Job
    from pipelines.live.outbox import OtherContent
    from pipelines.live.past import OtherHistory
    from pipelines.live.segments import Damaged
    from pipelines.live.telling import Teller

    with Owned(place.journal) as owned:
        try:
            teller = Teller(place.journal, voice, place.now)
            law, how = overlaid_law(place.law), How(place.engine, place.trusted)
            job = Job(place.journal, law, place.now, edges[1].sink(), teller, how)
            source = edges[0].source(job, place.settle)
            job.resume(*resumed)
            ending.after_the_round()
            return _rounds(job, source, last, ending, owned.check)
        except (Damaged, OtherHistory, OtherContent, SourceEnded, LockLost) as stop:
            complain(stop)
        except OSError as refused:
            remedy = OF_THE_MACHINE.get(refused.errno or 0) or FOLDERS
            complain(f"{refused.strerror or type(refused).__name__}: {remedy}; {SAFE}")
        return 1


@contextmanager
def _voice(as_json: bool, edges: str, now: "Clock") -> "Iterator[Voice]":
    """Words and figures on a terminal, else lines of JSON; of what is wrong alone if it is to be quiet."""
    if as_json or HUSHED.get() or not sys.stderr.isatty():
        from pipelines.live.telling import WRONG, JsonLines

        yield JsonLines(sys.stderr, WRONG if HUSHED.get() else None)
        return
    from pipelines.console.live import Screen
    from pipelines.terminal import Terminal

    own = os.dup(sys.stderr.fileno())  # the engine lends the usual one to its workers
    with os.fdopen(own, "w") as stream, Screen(Terminal(file=stream, force_terminal=True), edges, now) as screen:
        yield screen


def _rounds(job: "Job", source: "Source", last: int | None, ending: JobEnding, check: Callable[[], None]) -> int:
    """Round after round until it is asked to end, or pay run ``last`` is closed; the exit code."""
    job.ending = lambda: ending.asked
    try:
        while not ending.asked:
            check()
            taken = job.round(source)
            if not taken and last is not None and not source.settling():
                job.end_with(last)
                break
            if not taken:
                time.sleep(SECONDS_BETWEEN_ROUNDS)
    finally:
        source.close()
        job.close()
    if last is not None and job.collector.open_run <= last:
        job.teller.tell("ended", **_not_closed(last))
        return ending.too_early
    job.teller.tell("ended")
    if last is not None and job.unsent:
        complain(f"{job.unsent} pay runs are closed and not sent: start again to send them")
        return 1
    return 0


def _sums(sums: str | None, after: str | None, to: Edge) -> "SentSums | None":
    """The sums of the last PayRun that was sent; they must be named where the job cannot look at it. Raises Misuse."""
    from pipelines.live.deciding import SentSums

    if sums is None and after and to.kind == "pubsub":
        raise Misuse(
            f"--resume-after {after}: topics give nothing back to be compared, so name with --sent-sums the"
            " content_sha256, the previous_sha256 and the facts of that day's PayRun, as whoever got it has it"
        )
    if sums is None:
        return None
    if not (three := re.fullmatch(r"([0-9a-f]{64}),([0-9a-f]{64}|),([0-9]{1,18})", sums)):
        raise Misuse(f"--sent-sums {sums}: write content_sha256,previous_sha256,facts as they stand in the PayRun")
    if not after:
        raise Misuse("--sent-sums is of the pay run that --resume-after names: give both")
    return SentSums(three[1], three[2], int(three[3]))


def _cut_off(day: str | None, option: str) -> int | None:
    from rules.periods import cut_off_of, is_business_day

    if day is None:
        return None
    if not is_business_day(asked := day_asked(day, option)):
        raise Misuse(f"{option} {day} is no business day: name one, such as the Friday before")
    return cut_off_of(asked)


def _clock(path: Path | None, last: int | None) -> "Clock":
    """The clock asked for; of ``--close-run`` one that stands just before its cut-off."""
    return named_clock(path) if last is None else lambda: last - 1


def named_clock(path: Path | None) -> "Clock":
    """The machine's clock, or the one of a file. Raises Misuse."""
    from pipelines.live.clock import FileClock, machine_clock

    if path is None:
        return machine_clock
    clock = FileClock(path)
    try:
        clock()
    except (OSError, ValueError):
        raise Misuse(f"--clock {path} must hold a date and time, such as 2026-01-20T17:00") from None
    return clock
