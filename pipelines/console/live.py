"""The job on a terminal: what it takes, which pay run is open and how long, what the last one paid; events above."""

import time
from collections import deque
from collections.abc import Callable
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pipelines.wording import KINDS, REJECTIONS, in_words
from rules.money import dollars
from rules.periods import MILLIS_IN_SECOND
from schemas.types import Json

MOST_KINDS = 8  # lines of facts and rejections, the most frequent first
SECONDS_OF_PACE = 10.0
LATE_SECONDS = 60  # from which on a message that waits is worth a colour
TROUBLES = (
    "not sent", "torn tail cut off", "history accepted", "ignored", "clock doubted", "memory made again",
    "landed again",
)  # fmt: skip
Health = Json


class Screen:
    """A `telling.Voice` for people; within the block it draws the foot of the terminal. ``now``: the job's clock."""

    def __init__(self, console: Console, edges: str, now: Callable[[], int]) -> None:
        self.console, self.edges, self.now = console, edges, now
        self._health: Health = {}
        self._work = ("", 0, 0)
        self._pace: deque[tuple[float, int]] = deque()
        self._live = Live(get_renderable=self.drawn, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "Screen":
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._live.stop()

    def line(self, told: Json) -> None:
        """An event, in words, above the rest."""
        self.console.print(sentence(told), highlight=False)

    def health(self, health: Health) -> None:
        """How things stand."""
        self._health = health
        self._pace.append((time.monotonic(), health["entries"]))
        while self._pace[-1][0] - self._pace[0][0] > SECONDS_OF_PACE:
            self._pace.popleft()

    def beat(self, what: str, done: int, total: int) -> None:
        """So much of something that takes its time is done."""
        self._work = (what, done, total)

    def drawn(self) -> RenderableType:
        """The foot of the terminal."""
        rows: list[RenderableType] = []
        if self._health:
            table = Table.grid(expand=True, padding=(0, 2))
            table.add_column(ratio=1)
            table.add_column(ratio=1)
            table.add_row(self._taken(), self._pay_runs())
            rows.append(table)
        what, done, total = self._work
        if total:
            rows.append(_bar(what, done, total))
        body = Group(*rows or [Text("Coming up …", style="dim")])
        return Panel(body, title=Text(self.edges, style="bold"), title_align="left", padding=(0, 1))

    def _taken(self) -> Table:
        table = _columns("Taken since the start", f"{self._per_second():,.0f} a second")
        health = self._health
        kinds = sorted(health["by_kind"].items(), key=lambda each: -each[1])
        for kind, count in kinds[:MOST_KINDS]:
            table.add_row(in_words(kind, KINDS), f"{count:,}")
        if len(kinds) > MOST_KINDS:
            table.add_row("Others", f"{sum(count for _, count in kinds[MOST_KINDS:]):,}")
        for reason, count in sorted(health["by_reason"].items(), key=lambda each: -each[1]):
            table.add_row(Text(in_words(reason, REJECTIONS), style="yellow"), Text(f"{count:,}", style="yellow"))
        if ignored := health.get("files_ignored"):
            table.add_row(Text("Never taken", style="yellow"), Text(f"{ignored:,} files", style="yellow"))
        if not kinds and not health["by_reason"]:
            table.add_row(Text("Nothing yet", style="dim"), "")
        return table

    def _pay_runs(self) -> Table:
        health, paid = self._health, self._health["paid"]
        table = _columns("Pay runs", "")
        table.add_row("Open", Text(health["open_run"], style="bold"))
        table.add_row("Closes in", _clock(max(0, health["cut_off"] - self.now())))
        waits = health["oldest_unacknowledged_seconds"]
        late = "yellow" if waits >= LATE_SECONDS else ""
        table.add_row("Oldest not acknowledged", Text(f"{waits:,} s" if waits else "none waits", style=late))
        if health["unsent_pay_runs"]:
            table.add_row(
                Text("Not sent", style="bold red"), Text(f"{health['unsent_pay_runs']:,} pay runs", style="bold red")
            )
        if health["clock_doubted"]:
            table.add_row(Text("The clock", style="bold red"), Text("is doubted", style="bold red"))
        table.add_row("In the journal", f"{health['entries']:,}")
        if paid:
            table.add_section()
            table.add_row("Last", paid["run"])
            table.add_row("Instructions", f"{paid['instructions']:,}")
            table.add_row("Net", Text(f"${dollars(paid['net_cents'])}", style="bold green"))
            table.add_row("Decided again", f"{paid['keys']:,} keys")
        return table

    def _per_second(self) -> float:
        if len(self._pace) < 2:
            return 0.0
        (began, first), (ended, last) = self._pace[0], self._pace[-1]
        return (last - first) / (ended - began) if time.monotonic() - ended < SECONDS_OF_PACE else 0.0


def _columns(name: str, beside: str) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="bold cyan")
    table.add_column(name)
    table.add_column(beside, justify="right", header_style="dim")
    return table


def _bar(what: str, done: int, total: int) -> Table:
    if total == 1:
        return _columns(f"{what} …", "")
    row = Table.grid(padding=(0, 2))
    row.add_row(Text(what, style="cyan"), ProgressBar(total=total, completed=done, width=30), f"{done:,} of {total:,}")
    return row


def _clock(millis: int) -> str:
    minutes, seconds = divmod(millis // MILLIS_IN_SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours}:{minutes:02}:{seconds:02}" if days else f"{hours}:{minutes:02}:{seconds:02}"


def sentence(told: Json) -> Text:
    """An event as a person reads it."""
    event, rest = told["event"], {name: each for name, each in told.items() if name not in ("at", "event")}
    if event == "pay run":
        paid = f"{rest['instructions']:,} instructions, ${dollars(rest['net_cents'])} net"
        more = f"{sum(rest['findings'].values()):,} findings, {rest['keys']:,} keys decided again"
        return Text.assemble(("Pay run ", "bold"), (rest["run"], "bold cyan"), f": {paid}; {more}")
    if event == "law":
        return Text(rest["says"], style="yellow")
    words = ", ".join(f"{name.replace('_', ' ')} {_shown(each)}" for name, each in rest.items())
    style = "yellow" if event in TROUBLES else ""
    return Text.assemble((event.capitalize(), style or "bold"), f": {words}" if words else "")


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
