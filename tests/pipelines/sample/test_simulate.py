"""The sample county: the same from the same seed, valid but for what is wrong on purpose, and true to its truth."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample.defects import DEFECTS, SPOILED
from pipelines.sample.homes import draw
from pipelines.sample.papers import Desk
from pipelines.sample.shelf import Shelf, Truth
from pipelines.sample.simulate import SampleRefusal, simulate
from pipelines.sample.situations import ROLL
from pipelines.sample.window import window
from rules import periods
from rules.law import Law
from schemas import FACTS
from schemas.avro import Container, Unreadable, validate
from tests.paid import replay_folder

RECIPIENTS = len(ROLL) + 30
ASKED: dict[str, Any] = {"county": "17", "recipients": RECIPIENTS, "months": 4, "start": "2024-02", "seed": 5}
# What must not stand in the end: excused, allowed, or taken out by the county.
ABSENT = {
    "week_over_40_excused": "V1",
    "violation_overturned": "V1",
    "violation_removed_by_training": "V1",
    "concurrent_care": "RECIPIENT_OVERLAP",
    "hours_assigned": "OVER_ASSIGNED_HOURS",
}
# Situations that need a month this sample does not have.
NOT_IN_SAMPLE = {"training_claimed_too_late"}


def read(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The records of a sample by kind, those of the damaged files left out."""
    found = defaultdict(list)
    for path in sorted(folder.glob("*-*.avro")):
        with path.open("rb") as stream:
            container = Container(stream)
            found[container.kind] += [record for _, record in container]
    return found


def good(records: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {kind: [r for r in each if not r["document_id"].endswith(SPOILED)] for kind, each in records.items()}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("county")
    return folder, simulate(folder, **ASKED, defects=0.02), read(folder)


def test_every_inbound_kind_is_there_and_counted(sample):
    _, told, records = sample
    assert set(records) == set(FACTS)
    assert told["counts"] == {kind: len(records[kind]) for kind in records}


def test_the_same_arguments_give_the_same_bytes(sample, tmp_path):
    folder, _, _ = sample
    simulate(tmp_path, **ASKED, defects=0.02)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert all((folder / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


def test_another_seed_gives_another_county(sample, tmp_path):
    simulate(tmp_path, **{**ASKED, "seed": 6})
    assert (tmp_path / "timesheet-0001.avro").read_bytes() != (sample[0] / "timesheet-0001.avro").read_bytes()


def test_more_recipients_and_no_defects_leave_the_earlier_ones_as_they_were(sample, tmp_path):
    simulate(tmp_path, **{**ASKED, "recipients": RECIPIENTS + 9}, defects=0)
    larger = read(tmp_path)
    for kind, records in good(sample[2]).items():
        assert larger[kind][: len(records)] == records, kind


def test_exactly_the_spoiled_records_are_rejected_and_for_the_reason_told(sample):
    _, told, records = sample
    reasons: Counter[str] = Counter()
    for kind, each in records.items():
        for record in each:
            try:
                validate(kind, record)
            except Unreadable as wrong:
                reasons[wrong.reason] += 1
                assert record["document_id"].endswith(SPOILED), (kind, wrong.field)
            else:
                assert not record["document_id"].endswith(SPOILED), kind
    assert {**reasons, "UNREADABLE": 2} == told["truth"]["rejections"]


def test_every_defect_is_one(sample):
    for kind, spoilers in DEFECTS.items():
        record = next(each for each in good(sample[2])[kind] if each.get("trips", True))
        for reason, spoil in spoilers:
            with pytest.raises(Unreadable) as wrong:
                validate(kind, {**record, **spoil(record)})
            assert wrong.value.reason == reason, (kind, wrong.value.field)


def test_two_files_break_and_the_inputs_add_up(sample):
    folder, told, records = sample
    readable = sum(map(len, records.values()))
    for name in ("truncated.avro", "not_avro.avro"):
        with (folder / name).open("rb") as stream, pytest.raises(Unreadable):
            for _ in Container(stream):
                readable += 1
    assert readable + 2 == told["truth"]["inputs"]


def test_without_defects_no_file_breaks(tmp_path):
    told = simulate(tmp_path, **{**ASKED, "recipients": 5}, defects=0)
    assert told["truth"]["rejections"] == {}
    assert not (tmp_path / "truncated.avro").exists()


def test_every_situation_is_planted_and_its_documents_exist(sample):
    folder, told, records = sample
    situations = told["truth"]["situations"]
    assert set(situations) == set(ROLL) - NOT_IN_SAMPLE
    assert json.loads((folder / "truth.json").read_text())["situations"] == situations
    known = {f"{kind}/{record['document_id']}" for kind, each in records.items() for record in each}
    # A visit that was never made is planted by its timesheet alone.
    missing = {name for name, told in situations.items() for at in told["planted"] if not set(at["documents"]) <= known}
    assert missing == set()


def test_recipients_are_not_alike(sample):
    authorized = [r for r in good(sample[2])["ServiceAuthorization"] if int(r["recipient_id"][1:]) > len(ROLL)]
    assert len({record["monthly_minutes"] for record in authorized}) > len(authorized) // 2


def test_nothing_is_filed_after_the_sample_ends(tmp_path):
    span, shelf = window("17", "2024-02", 1), Shelf(tmp_path)
    desk = Desk(draw(1, 1, span, None), span, shelf, Truth())
    desk.put("Timesheet", {"recorded_at": span.horizon})
    assert not shelf.written
    desk.put("Timesheet", {"recorded_at": span.horizon - 1})
    assert shelf.written == {"Timesheet": 1}


def test_facts_are_recorded_within_the_sample(sample):
    span = window("17", ASKED["start"], ASKED["months"])
    earliest = periods.midnight(periods.previous_month(span.first))
    for kind, each in sample[2].items():
        assert all(earliest <= record["recorded_at"] < span.horizon for record in each), kind


def test_event_ids_are_unique_but_for_events_sent_twice(sample):
    _, told, records = sample
    sent = Counter((r["source"], r["event_id"]) for each in good(records).values() for r in each)
    assert sum(sent.values()) - len(sent) == told["truth"]["repeated"]["same_event"] > 0


@pytest.fixture(scope="module")
def paid(sample):
    folder = sample[0]
    return replay_folder(folder, sorted(path.name for path in folder.glob("*.avro")), Law.load())


def test_what_should_follow_does(sample, paid):
    """The findings that the truth promises are among the conclusions, on the document or the person."""
    _, told, records = sample
    assert Counter(r["reason"] for r in paid.records["Rejection"]) == told["truth"]["rejections"]
    found = defaultdict(set)
    for finding in paid.records["Finding"]:
        for field in ("document_id", "provider_id", "recipient_id"):
            found[finding[field]].add(finding["code"])
    for name, situation in told["truth"]["situations"].items():
        for at in situation["planted"]:
            who = involved(at, records)
            assert set(situation["codes"]) <= set().union(*(found[one] for one in who)), (name, at)


def test_what_was_excused_or_taken_out_is_no_longer_held_against_anyone(sample, paid):
    """Of the planted weeks and people, nothing that the county allowed or removed still counts at the end."""
    _, told, records = sample
    last = {finding["finding_id"]: finding for finding in paid.records["Finding"]}
    for name, code in ABSENT.items():
        for at in told["truth"]["situations"][name]["planted"]:
            weeks = weeks_of(at, records)
            for finding in last.values():
                counts = not finding["cleared"] and finding["outcome"] != "NOTED" and finding["code"] == code
                about = {finding["provider_id"], finding["recipient_id"]} & involved(at, records)
                same_week = not weeks or finding["workweek_start"] in weeks
                assert not (counts and about and same_week), (name, finding)


def test_every_kind_of_pay_is_instructed(paid):
    kinds = {instruction["kind"] for instruction in paid.records["PaymentInstruction"]}
    earnings = {line["earning"] for each in paid.records["PaymentInstruction"] for line in each["lines"]}
    assert kinds == {"ARREARS", "ADVANCE", "TRAINING", "INCENTIVE", "SICK_LEAVE"}
    assert earnings == {"SERVICE", "OVERTIME_PREMIUM", "TRAVEL", "TRAINING", "INCENTIVE", "ADVANCE", "SICK_LEAVE"}
    assert paid.records["BenefitHours"] and paid.records["AdvanceReconciliation"] and paid.records["LeaveBalance"]


def involved(at: dict[str, Any], records: dict[str, list[dict[str, Any]]]) -> set[str]:
    """Ids of the recipient, the documents and everybody they name."""
    who = {at.get("recipient_id"), *(document.split("/")[1] for document in at["documents"])} - {None}
    for record in planted_records(at, records):
        who |= persons(record)
    return who


def weeks_of(at: dict[str, Any], records: dict[str, list[dict[str, Any]]]) -> set[int]:
    """Workweeks that the planted exceptions and decisions are about."""
    return {r["workweek_start"] for r in planted_records(at, records) if "workweek_start" in r}


def planted_records(at: dict[str, Any], records: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    wanted = set(at["documents"])
    return [r for kind, each in records.items() for r in each if f"{kind}/{r['document_id']}" in wanted]


def persons(record: dict[str, Any]) -> set[str]:
    return {record[field] for field in ("provider_id", "recipient_id") if record.get(field)}


def planted(sample, name: str) -> set[str]:
    return {d for at in sample[1]["truth"]["situations"][name]["planted"] for d in at["documents"]}


def test_approval_comes_with_revision_2_of_a_late_one(sample):
    late = planted(sample, "late_approval")
    revisions = defaultdict(dict)
    for record in good(sample[2])["Timesheet"]:
        if f"Timesheet/{record['document_id']}" in late:
            revisions[record["document_id"]][record["revision"]] = record["recipient_approved_at"]
    assert revisions
    assert all(each[1] is None and each[2] is not None for each in revisions.values())


def test_regular_approvals_come_after_the_last_day_worked(sample):
    early = planted(sample, "filed_before_worked")
    for record in good(sample[2])["Timesheet"]:
        approved = record["recipient_approved_at"]
        if approved is not None and f"Timesheet/{record['document_id']}" not in early:
            assert periods.civil_day(approved) > periods.period_end(record["period_start"])


def test_a_settled_payment_names_the_run_that_first_saw_the_approval(sample):
    sheets = {r["document_id"]: r for r in good(sample[2])["Timesheet"] if r["revision"] == 1}
    outcomes = [r for r in good(sample[2])["PaymentOutcome"] if r["outcome"] == "SETTLED"]
    settled = [r for r in outcomes if f"PaymentOutcome/{r['document_id']}" in planted(sample, "payment_settled")]
    assert settled
    for outcome in settled:
        sheet = sheets["TS" + outcome["document_id"][2:]]
        run = periods.business_day_of(periods.cut_off_after(sheet["recorded_at"]))
        ids = f"{sheet['provider_id']}:{sheet['recipient_id']}"
        start, paid = periods.iso(sheet["period_start"]), periods.iso(run)
        assert outcome["instruction_id"] == f"ARREARS:{ids}:{start}:{paid}"


def test_visits_cover_four_or_five_days_of_those_who_do_not_live_in(sample):
    records = good(sample[2])
    at_home = {(r["provider_id"], r["recipient_id"]) for r in records["ProviderAssignment"] if r["live_in"]}
    visiting = {(r["provider_id"], r["recipient_id"]) for r in records["EvvVisit"]}
    assert visiting and not visiting & at_home
    sheets = [r for r in records["Timesheet"] if (r["provider_id"], r["recipient_id"]) in visiting]
    worked = Counter(sum(minutes > 0 for minutes in r["minutes_worked"]) for r in sheets)
    assert worked[4] + worked[5] > 0.9 * len(sheets)


def test_regular_work_stays_within_the_authorization(sample):
    records = good(sample[2])
    authorized = {
        (r["recipient_id"], r["program"]): r["monthly_minutes"]
        for r in records["ServiceAuthorization"]
        if r["document_id"].startswith("SA") and r["document_id"].count("-") == 0
    }
    claimed: Counter[tuple[str, int]] = Counter()
    for record in records["Timesheet"]:
        if record["program"] == "IHSS" and record["revision"] == 1 and int(record["recipient_id"][1:]) > len(ROLL):
            claimed[record["recipient_id"], periods.month_of(record["period_start"])] += sum(record["minutes_worked"])
    over = [key for key, minutes in claimed.items() if minutes > authorized.get((key[0], "IHSS"), 0)]
    assert len(over) < 0.1 * len(claimed)


def test_a_big_kind_is_split_over_files(sample, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.sample.shelf.RECORDS_IN_A_FILE", 50)
    simulate(tmp_path, **{**ASKED, "recipients": 20}, defects=0)
    assert len(list(tmp_path.glob("timesheet-*.avro"))) > 2
    assert {kind: len(each) for kind, each in read(tmp_path).items()}["Timesheet"] > 100


def test_a_county_before_its_first_rate_is_refused_by_name_with_what_is_known(tmp_path):
    with pytest.raises(SampleRefusal) as refused:
        simulate(tmp_path, "28", 1, 14, "2021-12", 1)
    assert str(refused.value) == "Napa has no wage rate before 2022-01: start then or later"


def test_a_folder_with_facts_is_refused(sample):
    with pytest.raises(SampleRefusal, match="already"):
        simulate(sample[0], **ASKED)


@pytest.mark.parametrize("start", ["2023-11", "2025-06"])
def test_every_kind_is_there_in_other_years_too(tmp_path, start):
    told = simulate(tmp_path, "17", RECIPIENTS, 1, start, 1, 0)
    assert set(told["counts"]) == set(FACTS)
