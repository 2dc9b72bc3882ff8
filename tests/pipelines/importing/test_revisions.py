"""Imports one after the other: the same row is the same event, a changed one the next revision, and what is gone is
taken back only if that is asked."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from pipelines.importing.map import ImportMap
from pipelines.importing.run import ImportAsked, import_files
from pipelines.importing.templates import template_map
from tests.pipelines.importing.import_world import NOW, facts, imported, of_words

Told = dict[str, Any]
VISITS: Told = {
    "kind": "EvvVisit",
    "source": "v",
    "fields": {
        "document_id": {"column": "Id"},
        "provider_id": {"column": "Worker"},
        "recipient_id": {"value": "R1"},
        "program": {"value": "IHSS"},
        "check_in_at": {"column": "In"},
        "check_out_at": {"column": "Out"},
        "check_in_place": {"value": "HOME"},
        "check_out_place": {"value": "HOME"},
        "method": {"value": "MANUAL"},
        "withdrawn": {"when": [{"column": "Gone", "equals": "Y", "value": True}], "optional": True},
    },
}
NUMBERED = VISITS | {"fields": VISITS["fields"] | {"sequence": {"column": "Version"}}}
DAYS: Told = {
    "kind": "Timesheet",
    "source": "t",
    "rows": {"shape": "day"},
    "fields": {
        "provider_id": {"column": "Worker"},
        "recipient_id": {"value": "R1"},
        "program": {"value": "IHSS"},
        "service_date": {"column": "Date"},
        "minutes": {"column": "Hours"},
        "channel": {"value": "PAPER"},
    },
}
HEAD = "Id,Worker,In,Out,Gone\n"
FIRST = HEAD + "1,P1,2026-10-05 09:00,2026-10-05 10:00,\n2,P1,2026-10-06 09:00,2026-10-06 10:00,\n"


class Sender:
    """Sends one file after the other, each beside what was imported before."""

    def __init__(self, folder: Path, words: Told = VISITS) -> None:
        self.folder, self.map = folder, of_words(words)
        self.out, self.count = folder / "facts", 0

    def sends(self, text: str, **more: Any) -> Told:
        self.count += 1
        path = self.folder / f"rows{self.count}.csv"
        path.write_text(text, "utf-8")
        previous = self.out if self.count > 1 else None
        return imported([path], self.map, self.out, **{"previous": previous, "now": NOW + self.count * 1000} | more)


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def brief(told: Told) -> list[tuple[str, int, bool, str]]:
    return [(each["document_id"], each["revision"], each["withdrawn"], each["provider_id"]) for each in facts(told)]


def test_the_same_row_gives_the_same_event_id(sender: Sender, tmp_path: Path) -> None:
    one = facts(sender.sends(FIRST))
    other = facts(imported([tmp_path / "rows1.csv"], sender.map, tmp_path / "elsewhere", now=NOW + 10**9))
    assert [each["event_id"] for each in one] == [each["event_id"] for each in other]
    assert len({each["event_id"] for each in one}) == 2


def test_what_is_equal_is_not_written_again(sender: Sender) -> None:
    sender.sends(FIRST)
    again = sender.sends(FIRST)
    assert again["rows"]["unchanged"] == 2 and again["facts"] is None


def test_a_changed_row_is_the_next_revision(sender: Sender) -> None:
    first = facts(sender.sends(FIRST))
    told = sender.sends(FIRST.replace("2026-10-06 10:00", "2026-10-06 11:00"))
    assert brief(told) == [("v.2", 2, False, "P1")] and told["rows"]["unchanged"] == 1
    back = sender.sends(FIRST)
    assert brief(back) == [("v.2", 3, False, "P1")]
    assert facts(back)[0]["event_id"] not in {each["event_id"] for each in first}


def test_what_is_gone_is_taken_back_only_if_asked(sender: Sender) -> None:
    sender.sends(FIRST)
    without = "\n".join([*FIRST.splitlines()[:2], "3,P1,2026-10-06 12:00,2026-10-06 13:00,"]) + "\n"
    assert brief(sender.sends(without)) == [("v.3", 1, False, "P1")]
    narrower = HEAD + "1,P1,2026-10-05 09:00,2026-10-05 10:00,\n"
    assert brief(sender.sends(narrower, withdraw_missing=True)) == []
    assert brief(sender.sends(without, withdraw_missing=True)) == [("v.2", 2, True, "P1")]


def test_what_another_source_said_is_not_missing(sender: Sender, tmp_path: Path) -> None:
    sender.sends(FIRST)
    sender.map = of_words(VISITS | {"source": "w"})
    three = HEAD + "3,P1,2026-10-05 12:00,2026-10-05 13:00,\n4,P1,2026-10-07 12:00,2026-10-07 13:00,\n"
    assert [each[:3] for each in brief(sender.sends(three, withdraw_missing=True))] == [
        ("w.3", 1, False),
        ("w.4", 1, False),
    ]


def test_a_template_revises_what_says_its_own_source(tmp_path: Path) -> None:
    sender = Sender(tmp_path)
    sender.map = template_map("HoursException")
    head = "document_id,provider_id,recipient_id,workweek_start,extra_hours,source\n"
    first = head + "X1,P1,R1,2026-10-04,2:00,county.17\nX2,P1,R1,2026-10-04,2:00,county.17\n"
    assert [each[:2] for each in brief(sender.sends(first))] == [("X1", 1), ("X2", 1)]
    told = sender.sends(first.replace("X2,P1,R1,2026-10-04,2:00", "X2,P1,R1,2026-10-04,3:00"))
    assert [each[:2] for each in brief(told)] == [("X2", 2)] and told["rows"]["unchanged"] == 1
    taken_back = sender.sends(head + "X1,P1,R1,2026-10-04,2:00,county.17\n", withdraw_missing=True)
    assert [(each["document_id"], each["source"], each["withdrawn"]) for each in facts(taken_back)] == [
        ("X2", "county.17", True)
    ]


def test_nothing_is_missing_while_a_row_is_bad(sender: Sender) -> None:
    sender.sends(FIRST)
    bad = FIRST.replace("2026-10-06 09:00", "noonish") + "4,P1,2026-10-07 12:00,2026-10-07 13:00,\n"
    told = sender.sends(bad, withdraw_missing=True)
    assert brief(told) == [("v.4", 1, False, "P1")]
    assert any("nothing was withdrawn as missing" in each for each in told["warnings"])


def test_a_visit_of_another_worker_takes_the_old_document_back(sender: Sender) -> None:
    sender.sends(FIRST)
    told = sender.sends(FIRST.replace("2,P1", "2,P7"))
    assert brief(told) == [("v.2", 2, True, "P1"), ("v.2", 1, False, "P7")]
    assert brief(sender.sends(FIRST.replace("2,P1", "2,P7"))) == []


def test_what_was_taken_back_may_come_again(sender: Sender) -> None:
    sender.sends(FIRST)
    gone = FIRST.replace("2026-10-06 10:00,", "2026-10-06 10:00,Y")
    assert brief(sender.sends(gone)) == [("v.2", 2, True, "P1")]
    unreadable = FIRST.replace("2,P1,2026-10-06 09:00,2026-10-06 10:00,", "2,,noonish,,Y")
    assert sender.sends(unreadable)["rows"]["rejected"] == 0
    assert sender.sends(gone)["skipped"] == {"taken back, and not known or taken back before": 1}
    assert brief(sender.sends(FIRST)) == [("v.2", 3, False, "P1")]


def test_a_lower_number_of_the_sender_is_history(tmp_path: Path) -> None:
    sender = Sender(tmp_path, NUMBERED)
    head = "Id,Worker,In,Out,Gone,Version\n"
    rows = {number: f"1,P1,2026-10-05 09:00,2026-10-05 {hour}:00,,{number}\n" for number, hour in
            ((20260105093045, 10), (20260106093045, 11), (20260107093045, 12))}  # fmt: skip
    older, middle, newest = rows.values()
    assert brief(sender.sends(head + newest + older)) == [("v.1", 1, False, "P1"), ("v.1", 2, False, "P1")]
    told = sender.sends(head + middle)
    assert told["rows"]["superseded"] == 1 and not brief(told)


def test_hours_of_a_day_are_never_erased_in_silence(tmp_path: Path) -> None:
    sender = Sender(tmp_path, DAYS)
    head, monday, tuesday = "Worker,Date,Hours\n", "P1,10/05/2026,4:00\n", "P1,10/06/2026,5:00\n"
    assert brief(sender.sends(head + monday + tuesday)) == [("t.P1.R1.IHSS.2026-10-01", 1, False, "P1")]
    told = sender.sends(head + monday)
    assert told["bad"]["first"][0]["expected"].endswith("this would erase a day") and not brief(told)
    assert brief(sender.sends(head + monday + tuesday.replace("5", "6"))) == [
        ("t.P1.R1.IHSS.2026-10-01", 2, False, "P1")
    ]
    sender.map = of_words(DAYS | {"rows": {"shape": "day", "complete": True}})
    assert sender.sends(head + monday + "P1,10/07/2026,late\n")["rows"]["rejected"] == 2
    assert brief(sender.sends(head + monday)) == [("t.P1.R1.IHSS.2026-10-01", 3, False, "P1")]


def test_the_same_files_are_imported_once(sender: Sender, tmp_path: Path) -> None:
    told = sender.sends(FIRST)
    before = Path(told["facts"]).read_bytes()
    again = imported([tmp_path / "rows1.csv"], sender.map, sender.out, now=NOW + 10**9)
    assert again["imported_before"] and Path(told["facts"]).read_bytes() == before


def test_strict_writes_no_fact(sender: Sender) -> None:
    told = sender.sends(FIRST + "3,P1,noonish,,\n", strict=True)
    assert told["facts"] is None and not list(sender.out.glob("*.avro"))
    assert Path(told["bad_rows"]).is_file()


def test_nothing_is_left_of_an_import_that_breaks(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("pipelines.importing.run.write_container", broken)
    with pytest.raises(MemoryError):
        sender.sends(FIRST)
    assert list(sender.out.iterdir()) == []


def test_memory_is_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times the rows are read in the same memory."""
    monkeypatch.setattr("pipelines.importing.spool.AT_ONCE", 50)
    peaks = []
    for rows in (200, 1500):
        path = tmp_path / f"{rows}.csv"
        lines = (f"{n},P{n},2026-10-{n % 28 + 1:02} 09:00,2026-10-{n % 28 + 1:02} 1{n % 5}:00,\n" for n in range(rows))
        path.write_text(HEAD + "".join(lines), "utf-8")
        tracemalloc.start()
        imported([path], of_words(VISITS), tmp_path / str(rows))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000, peaks


def test_beats_say_how_far_it_is(tmp_path: Path) -> None:
    path, beats = tmp_path / "a.csv", []
    path.write_text(FIRST, "utf-8")
    (tmp_path / "o").mkdir()
    asked: ImportMap = of_words(VISITS)
    import_files(ImportAsked([path], asked, tmp_path / "o", None, False, False, NOW), lambda *beat: beats.append(beat))
    assert beats[-1] == ("facts", 2, 2) and ("rows", 1000, 1000) in beats


def test_most_visits_in_the_small_hours_make_one_ask_for_the_zone(tmp_path: Path) -> None:
    """Nine in the morning with a false Z is one at night."""
    sender = Sender(tmp_path)
    rows = (f"{day},P1,2026-10-{day:02}T09:00:00Z,2026-10-{day:02}T10:00:00Z,\n" for day in range(1, 25))
    told = sender.sends(HEAD + "".join(rows))
    assert told["warnings"] == ["24 of 24 check-ins are between midnight and 5:00: is the time zone right?"]
