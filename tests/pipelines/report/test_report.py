"""The report is true: its figures are those of the records, what does not add up is seen, nobody is named unasked."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from fold.record_files import file_name
from pipelines.command import cli
from pipelines.law_text import address_of, plain
from pipelines.reference import law_pages
from pipelines.report.asked import ReportAsked
from pipelines.report.books import Books, ReportFindings
from pipelines.report.county_section import county_section
from pipelines.report.held_section import MOST_DOCUMENTS, held_section, next_actors
from pipelines.report.page import report, unusual
from pipelines.report.parts import Story, Table
from pipelines.report.payments_section import changes_section
from pipelines.report.records import ReportFolder
from pipelines.report.span import ReportSpan, span_of
from pipelines.report.verified import Verified
from pipelines.report.wording import clock
from pipelines.wording import money
from rules.law import Law
from rules.periods import business_day_of, cut_off_of, epoch_day, iso, midnight
from schemas.avro import Container, Unreadable, outgoing, write_container
from schemas.finding import Finding
from schemas.pay_run import PayRun
from tests.pipelines.report.report_world import Row, county, records, rewrite
from tests.pipelines.statements.statement_world import every_case, write_case
from tests.schemas.samples import SAMPLES

LAW = Law.load()
Ymd = tuple[int, int, int]
DAYS_BACK = epoch_day(date(2026, 1, 21)), epoch_day(date(2026, 1, 22))  # it came back, and the day after
DAYS = [epoch_day(date(2026, 4, day)) for day in (1, 2, 3, 6, 7, 8, 9)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return county(tmp_path_factory.mktemp("county"))


@pytest.fixture
def paid(world: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return shutil.copytree(world[1], tmp_path / "paid")


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exit:
        cli.main(["report", *map(str, arguments)])
    return exit.value.code or 0


def page(paid: Path, *more: object) -> str:
    out = paid.parent / "report.html"
    run("--paid", paid, "--out", out, "--quiet", *more)
    return out.read_text("utf-8")


def books(paid: Path, first: int | None = None, last: int | None = None) -> Books:
    return Books(ReportFolder(paid), first, last)


def standing(paid: Path) -> list[Row]:
    """Findings that stand, worked out another way than the report does."""
    newest = {
        finding["finding_id"]: finding for finding in sorted(records(paid, "Finding"), key=lambda f: f["cut_off"])
    }
    return [finding for finding in newest.values() if not finding["cleared"]]


def test_the_figures_are_those_of_the_records(paid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = paid.parent / "report.html"
    assert run("--paid", paid, "--out", out) == 0
    told, html = capsys.readouterr().out, out.read_text("utf-8")
    instructions = records(paid, "PaymentInstruction")
    net = sum(instruction["net_cents"] for instruction in instructions)
    gross = Counter()
    for instruction in instructions:
        for line in instruction["lines"]:
            gross[line["earning"]] += line["cents"]
    held = [finding for finding in standing(paid) if finding["outcome"] == "HELD"]
    assert len(held) > 3 and gross["OVERTIME_PREMIUM"]
    assert "everything adds up" in told and money(net) in told
    for figure in (net, sum(gross.values()), gross["SERVICE"], gross["OVERTIME_PREMIUM"]):
        assert money(figure) in html
    assert f"{clock(sum(finding['minutes'] or 0 for finding in held))} <small>hours" in html


def test_every_rule_leads_to_its_paragraph_and_cites_an_outside_text(paid: Path) -> None:
    found, site = standing(paid), "https://docs.example.org/payroll"
    here, there = page(paid, "--with-ids"), page(paid, "--docs", site)
    linked = set(re.findall(r'href="#law-([A-Z]+-\d+)"', here))
    assert {finding["rule"] for finding in found} <= linked == set(re.findall(r'<h3 id="law-([A-Z]+-\d+)"', here))
    for finding in found:
        cell = f'<a href="#law-{finding["rule"]}">{finding["rule"]}</a> <small>{escape(finding["authority"])}</small>'
        assert cell in here
    for rule in linked:
        assert escape(plain(rule)) in here and f'href="{address_of(rule, site)}"' in there
    assert f"{{: #{min(linked).lower()} }}" in dict(law_pages.pages())["text.md"], "where the site has it"
    assert "#law-" not in re.sub(r'id="law-[A-Z]+-\d+"', "", there)


def test_who_acts_next(paid: Path) -> None:
    sums: Counter[str] = Counter()
    for finding in standing(paid):
        if finding["outcome"] == "HELD":
            sums[finding["addressee"].capitalize()] += finding["minutes"] or 0
    assert {who: minutes for who, _, minutes in next_actors(books(paid))} == dict(sums)


def spoilt(kind: str, change: Callable[[list[Row]], Any]) -> Callable[[Path], None]:
    def spoil(paid: Path) -> None:
        rows = records(paid, kind)
        change(rows)
        rewrite(paid, kind, rows)

    return spoil


def other_total(paid: Path) -> None:
    summary = json.loads((paid / "summary.json").read_text())
    summary["inputs"]["used"] += 1
    (paid / "summary.json").write_text(json.dumps(summary))


def one_net_more(rows: list[Row]) -> None:
    rows[5]["net_cents"] += 1


def another_id(rows: list[Row]) -> None:
    rows[5]["instruction_id"] += "0"


def other_minutes(rows: list[Row]) -> None:
    next(row for row in rows if row["kind"] == "ARREARS")["held_minutes"] += 1


def another_payee(rows: list[Row]) -> None:
    rows[5]["payee_id"] += "0"


def twice_and_differs(rows: list[Row]) -> None:
    rows.append(rows[5] | {"gross_cents": rows[5]["gross_cents"] + 1})


def another_run(rows: list[Row]) -> None:
    rows.append(rows[5] | {"findings": 77})


SPOILERS = {
    "an instruction is lost": (spoilt("PaymentInstruction", list.pop), r"pay run of \S+ counts"),
    "an amount was changed": (spoilt("PaymentInstruction", one_net_more), r"pay run of \S+ counts"),
    "an id was changed": (spoilt("PaymentInstruction", another_id), "but other ones"),
    "minutes were changed": (spoilt("PaymentInstruction", other_minutes), "1 instructions do not add up"),
    "money goes to another": (spoilt("PaymentInstruction", another_payee), "1 instructions are of another payee"),
    "an id says two things": (spoilt("PaymentInstruction", twice_and_differs), "stand there twice"),
    "a finding is lost": (spoilt("Finding", list.pop), r"counts \d+ findings; there are"),
    "a pay run is lost": (spoilt("PayRun", lambda rows: rows.pop(7)), r"The pay run of \S+ is missing"),
    "two pay runs of a day": (spoilt("PayRun", another_run), "two pay runs of"),
    "a rejection is lost": (spoilt("Rejection", list.pop), r"rejections; there are"),
    "facts do not add up": (other_total, r"used \+ not yet due"),
}


@pytest.mark.parametrize("what", SPOILERS)
def test_what_does_not_add_up_is_red_and_the_exit_code_is_1(
    paid: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, sentence = SPOILERS[what]
    spoil(paid)
    out = paid.parent / "report.html"
    assert run("--paid", paid, "--out", out, "--quiet") == 1
    told, html = capsys.readouterr(), out.read_text("utf-8")
    assert told.out == "" and "do not add up" in told.err
    assert re.search(sentence, told.err)
    assert html.index('role="alert"') < html.index("<header>") and "Do not pay from this" in html
    assert 'class="card bad"' in html and "<td>NO</td>" in html.replace(' data-t="Agrees"', "")


def test_many_things_wrong_are_one_line_that_ends(paid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(paid, "PayRun", [run | {"findings": 999} for run in records(paid, "PayRun")])
    assert run("--paid", paid, "--out", paid.parent / "report.html", "--quiet") == 1
    said = capsys.readouterr().err
    assert said.count("counts 999 findings") == 5
    assert re.search(r"And \d+ more: see the page\.\n$", said) and said.count("\n") == 1


def test_json_is_the_first_screen_and_nothing_else(paid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = paid.parent / "report.html"
    assert run("--paid", paid, "--out", out, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    instructions = records(paid, "PaymentInstruction")
    assert said["adds_up"] and len(said["checks"]) == 7 and said["page"] == str(out)
    assert (said["instructions"], said["net_cents"]) == (len(instructions), sum(i["net_cents"] for i in instructions))
    assert said["held"]["documents"] == sum(finding["outcome"] == "HELD" for finding in standing(paid))
    another_payee(instructions)
    rewrite(paid, "PaymentInstruction", instructions)
    assert run("--paid", paid, "--out", out, "--json") == 1
    assert not json.loads(capsys.readouterr().out)["adds_up"]


def test_the_county_is_shown_what_is_overdue_and_what_came_twice(
    paid: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day, about = books(paid).span.days[-1], {"minutes": 90, "outcome": "WARNING", "statement_id": None}
    twice = found("twice", day, code="POSSIBLE_DUPLICATE", provider_id="P9", county="01", **about)
    rewrite(paid, "Finding", [*records(paid, "Finding"), twice])
    overdue = [finding for finding in standing(paid) if finding["code"] == "PAY_OVERDUE"]
    assert len(overdue) > 2
    hours = sum(finding["minutes"] for finding in overdue)
    section = county_section(books(paid), ReportAsked(Path("out"), with_ids=True))
    counties, documents = (part for part in section.parts if isinstance(part, Table))
    assert counties.rows == [("Alameda (01)", 0, 0, 1, 90), ("Lake (17)", len(overdue), hours, 0, 0)]
    assert len(documents.rows) == len(overdue) + 1 and documents.rows[-1][0] == "P9"
    assert section.lead[0].startswith(f"{len(overdue)} documents are still held") and clock(hours) in section.lead[0]
    story = documents.rows[0][-1]
    assert isinstance(story, Story) and "are still held 10 business days after" in story.told
    run("--paid", paid, "--out", paid.parent / "report.html", "--json")
    said = json.loads(capsys.readouterr().out)
    assert said["overdue"] == {"documents": len(overdue), "minutes": hours}
    assert said["possible_duplicates"] == {"documents": 1, "minutes": 90}
    assert "For the county to look at" in page(paid) and "P9" not in page(paid)


HOSTILE = "\"><script>alert(1)</script>'</td></svg>&"


def test_what_comes_from_others_is_text_and_no_markup(paid: Path) -> None:
    """Messages and fields carry names from foreign files, origins the names of the files."""
    rejection = SAMPLES["Rejection"] | {"field": HOSTILE, "message": HOSTILE, "origin": f"{HOSTILE}.avro:7"}
    rewrite(paid, "Rejection", [*records(paid, "Rejection"), rejection])
    found = [finding | {"message": HOSTILE, "next_step": HOSTILE, "authority": HOSTILE, "code": HOSTILE,
                        "rule": HOSTILE} for finding in records(paid, "Finding")]  # fmt: skip
    rewrite(paid, "Finding", found)
    summary = json.loads((paid / "summary.json").read_text())
    summary["law_overlay"] = {"folder": HOSTILE, "parameters": [HOSTILE]}
    (paid / "summary.json").write_text(json.dumps(summary))
    html = page(paid, "--with-ids")
    assert html.count("&lt;script&gt;alert(1)") > 10
    assert "<script>alert" not in html and html.count("<script>") == 1 and html.count("</svg>") == html.count("<svg ")


def test_rejections_are_those_of_the_range_where_they_say_when_they_came(paid: Path) -> None:
    """As a live job's do, that come from a subscription."""
    runs = sorted(run["run_date"] for run in records(paid, "PayRun"))
    (paid / "summary.json").unlink()
    came = [
        SAMPLES["Rejection"] | {"origin": f"timesheet/{number}", "seen_at": cut_off_of(day) - 1}
        for number, day in enumerate((runs[20], runs[20], runs[21], runs[-1] + 42))
    ]
    rewrite(paid, "Rejection", came)
    day = iso(runs[20])
    html = page(paid, "--run", day)
    assert "2 facts could not be used of what came in for these runs" in html
    assert '<td data-t="From">timesheet</td>' in html
    assert "4 facts could not be used of what came in for these runs" in page(paid)
    rewrite(paid, "Rejection", [one | {"seen_at": None} for one in came])
    assert "4 facts could not be used, whenever they came" in page(paid, "--run", day)


def test_a_run_in_which_nothing_was_said_has_its_page(paid: Path) -> None:
    silent = next(run["run_date"] for run in records(paid, "PayRun") if not run["totals"] and not run["findings"])
    html = page(paid, "--run", iso(silent), "--with-ids")
    assert 'class="card good"' in html and '<p class="big">$0.00</p>' in html


def test_a_folder_without_a_summary_is_judged_by_its_pay_runs(paid: Path) -> None:
    (paid / "summary.json").unlink()
    html = page(paid)
    assert "All 5 checks agree" in html and "facts came in" not in html
    assert 'role="alert"' not in html


def test_what_was_sent_twice_counts_once(paid: Path) -> None:
    before = page(paid)
    for kind in ("PaymentInstruction", "Finding", "PayRun"):
        rewrite(paid, kind, records(paid, kind) * 2)
    assert page(paid) == before


def named_in(facts: Path) -> set[str]:
    """Every id and token in the facts, and in no other word."""
    found = set()
    for path in sorted(facts.glob("*.avro")):
        try:
            with path.open("rb") as stream:
                for _, record in Container(stream):
                    found |= set(_names(record))
        except Unreadable:
            continue
    return {name for name in found if name}


def _names(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _names(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner, name)
    elif isinstance(value, str) and (name.endswith("_token") or (name.endswith("_id") and name != "course_id")):
        yield value


def seen_in(html: str, names: set[str]) -> set[str]:
    return set(re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*", html)) & names | {n for n in names if len(n) > 6 and n in html}


def test_nobody_is_named_unasked(world: tuple[Path, Path], tmp_path: Path) -> None:
    facts, folder = world
    names = named_in(facts)
    assert len(names) > 500
    paid = shutil.copytree(folder, tmp_path / "paid")
    for arguments in ((), ("--events", facts), ("--run", iso(books(paid).span.last))):
        assert not seen_in(page(paid, *arguments), names)
    with_ids = seen_in(page(paid, "--with-ids"), names)
    assert any(name.startswith("P") for name in with_ids) and not any(name.startswith("tok") for name in with_ids)


def test_rights_are_those_of_what_it_holds(paid: Path) -> None:
    out = paid.parent / "report.html"
    run("--paid", paid, "--out", out, "--quiet")
    assert out.stat().st_mode & 0o777 & ~0o644 == 0
    run("--paid", paid, "--out", out, "--quiet", "--with-ids")
    assert out.stat().st_mode & 0o777 == 0o600


def test_the_same_records_give_the_same_bytes(paid: Path) -> None:
    pages = []
    for seed, order in (("1", 1), ("2", -1)):
        for kind in ("PaymentInstruction", "Finding"):
            rewrite(paid, kind, records(paid, kind)[::order])
        out = paid.parent / "report.html"
        command = [sys.executable, "-m", "pipelines.command.cli", "report", "--paid", paid, "--out", out, "--with-ids"]
        subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True)
        pages.append(out.read_bytes())
    assert pages[0] == pages[1]


def test_a_range_is_its_pay_runs(paid: Path) -> None:
    runs = sorted(run["run_date"] for run in records(paid, "PayRun"))
    first, last = runs[20], runs[45]
    net = sum(row["net_cents"] for row in records(paid, "PaymentInstruction") if first <= row["run_date"] <= last)
    html = page(paid, "--since", iso(first), "--until", iso(last))
    assert net and f'<p class="big">{money(net)}</p>' in html and "26 pay runs" in html
    one = books(paid, first, first)
    assert (one.span.days, one.span.last, one.span.before) == ((first,), first, one.span.usual[-1])
    until = [f for f in records(paid, "Finding") if business_day_of(f["cut_off"]) <= first]
    newest = {f["finding_id"]: f for f in sorted(until, key=lambda f: f["cut_off"])}
    assert f"--until {iso(first)}" in page(paid, "--run", iso(first), "--with-ids")
    assert "--until" not in page(paid, "--with-ids")
    assert {f.finding_id for f in one.findings.standing} == {id for id, f in newest.items() if not f["cleared"]}


MISUSES = {
    "--paid nowhere --out r.html": "is no folder",
    "--paid empty --out r.html": "has no pay_run",
    "--paid paid --out report": "is no HTML file",
    "--paid paid --out r.html --run 2024-02-20 --until 2024-02-21": "take one or the other",
    "--paid paid --out r.html --since 2024-03-20 --until 2024-02-21": "turn them round",
    "--paid paid --out r.html --run 2030-01-02": "name days between these",
    "--paid paid --out r.html --run 2024-02-24": "nearest are --run 2024-02-23 and --run 2024-02-26: name one",
    "--paid paid --out r.html --run tomorrow": "is not a day",
    "--paid paid --out r.html --events empty": "No *.avro, *.csv",
    "--paid cut --out r.html": "cannot be used (UNREADABLE)",
    "--paid swapped --out r.html": "holds Finding, not PaymentInstruction",
}


@pytest.mark.parametrize("arguments", MISUSES)
def test_a_mistake_is_one_line(
    paid: Path, arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(paid.parent)
    Path("empty").mkdir()
    cut, swapped = shutil.copytree("paid", "cut"), shutil.copytree("paid", "swapped")
    whole = (Path(cut) / file_name("Finding")).read_bytes()
    (Path(cut) / file_name("Finding")).write_bytes(whole[:-9])
    shutil.copy(Path(swapped) / file_name("Finding"), Path(swapped) / file_name("PaymentInstruction"))
    assert run(*shlex.split(arguments)) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and MISUSES[arguments] in told.err
    assert not Path("r.html").exists()


def found(id: str, day: int, cleared: bool = False, **fields: Any) -> Finding:
    own = {"finding_id": id, "cut_off": cut_off_of(day), "cleared": cleared, "outcome": "HELD"}
    return outgoing(Finding, SAMPLES["Finding"] | own | fields)


def span(*days: int) -> ReportSpan:
    return ReportSpan(days, days[-1], days[:-1], True)


def test_what_came_back_is_in_the_sums(tmp_path: Path) -> None:
    """RUN-4, also where no instruction followed: of 186.11 paid, then 111.67, the first came back."""
    sentence = "A payment that came back when nothing is left to pay"
    [(one, law)] = [(one, law) for one, law in every_case() if one.sentence.startswith(sentence)]
    paid = write_case(tmp_path / "paid", one, law)
    before, after = DAYS_BACK
    assert books(paid, None, before).payments.gone() == {"count": 1, "net": 186_11, "alone": 1, "alone_net": 186_11}
    assert books(paid).payments.gone() == {"count": 1, "net": 186_11, "alone": 0, "alone_net": 0}
    assert not books(paid, after).payments.gone()["count"], "it was paid before these runs"
    told = page(paid)
    assert "Came back or was stopped since (RUN-4): 1 payment, $186.11" in told
    assert re.search(r"Net that stands.*?\$?111\.67", told, re.DOTALL)


def test_age_counts_from_the_run_that_first_held_it() -> None:
    sent = [found("a", DAYS[0]), found("a", DAYS[2], minutes=7), found("b", DAYS[0]), found("b", DAYS[1], cleared=True)]
    sent += [found("b", DAYS[3]), found("b", DAYS[4]), found("c", DAYS[0]), found("c", DAYS[5], cleared=True)]
    findings = ReportFindings(span(*DAYS[:6]), sent)
    assert {f.finding_id: findings.since[f.finding_id] for f in findings.standing} == {"a": DAYS[0], "b": DAYS[3]}
    assert [findings.new[day].total() for day in DAYS[:6]] == [3, 0, 0, 1, 0, 0]
    earlier = ReportFindings(span(*DAYS[:2]), sent)
    assert {f.finding_id for f in earlier.standing} == {"a", "c"}


def test_held_work_is_one_table_most_hours_first_with_why_and_what_to_do(paid: Path) -> None:
    held = [finding for finding in standing(paid) if finding["outcome"] == "HELD"]
    asked = ReportAsked(Path("my out"), Path("facts"), with_ids=True)
    [table] = [part for part in held_section(books(paid), asked).parts if isinstance(part, Table)]
    provider, _, _, minutes, *_, story = table.rows[0]
    assert table.find and len(table.rows) == len(held)
    [*ours] = [f for f in held if f["provider_id"] == provider and f["minutes"] == minutes]
    assert minutes == max(f["minutes"] or 0 for f in held) and isinstance(story, Story)
    [worst] = [f for f in ours if f["message"] in story.told]
    assert story.next_step == worst["next_step"]
    period = worst["statement_id"].rsplit(":", 1)[1]
    command = ["ihss-payroll", "explain", "--provider", provider, "--period", period, "--events", "facts"]
    assert shlex.split(story.command or "") == [*command, "--paid", "my out"]
    of_old = ReportAsked(Path("out"), until=DAYS[0], what_if=True).explain(outgoing(Finding, worst))
    assert of_old and of_old.endswith("--events FACTS --paid out --until 2026-04-01 --law LAW")
    [unnamed] = [part for part in held_section(books(paid), ReportAsked(Path("out"))).parts if isinstance(part, Table)]
    assert unnamed.caption == "Held, by reason" and sum(row[1] for row in unnamed.rows) == len(held)
    assert sum(row[2] for row in unnamed.rows) == sum(f["minutes"] or 0 for f in held)


def test_changes_are_against_the_same_pay_period_a_month_before(paid: Path) -> None:
    """As it was as long after: what was paid later of the month before is in neither sum."""
    last, period, before = (epoch_day(date(2024, month, day)) for month, day in ((4, 18), (4, 1), (3, 1)))
    ledger = books(paid, None, last)
    assert (ledger.span.period, ledger.span.period_before) == (period, before) and ledger.span.last == last
    said = records(paid, "PaymentInstruction")
    sums = {
        when: sum(each["net_cents"] for each in said if each["period_start"] == start and each["run_date"] <= end)
        for when, start, end in (("last", period, last), ("before", before, last - 31))
    }
    later = [each for each in said if each["period_start"] == before and last - 31 < each["run_date"] <= last]
    assert sums["last"] and sums["before"] and later
    compared = ledger.payments.compared
    for when, cents in sums.items():
        assert sum(row[when] for (what, _), row in compared.items() if what == "payee") == cents
        assert sum(row[when] for (what, _), row in compared.items() if what == "kind") == cents
    first = changes_section(books(paid, None, epoch_day(date(2024, 1, 22))), ReportAsked(paid))
    assert first.lead == ["Nothing was paid for the pay period of 1 Dec 2023: there is nothing to compare with."]


@pytest.mark.parametrize(
    ("last", "period", "before"),
    [
        ((2025, 1, 13), (2024, 12, 16), (2024, 11, 16)),
        ((2025, 1, 16), (2025, 1, 1), (2024, 12, 1)),
        ((2024, 3, 31), (2024, 3, 1), (2024, 2, 1)),
        ((2024, 4, 1), (2024, 3, 16), (2024, 2, 16)),
    ],
)
def test_the_pay_period_of_a_run_is_the_newest_that_has_ended(last: Ymd, period: Ymd, before: Ymd) -> None:
    of = span(epoch_day(date(*last)))
    assert (iso(of.period), iso(of.period_before)) == (date(*period).isoformat(), date(*before).isoformat())


def test_what_is_left_out_of_a_long_table_is_counted(paid: Path) -> None:
    ledger = books(paid)
    more = [found(f"x{n:05}", ledger.span.days[-1], provider_id=f"P{n}", statement_id=None) for n in range(3000)]
    ledger.findings = ReportFindings(
        ledger.span, [*(outgoing(Finding, each) for each in records(paid, "Finding")), *more]
    )
    count = len(ledger.findings.of("HELD"))
    made = report(ledger, ReportAsked(Path("out"), with_ids=True), LAW)
    assert count > 3000 and f"and {count - MOST_DOCUMENTS:,} more, not shown" in made.html
    assert len(made.html) < 500_000


def test_unusual_is_more_than_in_any_run_before(paid: Path) -> None:
    ledger = books(paid)
    assert len(ledger.span.usual) == 20
    code, most = "NO_VISIT", max(ledger.findings.new[run]["NO_VISIT"] for run in ledger.span.usual)
    ledger.findings.new[ledger.span.last][code] = most + 3
    assert any(sentence.startswith(f"No visit: {most + 3} new") for sentence in unusual(ledger))
    ledger.findings.new[ledger.span.usual[0]][code] = most + 3
    assert not any(sentence.startswith("No visit") for sentence in unusual(ledger))


def test_runs_that_said_nothing_are_compared_with_nothing() -> None:
    none = SAMPLES["PayRun"] | {"totals": []}
    runs = {
        day: outgoing(PayRun, none | {"findings": said}) for day, said in zip(DAYS, (0, 2, 0, 1, 0, 3, 0), strict=True)
    }
    whole = span_of(runs, None, None)
    assert (whole.last, whole.usual, whole.whole) == (DAYS[5], (DAYS[1], DAYS[3]), True)
    assert (span_of(runs, DAYS[2], DAYS[2]).last, span_of(runs, None, DAYS[4]).before) == (DAYS[2], DAYS[1])


def test_claimed_against_verified(tmp_path: Path) -> None:
    start = epoch_day(date(2026, 4, 1))
    pair = {"provider_id": "P1", "recipient_id": "R1", "program": "IHSS", "withdrawn": False, "admitted_cut_off": None}
    morning = midnight(start) + 36_000_000
    sheet = SAMPLES["Timesheet"] | pair | {
        "document_id": "T1", "revision": 1, "period_start": start, "minutes_worked": [60, 120, 30, *[0] * 12],
        "recorded_at": cut_off_of(start + 15), "provider_signed_at": cut_off_of(start + 14),
        "recipient_approved_at": cut_off_of(start + 14), "event_id": "t1",
    }  # fmt: skip
    waiting = sheet | {"revision": 2, "event_id": "t2", "recipient_approved_at": None, "minutes_worked": [999] * 15}
    visit = SAMPLES["EvvVisit"] | pair | {
        "document_id": "V1", "revision": 1, "event_id": "v1", "check_in_at": morning,
        "check_out_at": morning + 45 * 60_000, "recorded_at": cut_off_of(start + 1),
    }  # fmt: skip
    moved_in = SAMPLES["ProviderAssignment"] | pair | {
        "document_id": "A1", "revision": 1, "event_id": "a1", "effective_from": start + 2, "effective_to": None,
        "live_in": True, "recorded_at": cut_off_of(start),
    }  # fmt: skip
    write_container(tmp_path / "t.avro", "Timesheet", [sheet, waiting])
    write_container(tmp_path / "v.avro", "EvvVisit", [visit, visit])
    write_container(tmp_path / "a.avro", "ProviderAssignment", [moved_in])
    (tmp_path / "broken.avro").write_bytes(b"none")
    seen = epoch_day(date(2026, 4, 17))
    verified = Verified(tmp_path, span(seen, seen + 3), LAW)
    assert verified.by_month == {start: {"covered": 45, "uncovered": 15 + 120, "no_visit_needed": 30}}
    assert not Verified(tmp_path, span(seen + 3, seen + 4), LAW).by_month


def test_figures_are_written_for_people() -> None:
    assert (clock(74_070), clock(-15), money(-500), money(100_156)) == ("1,234:30", "-0:15", "-$5.00", "$1,001.56")
