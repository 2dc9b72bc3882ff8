"""From runs to figures: medians, ratios to the floor, growth, and whether the aims of the benchmark are met."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from bench.counties import County
from bench.measure import BenchRun
from bench.ways import FLOOR

AIM_OF_FLOOR, AIM_SHEETS_PER_SECOND, AIM_GROWTH = 0.6, 3000, 4.4
Figures = dict[str, Any]


def figures(runs: Sequence[BenchRun], timesheets: int) -> Figures:
    """One way on one county: medians, each of its own."""
    seconds, work = median(run.seconds for run in runs), median(run.work_seconds for run in runs)
    return {
        "seconds": seconds,
        "seconds_least": min(run.seconds for run in runs),
        "seconds_most": max(run.seconds for run in runs),
        "work_seconds": work,
        "start_seconds": median(run.seconds - run.work_seconds for run in runs),
        "cpu_seconds": median(run.cpu_seconds for run in runs),
        "peak_mb": median(run.peak_mb for run in runs),
        "timesheets_per_second": timesheets / seconds,
        "timesheets_per_work_second": timesheets / work,
        "stages": {name: median(run.stages[name] for run in runs) for name in runs[0].stages},
    }


def county_figures(county: County, runs: Mapping[str, Sequence[BenchRun]]) -> Figures:
    """All ways on one county, each with its throughput as a share of the floor's."""
    ways = {way: figures(each, county.timesheets) for way, each in runs.items()}
    for each in ways.values():
        each["of_floor"] = each["timesheets_per_second"] / ways[FLOOR]["timesheets_per_second"]
    return {**county._asdict(), "folder": county.folder.name, "ways": ways}


def growth(small: Figures, large: Figures) -> Figures:
    """Time on the large county over time on the small one, by way: of the whole process, and of its work alone."""
    return {
        way: {basis: each[basis] / small["ways"][way][basis] for basis in ("seconds", "work_seconds")}
        for way, each in large["ways"].items()
    }


def fastest(county: Figures) -> str:
    """The engine's way with the most timesheets a second."""
    return max(_engines(county["ways"]), key=lambda way: county["ways"][way]["timesheets_per_second"])


def _engines(ways: Iterable[str]) -> list[str]:
    return [way for way in ways if not way.startswith(FLOOR)]


def aims(large: Figures, grown: Figures) -> list[Figures]:
    """The aims of issue 3: throughput of the engine's fastest way on the large county, growth of its steepest way.

    Throughput counts the whole process; growth its work alone, since the same start-up on both sides would flatter it.
    """
    way, steepest = fastest(large), max(_engines(grown), key=lambda way: grown[way]["work_seconds"])
    of_floor, speed = (large["ways"][way][name] for name in ("of_floor", "timesheets_per_second"))
    return [
        _aim("share of the one-core floor's throughput", way, of_floor, "at least", AIM_OF_FLOOR),
        _aim("timesheets a second, with their visits", way, speed, "at least", AIM_SHEETS_PER_SECOND),
        _aim("time(4N) / time(N) without start", steepest, grown[steepest]["work_seconds"], "at most", AIM_GROWTH),
    ]


def _aim(what: str, way: str, measured: float, bound: str, wanted: float) -> Figures:
    met = measured >= wanted if bound == "at least" else measured <= wanted
    return {"aim": what, "way": way, "measured": measured, "wanted": f"{bound} {wanted:,}", "met": met}
