"""What others wrote is text to whoever reads it: no page runs it, no terminal obeys it, no spreadsheet computes it."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape
from playwright.sync_api import Page
from rich.text import Text
from starlette.testclient import TestClient

from pipelines import terminal
from pipelines.cells import Rows, harmless_cell
from pipelines.command import cli
from pipelines.desk.origins import PaidOrigin
from pipelines.desk.station import Station
from pipelines.desk.web import desk_app
from pipelines.sample.simulate import simulate
from rules.law import Law
from rules.periods import iso
from schemas.avro import Container, Unreadable, write_container
from tests.browser import open_page
from tests.pipelines.explain.explain_world import lay, paid_in
from tests.pipelines.report.report_world import county, records, rewrite
from tests.pipelines.statements.statement_world import fortnight, write_case

IMAGE = '<img src=x onerror="window.ran=1">'
SCRIPT = "</td></style></script><script>window.ran=1</script>"
QUOTED = '"><svg onload=window.ran=1><a href="javascript:window.ran=1">press</a>'
MOST_PAGES = 40
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


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Facts with a hostile text wherever a text may be anything, in files that are called so, and a job's records of
    them; all that comes of them is the product's own."""
    hostile, folder = "".join(HOSTILE), tmp_path_factory.mktemp("poisoned")
    simulate(folder / "sent", "17", 8, 2, "2025-11", 5, 0.05)
    lay(fortnight().facts, folder / "sent")
    name = hostile.replace("/", "∕")  # what looks like it and may be in a name
    (folder / "facts").mkdir()
    for path in (folder / "sent").glob("*.avro"):
        try:
            kind, rows = kind_of(path), [poisonous(row, hostile) for row in records_of(path)]
            write_container(folder / "facts" / f"{name} {path.name}", kind, rows)
        except Unreadable:
            path.rename(folder / "facts" / f"{name} {path.name}")
    (folder / "facts" / f"{name}.pdf").write_bytes(b"no facts")
    told("replay", "--events", folder / "facts", "--out", folder / "paid", "--engine", "plain", "--quiet")
    return folder, hostile


def poisonous(row: Row, hostile: str) -> Row:
    """A fact with a text of somebody else's in each field that takes any."""
    texts = dict.fromkeys(("source", "account_token", "payee_account_token", "title"), hostile)
    row = with_all(row, texts) | ({"reason": hostile} if "reason" in row else {})
    if services := row.get("services"):
        row["services"] = [*services, services[0] | {"service": hostile}]
    return row


def test_every_page_of_what_others_sent(poisoned: tuple[Path, str], tmp_path: Path) -> None:
    """The report, an explanation of each kind of payment, and the papers, as the commands make them."""
    folder, hostile = poisoned
    facts, paid = ["--events", folder / "facts"], ["--paid", folder / "paid"]
    told("report", *paid, "--with-ids", "--quiet", "--out", tmp_path / "report.html")
    with open_page(tmp_path / "report.html") as shown:
        harmless(shown, hostile.replace("/", "∕"))
    by_kind = {each["kind"]: each["instruction_id"] for each in paid_in(folder / "paid")}
    for kind, instruction in by_kind.items():
        told("explain", instruction, *facts, *paid, "--html", tmp_path / f"{kind}.html")
        with open_page(tmp_path / f"{kind}.html") as shown:
            harmless(shown, *([hostile] if kind == "ARREARS" else []))
    papers = papers_of(folder / "paid", tmp_path / "papers", "es")
    assert len(by_kind) > 1 and papers
    for paper in papers[:3]:
        with open_page(paper) as shown:
            harmless(shown)


def test_every_page_of_the_desk(poisoned: tuple[Path, str]) -> None:
    """As far as its links go: the text is there as it was written, and no tag is made of it."""
    folder, _ = poisoned
    station = Station(PaidOrigin(folder / "facts", folder / "paid"), Law.load(), "token")
    station.make(lambda *_: None)
    desk = TestClient(desk_app(station, ["127.0.0.1"]), base_url="http://127.0.0.1")
    waiting, seen, shown = ["/enter?token=token", "/"], set(), 0
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        if address in seen or not address.startswith("/"):
            continue
        seen.add(address)
        page = desk.get(address)
        assert page.status_code < 500
        for tag in (IMAGE, "<script>window", "<svg onload", 'href="javascript'):
            assert tag not in page.text, address
        shown += escape(IMAGE) in page.text
        waiting += [unescape(link).partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', page.text)]
    assert len(seen) > 20 and shown


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_papers(tmp_path: Path, language: str) -> None:
    """Sentences of findings and accounts that somebody wrote into records of before there were sums over them."""
    folder = write_case(tmp_path / "paid", fortnight())
    said = {"message": SCRIPT, "next_step": IMAGE, "authority": f"MPP 30-769 {QUOTED}"}
    unsummed = {"content_sha256": "", "previous_sha256": ""}
    paid = {"account_token": TEMPLATE + SCRIPT}
    for stem, fields in {"finding": said, "payment_instruction": paid, "pay_run": unsummed}.items():
        for path in folder.glob(f"{stem}*.avro"):
            kind = kind_of(path)
            write_container(path, kind, [with_all(row, fields) for row in records_of(path)])
    seen = 0
    for paper in papers_of(folder, tmp_path / "out", language):
        with open_page(paper) as shown:
            harmless(shown)
            seen += QUOTED in (shown.locator("body").text_content() or "")
    assert seen, "an authority is on a paper as the finding has it"


def papers_of(paid: Path, out: Path, language: str) -> list[Path]:
    """Of the pay run that paid most people."""
    (most, _) = Counter(each["run_date"] for each in paid_in(paid)).most_common(1)[0]
    told("statement", "--paid", paid, "--out", out, "--run", iso(most), "--format", "html", "--language", language)
    papers = sorted(out.rglob("*.html"))
    assert papers
    return papers


def kind_of(path: Path) -> str:
    with path.open("rb") as stream:
        return Container(stream).kind


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
        console = terminal.Terminal(force_terminal=True, highlight=False, color_system="standard")
        console.print(Text("red", "red"))
    assert capsys.readouterr().out == "\x1b[1;31mred\x1b[0m\tand\n\n\x1b[31mred\x1b[0m\n"


FORGED = "x\nFORGED[/red][link=http://evil.example]:smile:\x1b[2J"
JSON_LINES = [
    {"kind": "Timesheet", FORGED: 1},
    {"kind": FORGED},
    {"kind": "Timesheet", "source": FORGED, "revision": FORGED},
]


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Facts whose texts begin lines of their own and hold markup, in files that are called so; what they were paid."""
    folder = tmp_path_factory.mktemp("forged")
    texts = dict.fromkeys(("source", "account_token", "payee_account_token", "reason", "title", "service"), FORGED)
    lay([fact.model_copy(update=with_all(fact.model_dump(), texts)) for fact in fortnight().facts], folder / "facts")
    name = FORGED.replace("/", "").replace("\x1b", "")
    (folder / "facts" / f"{name}.avro").write_bytes(b"junk")
    (folder / "facts" / f"{name}.xyz").write_bytes(b"junk")
    (folder / "facts" / f"{name}.csv").write_text("a\nFORGED,b\n1,2\n")
    (folder / "facts" / f"{name}.jsonl").write_text("\n".join([*map(json.dumps, JSON_LINES), "{bad"]))
    for out, more in (("out", []), ("early", ["--until", "2025-12-31"])):
        told("replay", "--events", folder / "facts", "--out", folder / out, "--engine", "plain", "--quiet", *more)
    told("run", f"--from=folder:{folder / 'facts'}", f"--to=folder:{folder / 'said'}", "--journal", folder / "journal",
         "--close-run", "2026-03-02", "--settle", "0")  # fmt: skip
    return folder


def told(*asked: Any) -> str:
    """All that a command prints."""
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit) as ended:
        cli.main([str(each) for each in asked])
    assert ended.value.code in (0, 1), printed.getvalue()
    return printed.getvalue()


PRINTS = {
    "replay": "replay --events facts --out again --engine plain",
    "explain": "explain {id} --events facts --paid out",
    "explain of a journal": "explain {id} --events journal --paid said",
    "find": "find {person} --events facts --paid out",
    "validate": "validate facts --all",
    "validate beside": "validate facts --all --with facts",
    "diff": "diff early out --all",
    "rejections": "rejections list --paid out",
    "rejections of a journal": "rejections list --journal journal",
    "rejection": "rejections show 1 --paid out",
    "verify": "journal verify --journal journal",
    "report": "report --paid out --out report.html",
}


@pytest.mark.parametrize("command", PRINTS)
def test_what_others_wrote_begins_no_line(forged: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Nor is it markup, nor does it end the command."""
    monkeypatch.chdir(forged)
    (paid, *_) = [each["instruction_id"] for each in paid_in(forged / "out") if each["provider_id"]]
    asked = PRINTS[command].format(id=paid, person=paid.split(":")[1]).split()
    for line in told(*asked).splitlines():
        assert "FORGED" not in line or r"\nFORGED" in line, line
        assert "\x1b" not in line and "😄" not in line
    if command in ("explain", "validate", "diff", "rejections", "replay"):
        assert r"\nFORGED" in told(*asked), "it is shown, as it was written"


def test_a_file_name_says_nothing_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a\x1b[2J\nihss-payroll: all is well.avro").write_bytes(b"junk")
    with pytest.raises(SystemExit):
        cli.main(["validate", str(tmp_path)])
    told = "".join(capsys.readouterr())
    assert "\x1b[2J" not in told and "\nihss-payroll: all is well" not in told
