"""The pictures of the documentation, made by the programs they show: ``python -m tests.pictures [NAME ...]``.

A picture is a function here that writes ``docs/pictures/NAME.png`` (or .svg); its name is the picture's.
"""

import sys
import tempfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from pipelines.command import cli
from pipelines.console.explanation import render
from pipelines.console.imported import render as render_import
from pipelines.explain.answer import Sources, answer, question_of
from pipelines.explain.paid import Paid
from pipelines.importing.maps import load_map
from pipelines.importing.run import ImportAsked, import_files
from rules.law import Law
from rules.periods import iso
from tests.browser import DESK, PHONE, ROOT, open_address, open_page
from tests.pipelines.desk.desk_world import served, station_of
from tests.pipelines.explain.explain_world import index
from tests.pipelines.report.report_world import county, records

FOLDER = ROOT / "docs" / "pictures"
Picture = Callable[[Path, Path], None]
PICTURES: dict[str, Picture] = {}


def picture(make: Picture) -> Picture:
    """Put a function on the roll: it is given the file to write, without suffix, and a folder of its own."""
    PICTURES[make.__name__] = make
    return make


@picture
def report(out: Path, scratch: Path) -> None:
    """The first screen of a report."""
    facts, paid = county(scratch, recipients=60, months=6)
    page = scratch / "report.html"
    _run("report", "--paid", paid, "--events", facts, "--out", page, "--quiet")
    with open_page(page, DESK) as shown:
        shown.screenshot(path=out.with_suffix(".png"))


@picture
def what_if(out: Path, scratch: Path) -> None:
    """A range of supplements, answered: the words, the figures and the curve."""
    facts, _ = county(scratch, recipients=60, months=6)
    question = scratch / "supplement.toml"
    question.write_text(
        'name = "Lake raises its supplement to 1.25"\n'
        'question = "What does each ten cents over the minimum wage cost?"\n'
        "[supplement.17]\nfrom = 2024-01-01\nuntil = 2024-12-31\ndollars = { from = 0.65, to = 1.25, by = 0.10 }\n"
    )
    _run("what-if", question, "--events", facts, "--out", scratch / "asked", "--quiet")
    with open_page(scratch / "asked" / "what-if.html", (1280, 1500)) as shown:
        shown.screenshot(path=out.with_suffix(".png"))


@picture
def desk(out: Path, scratch: Path) -> None:
    """The desk's first page, as of the pay run with the most payments to look at."""
    station = station_of(scratch, recipients=60, months=6)
    with station.shelf() as shelf:
        day = shelf.one("SELECT run_date FROM runs ORDER BY unusual DESC, run_date")
    with served(station) as address, open_address(address, address.partition("enter")[0], (1280, 960)) as shown:
        shown.goto(f"{address.partition('enter')[0]}?on={iso(day)}")
        shown.screenshot(path=out.with_suffix(".png"))


@picture
def desk_phone(out: Path, scratch: Path) -> None:
    """A provider's page on a telephone, in Spanish and in the dark."""
    station = station_of(scratch, recipients=60, months=6)
    with station.shelf() as shelf:
        standing = "outcome = 'HELD' AND NOT cleared AND until IS NULL"
        query = f"SELECT provider_id FROM findings WHERE {standing} ORDER BY minutes DESC"
        provider = shelf.one(query)
    with served(station) as address, open_address(address, address.partition("enter")[0], PHONE, dark=True) as shown:
        shown.goto(f"{address.partition('enter')[0]}provider/{provider}?lang=es")
        shown.screenshot(path=out.with_suffix(".png"))


@picture
def report_held(out: Path, scratch: Path) -> None:
    """Held work, filtered by who acts next, a reason open: of a report that names people."""
    _, paid = county(scratch, recipients=60, months=6)
    page = scratch / "report.html"
    _run("report", "--paid", paid, "--out", page, "--with-ids", "--quiet")
    page.write_text(page.read_text("utf-8").replace(str(paid), "out"), "utf-8")
    with open_page(page, DESK) as shown:
        shown.get_by_label("Filter").fill("provider")
        shown.locator("#held summary >> visible=true").first.click()
        shown.locator(".find").evaluate("box => box.scrollIntoView()")
        shown.screenshot(path=out.with_suffix(".png"))


@picture
def report_phone(out: Path, scratch: Path) -> None:
    """Amounts on a telephone, in the dark."""
    _, paid = county(scratch, recipients=60, months=6)
    page = scratch / "report.html"
    _run("report", "--paid", paid, "--out", page, "--quiet")
    with open_page(page, PHONE, dark=True) as shown:
        shown.locator("//caption[.='What was paid, by kind and method']").evaluate(
            "caption => caption.scrollIntoView()"
        )
        shown.screenshot(path=out.with_suffix(".png"))


@picture
def statement(out: Path, scratch: Path) -> None:
    """A provider's statement of earnings, with a share of cost to collect."""
    _statement(out, scratch, "en")


@picture
def statement_es(out: Path, scratch: Path) -> None:
    """The same statement in Spanish."""
    _statement(out, scratch, "es")


def _statement(out: Path, scratch: Path, language: str) -> None:
    _, paid = county(scratch, recipients=60, months=6)
    taken = {
        record["statement_id"]: {each["kind"] for each in record["deductions"] if each["cents"] > 0}
        for record in records(paid, "PaymentInstruction")
    }
    full = [id for id, kinds in taken.items() if {"FICA", "SHARE_OF_COST"} <= kinds]
    _, provider, _, period = min(full, key=lambda id: id.split(":")[::-1]).split(":")
    papers = scratch / "papers"
    person = ("--provider", provider, "--period", period, "--language", language)
    _run("statement", "--paid", paid, "--out", papers, "--format", "html", *person)
    with open_page(papers / "0001.html", (820, 1000)) as shown:
        shown.screenshot(path=out.with_suffix(".png"), full_page=True)


@picture
def explain(out: Path, scratch: Path) -> None:
    """What explain prints on a terminal of 100 columns, for a payment with hours that are not paid."""
    facts, paid = county(scratch, recipients=60, months=6)
    index(facts, paid)
    console = Console(record=True, width=100, file=StringIO(), highlight=False, force_terminal=True)
    render(answer(question_of(_most_missing(paid)), Sources(facts, Paid(paid), Law.load())), console)
    page = scratch / "terminal.html"
    page.write_text(console.export_html(inline_styles=True, theme=MONOKAI).replace(str(paid), "out"), "utf-8")
    with open_page(page, (910, 900)) as shown:
        shown.screenshot(path=out.with_suffix(".png"), full_page=True)


@picture
def import_bad_rows(out: Path, scratch: Path) -> None:
    """What import prints on a terminal of 100 columns, of a vendor's visits with bad cells."""
    asked = load_map(str(ROOT / "docs" / "your_data" / "visits.toml"))
    files = [ROOT / "docs" / "your_data" / "visits.csv"]
    (scratch / "facts").mkdir()
    told = import_files(ImportAsked(files, asked, scratch / "facts", None, False, False, 0), lambda *_: None)
    console = Console(record=True, width=100, file=StringIO(), highlight=False, force_terminal=True)
    render_import(told, console)
    page = scratch / "terminal.html"
    page.write_text(console.export_html(inline_styles=True, theme=MONOKAI).replace(f"{scratch}/", ""), "utf-8")
    with open_page(page, (910, 420)) as shown:
        shown.screenshot(path=out.with_suffix(".png"), full_page=True)


@picture
def explain_page(out: Path, scratch: Path) -> None:
    """The same as a page."""
    facts, paid = county(scratch, recipients=60, months=6)
    page = scratch / "why.html"
    _run("explain", _most_missing(paid), "--events", facts, "--paid", paid, "--out", page)
    page.write_text(page.read_text("utf-8").replace(str(paid), "out"), "utf-8")
    with open_page(page, DESK) as shown:
        shown.screenshot(path=out.with_suffix(".png"))


def _most_missing(paid: Path) -> str:
    """The payment of which the most minutes were cut, at best with overtime and a payment before it."""
    instructions = records(paid, "PaymentInstruction")
    return max(instructions, key=lambda each: (each["sequence"] > 1, each["cut_minutes"], each["statement_id"]))[
        "instruction_id"
    ]


def _run(*arguments: object) -> None:
    try:
        cli.main([str(argument) for argument in arguments])
    except SystemExit as exit:
        if exit.code:
            raise


def main(names: list[str]) -> None:
    """Make the pictures named, or all."""
    unknown = set(names) - set(PICTURES)
    if unknown:
        sys.exit(f"no picture is named {', '.join(sorted(unknown))}: there are {', '.join(PICTURES)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names or PICTURES:
        with tempfile.TemporaryDirectory() as scratch:
            PICTURES[name](FOLDER / name, Path(scratch))
        print(f"docs/pictures/{name}")


if __name__ == "__main__":
    main(sys.argv[1:])
