"""``ihss-payroll explain`` as people use it: a replayed county, a line for each mistake, and pictures."""

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape
from rich.console import Console

from fold.tally import MINUTES
from pipelines.command.cli import main
from pipelines.console.explanation import ExplainReader, render
from pipelines.explain.page import page
from pipelines.importing.text_facts import FolderDoor
from pipelines.law_text import address_of, plain
from pipelines.plain import ONE_SHARD
from pipelines.replay import replay
from pipelines.sample.simulate import simulate
from rules.periods import hhmm
from schemas.avro import write_container
from tests.browser import DESK, PHONE, axe_violations, open_page, sideways
from tests.paid import hours_by_statement
from tests.pipelines.explain.explain_world import LAW, Instruction, explained, paid_in

ROOT = Path(__file__).parents[3]
COUNTY = {"county": "17", "recipients": 25, "months": 2, "start": "2024-06", "seed": 11, "defects": 0.1}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Facts of a small county, and what its replay left."""
    events, out = tmp_path_factory.mktemp("facts"), tmp_path_factory.mktemp("paid")
    simulate(events, **COUNTY)
    replay(events, out, None, LAW)
    return events, out


def explain(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["explain", *map(str, arguments)])
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def folders(county: tuple[Path, Path]) -> list[object]:
    return ["--events", county[0], "--paid", county[1]]


def most_held(out: Path) -> Instruction:
    """The last payment of the statement with most held hours: that is who asks first."""
    last = {each["statement_id"]: each for each in sorted(paid_in(out), key=lambda each: each["sequence"])}
    return max(last.values(), key=lambda each: (each["held_minutes"], each["statement_id"]))


def test_every_payment_of_the_county_is_explained(
    county: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    paid = paid_in(county[1])
    assert len(paid) > 60 and {each["kind"] for each in paid} >= {"ARREARS"}
    for instruction in paid[::3]:
        code, out, err = explain(capsys, instruction["instruction_id"], *folders(county), "--json")
        assert (code, err) == (0, "")
        (statement,) = json.loads(out)["statements"]
        (payment,) = [part for part in statement["parts"] if part["what"] == "payment"]
        assert payment["cents"] == instruction["net_cents"]
        assert sum(part["cents"] for part in payment["parts"]) == instruction["net_cents"]


def test_the_one_with_most_held_hours_learns_why_and_what_to_do(
    county: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """As things stand at the end, whether or not any payment says so."""
    door = FolderDoor(ONE_SHARD, None)
    for path in county[0].glob("*.avro"):
        for _ in door.read_file(path, path.name):
            pass
    found = hours_by_statement(door, LAW, door.tally.latest_cut_off)
    held = {id: minutes[MINUTES.index("held_minutes")] for id, minutes in found.items()}
    _, provider, _, period = max(held, key=lambda id: (held[id], id)).split(":")
    code, out, _ = explain(capsys, "--provider", provider, "--period", period, *folders(county))
    assert code == 0
    assert f"Held: {hhmm(max(held.values()))}" in out
    assert "→ Next, the " in out and "Until 20" in out
    assert "Every payment above is what" in out or "Nothing was paid" in out
    assert max(map(len, out.splitlines())) <= 100


def test_it_needs_no_engine_and_no_second_copy_of_the_law(county: tuple[Path, Path]) -> None:
    """Beam alone takes longer to import than an answer may take."""
    asked = paid_in(county[1])[0]["instruction_id"]
    script = (
        "import sys; from pipelines.command.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert 'apache_beam' not in sys.modules, 'Beam was imported'"
    )
    command = [sys.executable, "-c", script, "explain", asked, *map(str, folders(county))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_json_keeps_its_shape(county: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = explain(capsys, most_held(county[1])["instruction_id"], *folders(county), "--json")
    found = json.loads(out)
    assert found["format"] == 1
    assert {"question", "as_of", "law_version", "held_against", "notes", "statements"} <= set(found)
    documented = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/explain.md").read_text("utf-8"), re.MULTILINE))
    assert {node["what"] for node in nodes(found["statements"])} <= documented
    assert {name for node in nodes(found["statements"]) for name in node} <= documented


def nodes(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for part in parts for each in (part, *nodes(part.get("parts", [])))]


def test_the_page_needs_nothing_else(
    county: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, path = most_held(county[1]), tmp_path / "why.html"
    code, out, _ = explain(capsys, asked["instruction_id"], *folders(county), "--out", path)
    text = path.read_text("utf-8")
    assert code == 0 and out == ""
    assert not re.search(r"src=|href=\"[^#]|https?://|url\(", text)
    assert asked["provider_id"] in text and "prefers-color-scheme: dark" in text and "→ Next, the" in text


def test_every_rule_leads_to_its_paragraph_and_cites_an_outside_text(
    county: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, path, site = most_held(county[1]), tmp_path / "why.html", "https://docs.example.org/payroll"
    _, out, _ = explain(capsys, asked["instruction_id"], *folders(county), "--json", "--out", path)
    lines = [node for node in nodes(json.loads(out)["statements"]) if "rule" in node]
    assert lines and all(node["authority"] for node in lines)
    text = path.read_text("utf-8")
    asked_for = set(re.findall(r'<a href="#law-([A-Z]+-\d+)">\1</a> \([^)]', text))
    assert asked_for and asked_for <= {node["rule"] for node in lines}
    assert set(re.findall(r'href="#law-([A-Z]+-\d+)"', text)) == set(re.findall(r'<h3 id="law-([A-Z]+-\d+)"', text))
    assert all(escape(plain(id)) in text for id in asked_for)
    assert not [each for each in re.findall(r"<summary>.*?</summary>", text, re.DOTALL) if "<a " in each]
    explain(capsys, asked["instruction_id"], *folders(county), "--out", path, "--docs", site)
    text = path.read_text("utf-8")
    assert all(f'<a href="{site}/law/text.html#{id.lower()}">{id}</a>' in text for id in asked_for)


def test_rules_are_links_on_a_terminal_that_has_them(county: tuple[Path, Path]) -> None:
    asked = most_held(county[1])
    found = explained(asked["instruction_id"], *county)
    for site in (None, "https://docs.example.org"):
        console = Console(file=StringIO(), force_terminal=True, width=100, _environ={"TERM": "xterm-256color"})
        render(found, console, ExplainReader(site))
        linked = set(re.findall(r"\x1b]8;[^;]*;(\S+?/law/text\.html#[a-z]+-\d+)", console.file.getvalue()))
        rules = {node.rule for tree in found.statements for node in tree.walk() if node.rule and node.what != "day"}
        assert linked <= {address_of(id, site) for id in rules} and bool(linked) == bool(site)


def test_a_tampered_payment_is_refused_in_one_line(
    county: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paid = paid_in(county[1])
    asked = next(each for each in paid if each["net_cents"])
    asked["net_cents"] += 1
    write_container(tmp_path / "payment_instruction.avro", "PaymentInstruction", paid)
    code, out, err = explain(capsys, asked["instruction_id"], "--events", county[0], "--paid", tmp_path)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1 and "net_cents" in err and asked["payee_id"] not in err
    where = ("--events", county[0], "--paid", tmp_path, "--language", "es")
    _, _, spanish = explain(capsys, asked["instruction_id"], *where)
    assert "no hay explicación, porque no sería verdad: net_cents de la instrucción del" in spanish


MISUSES = [
    ((), "name what to explain"),
    (("ARREARS:P1",), "no instruction id"),
    (("ARREARS:P1:R1:2024-06-01:2024-06-29",), "no instruction id"),  # a Saturday has no pay run
    (("--provider", "P1", "--out", "a.html"), "--period is missing"),
    (("--provider", "P1", "--period", "2024-06-02"), "no pay period"),
    (("--provider", "P1", "--period", "June"), "no pay period"),
    (("ARREARS:P1:R1:2024-06-01:2024-06-28", "--provider", "P1"), "says it all"),
    (("ARREARS:P1:R1:2024-06-01:2024-06-28", "--until", "2024-07-01"), "--until goes with"),
]


@pytest.mark.parametrize(("arguments", "remedy"), MISUSES, ids=lambda part: " ".join(part) or "nothing")
def test_a_mistake_gets_one_line(
    county: tuple[Path, Path], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], remedy: str
) -> None:
    code, out, err = explain(capsys, *arguments, *folders(county))
    assert (code, out) == (2, "") and remedy in err and err.count("\n") == 1


def test_folders_that_hold_nothing_are_named(
    county: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = ["--provider", "P1", "--period", "2024-06-01"]
    assert "holds no file of facts" in explain(capsys, *question, "--events", tmp_path, "--paid", county[1])[2]
    assert "no payment_instruction" in explain(capsys, *question, "--events", county[0], "--paid", tmp_path)[2]
    assert "--events is missing" in explain(capsys, *question, "--paid", county[1])[2]


@pytest.mark.parametrize(("size", "dark"), [(DESK, False), (PHONE, True)], ids=["desktop", "dark phone"])
def test_everybody_can_read_the_page(county: tuple[Path, Path], tmp_path: Path, size: Any, dark: bool) -> None:
    """With all of it unfolded, the days that were not paid whole too."""
    path = tmp_path / "why.html"
    path.write_text(page(explained(most_missing(county[1])["instruction_id"], *county)), "utf-8")
    with open_page(path, size, dark) as shown:
        assert shown.locator(".short").first.is_visible(), "hidden although not all was paid"
        shown.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert sideways(shown) == 0
        assert not axe_violations(shown)


def most_missing(out: Path) -> Instruction:
    """The payment with most minutes cut, denied or held: the one whose provider asks."""
    return max(paid_in(out), key=lambda each: (each["claimed_minutes"] - each["paid_minutes"], each["instruction_id"]))
