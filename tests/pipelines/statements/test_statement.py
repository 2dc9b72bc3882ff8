"""``ihss-payroll statement``: the figures on the paper are those of the records, for every case of the law."""

import csv
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer import Abort

from pipelines.command.cli import main
from pipelines.misuse import Misuse
from pipelines.statements.contact import Contacts
from pipelines.statements.documents import PapersAsked, papers_of
from pipelines.statements.language import language
from pipelines.statements.ledger import came_back
from pipelines.statements.paid_folder import Dossier, Person, addressed_to, dossiers, people_of_run
from pipelines.statements.paper import statement_html
from pipelines.statements.points import period_of_finding
from pipelines.statements.statement import PrintedStatement, statement_of
from rules.law import Law
from rules.periods import business_day_of, cut_off_of, epoch_day, iso, year_of
from schemas.avro import Container, outgoing, validate, write_container
from schemas.finding import Finding
from schemas.leave_balance import LeaveBalance
from schemas.payment_instruction import PaymentInstruction
from tests.case_files import Case
from tests.pipelines.statements.statement_world import dossiers_of, every_case, fortnight, said, write_case

EN = language("en")
P1, P2, R1, R3 = (f"fortnight.1.{name}" for name in ("P1", "P2", "R1", "R3"))


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_case(tmp_path_factory.mktemp("fortnight") / "paid", fortnight())


def told(out: Path, *options: str) -> dict[str, str]:
    """HTML by file name, of a command that ends well."""
    with pytest.raises(SystemExit) as ended:
        main(["statement", "--out", str(out), "--format", "html", *options])
    assert not ended.value.code
    return {path.name: re.sub(r"\s+", " ", path.read_text("utf-8")) for path in sorted(out.glob("*.html"))}


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """The one line of a command that was asked wrongly."""
    with pytest.raises(SystemExit) as ended:
        main(["statement", *options])
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    return line


VOIDED = "A payment that came back twice"


def of_statement(sentence: str) -> list[PaymentInstruction]:
    """The instructions of a case of RUN-4, which is about one statement."""
    [(one, law)] = [(one, law) for one, law in every_case() if one.sentence.startswith(sentence)]
    records = sorted(said(one, law)["PaymentInstruction"], key=lambda record: record["sequence"])
    return [validate("PaymentInstruction", record) for record in records]  # type: ignore[misc]


def known_of(one: Case, law: Law, cut_off: int) -> dict[Person, Dossier]:
    """As ``dossiers`` reads them from files, from the records of a case."""
    known: dict[Person, Dossier] = {}
    for record in said(one, law).get("PaymentInstruction", []):
        if record["cut_off"] <= cut_off:
            person = record["payee_type"], record["payee_id"]
            known.setdefault(person, Dossier()).instructions.append(validate("PaymentInstruction", record))  # type: ignore[arg-type]
    for record in sorted(said(one, law).get("Finding", []), key=lambda record: record["cut_off"]):
        people = {addressed_to(outgoing(Finding, record)), ("PROVIDER", record["provider_id"])} & set(known)
        for person in people if record["cut_off"] <= cut_off else ():
            known[person].findings[record["finding_id"]] = validate("Finding", record)  # type: ignore[assignment,index]
    for record in sorted(said(one, law).get("LeaveBalance", []), key=lambda record: record["cut_off"]):
        if record["cut_off"] <= cut_off and (person := ("PROVIDER", record["provider_id"])) in known:
            known[person].balances[record["leave_year"]] = outgoing(LeaveBalance, record)
    return known


def statements() -> list[tuple[PrintedStatement, Dossier, int]]:
    """Every statement as of every pay run that made an instruction, in all cases."""
    made = []
    for one, law in every_case():
        for cut_off in sorted({record["cut_off"] for record in said(one, law).get("PaymentInstruction", [])}):
            for person, dossier in known_of(one, law, cut_off).items():
                for period in sorted({each.period_start for each in dossier.instructions}):
                    made.append((statement_of(person, dossier, period, business_day_of(cut_off), EN), dossier, cut_off))
    return made


@pytest.fixture(scope="module")
def made() -> list[tuple[PrintedStatement, Dossier, int]]:
    found = statements()
    assert len(found) > 500
    return found


def test_what_was_paid_before_and_now_makes_all_so_far(made: list[tuple[PrintedStatement, Dossier, int]]) -> None:
    for statement, dossier, _ in made:
        own = [paid for paid in dossier.instructions if paid.period_start == statement.period_start]
        last = {paid.statement_id: paid for paid in sorted(own, key=lambda paid: paid.sequence)}
        assert statement.so_far.gross == sum(paid.gross_to_date_cents for paid in last.values())
        assert statement.so_far.net == sum(paid.net_to_date_cents for paid in last.values())
        assert statement.before.net + statement.this.net == statement.so_far.net


def test_lines_less_what_is_taken_off_make_the_net(made: list[tuple[PrintedStatement, Dossier, int]]) -> None:
    for statement, *_ in made:
        rows = [row for work in statement.works for row in work.rows]
        assert sum(row.cents for row in rows) == statement.this.gross
        assert sum(row.cents_so_far for row in rows) == statement.so_far.gross
        assert statement.this.gross - sum(now for _, now, _ in statement.deductions) == statement.this.net
        assert statement.so_far.gross - sum(all_ for *_, all_ in statement.deductions) == statement.so_far.net
        assert sum(statement.methods.values()) == statement.this.net


def test_hours_claimed_are_paid_or_told_why_not(made: list[tuple[PrintedStatement, Dossier, int]]) -> None:
    taken = 0
    for statement, *_ in made:
        for hours in statement.hours:
            assert hours.claimed == hours.paid + hours.held + hours.cut + hours.denied
            taken += bool(hours.held + hours.cut + hours.denied)
            if hours.held + hours.cut + hours.denied:
                assert {point.outcome for point in statement.points} & {"HELD", "CUT", "DENIED"}
    assert taken > 100


def test_findings_count_the_hours_that_instructions_count(made: list[tuple[PrintedStatement, Dossier, int]]) -> None:
    """Where nothing was found since, both say the same: so findings may be counted where they are newer."""
    compared = 0
    for statement, dossier, _ in made:
        last = {
            paid.recipient_id: paid
            for paid in dossier.instructions
            if paid.period_start == statement.period_start and paid.kind == "ARREARS"
        }
        for hours in statement.hours:
            paid = last.get(hours.recipient_id)
            newer = [
                each
                for each in dossier.findings.values()
                if paid and each.cut_off > paid.cut_off and period_of_finding(each) == statement.period_start
            ]
            if paid and not newer:
                compared += 1
                assert (hours.claimed, hours.held) == (paid.claimed_minutes, paid.held_minutes)
    assert compared > 200


def test_the_year_is_that_of_the_pay_run(made: list[tuple[PrintedStatement, Dossier, int]]) -> None:
    for statement, dossier, _ in made:
        of_year = [paid for paid in dossier.instructions if year_of(paid.run_date) == statement.year]
        by_statement = {
            id: [p for p in sorted(dossier.instructions, key=lambda p: p.sequence) if p.statement_id == id]
            for id in {p.statement_id for p in dossier.instructions}
        }
        lost = {back.instruction.instruction_id for own in by_statement.values() for back in came_back(own)}
        assert statement.year_to_date.net == sum(paid.net_cents for paid in of_year if paid.instruction_id not in lost)


def test_wages_of_the_year_are_those_that_taxes_were_withheld_from(
    made: list[tuple[PrintedStatement, Dossier, int]],
) -> None:
    """Of each statement half a cent at most was rounded; the rates are those of the year."""
    law, seen = Law.load(), set()
    for statement, dossier, _ in made:
        year, january = statement.year_to_date, epoch_day(date(statement.year, 1, 1))
        if statement.payee_type == "PROVIDER":
            for tax, cents in year.subject.items():
                exact = cents * law.value(f"tax.{tax}", january) / 100_000
                assert abs(exact - year.deductions[tax]) <= len(dossier.instructions), (tax, statement.payee_id)
                seen.add(tax)
            assert (year.gross == sum(year.earnings.values()) and year.excluded in (0, year.gross)) or year.excluded > 0
    assert seen == {"FICA", "MEDICARE", "SDI"}


def test_the_balance_of_sick_leave_is_on_the_paper(made: list[tuple[PrintedStatement, Dossier, int]]) -> None:
    balances = [statement.leave for statement, *_ in made if statement.leave is not None]
    assert len({balance.used_minutes for balance in balances}) > 3
    told = [each for each in made if each[0].leave is not None]
    for statement, dossier, _ in told:
        assert statement.leave is not None
        assert statement.leave.leave_year <= statement.as_of <= statement.leave.ends_on
        assert statement.leave == dossier.balances[statement.leave.leave_year]
    for statement, *_ in told[:: len(told) // 5]:
        if statement.leave is not None:
            html = re.sub(r"\s+", " ", statement_html(statement, Contacts(None).of(None, "en"), EN))
            assert "Your paid sick leave" in html


def test_a_payment_that_came_back_is_told(made: list[tuple[PrintedStatement, Dossier, int]]) -> None:
    returned = [statement for statement, *_ in made if statement.returned]
    assert len(returned) > 5
    for statement in returned:
        for back in statement.returned:
            assert back.instruction.net_cents > 0
            assert back.instruction.run_date < back.run_date


def test_a_statement_of_the_fortnight(paid: Path, tmp_path: Path) -> None:
    pages = told(tmp_path / "out", "--paid", str(paid), "--provider", P1, "--period", "2026-01-01")
    statement, letter = pages["0001.html"], pages["0002.html"]
    # R1: 48:00 x 20.44 = 981.12; of 48:00 + 5:00 in the week of the 4th, 13:00 are overtime: 8:00 on R1, 5:00 on R3.
    assert "$981.12" in statement
    assert "48:00" in statement
    assert "Overtime: the extra half, on top of your normal pay" in statement
    # R2: 12:00 stand, 3:00 wait.
    assert re.search(
        r'class="claimed">15:00</td><td class="paid"><i>=</i>12:00</td><td class="held"><i>\+</i>3:00', statement
    )
    assert "Timesheet fortnight.1.T3 waits for approval by the person you care for. It has 3 hours." in statement
    assert "$100.00" in statement
    assert "Ask the recipient for this amount; the State does not pay this part." in letter
    assert "Too many hours in one week" in letter
    assert "This is violation 1 of 4." in letter
    assert "No visit on record" in statement
    assert "No visit on record" not in letter, "what changes no pay blames nobody"
    assert "account-1" not in statement + letter, "an account token is nobody's business"


def test_hours_found_after_the_last_payment_are_counted(paid: Path, tmp_path: Path) -> None:
    """R1's 2:00 of the 30th wait for approval: nothing is paid, so no instruction tells of them."""
    person = ("--paid", str(paid), "--provider", P1, "--period", "2026-01-01")
    claimed = r'R1</th><td class="claimed">(\d+:\d\d)</td>'
    before = told(tmp_path / "a", *person, "--run", "2026-01-29")["0001.html"]
    after = told(tmp_path / "b", *person)["0001.html"]
    assert re.findall(claimed, before) == ["48:00"]
    assert re.findall(claimed, after) == ["50:00"]


def test_spanish_says_the_same_figures(paid: Path, tmp_path: Path) -> None:
    def figures(language: str) -> list[str]:
        pages = told(
            tmp_path / language, "--paid", str(paid), "--provider", P1, "--period", "2026-01-01", "--language", language
        )
        return [figure for page in pages.values() for figure in sorted(re.findall(r"\$[\d,.]+\d|\b\d+:\d\d\b", page))]

    english = figures("en")
    assert len(english) > 30
    assert figures("es") == english


def test_the_recipient_is_told_their_share(paid: Path, tmp_path: Path) -> None:
    pages = told(tmp_path / "out", "--paid", str(paid), "--recipient", R1, "--period", "2026-01-01", "--language", "es")
    assert list(pages) == ["0001.html"]
    assert "Usted debe a su proveedor $100.00" in pages["0001.html"]


def test_an_advance_has_a_statement_and_says_what_is_open(paid: Path, tmp_path: Path) -> None:
    pages = told(tmp_path / "out", "--paid", str(paid), "--recipient", R3, "--period", "2026-01-01")
    statement, letter = pages["0001.html"], pages["0002.html"]
    assert "Statement of your advance pay" in statement
    assert "Pay your providers by January 31, 2026." in statement
    # Of 80:00, 5:00 have a timesheet.
    assert "Care that you were paid for and that still has no timesheet: 75 hours." in letter


def test_a_statement_without_pay_says_why(paid: Path, tmp_path: Path) -> None:
    [page] = told(tmp_path / "out", "--paid", str(paid), "--provider", P2, "--period", "2026-01-01").values()
    assert "Nothing has been paid for this pay period yet." in page
    assert "Timesheet fortnight.1.T5 waits for approval by the person you care for. It has 2 hours." in page


def test_as_of_a_pay_run_the_correction_is_not_known(paid: Path, tmp_path: Path) -> None:
    before = told(
        tmp_path / "a", "--paid", str(paid), "--provider", P1, "--period", "2026-01-01", "--run", "2026-01-27"
    )
    after = told(tmp_path / "b", "--paid", str(paid), "--provider", P1, "--period", "2026-01-01")
    assert "You were paid too much" not in before["0001.html"]
    assert "You were paid too much" in after["0001.html"]


def test_a_pay_run_gives_everybody_their_papers(paid: Path, tmp_path: Path) -> None:
    records = said(fortnight(), Law.load())
    runs = sorted({record["run_date"] for record in records["PaymentInstruction"]})
    for run in runs:
        out = tmp_path / iso(run)
        pages = told(out, "--paid", str(paid), "--run", iso(run))
        rows = list(csv.DictReader((out / "index.csv").read_text("utf-8").splitlines()))
        ids = {row["id"] for row in rows}
        assert {each["instruction_id"] for each in records["PaymentInstruction"] if each["run_date"] == run} <= ids
        letters = {
            each["finding_id"]
            for each in records["Finding"]
            if each["cut_off"] == cut_off_of(run)
            and each["addressee"] != "COUNTY"
            and not each["cleared"]
            and each["outcome"] != "NOTED"
        }
        assert letters <= {row["id"] for row in rows if row["document"] == "notices"}
        assert {f"{row['number']}.html" for row in rows} == set(pages)


def test_no_file_is_named_after_a_person(paid: Path, tmp_path: Path) -> None:
    told(tmp_path / "out", "--paid", str(paid), "--run", "2026-01-16")
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert names
    assert all(re.fullmatch(r"\d{4}\.html|index\.csv", name) for name in names)
    assert {oct(path.stat().st_mode & 0o077) for path in (tmp_path / "out").iterdir()} == {"0o0"}


def test_the_same_records_give_the_same_bytes(paid: Path, tmp_path: Path) -> None:
    assert told(tmp_path / "a", "--paid", str(paid), "--run", "2026-01-16") == told(
        tmp_path / "b", "--paid", str(paid), "--run", "2026-01-16"
    )


def test_people_of_a_run_are_those_paid_and_those_told(paid: Path) -> None:
    cut_off = cut_off_of(epoch_day(date(2026, 1, 16)))
    people = people_of_run(paid, cut_off)
    assert people == set(dossiers(paid, people, cut_off))
    assert ("PROVIDER", P1) in people
    assert ("RECIPIENT", R1) in people


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (["--run", "2026-01-19"], "the nearest is --run 2026-01-20"),
        (["--run", "soon"], "write YYYY-MM-DD"),
        ([], "--provider or --recipient with --period, or --run"),
        (["--provider", P1], "--period 2024-03-01"),
        (["--provider", P1, "--recipient", R1, "--period", "2026-01-01"], "not both"),
        (["--period", "2026-01-01"], "--period needs --provider or --recipient"),
        (["--provider", P1, "--period", "2026-01-02"], "the 1st and the 16th"),
        (["--provider", P1, "--period", "2025-01-01"], "--period 2026-01-01"),
        (["--provider", "P404", "--period", "2026-01-01"], "check the number"),
        (["--run", "2026-01-16", "--language", "fr"], "take en or es"),
        (["--run", "2026-01-16", "--format", "docx"], "take html, pdf or html,pdf"),
        (["--run", "2026-01-16", "--contact", "nowhere.toml"], "name a TOML file"),
    ],
    ids=lambda part: "-".join(part) if isinstance(part, list) else "",
)
def test_misuse_is_one_line_with_the_remedy(
    paid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], remedy: str
) -> None:
    line = refused(capsys, "--paid", str(paid), "--out", str(tmp_path / "out"), *options)
    assert remedy in line
    assert "P404" not in line
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_a_replay_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no folder" in refused(
        capsys, "--paid", str(tmp_path / "no"), "--out", str(tmp_path / "o"), "--run", "2026-01-16"
    )
    assert "holds no pay run" in refused(
        capsys, "--paid", str(tmp_path), "--out", str(tmp_path / "o"), "--run", "2026-01-16"
    )


def test_old_papers_are_not_mixed_with_new(paid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "0007.html").write_text("old")
    assert "is not empty" in refused(capsys, "--paid", str(paid), "--out", str(tmp_path), "--run", "2026-01-16")


LADDER = """
[violation.ineligible_days]
values = [{ from = 1900-01-01, value = [0, 0, 60, 200], grade = "instruction", citation = "what if" }]
[violation.falls_after_months]
values = [{ from = 1900-01-01, value = 9, grade = "instruction", citation = "what if" }]
"""


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("overlay")
    (folder / "limits.toml").write_text(LADDER)
    return folder


@pytest.fixture(scope="module")
def ladder(tmp_path_factory: pytest.TempPathFactory, overlay: Path) -> dict[str, Path]:
    """The case of all four violations, paid by the law and by an overlay."""
    [one] = [one for one, _ in every_case() if one.sentence.startswith("The ladder: notice, notice with material")]
    base = tmp_path_factory.mktemp("ladder")
    return {
        name: write_case(base / name, one, law)
        for name, law in {"own": Law.load(), "overlaid": Law.load(overlay)}.items()
    }


def stakes(paid: Path, out: Path, *options: str) -> str:
    """What every violation letter of a folder says is at stake, one provider and all their months."""
    found = []
    for record in _records(paid):
        if record["code"] == "V1" and record["count"]:
            period = iso(period_of_finding(validate("Finding", record)) or 0)  # type: ignore[arg-type]
            who = ("--paid", str(paid), "--provider", record["provider_id"], "--period", period)
            pages = told(out / f"{period}{len(found)}", *who, *options)
            found += re.findall(r'class="stake">(.*?)</p>', "".join(pages.values()))
    return re.sub(r"<[^>]+>", " ", " ".join(dict.fromkeys(found)))


def _records(paid: Path) -> list[dict[str, Any]]:
    with (paid / "finding-0000.avro").open("rb") as stream:
        return [record for _, record in Container(stream)]


def test_what_is_at_stake_is_the_law_s(ladder: dict[str, Path], overlay: Path, tmp_path: Path) -> None:
    own = stakes(ladder["own"], tmp_path / "own")
    for sentence in (
        "This is violation 1 of 4.",
        "Violation 3 can stop you from working for 90 days.",
        "stop you from working for IHSS and WPCS for 90 days. Violation 4 can stop you from working for 365 days.",
        "stop you from working for IHSS and WPCS for 365 days. After that the count starts again from zero.",
        "The count falls by one after 12 months without a violation.",
    ):
        assert sentence in re.sub(r"\s+", " ", own)
    overlaid = stakes(ladder["overlaid"], tmp_path / "over", "--law", str(overlay))
    for sentence in (
        "Violation 3 can stop you from working for 60 days.",
        "Violation 4 can stop you from working for 200 days.",
        "The count falls by one after 9 months without a violation.",
    ):
        assert sentence in re.sub(r"\s+", " ", overlaid)
    assert not re.search(r"\b(90|365|12)\b", overlaid)


def test_by_another_law_nothing_is_said_of_further_violations(
    ladder: dict[str, Path], overlay: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stakes(ladder["overlaid"], tmp_path / "a") == ""
    assert "Name its overlay with --law" in capsys.readouterr().out
    one = ("--paid", str(ladder["own"]), "--out", str(tmp_path / "b"), "--run", "2026-01-16")
    assert "is not what --paid" in refused(capsys, *one, "--law", str(overlay))
    assert stakes(ladder["own"], tmp_path / "c")
    assert "Name its overlay with --law" not in capsys.readouterr().out


def test_what_was_paid_too_much_is_seen_first(paid: Path, tmp_path: Path) -> None:
    """R2's 8:00 became 4:00 after they were paid: 4 x 20.44 = 81.76 less taxes."""
    person = ("--paid", str(paid), "--provider", P1, "--period", "2026-01-01")
    owed = "Paid too much, still open. The county will write to you."
    page = told(tmp_path / "now", *person)["0001.html"]
    hero = page[: page.index("How we got to this amount")]
    assert owed in hero
    [cents] = {re.sub(r"\D", "", each) for each in re.findall(r"left you overpaid by \$([\d.]+)", page)}
    assert re.sub(r"\D", "", hero[hero.index(owed) :].split("<td>")[1].split("<")[0]) == cents
    assert owed not in told(tmp_path / "then", *person, "--run", "2026-01-27")["0001.html"]


def test_what_was_taken_off_too_much_is_not_called_a_tax(made: list[tuple[PrintedStatement, Dossier, int]]) -> None:
    """The words for a share of cost or a tax that is given back."""
    back = [one for one, *_ in made for kind, now, _ in one.deductions if now < 0 and kind == "SHARE_OF_COST"]
    assert back
    page = statement_html(back[0], Contacts(None).of(None, "en"), EN)
    assert "Too much was taken off before. It is corrected here." in page


def test_a_folder_that_lost_a_file_is_refused(paid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = tmp_path / "part"
    shutil.copytree(paid, part)
    records = said(fortnight(), Law.load())["PaymentInstruction"]
    write_container(part / "payment_instruction-0000.avro", "PaymentInstruction", records[1:])
    run = iso(records[0]["run_date"])
    person = ("--recipient", R1, "--period", "2026-01-01")
    for asked in (("--run", run), person):
        line = refused(capsys, "--paid", str(part), "--out", str(tmp_path / "a"), *asked)
        assert f"The PayRun of {run} says another content_sha256" in line and "or is missing" in line


@pytest.mark.parametrize("asked", [("--run", "2026-01-16"), ("--provider", P1, "--period", "2026-01-01")])
def test_a_folder_that_lost_findings_is_refused(
    paid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...]
) -> None:
    part = tmp_path / "part"
    shutil.copytree(paid, part)
    (part / "finding-0000.avro").unlink()
    line = refused(capsys, "--paid", str(part), "--out", str(tmp_path / "a"), *asked)
    wanted = r"The PayRun of [\d-]{10} says another content_sha256: .* or is missing\. .*: copy the folder again"
    assert re.search(wanted, line)
    assert not (tmp_path / "a").exists()


def test_what_a_later_pay_run_lost_does_not_matter(paid: Path, tmp_path: Path) -> None:
    part = tmp_path / "part"
    shutil.copytree(paid, part)
    first = cut_off_of(epoch_day(date(2026, 1, 16)))
    for kind, stem in (("PaymentInstruction", "payment_instruction"), ("Finding", "finding")):
        known = [record for record in said(fortnight(), Law.load())[kind] if record["cut_off"] <= first]
        write_container(part / f"{stem}-0000.avro", kind, known)
    run = ("--run", "2026-01-16")
    assert told(tmp_path / "a", "--paid", str(part), *run) == told(tmp_path / "b", "--paid", str(paid), *run)


def test_a_statement_of_which_an_instruction_is_missing_is_refused() -> None:
    own = of_statement(VOIDED)
    assert [back.instruction.sequence for back in came_back(own)] == [1, 2]
    for wrong in (own[1:], own[:1] + own[2:]):
        with pytest.raises(Misuse, match="--paid lacks instructions"):
            came_back(wrong)


def test_a_folder_of_before_instructions_named_what_was_reversed_is_refused() -> None:
    """Sums over them would count twice what came back."""
    older = [replace(paid, reversed=[]) for paid in of_statement(VOIDED)]
    with pytest.raises(Misuse, match="of an earlier version"):
        came_back(older)


def test_a_payment_that_did_not_come_back_after_all_stands() -> None:
    own = of_statement("A return that was itself a mistake")
    assert [back.instruction.sequence for back in came_back(own[:2])] == [1]
    assert not came_back(own)
    assert not came_back([])


ALONE = "A payment that came back when nothing is left to pay"
CLOSED = "A payment of a closed month that comes back"


@pytest.mark.parametrize(
    ("sentence", "period", "money", "why"),
    (
        (ALONE, "2026-01-01", "$186.11", "Nothing is due in its place."),
        (CLOSED, "2024-01-01", "$151.94", "Its month is closed for pay. Call the county:"),
    ),
)
def test_a_payment_that_no_instruction_followed_counts_no_more(
    sentence: str, period: str, money: str, why: str, tmp_path: Path
) -> None:
    [(one, law)] = [(one, law) for one, law in every_case() if one.sentence.startswith(sentence)]
    folder, out = write_case(tmp_path / "paid", one, law), tmp_path / "out"
    asked = ("--paid", str(folder), "--provider", f"{one.prefix}P1", "--period", period)
    until = () if sentence == CLOSED else ("--run", "2026-01-21")
    [paper] = [text for text in told(out, *asked, *until).values() if "Statement of earnings" in text]
    rows = dict(re.findall(r"<tr[^>]*><th scope=.row.>([^<]*)</th><td>([^<]*)</td>", paper))
    assert rows["This payment"] == money
    assert (rows["Came back"], rows["All so far"]) == (f"\N{MINUS SIGN}{money}", "$0.00")
    assert f"Our payment of {money}" in paper
    assert why in paper


def test_a_payment_that_pay_runs_alone_let_stand_again(tmp_path: Path) -> None:
    sentence = "A payment that came back and stands again before anything else was said"
    [(one, law)] = [(one, law) for one, law in every_case() if one.sentence.startswith(sentence)]
    known = dossiers_of(said(one, law))[("PROVIDER", f"{one.prefix}P1")]
    statement = statement_of(("PROVIDER", f"{one.prefix}P1"), known, epoch_day(date(2026, 1, 1)), one.until, EN)
    assert (statement.so_far.net, statement.back, statement.returned) == (186_11, 0, [])


def test_the_day_on_which_it_was_first_known_to_have_come_back() -> None:
    backs = came_back(of_statement("A payment that came back twice"))
    known = [(iso(back.instruction.run_date), iso(back.run_date)) for back in backs]
    assert known == [("2026-01-16", "2026-01-20"), ("2026-01-20", "2026-01-22")]


def test_people_are_read_some_at_a_time_and_papers_written_some_at_a_time(
    paid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = told(tmp_path / "whole", "--paid", str(paid), "--run", "2026-01-16")
    assert len(whole) > 4
    monkeypatch.setattr("pipelines.statements.documents.AT_A_TIME", 1)
    monkeypatch.setattr("pipelines.statements.output.AT_A_TIME", 2)
    assert told(tmp_path / "parts", "--paid", str(paid), "--run", "2026-01-16") == whole
    assert (tmp_path / "parts" / "index.csv").read_bytes() == (tmp_path / "whole" / "index.csv").read_bytes()


def test_a_command_that_is_stopped_leaves_nothing(
    paid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_: object) -> None:
        assert (out / "0001.html").exists()
        assert (out / "UNFINISHED").exists()
        raise KeyboardInterrupt

    out = tmp_path / "out"
    monkeypatch.setattr("pipelines.statements.output.pdf_of", stopped)
    asked = ("--paid", str(paid), "--out", str(out), "--provider", P1, "--period", "2026-01-01")
    with pytest.raises((SystemExit, KeyboardInterrupt, Abort)):
        main(["statement", *asked])
    assert not out.exists()
    out.mkdir()
    (out / "UNFINISHED").touch()
    assert "a command that was stopped: delete it" in refused(capsys, *asked)


def test_a_whole_folder_bears_no_mark(paid: Path, tmp_path: Path) -> None:
    told(tmp_path / "out", "--paid", str(paid), "--run", "2026-01-16")
    assert not (tmp_path / "out" / "UNFINISHED").exists()


@pytest.mark.parametrize("code", ["en", "es"])
def test_every_paper_of_every_case_is_whole(code: str) -> None:
    """Statements and letters of everybody in all cases of the law: no place is left open, no sentence in English."""
    made = 0
    for one, law in every_case():
        records = said(one, law)
        for person, dossier in dossiers_of(records).items():
            for period in sorted({paid.period_start for paid in dossier.instructions}) or [None]:
                asked = PapersAsked(one.cut_off, period, code, Contacts(None), law)
                for paper in papers_of(person, dossier, asked):
                    body = paper.html.split("</style>")[1]
                    assert not re.search(r"\{\w+\}|%\(|\bNone\b", body)
                    assert not paper.english
                    assert paper.ids
                    made += 1
    assert made > 500


def test_what_is_over_is_said_to_be_over(paid: Path, tmp_path: Path) -> None:
    """A year that has ended, and the last day to dispute: ten days after the pay run of 16 January."""
    person = ("--paid", str(paid), "--provider", P1, "--period", "2026-01-01")
    now = told(tmp_path / "a", *person)
    then = told(tmp_path / "b", *person, "--run", "2026-01-20")
    assert "The last day to dispute was:</b> January 26, 2026" in now["0001.html"]
    assert "The last day to dispute was:</b> January 26, 2026" in now["0002.html"]
    assert "Last day to dispute:</b> January 26, 2026" in then["0001.html"]
    assert "All of 2026 so far" in now["0001.html"]
    offered = [re.findall("If you disagree|form SOC 2272", page) for page in (now["0001.html"], then["0001.html"])]
    assert offered == [[], ["If you disagree", "form SOC 2272"]], "no date is offered that is over"
    records = {**said(fortnight(), Law.load())}
    statement = statement_of(("RECIPIENT", R3), dossiers_of(records)["RECIPIENT", R3], 20454, 20515, EN)
    assert "All of 2025</h2>" in statement_html(statement, Contacts(None).of(None, "en"), EN)
