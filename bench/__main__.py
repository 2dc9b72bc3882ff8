"""``python -m bench``: pay a generated county without an engine and on Beam, in turn, and say what each cost.

Exit code 0 when measured, whether or not the aims are met; 1 when the ways give different records; 2 on misuse.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.counties import ROOT, County, CountyAsked, made
from bench.measure import COMPILED, BenchRun, run
from bench.sameness import Records, records_below
from bench.table import NAMES, show
from bench.verdict import FLOOR, Figures, aims, county_figures, growth
from pipelines.check.doctor import says_it_is_tuned
from rules import compiled

TIMES = 4
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    recipients: Annotated[int, typer.Option(min=1, help="Recipients of the small county, N.")] = 800,
    months: Annotated[int, typer.Option(min=1)] = 3,
    runs: Annotated[int, typer.Option(min=1, help="Rounds of which medians are taken.")] = 3,
    county: Annotated[str, typer.Option(help="Two-digit State code.")] = "17",
    start: Annotated[str, typer.Option(metavar="YYYY-MM", help="First service month.")] = "2024-01",
    seed: int = 17,
    ways: Annotated[str, typer.Option(help="Engine's ways to set against the floor.")] = "beam,beam-2,plain,pool",
    build: Annotated[Path, typer.Option(help="Where counties are kept.")] = ROOT / "build" / "bench",
    out: Annotated[Path, typer.Option(help="The figures as JSON.")] = ROOT / "bench" / "latest.json",
) -> None:
    """Timesheets a second, growth and memory of the payroll, against the same rules without an engine.

    Six minutes as it stands, on two cores that nobody else uses; twelve where compiled rules are there (make setup
    FAST=1), for then each way is measured with and without. A county much smaller than this measures start-up.
    """
    chosen = _twice([FLOOR, *_engines(ways)])
    console, said = Console(highlight=False), Console(stderr=True, highlight=False)
    asked = CountyAsked(county, months, start, seed)
    began = machine()
    sizes = _made(asked, {"N": recipients, "4N": TIMES * recipients}, build.resolve())
    measured, records = rounds(runs, chosen, sizes, build.resolve(), said)
    results = {"asked": asked._asdict() | {"runs": runs}, "machine": began, **judged(sizes, measured, records)}
    out.write_text(json.dumps(results, indent=2) + "\n")
    show(results, console)
    console.print(f"Figures are in {out}", soft_wrap=True)
    sys.exit(0 if all(len(set(by_way.values())) == 1 for by_way in records.values()) else 1)


def _engines(ways: str) -> list[str]:
    """The ways named, each once; BadParameter for any other word."""
    known = [way for way in NAMES if way != FLOOR and not way.endswith(COMPILED)]
    named = list(dict.fromkeys(ways.split(",")))
    if unknown := [way for way in named if way not in known]:
        raise typer.BadParameter(f"--ways {unknown[0]} is no engine's way: name some of {','.join(known)}")
    return named


def _twice(ways: list[str]) -> list[str]:
    """Each as written and compiled, where compiled rules are there."""
    return [*ways, *(f"{way}{COMPILED}" for way in ways if compiled.state() == compiled.USED)]


def _made(asked: CountyAsked, sizes: dict[str, int], build: Path) -> dict[str, County]:
    try:
        return {size: made(asked, recipients, build) for size, recipients in sizes.items()}
    except subprocess.CalledProcessError as refused:
        raise typer.Exit(refused.returncode) from refused  # simulate has said why


Measured = dict[str, dict[str, list[BenchRun]]]  # size -> way -> runs
Told = dict[str, dict[str, Records]]  # size -> way -> what it wrote


def rounds(
    runs: int, ways: list[str], sizes: dict[str, County], build: Path, console: Console
) -> tuple[Measured, Told]:
    """All ways on all sizes, round by round, so that whatever slows the machine slows all alike."""
    measured: Measured = {size: {way: [] for way in ways} for size in sizes}
    records: Told = {size: {} for size in sizes}
    for number in range(runs):
        for size, county in sizes.items():
            for way in ways:
                paid = build / "paid" / way
                found = run(way, county.folder, paid)
                measured[size][way].append(found)
                if not number:
                    records[size][way] = records_below(paid)
                console.print(f"round {number + 1} of {runs}, {size}: {NAMES[way]}: {found.seconds:.1f} s")
    return measured, records


def judged(sizes: dict[str, County], measured: Measured, records: Told) -> Figures:
    """The figures of all sizes, growth and aims."""
    found = {
        size: county_figures(county, measured[size]) | {"records": records[size]} for size, county in sizes.items()
    }
    grown = growth(found["N"], found["4N"])
    return {"sizes": found, "growth": grown, "aims": aims(found["4N"], grown)}


def machine() -> Figures:
    """Where and when in the project's history this was measured; ``load`` tells whether others worked meanwhile."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return {
        "commit": commit.stdout.strip() or None,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "says_it_is_tuned_by_profile": says_it_is_tuned(),
        "rules": compiled.state(),
        "load_before": os.getloadavg()[0],
    }


if __name__ == "__main__":
    app(prog_name="bench")
