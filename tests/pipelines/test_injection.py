"""What others wrote is text to whoever reads it: no page runs it, no terminal obeys it, no spreadsheet computes it."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from rich.text import Text

from pipelines import terminal
from pipelines.cells import Rows, harmless_cell
from pipelines.command import cli
from pipelines.explain.page import page
from schemas.avro import Container, write_container
from tests.browser import open_page
from tests.pipelines.explain.explain_world import explained, lay, paid_in, pay
from tests.pipelines.report.report_world import county, records, rewrite
from tests.pipelines.statements.statement_world import fortnight, write_case

IMAGE = '<img src=x onerror="window.ran=1">'
SCRIPT = "</td></style></script><script>window.ran=1</script>"
QUOTED = '"><svg onload=window.ran=1><a href="javascript:window.ran=1">press</a>'
TEMPLATE = "{{7*7}}{% raw %}${7*7}"
HOSTILE = [IMAGE, SCRIPT, QUOTED, TEMPLATE]
Row = dict[str, Any]


def harmless(shown: Page, *seen: str) -> None:
    """Nothing ran, nothing was made of it, and what was written is seen as it was written."""
    shown.wait_for_timeout(50)
    assert shown.evaluate("window.ran") is None
    assert shown.locator("img, svg[onload], a[href^='javascript'], [onerror]").count() == 0
    text = shown.locator("body").text_content() or ""
    for each in seen:
        assert each in text, each


def with_all(row: Row, fields: dict[str, str]) -> Row:
    return row | {name: value for name, value in fields.items() if row.get(name)}


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which somebody wrote what he liked, where anything may stand: tokens, sentences, names of files."""
    _, folder = county(tmp_path_factory.mktemp("county"), recipients=8, months=2)
    said = {"message": SCRIPT, "next_step": QUOTED, "authority": IMAGE}
    paid = [with_all(row, {"account_token": SCRIPT}) for row in records(folder, "PaymentInstruction")]
    rewrite(folder, "PaymentInstruction", paid)
    rewrite(folder, "Finding", [with_all(row, said) for row in records(folder, "Finding")])
    rejected = {"origin": f"{SCRIPT}.avro:1", "message": IMAGE, "field": QUOTED}
    rewrite(folder, "Rejection", [row | rejected for row in records(folder, "Rejection")])
    summary = json.loads((folder / "summary.json").read_text())
    summary["inputs"]["ignored_files"] = [SCRIPT]
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


def test_the_report(paid: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    with pytest.raises(SystemExit):
        cli.main(["report", "--paid", str(paid), "--with-ids", "--quiet", "--out", str(out)])
    with open_page(out) as shown:
        harmless(shown, IMAGE)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_an_id_that_is_none_is_refused(paid: Path, tmp_path: Path, hostile: str, capsys: Any) -> None:
    """No page is made of it."""
    for kind in ("PaymentInstruction", "Finding", "PayRun", "Rejection", "AdvanceReconciliation", "BenefitHours"):
        rewrite(tmp_path, kind, records(paid, kind))
    rows = [with_all(row, {"provider_id": hostile, "payee_id": hostile}) for row in records(paid, "PaymentInstruction")]
    rewrite(tmp_path, "PaymentInstruction", rows)
    with pytest.raises(SystemExit) as refused:
        cli.main(["report", "--paid", str(tmp_path), "--quiet", "--out", str(tmp_path / "report.html")])
    assert refused.value.code == 2 and "INVALID" in capsys.readouterr().err and not (tmp_path / "report.html").exists()


def test_the_explanation(tmp_path: Path) -> None:
    """Its facts hold a source, a service, a token and a reason of somebody else's."""
    facts = [hostile_fact(fact) for fact in fortnight().facts]
    events, out = lay(facts, tmp_path / "events"), pay(facts, tmp_path / "out")
    for number, each in enumerate(paid_in(out)):
        path = tmp_path / f"{number}.html"
        path.write_text(page(explained(each["instruction_id"], events, out)))
        with open_page(path) as shown:
            harmless(shown)


def hostile_fact(fact: Any) -> Any:
    fields = {"source": SCRIPT, "account_token": IMAGE, "reason": QUOTED, "title": SCRIPT}
    return fact.model_copy(update={name: value for name, value in fields.items() if getattr(fact, name, None)})


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_papers(tmp_path: Path, language: str) -> None:
    folder = write_case(tmp_path / "paid", fortnight())
    for path in folder.glob("finding*.avro"):
        found = [row | {"message": SCRIPT, "next_step": IMAGE} for row in records_of(path)]
        write_container(path, "Finding", found)
    with pytest.raises(SystemExit):
        cli.main(["statement", "--paid", str(folder), "--out", str(tmp_path / "out"), "--format", "html",
                  "--language", language])  # fmt: skip
    papers = sorted((tmp_path / "out").glob("*.html"))
    for paper in papers:
        with open_page(paper) as shown:
            harmless(shown)


def records_of(path: Path) -> list[Row]:
    with path.open("rb") as stream:
        return [record for _, record in Container(stream)]


FORMULAS = ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")']


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    text = StringIO()
    Rows(text, ["a", "b"]).named({"a": formula, "b": -5, "c": formula})
    [_, (cell, number)] = csv.reader(StringIO(text.getvalue(), newline=""))
    assert (cell, number) == ("'" + formula.replace("\r", r"\r"), "-5")


def test_numbers_stay_numbers() -> None:
    assert [harmless_cell(each) for each in (-5, "-5", "-1,234.56", "+3:30", None, "a=b", "")] == [
        -5, "-5", "-1,234.56", "+3:30", None, "a=b", ""
    ]  # fmt: skip


def test_the_difference_as_csv(tmp_path: Path, paid: Path, capsys: Any) -> None:
    """A payee who is called a formula is none: nothing is set beside anything."""
    for folder in "ab":
        (tmp_path / folder).mkdir()
        rows = [row | {"instruction_id": "=1+1"} for row in records(paid, "PaymentInstruction")[:1]]
        rewrite(tmp_path / folder, "PaymentInstruction", rows)
        rewrite(tmp_path / folder, "PayRun", records(paid, "PayRun")[:1])
    out = tmp_path / "rows.csv"
    with pytest.raises(SystemExit) as refused:
        cli.main(["diff", str(tmp_path / "a"), str(tmp_path / "b"), "--all", "--out", str(out)])
    assert refused.value.code == 2 and "INVALID" in capsys.readouterr().err and not out.exists()


ESCAPES = {"\x1b[2J\x1b[1;1H": r"\x1b[2J\x1b[1;1H", "\x1b]0;owned\x07": r"\x1b]0;owned\x07", "\x9b2J": r"\x9b2J",
           "a\rb": r"a\rb", "\u202egro": r"\u202egro", "\x1b[8mhidden": r"\x1b[8mhidden"}  # fmt: skip


@pytest.mark.parametrize("written", ESCAPES)
@pytest.mark.parametrize("prints", [print, lambda text: terminal.Terminal(highlight=False).print(Text(text))])
def test_no_terminal_obeys(written: str, prints: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.harmless_streams():
        prints(f"{written} said")
    told = f"{ESCAPES[written]} said\n"
    assert capsys.readouterr().out in (told, told.replace(r"\x07", "").replace(r"\r", ""))  # rich drops some itself


def test_our_own_colours_pass(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.harmless_streams():
        print("\x1b[1;31mred\x1b[0m\tand\n")
        terminal.Terminal(force_terminal=True, highlight=False, color_system="standard").print("[red]red")
    assert capsys.readouterr().out == "\x1b[1;31mred\x1b[0m\tand\n\n\x1b[31mred\x1b[0m\n"


def test_a_file_name_says_nothing_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a\x1b[2J\nihss-payroll: all is well.avro").write_bytes(b"junk")
    with pytest.raises(SystemExit):
        cli.main(["validate", str(tmp_path)])
    told = "".join(capsys.readouterr())
    assert "\x1b[2J" not in told and "\nihss-payroll: all is well" not in told
