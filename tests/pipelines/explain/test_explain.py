"""Explanations over every case of the law and over odd histories: they add up, account for every minute, or refuse."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from pipelines.command.cli import main
from pipelines.explain.answer import Answer, Question, Sources, answer
from pipelines.explain.hours import NOT_PAID
from pipelines.explain.paid import ExplainRefusal, Paid
from pipelines.explain.tree import Node, Unbalanced, balanced
from rules.law import Law
from rules.periods import cut_off_of, epoch_day, iso, month_of
from schemas.avro import write_container
from tests.case_files import CaseFile, case, case_files
from tests.histories import History, histories
from tests.pipelines.explain.explain_world import LAW, Instruction, explained, index, lay, paid_in, pay
from tests.pipelines.explain.spanish import check_spanish

MINUTES = ("claimed_minutes", "held_minutes", "cut_minutes", "denied_minutes")


def check(found: Answer, instruction: Instruction) -> None:
    """The answer is about the instruction, and its leaves come to its cents and minutes."""
    (statement,) = found.statements
    payment = only(statement, "payment")
    assert payment.document == instruction["instruction_id"]
    assert payment.cents == instruction["net_cents"]
    lines, taken = list(payment.find("line")), list(payment.find("deduction"))
    assert sum(line.cents or 0 for line in lines) == instruction["gross_cents"]
    assert [(line.minutes, line.rate_mills, line.rule) for line in lines] == [
        (line["minutes"], line["rate_mills"], line["rule"]) for line in instruction["lines"]
    ]
    assert [-(each.cents or 0) for each in taken] == [each["cents"] for each in instruction["deductions"]]
    for line in lines:
        check_line(line)
    for each in payment.walk():
        check_product(each.text)
    if instruction["kind"] == "ARREARS":
        check_time(statement, instruction)
    if instruction["kind"] == "INCENTIVE":
        check_earned(payment)
    assert {each.text for each in statement.find("assumption")} == set(instruction["assumptions"])
    assert list(only(statement, "change").parts), "nobody made it what it is"
    assert only(statement, "payments").cents == instruction["net_to_date_cents"]


def check_line(line: Node) -> None:
    """What the line is worth, in cents and minutes, down to the days; premium and straight alike."""
    worth = [part for part in line.parts if part.what == "worth"]
    for part in worth:
        days = list(part.find("day"))
        if line.text.startswith(("Service", "Overtime", "Travel", "Training", "Paid sick leave")):
            assert sum(day.minutes or 0 for day in days) == part.minutes
        if line.rate_mills is not None:
            assert f"{part.minutes // 60}:{part.minutes % 60:02d}" in part.text  # type: ignore[operator]


def check_earned(payment: Node) -> None:
    """Incentives go down to claims, and these to the classes and months of service that earned them."""
    for worth in payment.find("worth"):
        claims = [part for part in worth.parts if part.what == "claim"]
        assert claims and sum(claim.cents or 0 for claim in claims) == worth.cents
        for claim in claims:
            assert only(claim, "training").minutes == sum(day.minutes or 0 for day in claim.find("day"))
            assert claim.text.startswith("Training") or list(claim.find("month")), "nobody is told which months"


def check_product(text: str) -> None:
    """Whoever takes a pencil gets the same cents: base times rate, rounded half up."""
    if found := re.search(r"(-?)\$([\d,.]+) × ([\d.]+) % = (?:.* rounded half up to )?(-?\$[\d,.]+\d)", text):
        sign, base, rate, said = found.groups()
        exact = Decimal(sign + base.replace(",", "")) * Decimal(rate) / 100
    elif found := re.search(r"(\d+):(\d\d) × \$([\d.]+) an hour = (\$[\d,.]+\d)", text):
        hours, minutes, rate, said = found.groups()
        exact = (int(hours) * 60 + int(minutes)) * Decimal(rate) / 60
    else:
        assert "×" not in text or text.startswith("-"), text
        return
    assert exact.quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal(said.replace("$", "").replace(",", "")), text


def check_time(statement: Node, instruction: Instruction) -> None:
    """Claimed minutes are paid, held, cut or denied, each with its reason and who acts next, and by day."""
    nodes = [node for node in statement.parts if node.what == "time"]
    if not instruction["claimed_minutes"]:
        assert not nodes
        return
    (time,) = nodes
    assert time.minutes == instruction["claimed_minutes"]
    told = {part.what: part.minutes for part in time.parts}
    for outcome in NOT_PAID:
        assert told.get(outcome.lower(), 0) == instruction[f"{outcome.lower()}_minutes"]
    for reason in time.find("reason"):
        assert reason.rule and reason.authority and reason.next_step and reason.due_by
        assert reason.acts in ("PROVIDER", "RECIPIENT", "COUNTY")
    sheets = [part for part in statement.parts if part.what == "timesheet"]
    assert sum(sheet.minutes or 0 for sheet in sheets) == time.minutes
    assert by_day(sheets) == {"paid": told["paid"]} | {part.what: part.minutes for part in time.parts if part.minutes}


def by_day(sheets: list[Node]) -> dict[str, int]:
    """What became of the minutes, summed over the days; a day without parts was paid whole."""
    sums = {"paid": 0}
    for day in (day for sheet in sheets for day in sheet.parts):
        assert not day.parts or sum(part.minutes or 0 for part in day.parts) == day.minutes
        for part in day.parts or [Node(what="paid", text="", minutes=day.minutes)]:
            assert part.what == "paid" or part.rule, "nobody is told which rule took them"
            sums[part.what] = sums.get(part.what, 0) + (part.minutes or 0)
    return sums


def only(node: Node, what: str) -> Node:
    (found,) = node.find(what)
    return found


# --- every case of the law --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", case_files(), ids=lambda file: file.name)
def test_every_payment_of_every_case_is_explained(file: CaseFile, tmp_path: Path) -> None:
    for each in file.cases:  # in English they are checked by what they say, in Spanish that all of it is said
        events = lay(each.facts, tmp_path / "facts")
        out = pay(each.facts, tmp_path / "paid", file.law, each.cut_off)
        for instruction in paid_in(out):
            found = explained(instruction["instruction_id"], events, out, file.law)
            check(found, instruction)
            check_spanish(found)
        for question in periods_claimed(each.facts, each.cut_off):
            found = answer(question, Sources(events, Paid(out), file.law))
            accounted(found, paid_in(out))
            check_spanish(found)
        shutil.rmtree(tmp_path / "facts")


def periods_claimed(facts: Any, until: int) -> Iterator[Question]:
    asked = {(fact.provider_id, fact.period_start) for fact in facts if fact.KIND == "Timesheet"}
    yield from (Question(None, provider, None, period, until) for provider, period in sorted(asked))


def accounted(found: Answer, paid: list[Instruction]) -> None:
    """Each statement says its last payment, or why there is none."""
    last = {each["statement_id"]: each for each in paid}
    for statement in found.statements:
        said = last.get(statement.document or "")
        if said is None:
            assert only(statement, "no_payment").text
            assert not list(statement.find("payment"))
        else:
            assert only(statement, "payment").document == said["instruction_id"]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_odd_histories_are_explained(tmp_path_factory: pytest.TempPathFactory, history: History) -> None:
    folder = tmp_path_factory.mktemp("history")
    events, out = lay(history.facts, folder / "facts"), pay(history.facts, folder / "paid", until=history.until)
    for instruction in paid_in(out)[:8]:
        check(explained(instruction["instruction_id"], events, out), instruction)
    shutil.rmtree(folder)


# --- nothing paid -----------------------------------------------------------------------------------------------------

WEEK = dict.fromkeys(("4", "5", "6", "7", "8", "9"), "8:00")  # January 2026, Sunday to Friday


def sheet(id: str, recorded: str, **fields: Any) -> dict[str, Any]:
    """A timesheet of the first half of January 2026."""
    when = date_time(recorded)
    return {
        "kind": "Timesheet",
        "id": id,
        "period": day("2026-01-01"),
        "days": {"5": "8:00"},
        "recorded": when,
    } | fields


def day(text: str) -> date:
    return date.fromisoformat(text)


def date_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def world(*facts: dict[str, Any]) -> tuple[Any, ...]:
    return case("x", 1, {"sentence": "", "law": [], "expect": {}, "facts": list(facts)}).facts


def asked(facts: Any, tmp_path: Path, law: Law = LAW, until: int | None = None, **who: str) -> Answer:
    events, out = lay(facts, tmp_path / "facts"), pay(facts, tmp_path / "paid", law, until)
    question = Question(None, who.get("provider"), who.get("recipient"), JANUARY, until)
    return answer(question, Sources(events, Paid(out), law))


JANUARY = 20454  # 2026-01-01


def test_january_is_january() -> None:
    assert iso(JANUARY) == "2026-01-01" and month_of(JANUARY) == JANUARY


def test_held_time_without_any_payment_is_explained(tmp_path: Path) -> None:
    found = asked(world(sheet("T1", "2026-01-16 12:00:00", approved=None)), tmp_path, provider="x.1.P1")
    (statement,) = found.statements
    assert "Nothing was paid" in only(statement, "no_payment").text
    reason = only(statement, "reason")
    assert (reason.minutes, reason.rule, reason.acts, reason.due_by) == (480, "TIME-2", "RECIPIENT", "2028-02-01")
    assert "approve" in (reason.next_step or "").lower()


def test_who_claimed_nothing_is_told_so(tmp_path: Path) -> None:
    facts = world(sheet("T1", "2026-01-16 12:00:00", period=day("2026-01-16"), days={"20": "8:00"}))
    found = asked(facts, tmp_path, provider="x.1.P1")
    assert not found.statements and "Nothing was claimed" in " ".join(found.notes)


def test_travel_that_is_held_stands_beside_the_statements(tmp_path: Path) -> None:
    trips = [{"date": day("2026-01-05"), "to": "R2", "minutes": 30}]
    facts = world(
        sheet("T1", "2026-01-16 12:00:00"),
        {"kind": "TravelClaim", "id": "V1", "period": day("2026-01-01"), "trips": trips},
    )
    found = asked(facts, tmp_path, provider="x.1.P1")
    texts = [node.text for node in found.beside] + [
        node.text for statement in found.statements for node in statement.walk()
    ]
    assert any("0:30 of travel" in text for text in texts)


def test_pay_that_is_overdue_is_told_with_the_statement_or_beside_it(tmp_path: Path) -> None:
    """A timesheet on its statement; a travel claim, which is on none, beside the statements."""
    trips = [{"date": day("2026-01-05"), "to": "R2", "minutes": 30}]
    facts = world(
        sheet("T1", "2026-01-16 12:00:00", approved=date_time("2026-01-04 12:00:00")),
        {"kind": "TravelClaim", "id": "V1", "period": day("2026-01-01"), "trips": trips},
    )
    found = asked(facts, tmp_path, provider="x.1.P1", until=cut_off_of(epoch_day(day("2026-02-02"))))
    statement = next(each for each in found.statements if each.document == "ARREARS:x.1.P1:x.1.R1:2026-01-01")
    overdue = next(node for node in statement.find("finding") if "Held longer than pay may take" in node.text)
    assert (overdue.minutes, overdue.rule, overdue.acts) == (480, "RUN-1", "COUNTY")
    assert overdue.document == "Timesheet/x.1.T1" and "claimed before they were worked" in overdue.text
    beside = [node for node in found.beside if node.rule == "RUN-1"]
    assert [(node.document, node.minutes) for node in beside] == [("TravelClaim/x.1.V1", 30)]


@pytest.mark.parametrize("policy", ["warn", "hold"])
def test_a_sheet_sent_twice_is_told_with_when_and_how_each_came(tmp_path: Path, policy: str) -> None:
    law = LAW.amended({"x.toml": {"duplicate_sheet": {"values": [{"from": date(2026, 1, 1), "value": policy}]}}})
    facts = world(
        sheet("T1", "2026-01-16 12:00:00", channel="PAPER"), sheet("T2", "2026-01-20 12:00:00", channel="ESP")
    )
    (statement,) = asked(facts, tmp_path, law, provider="x.1.P1").statements
    told = next(node for node in statement.walk() if node.rule == "TIME-4" and node.what in ("reason", "finding"))
    assert (told.what, told.minutes) == ("reason" if policy == "hold" else "finding", 480)
    assert told.document == "Timesheet/x.1.T2" and "timesheet x.1.T1" in told.text
    came = [node.text for node in told.parts]
    assert [("PAPER" in text, "16 Jan 2026" in text) for text in came] == [(True, True), (False, False)][: len(came)]
    assert len(came) == (2 if policy == "hold" else 0)


def test_a_finding_about_two_people_says_these_minutes(tmp_path: Path) -> None:
    """One timesheet under two providers is one finding with the minutes of both; each is told of its own."""
    facts = world(sheet("T1", "2026-01-16 12:00:00"), sheet("T1", "2026-01-17 12:00:00", provider="P2"))
    for provider in ("x.1.P1", "x.1.P2"):
        reason = only(asked(facts, tmp_path, provider=provider).statements[0], "reason")
        assert reason.minutes == 480 and "8:00 claimed on it are held until one of the two is withdrawn" in reason.text
        assert reason.next_step == "Find out which is right and withdraw the other."


def test_a_correction_that_waits_for_a_tax_rate_is_explained(tmp_path: Path) -> None:
    """Without a rate for 2027: what was paid stands, and is told as it was said."""
    sdi = LAW.parameters["tax.SDI"]
    known = tuple(replace(each, until=JANUARY + 364) for each in sdi.entries)
    law = Law(dict(LAW.parameters) | {"tax.SDI": replace(sdi, entries=known, carried_by="")})
    corrected = sheet("T1", "2027-01-12 12:00:00", revision=2, days={"5": "9:00"})
    found = asked(world(sheet("T1", "2026-01-16 12:00:00"), corrected), tmp_path, law, provider="x.1.P1")
    (statement,) = found.statements
    assert "a tax rate of this payment year is not known" in only(statement, "answer").text
    assert only(statement, "worth").minutes == 480
    assert all("As said before" in each.text for each in statement.find("whole"))


# --- refusing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["net_cents", "paid_minutes", "method", "documents", "lines"])
def test_it_refuses_what_was_paid_otherwise(tmp_path: Path, field: str) -> None:
    facts = world(sheet("T1", "2026-01-16 12:00:00"))
    events, out = lay(facts, tmp_path / "facts"), pay(facts, tmp_path / "paid")
    (instruction,) = paid_in(out)
    assert explained(instruction["instruction_id"], events, out).statements
    wrong: dict[str, Any] = {"method": "WARRANT", "documents": [], "lines": []}
    instruction[field] = wrong.get(field) if field in wrong else instruction[field] + 1
    write_container(out / "payment_instruction-settle-0000.avro", "PaymentInstruction", [instruction])
    with pytest.raises(ExplainRefusal, match=field) as refusal:
        explained(instruction["instruction_id"], events, out)
    assert "x.1.P1" not in str(refusal.value) and "\n" not in str(refusal.value)


def test_it_refuses_a_payment_that_the_folder_has_no_facts_for(tmp_path: Path) -> None:
    facts = world(sheet("T1", "2026-01-16 12:00:00"))
    out = pay(facts, tmp_path / "paid")
    events = lay([fact for fact in facts if fact.KIND != "Timesheet"], tmp_path / "facts")
    with pytest.raises(ExplainRefusal, match="do not follow from these facts"):
        explained(paid_in(out)[0]["instruction_id"], events, out)


def test_it_refuses_an_instruction_that_never_was(tmp_path: Path) -> None:
    facts = world(sheet("T1", "2026-01-16 12:00:00"))
    events, out = lay(facts, tmp_path / "facts"), pay(facts, tmp_path / "paid")
    with pytest.raises(ExplainRefusal, match="no such instruction"):
        explained("ARREARS:x.1.P1:x.1.R1:2026-01-01:2026-01-21", events, out)


def test_a_tree_that_does_not_add_up_is_no_answer() -> None:
    part = Node(what="line", text="", cents=1)
    assert balanced(Node(what="payment", text="", cents=1, adds=("cents",), parts=[part]))
    with pytest.raises(Unbalanced, match="payment"):
        balanced(Node(what="payment", text="", cents=2, adds=("cents",), parts=[part]))


# --- the index --------------------------------------------------------------------------------------------------------


def test_the_index_finds_what_a_full_read_finds(tmp_path: Path) -> None:
    for file in case_files():
        for each in file.cases[::7]:
            events = lay(each.facts, tmp_path / "facts")
            out = pay(each.facts, tmp_path / "paid", file.law, each.cut_off)
            without = [explained(one["instruction_id"], events, out, file.law) for one in paid_in(out)]
            index(events, out)
            with_index = [explained(one["instruction_id"], events, out, file.law) for one in paid_in(out)]
            assert [found.statements for found in with_index] == [found.statements for found in without]
            assert all("No index" in " ".join(found.notes) for found in without)
            assert not any("read" in " ".join(found.notes) for found in with_index)
            shutil.rmtree(tmp_path / "facts")
            shutil.rmtree(tmp_path / "paid")


def test_a_changed_folder_is_noticed(tmp_path: Path) -> None:
    facts = world(sheet("T1", "2026-01-16 12:00:00"), sheet("T2", "2026-01-20 12:00:00", days={"6": "8:00"}))
    first = [fact for fact in facts if not fact.document_id.endswith("T2")]
    events, out = lay(first, tmp_path / "facts"), pay(facts, tmp_path / "paid")
    index(events, out)
    lay(facts, events)  # the timesheets' file grows
    found = explained(paid_in(out)[-1]["instruction_id"], events, out)
    assert only(found.statements[0], "time").minutes == 16 * 60
    assert "New or changed since the index was made, and so read wholly: 1 file." in " ".join(found.notes)


def test_a_journal_is_explained_with_its_index_and_without(tmp_path: Path) -> None:
    """What the live job took in and said, from the segments it keeps."""
    lay(world(sheet("T1", "2026-01-16 12:00:00"), sheet("T2", "2026-01-16 13:00:00", provider="P2")), tmp_path / "in")
    edges = ["--settle", "0", "--from", f"folder:{tmp_path / 'in'}", "--to", f"folder:{tmp_path / 'out'}"]
    (tmp_path / "out").mkdir()
    with pytest.raises(SystemExit) as ended:
        main(["run", *edges, "--journal", str(tmp_path / "journal"), "--close-run", "2026-01-16"])
    assert not ended.value.code
    first, second = paid_in(tmp_path / "out")
    shutil.rmtree(tmp_path / "journal" / "places")
    without = [explained(each["instruction_id"], tmp_path / "journal", tmp_path / "out") for each in (first, second)]
    index(tmp_path / "journal", tmp_path / "out")
    for found, told in zip((first, second), without, strict=True):
        check(told, found)
        again = explained(found["instruction_id"], tmp_path / "journal", tmp_path / "out")
        assert again.statements == told.statements and "read" not in " ".join(again.notes)


@pytest.mark.parametrize(
    "sentence", ("A payment that came back when nothing is left to pay", "A payment of a closed month that comes back")
)
def test_a_payment_that_no_instruction_followed_counts_nothing(sentence: str, tmp_path: Path) -> None:
    [each] = [each for file in case_files() for each in file.cases if each.sentence.startswith(sentence)]
    until = cut_off_of(epoch_day(date(2026, 1, 22))) if "nothing is left" in sentence else each.cut_off
    period = min(fact.period_start for fact in each.facts if fact.KIND == "Timesheet")
    question = Question(None, f"{each.prefix}P1", f"{each.prefix}R1", period, until)
    found = answer(question, Sources(lay(each.facts, tmp_path / "facts"), None, LAW))
    [payments] = [node for statement in found.statements for node in statement.find("payments")]
    assert payments.cents == 0
    assert "which came back or was stopped" in payments.parts[0].text
    [told] = [node for statement in found.statements for node in statement.find("answer")]
    assert "It came back or was stopped." in told.text


def test_a_warrant_since_another_recipients_payment_came_back_is_explained(tmp_path: Path) -> None:
    """RUN-4: what decides it was paid by another settlement, by facts about other people."""
    sentence = "After a return the provider's pay for every other recipient comes as a warrant too"
    [each] = [each for file in case_files() for each in file.cases if each.sentence.startswith(sentence)]
    events, out = lay(each.facts, tmp_path / "facts"), pay(each.facts, tmp_path / "out")
    index(events, out)
    others = sorted((one for one in paid_in(out) if one["recipient_id"].endswith("R2")), key=lambda one: one["cut_off"])
    assert [one["method"] for one in others] == ["WARRANT", "DIRECT_DEPOSIT"]
    for one in others:
        check(explained(one["instruction_id"], events, out), one)
