"""The command ``ihss-payroll what-if``: what a change of the law or of facts would pay, on one page."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command.options import AsJson, Quiet
from pipelines.misuse import Misuse, day_asked, readable, writable_folder
from pipelines.terminal import Terminal

if TYPE_CHECKING:
    from pipelines.what_if.scenario import Scenario
    from pipelines.what_if.tables import Answered
    from rules.law import Law

PAGE = "what-if.html"


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("what-if")(what_if)


def what_if(
    scenarios: Annotated[list[Path], typer.Argument(metavar="SCENARIO.toml…", help="Questions, each a TOML file.")],
    events: Annotated[Path, typer.Option(help="Folder of facts.")],
    out: Annotated[Path, typer.Option(help="Folder for the page and its tables.")],
    until: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Last business day to pay.")] = None,
    law: Annotated[Path | None, typer.Option(help="Folder of TOML that overlays the law: the baseline.")] = None,
    with_ids: Annotated[bool, typer.Option("--with-ids", help="Name those who gain and lose most.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Say what a change of the law or of facts would cost, who gains and loses, and what is owed for past periods.

    Baseline and all scenarios in one run: only who is touched is decided again.

    [bold]Examples[/]

        ihss-payroll what-if raise.toml --events sample --out raise

        ihss-payroll what-if raise.toml limits.toml --events facts --out board --until 2026-06-30
    """
    from pipelines.what_if.tables import told

    last_day = day_asked(until, "--until") if until else None
    answered, fine_print = _answered(scenarios, (events, out, law), last_day, quiet or as_json)
    _write(answered, fine_print, out, with_ids)
    if as_json:
        print(json.dumps(told(answered, with_ids), indent=2))
    elif not quiet:
        _print(answered, out)
    return 0


def _answered(
    scenarios: list[Path], folders: tuple[Path, Path, Path | None], last_day: int | None, quiet: bool
) -> "tuple[Answered, str]":
    from pipelines.command.pay import law_of_facts
    from pipelines.console.progress import STAGES, shown
    from pipelines.files_below import files_of_facts, folder_of_facts
    from pipelines.replay import last_cut_off
    from pipelines.what_if.answer import answers
    from pipelines.what_if.compare import compare
    from pipelines.what_if.door import FactRefused
    from rules.periods import business_day_of, iso

    events, out, overlay = folders
    facts = folder_of_facts(events, "--events")
    for name in facts.files:
        readable(events / name, "--events")
    base = law_of_facts(overlay, files_of_facts(events))
    read = _read(scenarios, base)
    writable_folder(out, "--out")
    variants = [variant for scenario in read for variant in scenario.variants]
    stages = {name: words for name, words in STAGES.items() if name != "close"}
    try:
        with shown(Terminal(stderr=True), quiet, stages) as beat:
            found = compare(events, base, variants, out / ".partial", last_cut_off(last_day), beat)
    except FactRefused as refused:
        raise Misuse(f"{refused}: change the scenario's facts") from None
    if not found.used:
        raise Misuse(f"nothing of --events {events} is due and can be used: name other facts, or a later --until")
    answered, left = [], found.variants
    for scenario in read:
        own, left = left[: len(scenario.variants)], left[len(scenario.variants) :]
        answered.append((scenario, answers(scenario, own, found, base)))
    day = iso(business_day_of(found.until))
    return answered, f"{found.used:,} facts, pay runs up to {day}, law {base.version[:12]}."


def _read(scenarios: list[Path], base: "Law") -> "list[Scenario]":
    from pipelines.what_if.scenario import ScenarioError, read_scenario

    try:
        read = [read_scenario(path, base) for path in scenarios]
    except ScenarioError as wrong:
        raise Misuse(str(wrong)) from None
    stems = [scenario.path.stem for scenario in read]
    twice = next((stem for stem in stems if stems.count(stem) > 1), None)
    if twice is not None:
        raise Misuse(f"two scenarios are named {twice}: give each file a name of its own")
    return read


def _write(answered: "Answered", fine_print: str, out: Path, with_ids: bool) -> None:
    from pipelines.what_if.page import page
    from pipelines.what_if.tables import write_tables
    from schemas import private

    rights = private.OWN_EYES if with_ids else private.EVERYBODY
    private.written(out / PAGE, page(answered, fine_print, with_ids), rights)
    write_tables(answered, out, with_ids)


def _print(answered: "Answered", out: Path) -> None:
    from pipelines.console.summary import summary_console
    from pipelines.console.what_if import render

    render(answered, summary_console())
    print(f"The page is {out / PAGE}; its tables are beside it as CSV and JSON")
