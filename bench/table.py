"""The figures as tables."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.measure import COMPILED
from bench.verdict import FLOOR, Figures

NAMES = {
    "floor": "floor",
    "beam": "Beam, 1 worker",
    "beam-2": "Beam, 2 workers",
    "plain": "pool of 1",
    "pool": "pool, all cores",
}
NAMES |= {f"{way}{COMPILED}": f"{name}, compiled" for way, name in NAMES.items()}


HEADINGS = (
    "whole\nrun /s", "without\nstart /s", "of the\nfloor", "whole\nrun s", "start\ns", "cpu\ns", "peak\nMiB",
)  # fmt: skip


def show(results: Figures, console: Console) -> None:
    """Print all that was found."""
    console.print(
        "The floor is the same rules without an engine: plain Python, one core. Throughput is timesheets a second."
    )
    built = results["machine"]
    tuned = (
        "tuned by profile" if built["says_it_is_tuned_by_profile"] else "which does not say that it is tuned by profile"
    )
    console.print(f"Python {built['python']}, {tuned}; compiled rules: {built['rules']}.", soft_wrap=True)
    for size in ("N", "4N"):
        console.print(ways_table(size, results["sizes"][size]))
    console.print(growth_table(results["growth"]))
    console.print(stages_table(results["sizes"]["4N"]["ways"][FLOOR]["stages"]))
    for size, county in results["sizes"].items():
        console.print(sameness(size, county["records"]), soft_wrap=True)
    for aim in results["aims"]:
        console.print(aim_line(aim), soft_wrap=True)


def ways_table(size: str, county: Figures) -> Table:
    title = "{}: {recipients:,} recipients, {timesheets:,} timesheets with {visits:,} visits"
    table = Table("way", title=title.format(size, **county), box=SIMPLE_HEAD, title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for way, each in county["ways"].items():
        speeds = (f"{each[name]:,.0f}" for name in ("timesheets_per_second", "timesheets_per_work_second"))
        times = (f"{each[name]:,.1f}" for name in ("seconds", "start_seconds", "cpu_seconds"))
        table.add_row(NAMES[way], *speeds, f"{each['of_floor']:.2f}", *times, f"{each['peak_mb']:,.0f}")
    return table


def growth_table(grown: Figures) -> Table:
    table = Table("way", title="time(4N) / time(N)", box=SIMPLE_HEAD, title_justify="left")
    table.add_column("whole run", justify="right")
    table.add_column("without start", justify="right")
    for way, each in grown.items():
        table.add_row(NAMES[way], f"{each['seconds']:.2f}", f"{each['work_seconds']:.2f}")
    return table


def stages_table(stages: dict[str, float]) -> Table:
    table = Table("stage", title="4N: where the floor's time goes", box=SIMPLE_HEAD, title_justify="left")
    table.add_column("seconds", justify="right")
    table.add_column("share", justify="right")
    for name, seconds in stages.items():
        table.add_row(name, f"{seconds:.2f}", f"{seconds / sum(stages.values()):.0%}")
    return table


def sameness(size: str, by_way: dict[str, tuple[int, str]]) -> str:
    if len(set(map(tuple, by_way.values()))) == 1:
        return f"{size}: all ways give the same {next(iter(by_way.values()))[0]:,} records."
    told = ", ".join(f"{way}: {count:,} records {sha256[:12]}" for way, (count, sha256) in by_way.items())
    return f"[bold red]{size}: the ways DIFFER[/] ({told})"


def aim_line(aim: Figures) -> str:
    verdict = "[green]met[/]" if aim["met"] else "[bold red]missed[/]"
    return f"Aim {verdict}: {aim['aim']}: {aim['measured']:,.2f}, wanted {aim['wanted']} ({NAMES[aim['way']]})"
