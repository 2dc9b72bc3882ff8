"""Before sending: what the door would refuse is refused, what the payroll would hold is held, nothing is made up."""

import io
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fold.door import Door
from pipelines.check.verdict import words
from pipelines.command import cli
from pipelines.importing.json_lines import fact_of_line
from pipelines.sample.simulate import simulate
from rules.findings import catalog
from rules.law import Law
from rules.periods import iso
from schemas import FACTS
from schemas.avro import Container, Unreadable, logical_schema, validate, write_container
from tests.paid import replay_plain
from tests.schemas.samples import SAMPLES

Record = dict[str, Any]
NEEDS_TERMS = {"NO_AUTHORIZATION", "PROVIDER_NOT_ASSIGNED", "PROVIDER_NOT_ENROLLED"}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    simulate(folder, "17", 60, 2, "2024-01", 17, 0.1)
    return folder


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exit:
        cli.main(["validate", *map(str, arguments)])
    return exit.value.code or 0


@pytest.fixture
def told(capsys: pytest.CaptureFixture) -> Callable[..., dict]:
    def ask(*arguments: object, code: int = 1) -> dict:
        assert run(*arguments, "--json") == code
        return json.loads(capsys.readouterr().out)

    return ask


def good(folder: Path) -> list[Any]:
    """Facts of a folder that can be used, as models."""
    facts = []
    for path in sorted(folder.glob("*-*.avro")):
        container = Container(path.open("rb"))
        for _, record in container:
            try:
                facts.append(validate(container.kind, record))
            except Unreadable:
                continue
    return facts


def of_kind(county: Path, kind: str) -> list[Any]:
    return [fact for fact in good(county) if kind == fact.KIND]


def as_json(fact: Any) -> Record:
    """A fact as a sender might write it: days and instants as people do."""
    return {"kind": fact.KIND, **_written(logical_schema(fact.KIND), fact.model_dump())}


def _written(schema: Any, value: Any) -> Any:
    if isinstance(schema, list):
        return None if value is None else _written(next(branch for branch in schema if branch != "null"), value)
    logical = schema.get("logicalType") if isinstance(schema, dict) else None
    if logical == "date":
        return iso(value)
    if logical == "timestamp-millis":
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")
    if isinstance(schema, dict) and schema["type"] == "array":
        return [_written(schema["items"], each) for each in value]
    if isinstance(schema, dict) and schema["type"] == "record":
        return {field["name"]: _written(field["type"], value[field["name"]]) for field in schema["fields"]}
    return value


def lines_file(path: Path, records: list[Record]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def test_what_the_door_refuses_is_refused_alike(county, told) -> None:
    door = Door(1, None)
    for path in sorted(county.rglob("*.avro")):
        for _ in door.read_file(path, str(path)):
            pass
    said = told(county)
    refused = [detail for detail in said["details"] if "reason" in detail]
    assert len(refused) > 50
    assert Counter((each["origin"], each["reason"], each["field"]) for each in refused) == Counter(
        (each.origin, each.reason, each.field) for each in door.rejections
    )
    assert said["events"] == door.tally.inputs
    assert said["usable"] == dict(sorted(door.tally.used.items()))
    assert all(each["remedy"] and each["message"] for each in refused)
    assert sum(row["count"] for row in said["rejections"]) == said["rejected"] == len(refused)


def test_alone_nothing_is_claimed_that_the_payroll_may_know(county, told) -> None:
    said = told(county / "timesheet-0001.avro")
    codes = {row["code"] for row in said["findings"]}
    assert "AWAITING_RECIPIENT_APPROVAL" in codes
    assert codes <= set(words()["alone"]["codes"])
    assert not codes & NEEDS_TERMS
    [unchecked] = said["not_checked"]
    assert "enrolled and assigned" in unchecked
    assert not told(county / "timesheet-0001.avro", "--with", county)["not_checked"]


def test_codes_and_kinds_of_the_remedies_are_those_of_the_contract() -> None:
    assert set(words()["alone"]["codes"]) <= set(catalog())
    assert set(words()["not_checked"]) <= set(FACTS)
    assert not set(words()["alone"]["codes"]) & NEEDS_TERMS


def test_with_what_is_known_each_document_is_told_what_the_payroll_would_tell(county, told) -> None:
    """The circle of a file's people is paid as in the payroll of all."""
    last: dict[str, Record] = {}
    facts = good(county)
    for finding in replay_plain(facts, Law.load()).records["Finding"]:
        last[finding["finding_id"]] = finding
    sent = [fact for fact in facts if fact.KIND == "Timesheet" and fact.recipient_id.endswith(tuple("13579"))]
    documents = {fact.document_id for fact in sent}
    path = county.parent / "sent.avro"
    write_container(path, "Timesheet", [fact.model_dump() for fact in sent])
    expected = Counter(
        (finding["code"], finding["document_id"], finding["minutes"], finding["message"])
        for finding in last.values()
        if not finding["cleared"] and finding["document_id"] in documents
    )
    said = told(path, "--with", county)
    told_of = [each for each in said["details"] if each["document_id"]]
    assert len(expected) > 5
    assert (
        Counter((each["code"], each["document_id"], each["minutes"], each["message"]) for each in told_of) == expected
    )
    assert all(each["origin"].startswith(str(path)) for each in told_of)


def test_only_what_the_facts_cause_is_told_of_others(county, told, tmp_path) -> None:
    """A finding without a document that stood before is not theirs."""
    facts = good(county)
    again = [fact.model_dump() | {"event_id": f"again-{number}"} for number, fact in enumerate(facts)
             if fact.KIND == "IncomeAssessment"]  # fmt: skip
    path = tmp_path / "again.avro"
    write_container(path, "IncomeAssessment", again)
    stands = {finding["finding_id"] for finding in replay_plain(facts, Law.load()).records["Finding"]
              if finding["document_id"] is None and not finding["cleared"]}  # fmt: skip
    assert len(stands) > 5
    said = told(path, "--with", county, code=0)
    assert [each["code"] for each in said["details"] if each["document_id"] is None] == []


def test_what_time_alone_brings_is_not_laid_to_what_is_sent(county, told, tmp_path) -> None:
    """A fact of two months later: advances fall due meanwhile, and findings of them, also without it."""
    later = max(fact.recorded_at for fact in good(county)) + 60 * 24 * 60 * 60_000
    again = [fact.model_dump() | {"event_id": f"later-{number}", "recorded_at": later}
             for number, fact in enumerate(of_kind(county, "IncomeAssessment"))]  # fmt: skip
    path = tmp_path / "later.avro"
    write_container(path, "IncomeAssessment", again)
    facts = good(county)
    standing = [
        {finding["finding_id"] for finding in replay_plain(facts, Law.load(), until).records["Finding"]
         if not finding["document_id"] and not finding["cleared"]}
        for until in (None, later)
    ]  # fmt: skip
    assert standing[1] - standing[0], "time alone brings something in this county"
    assert told(path, "--with", county, code=0)["details"] == []


def test_a_timesheet_for_a_stranger_is_denied(county, told, tmp_path) -> None:
    fact = next(
        fact for fact in of_kind(county, "Timesheet") if fact.recipient_approved_at and sum(fact.minutes_worked)
    )
    stranger = as_json(fact) | {"recipient_id": "R9", "document_id": "T9", "event_id": "E9"}
    path = lines_file(tmp_path / "one.jsonl", [stranger])
    assert told(path, code=0)["clean"]
    said = told(path, "--with", county)
    assert [(row["outcome"], row["code"], row["count"]) for row in said["findings"]] == [
        ("DENIED", "PROVIDER_NOT_ASSIGNED", 1)
    ]
    [detail] = said["details"]
    assert detail["origin"] == f"{path}:1"
    assert "Ask the recipient or the county" in detail["next_step"]


@pytest.mark.parametrize("earlier", [False, True], ids=["recorded last", "recorded first"])
def test_a_sheet_like_one_that_is_known_is_told(earlier, county, told, tmp_path, capsys) -> None:
    """Whichever of the two was recorded first: it is the sender who can look."""
    sheets = (fact for fact in of_kind(county, "Timesheet") if fact.recipient_approved_at and sum(fact.minutes_worked))
    known = next(fact for fact in sheets if fact.revision == 1)
    moved = -60_000 if earlier else 60_000
    again = as_json(known.model_copy(update={"recorded_at": known.recorded_at + moved, "document_id": "AGAIN"}))
    path = lines_file(tmp_path / "one.jsonl", [again | {"event_id": "E9"}])
    said = told(path, "--with", county)
    assert not said["clean"]
    [found] = [each for each in said["details"] if each["code"] == "POSSIBLE_DUPLICATE"]
    names = (known.document_id, "AGAIN") if earlier else ("AGAIN", known.document_id)
    assert (found["origin"], found["outcome"], found["document_id"]) == (f"{path}:1", "WARNING", names[0])
    assert f"same on every day as timesheet {names[1]} " in found["message"]
    assert run(path, "--with", county) == 1
    assert "Most likely one sheet sent twice" in " ".join(capsys.readouterr().out.split())
    other = again | {"event_id": "E9", "minutes_worked": [1, *known.minutes_worked[1:]]}
    run(lines_file(tmp_path / "other.jsonl", [other]), "--with", county, "--json")
    assert "POSSIBLE_DUPLICATE" not in capsys.readouterr().out


@pytest.mark.parametrize("kind", FACTS)
@pytest.mark.parametrize("shape", ["flat", "fields", "cloudevent", "numbers"])
def test_json_lines_are_the_facts_of_the_avro(kind, shape) -> None:
    fact = validate(kind, SAMPLES[kind])
    written = as_json(fact)
    fields = {name: value for name, value in written.items() if name != "kind"}
    line = {
        "flat": written,
        "fields": {"kind": kind, "fields": fields},
        "cloudevent": {"specversion": "1.0", "type": f"ihss.v1.{kind}", "data": fields},
        "numbers": {"kind": kind, **SAMPLES[kind]},
    }[shape]
    assert fact_of_line(json.dumps(line).encode()) == fact


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"period_start": "2024-02-30"}, "INVALID", "period_start"),
        ({"period_start": "20240116"}, "INVALID", "period_start"),
        ({"period_start": "2024-01-17"}, "CONTRADICTORY", "period_start"),
        ({"recorded_at": "2024-02-01T08:00:00"}, "INVALID", "recorded_at"),
        ({"recorded_at": "2150-01-01T00:00:00Z"}, "INVALID", "recorded_at"),
        ({"provider_id": None}, "INVALID", "provider_id"),
        ({"hours": 7}, "INVALID", "hours"),
        ({"kind": "Timecard"}, "UNKNOWN_SCHEMA", "kind"),
        ({"kind": "PayRun"}, "UNKNOWN_SCHEMA", "kind"),
    ],
)
def test_a_wrong_line_is_named(change, reason, field, county, told, tmp_path) -> None:
    good_line = as_json(of_kind(county, "Timesheet")[0])
    path = lines_file(tmp_path / "events.ndjson", [good_line, good_line | change])
    [refused] = [detail for detail in told(path)["details"] if "reason" in detail]
    assert (refused["origin"], refused["reason"], refused["field"]) == (f"{path}:2", reason, field)


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"7", b"\xff\xfe", b'{"kind": "Timesheet", "fields": 1}', b"[" * 100_000]
)
def test_a_line_that_is_no_event_is_named(line, told, tmp_path) -> None:
    (tmp_path / "x.jsonl").write_bytes(line + b"\n")
    [row] = told(tmp_path / "x.jsonl")["rejections"]
    assert (row["reason"], row["count"]) == ("UNREADABLE", 1)


def test_standard_input_is_read(county, told, monkeypatch) -> None:
    line = json.dumps(as_json(of_kind(county, "Timesheet")[0])).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line + b"\n\n" + b"no\n")))
    said = told("-")
    assert (said["events"], said["rejected"], said["details"][0]["origin"]) == (2, 1, "-:3")


def test_a_journal_is_read(county, told, tmp_path) -> None:
    """A journal's facts have arrived, so none is recorded too late; what was rejected stays so."""
    inbox, journal = tmp_path / "in", tmp_path / "journal"
    inbox.mkdir()
    sheets = [fact.model_dump() for fact in of_kind(county, "Timesheet")[:3]]
    write_container(inbox / "a.avro", "Timesheet", [*sheets, sheets[0] | {"revision": 0, "event_id": "wrong"}])
    asked = ["run", "--from", f"folder:{inbox}", "--to", f"folder:{tmp_path / 'out'}", "--journal", str(journal)]
    with pytest.raises(SystemExit) as ended:
        cli.main([*asked, "--settle", "0", "--close-run", "2024-03-29"])
    assert not ended.value.code
    said = told(journal)
    assert (said["events"], said["usable"], said["rejected"]) == (4, {"Timesheet": 3}, 1)


def test_what_is_printed(county, capsys) -> None:
    path = county / "timesheet-0001.avro"
    assert run(path) == 1
    shown = capsys.readouterr().out
    assert "Would be rejected" in shown
    assert "Not checked, as no --with FACTS was given" in shown
    assert "more: --all shows them" in shown
    assert shown.count(f"{path}:".replace("\n", "")) <= 21
    assert "\x1b" not in shown
    assert run(path, "--all") == 1
    everything = capsys.readouterr().out
    assert "more: --all" not in everything
    assert f"TIME-3 ({catalog()['CONFLICTING_REVISION']['authority']})" in everything
    assert len(everything) > len(shown)
    assert run(path, "--quiet") == 1
    assert capsys.readouterr() == ("", "")


def test_clean_is_said_and_is_exit_code_0(county, tmp_path, capsys) -> None:
    fact = next(fact for fact in of_kind(county, "ServiceAuthorization"))
    path = lines_file(tmp_path / "a.jsonl", [as_json(fact)])
    assert run(path) == 0
    assert "Clean by what they say themselves" in capsys.readouterr().out
    assert run(path, "--with", path) == 0
    assert "Clean: nothing would be" in capsys.readouterr().out


def test_misuse(tmp_path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "none.jsonl").write_text("\n")
    for arguments, said in (
        ((tmp_path / "nowhere",), "is not there: name a file of events"),
        ((tmp_path / "empty",), "holds no *.avro, *.csv, *.json"),
        ((tmp_path / "none.jsonl",), "no event in it"),
        ((tmp_path / "none.jsonl", "--with", tmp_path / "nowhere"), "is not there"),
        ((tmp_path / "none.jsonl", "--law", tmp_path / "nowhere"), "is no folder"),
        ((), "Missing argument 'FILES'"),
    ):
        assert run(*arguments) == 2
        told = capsys.readouterr()
        assert said in told.err
        assert (told.out, told.err.count("\n")) == ("", 1)


def test_a_bad_line_does_not_take_the_others_with_it(county, told, tmp_path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(
        "{\n[]\n" + json.dumps({"kind": "Song"}) + "\n" + json.dumps(as_json(of_kind(county, "Timesheet")[0]))
    )
    said = told(path)
    assert said["usable"] == {"Timesheet": 1}
    remedies = [detail["remedy"] for detail in said["details"] if "reason" in detail]
    assert [remedy.split(";")[-1].split(",")[0].strip() for remedy in remedies] == [
        "the other lines can be used.", "the other lines can be used.", 'Name its kind',
    ]  # fmt: skip
    (tmp_path / "cut.avro").write_bytes((county / "timesheet-0001.avro").read_bytes()[:-30])
    cut = next(each for each in told(tmp_path / "cut.avro")["details"] if each.get("reason") == "UNREADABLE")
    assert "nothing of it is used from there on" in cut["remedy"]


def test_a_pipe_is_read_as_lines(county, told, tmp_path, capsys) -> None:
    """As of ``validate <(export-timesheets)``."""
    pipe, line = tmp_path / "pipe", json.dumps(as_json(of_kind(county, "Timesheet")[0])).encode()
    os.mkfifo(pipe)
    for sent in (line + b"\nno\n", (county / "timesheet-0001.avro").read_bytes()):
        writer = threading.Thread(target=pipe.write_bytes, args=(sent,), daemon=True)
        writer.start()
        if sent.startswith(line):
            said = told(pipe)
            assert (said["events"], said["rejected"], said["details"][0]["origin"]) == (2, 1, f"{pipe}:2")
        else:
            assert run(pipe) == 2
            assert "is Avro, not lines of JSON: write it to a file and name that" in capsys.readouterr().err
        writer.join(5)
