"""The pictures of the documentation, made by the programs they show: ``python -m tests.pictures [NAME ...]``.

A picture is a function here that writes ``docs/pictures/NAME.png`` (or .svg); its name is the picture's.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipelines import cli
from tests.browser import DESK, ROOT, open_page
from tests.pipelines.report_world import county, records

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
def report_held(out: Path, scratch: Path) -> None:
    """Who has the most held hours, why, and what to do: of a report that names people."""
    _, paid = county(scratch, recipients=60, months=6)
    page = scratch / "report.html"
    _run("report", "--paid", paid, "--out", page, "--with-ids", "--quiet")
    page.write_text(page.read_text("utf-8").replace(str(paid), "out"), "utf-8")
    with open_page(page, DESK) as shown:
        shown.locator("//caption[.='Providers with the most held hours']").evaluate(
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
