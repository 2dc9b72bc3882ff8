"""What senders write as JSON: in any encoding and form it is read alike, and what is wrong is said so that it helps."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.check.counter import Counter
from pipelines.importing.date_words import day_words, instant_words
from pipelines.importing.json_keys import first_twice, shown
from pipelines.importing.json_lines import fact_of, fact_of_line
from pipelines.importing.json_text import pieces
from rules.periods import PACIFIC, epoch_day
from schemas import FACTS
from schemas.avro import Unreadable, validate
from schemas.envelope import Fact
from tests.pipelines.check.test_verdict import as_json
from tests.schemas.samples import NOON, SAMPLES
from tests.schemas.strategies import records

PROGRAM = Path(sys.executable).with_name("ihss-payroll")
Json = Any

ENCODINGS = [
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-16 with a mark",
]  # fmt: skip
FORMS = ["lines", "lines of Windows", "lines of a Mac", "array", "pretty array", "array by lines", "pretty events"]


def text_of(events: list[Json], form: str) -> str:
    one = [json.dumps(each, ensure_ascii=False) for each in events]
    return {
        "lines": "".join(f"{each}\n" for each in one),
        "lines of Windows": "\r\n" + "".join(f"{each}\r\n" for each in one),
        "lines of a Mac": "".join(f"{each}\r" for each in one),
        "array": f"[{','.join(one)}]",
        "pretty array": json.dumps(events, indent=4, ensure_ascii=False),
        "array by lines": "[\n" + ",\n".join(one) + "\n]\n",
        "pretty events": "\n".join(json.dumps(each, indent=2, ensure_ascii=False) for each in events),
    }[form]


def bytes_of(text: str, encoding: str) -> bytes:
    return ("\ufeff" + text).encode("utf-16-be") if encoding == "utf-16 with a mark" else text.encode(encoding)


def read(raw: bytes) -> list[Fact | Unreadable]:
    """What a text comes to: facts, and why there is none."""
    return [each.wrong or outcome(each.value) for each in pieces(BytesIO(raw))]


def outcome(value: Json) -> Fact | Unreadable:
    try:
        return fact_of(value)
    except Unreadable as wrong:
        return wrong


def refusal(event: Json) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        fact_of(event)
    return refused.value


def sheet(**changes: Json) -> Json:
    return as_json(validate("Timesheet", SAMPLES["Timesheet"])) | changes


# --- every way to write it --------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(drawn=st.data(), kinds=st.lists(st.sampled_from(list(FACTS)), min_size=1, max_size=3))
def test_every_form_and_encoding_is_the_same_events(drawn, kinds) -> None:
    facts = [validate(kind, drawn.draw(records(kind))) for kind in kinds]
    with suppress(UnicodeEncodeError):  # half a character is no text
        for form, encoding in product(FORMS, ENCODINGS):
            raw = bytes_of(text_of([as_json(fact) for fact in facts], form), encoding)
            assert read(raw) == facts, (form, encoding)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('{"kind": 1}\n\n {"kind": 2}\n', ["1", "3"]),
        ('[{"a": 1}, {"a": 2}]', ["1:2", "1:12"]),
        ('\n[\n  {"a": 1},\n  {"a":\n 2}, {"a": 3}\n]', ["3", "4", "5:6"]),
        ('{\n"a": 1\n}\n{\n"a": 2\n}', ["1", "4"]),
        ('[{"a": 1}]\n[{"a": 2}]', ["1:2", "2:2"]),
    ],
)
def test_an_event_is_where_it_begins(text: str, places: list[str]) -> None:
    assert [each.place for each in pieces(text.encode().splitlines(keepends=True))] == places


def test_a_bad_line_takes_no_other_and_a_broken_array_all_that_follows() -> None:
    good, bad = json.dumps(sheet()), '{"kind": "Timesheet", oops}'
    lines = list(pieces([f"{each}\n".encode() for each in (bad, good, bad, "[1", good)]))
    assert [each.wrong is None for each in lines] == [False, True, False, False, True]
    assert not any(each.is_rest for each in lines) and lines[3].raw == b"[1"
    array = list(pieces(f"[\n{good},\n{bad},\n{good}]".encode().splitlines(keepends=True)))
    assert [(each.place, each.wrong is None) for each in array] == [("2", True), ("3", False)]
    assert array[1].is_rest and array[1].raw == f"{bad},\n{good}]".encode()
    assert str(array[1].wrong) == (
        "UNREADABLE: Not JSON: expecting property name enclosed in double quotes in line 3 at character 23."
        " Nothing after it was looked at."
    )


def test_bytes_that_are_no_text_are_the_fault_of_their_event_alone() -> None:
    good, bad = json.dumps(sheet()).encode(), json.dumps(sheet(source="XY")).encode().replace(b"XY", b"\xc3\x28")
    wrong, right = read(bad + b"\n" + good)
    assert isinstance(right, Fact) and isinstance(wrong, Unreadable)
    assert str(wrong) == "UNREADABLE: It is not written in UTF-8, nor in UTF-16 from the beginning."


def test_one_pretty_event_that_is_broken_is_one_event() -> None:
    text = b'{\n  "kind": "Timesheet",\n  "revision": ,\n  "trips": [\n    {"minutes": 3}\n  ]\n}\n'
    [piece] = pieces(text.splitlines(keepends=True))
    assert "expecting value in line 3 at character 15" in str(piece.wrong)


# --- twice ------------------------------------------------------------------------------------------------------------


def objects(value: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        yield path, value
        for name, each in value.items():
            yield from objects(each, f"{path}.{name}".lstrip("."))
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from objects(each, f"{path}[{place}]")


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text('ab"\\:{', max_size=2), inner)),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(
    drawn=st.data(),
    value=st.dictionaries(st.sampled_from("abc"), JSON_VALUES, min_size=1),
    indent=st.sampled_from([None, 2]),
)
def test_a_key_that_stands_twice_is_found_wherever_it_is(drawn, value, indent) -> None:
    """Its second value takes its place in every object that Python reads: it would be paid."""
    text = json.dumps(value, indent=indent)
    assert first_twice(text) is None
    candidates = [(path, each) for path, each in objects(value) if each]
    path, within = drawn.draw(st.sampled_from(candidates))
    key = drawn.draw(st.sampled_from(list(within)))
    within["\ue000"] = within[key]
    doubled = json.dumps(value, indent=indent).replace(json.dumps("\ue000"), json.dumps(key))
    found = first_twice(doubled)
    assert found is not None and found.path == f"{path}.{key}".lstrip(".")
    assert doubled[found.at :].startswith(json.dumps(key))
    [piece] = pieces([each.encode() for each in doubled.splitlines(keepends=True)])
    assert piece.wrong is not None and piece.wrong.reason == "INVALID"


def test_a_key_that_stands_twice_is_refused_with_its_line() -> None:
    claim = as_json(validate("TravelClaim", SAMPLES["TravelClaim"]))
    text = json.dumps(
        {"type": "ihss.v1.TravelClaim", "data": {k: v for k, v in claim.items() if k != "kind"}}, indent=1
    )
    doubled = re.sub(r'("minutes": \d+)', r'\1,\n "minutes": 1', text, count=1)
    line = doubled[: doubled.rindex('"minutes": 1')].count("\n") + 1
    [piece] = pieces(doubled.encode().splitlines(keepends=True))
    assert (piece.wrong.reason, piece.wrong.field) == ("INVALID", "trips[0].minutes")
    assert f"stands twice in its object, again in line {line} at character 2: which is meant?" in piece.wrong.message


def test_a_key_is_shown_so_that_no_terminal_obeys_it() -> None:
    assert shown("trips[0].to_recipient-id") == "trips[0].to_recipient-id"
    assert shown("\x1b[31mred") == '"\\u001b[31mred"'
    assert len(shown("x" * 500)) < 70
    refused = refusal(sheet(**{"\x1b]0;title\x07": 1}))
    assert refused.field == '"\\u001b]0;title\\u0007"'


# --- what is missing or wrong -----------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(drawn=st.data(), kind=st.sampled_from(list(FACTS)))
def test_all_that_is_missing_is_named_at_once(drawn, kind) -> None:
    event = as_json(validate(kind, SAMPLES[kind]))
    needed = [name for name, field in FACTS[kind].model_fields.items() if field.is_required()]
    gone = drawn.draw(st.lists(st.sampled_from(needed), min_size=1, unique=True))
    refused = refusal({name: value for name, value in event.items() if name not in gone})
    in_order = [name for name in needed if name in gone]
    assert (refused.reason, refused.field) == ("INVALID", in_order[0])
    assert refused.message == f"Missing: {', '.join(in_order)}."


def test_what_is_wrong_besides_is_said_too() -> None:
    event = sheet(period_start="01/07/2024", revision="1", provider_signed_at="2024-01-16T08:00:00", more=1, hours=2)
    del event["withdrawn"], event["channel"]
    refused = refusal(event)
    assert refused.field == "revision"
    assert refused.message == (
        "Input should be a valid integer. Missing: withdrawn, channel."
        ' period_start: Read "01/07/2024". It may mean 2024-01-07 or 2024-07-01. A day is written YYYY-MM-DD: write the'
        ' one that is meant. provider_signed_at: Read "2024-01-16T08:00:00". An instant is written with its offset from'
        " UTC: 2024-01-16T08:00:00-08:00 if it is California's time, 2024-01-16T08:00:00Z if it is UTC."
        " more: Extra inputs are not permitted. Wrong too: hours."
    )


def test_of_an_avro_record_the_first_wrong_field_is_named_and_what_is_missing() -> None:
    with pytest.raises(Unreadable) as refused:
        validate("HoursException", {"event_id": "e", "source": "s", "recorded_at": NOON, "revision": 0})
    assert refused.value.field == "document_id"
    assert refused.value.message == (
        "Missing: document_id, withdrawn, provider_id, recipient_id, workweek_start, extra_minutes."
    )


# --- days and instants ------------------------------------------------------------------------------------------------

ISO = r"\d{4}-\d{2}-\d{2}"
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
PLAIN_WAYS = [
    lambda day: f"{day:%Y/%m/%d}", lambda day: f"{day.year}-{day.month}-{day.day}", lambda day: f"{day:%Y%m%d}",
    lambda day: f"{day:%b} {day.day}, {day.year}", lambda day: f"{day.day} {day:%B} {day.year}",
    lambda day: f"{day.day}-{day:%b}-{day.year}", lambda day: f"{day:%Y-%m-%d}T08:00:00Z",
    lambda day: f"{day:%Y.%m.%d} 08:00",
]  # fmt: skip
US, EUROPE = "%m/%d/%Y", "%d/%m/%Y"


@given(day=DAYS, way=st.sampled_from(PLAIN_WAYS))
def test_a_plain_day_is_written_right_and_then_taken(day: date, way: Any) -> None:
    text = way(day)
    refused = outcome(sheet(period_start=text))
    if re.fullmatch(ISO, text):
        return
    assert isinstance(refused, Unreadable) and refused.field == "period_start"
    assert refused.message == f'Read "{text}". A day is written YYYY-MM-DD: {day}.'
    taken = outcome(sheet(period_start=str(day)))
    assert not isinstance(taken, Unreadable) or "Read" not in taken.message


@given(day=DAYS, way=st.sampled_from([US, EUROPE]), clock=st.sampled_from(["", " 17:30", " 5:30 PM"]))
def test_day_and_month_are_never_taken_for_each_other(day: date, way: str, clock: str) -> None:
    text = day.strftime(way) + clock
    other = {day}
    if day.day <= 12:
        other.add(date(day.year, day.day, day.month))
    for words in (day_words(text), instant_words(text)):
        named = {date.fromisoformat(each) for each in re.findall(ISO, words)}
        if len(other) == 1:
            assert named == other
        else:
            assert other <= named and "may" in words
            assert f"{min(other)} or {max(other)}" in words


@given(
    at=st.builds(
        datetime.combine,
        st.dates(date(1900, 1, 2), date(2199, 12, 30)),
        st.times().map(lambda at: at.replace(microsecond=0)),
    )
)
def test_an_instant_without_its_offset_is_no_instant(at: datetime) -> None:
    words = instant_words(at.isoformat())
    assert f'Read "{at.isoformat()}". An instant is written with its offset from UTC: ' in words
    said = [datetime.fromisoformat(each) for each in re.findall(rf"{ISO}T[\d:]+(?:Z|[+-][\d:]+)", words)]
    assert said[-1] == at.replace(tzinfo=UTC)
    for each in said[:-1]:
        assert each.astimezone(PACIFIC).replace(tzinfo=None) == at
    for each in re.findall(rf"{ISO}T[\d:]+(?:Z|[+-][\d:]+)", words):
        assert fact_of(sheet(provider_signed_at=each)).provider_signed_at == int(
            datetime.fromisoformat(each).timestamp() * 1000
        )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024-11-03T01:30:00", "that hour came twice, 2024-11-03T01:30:00-07:00 and 2024-11-03T01:30:00-08:00;"),
        ("2024-03-10T02:30:00", "clocks went from 02:00 to 03:00 and there was no such time; 2024-03-10T02:30:00Z"),
        ("2024-02-01", "and its time: 2024-02-01T12:00:00-08:00 is noon of that day in California."),
        ("2024-02-01T25:00:00-08:00", "There is no such time of day."),
        ("2024-02-30T08:00:00-08:00", "There is no such day."),
        ("02/13/2024 08:00 -08:00", ": 2024-02-13T08:00:00-08:00."),
        ("1704821400000", "A number stands without quotes."),
        ("1850-01-01T00:00:00Z", "No year is paid but 1900 to 2199."),
        ("9999-12-31T23:59:59-08:00", "No year is paid but 1900 to 2199."),
        ("tomorrow", 'Read "tomorrow". An instant is written with its offset from UTC, such as 2024-01-31T17:00'),
        ("\x1b[31m", "Read a text of 5 characters."),
        ("x" * 10**6, "Read a text of 1,000,000 characters."),
        (17048214000000000, "Read 17048214000000000."),
        (1.5, "Read a number with a fraction."),
        (float("nan"), "Read a number with a fraction."),
        (True, "Read true."),
        (None, "Read null."),
        ({"a": 1}, "Read a list or an object."),
    ],
)
def test_what_is_said_of_an_instant(text: Json, words: str) -> None:
    refused = refusal(sheet(provider_signed_at=text))
    assert (refused.reason, refused.field) == ("INVALID", "provider_signed_at")
    assert words in refused.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024-02-30", "There is no such day."),
        ("01/07/24", "A year has four digits."),
        ("30/02/2024", "There is no such day."),
        ("1899-12-31", "No year is paid but 1900 to 2199."),
        ("٠١/٠٧/٢٠٢٤", "Read a text of 10 characters."),
        ("", "Read a text of 0 characters."),
        (10**9, "or as the number of days since 1970-01-01, from 1900 to 2199."),
    ],
)
def test_what_is_said_of_a_day(text: Json, words: str) -> None:
    refused = refusal(sheet(period_start=text))
    assert refused.field == "period_start" and words in refused.message


def test_no_end_is_a_day() -> None:
    assert day_words("12/31/9999").endswith(": 9999-12-31.")
    event = as_json(validate("ProviderAssignment", SAMPLES["ProviderAssignment"])) | {"effective_to": "9999-12-31"}
    assert fact_of(event).effective_to == epoch_day(date.max)


@given(value=st.one_of(st.text(), st.text("0123456789/-:T .ZAPM+", max_size=25), st.integers(), st.floats()))
def test_whatever_stands_there_has_words(value: Json) -> None:
    for words in (day_words(value), instant_words(value)):
        assert words.startswith("Read ") and words.endswith(".")
        assert words.isprintable()


# --- hostile ----------------------------------------------------------------------------------------------------------

HOSTILE = {
    "deep": b"[" * 200_000,
    "deep within": b'{"kind": ' + b"[" * 200_000,
    "deep and whole": b'[{"kind": ' + b"[" * 900 + b"]" * 900 + b"}]",
    "deep type": b'{"type": ' + b"[" * 900 + b"]" * 900 + b"}",
    "a number of a million digits": b'{"kind": "Timesheet", "revision": ' + b"9" * 10**6 + b"}",
    "an exponent": b'{"kind": "Timesheet", "revision": 1e999999, "recorded_at": -1e999}',
    "not a number": b'{"kind": "Timesheet", "revision": NaN, "minutes_worked": [Infinity], "period_start": -Infinity}',
    "control characters": b'{"kind": "Time\x00sheet\x1b"}',
    "escaped control characters": b'{"kind": "Timesheet", "event_id": "\\u0000\\u001b[2J", "\\u001b[2J": 1}',
    "half a character": b'{"kind": "Timesheet", "document_id": "\\ud800", "source": "\\udfff"}',
    "not UTF-8": b'{"kind": "Timesheet", "source": "\xc3\x28"}',
    "half of UTF-16": '{"kind": "Timesheet"}'.encode("utf-16")[:-1],
    "only a mark": b"\xff\xfe\n",
    "zeros": bytes(5000),
    "a long string": b'{"kind": "' + b"x" * 10**6 + b'"}',
    "never closed": b'{"kind": "' + b"x" * 10**6,
    "an empty array": b"[]",
    "no event": b"null",
    "brackets in a string": b'{"kind": "]}{[,:\\"", "kind": "x"}',
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_harm_is_one_clear_line(name: str) -> None:
    [found] = read(HOSTILE[name])
    assert isinstance(found, Unreadable)
    assert found.reason in ("UNREADABLE", "UNKNOWN_SCHEMA", "INVALID")
    assert found.message.isprintable() and len(found.message) < 1200
    assert (found.field or "x").isprintable()


def test_a_file_of_all_that_would_harm_ends_in_a_verdict(tmp_path: Path) -> None:
    """As a user runs it: no traceback, nothing that a terminal obeys, exit code 1."""
    for number, raw in enumerate(HOSTILE.values()):
        (tmp_path / f"{number:02}.json").write_bytes(raw)
    told = subprocess.run([PROGRAM, "validate", tmp_path, "--all"], capture_output=True, text=True)
    assert told.returncode == 1, told.stderr[-2000:]
    assert told.stderr == "" and "\x1b" not in told.stdout
    assert f"{len(HOSTILE)} events: 0 can be used, {len(HOSTILE)} would be rejected" in told.stdout


@settings(max_examples=300, deadline=None)
@given(raw=st.one_of(st.binary(max_size=60), st.text('{}[]",:\\ \n\t0-1ekindtrue', max_size=60).map(str.encode)))
def test_any_bytes_are_pieces(raw: bytes) -> None:
    for found in pieces(raw.splitlines(keepends=True)):
        assert found.wrong is not None or isinstance(outcome(found.value), Unreadable)
        assert found.raw is not None


@settings(max_examples=200, deadline=None)
@given(drawn=st.data(), form=st.sampled_from(FORMS))
def test_a_text_with_a_character_gone_or_added_never_gets_better(drawn, form) -> None:
    """One slip of the hand: some events are lost, none is made up, none becomes another without being valid itself."""
    events = [sheet(event_id=f"e-{number}") for number in range(3)]
    text = text_of(events, form)
    place = drawn.draw(st.integers(0, len(text) - 1))
    slip = drawn.draw(st.sampled_from(["", "{", "}", "[", "]", ",", '"', "\\", "x", "\n"]))
    found = read((text[:place] + slip + text[place + 1 :]).encode())
    assert sum(isinstance(each, Fact) for each in found) <= len(events)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "encoding"), [("pretty array", "utf-16"), ("lines", "utf-8-sig")])
def test_a_clerks_file_is_read_by_the_command(form: str, encoding: str, tmp_path: Path) -> None:
    good = sheet(recorded_at="2024-01-16T08:00:00-08:00", source="é")
    bad = good | {"event_id": "e-2", "document_id": "D2", "provider_signed_at": "01/07/2024 8:00"}
    (tmp_path / "new.json").write_bytes(bytes_of(text_of([good, bad], form), encoding))
    told = subprocess.run([PROGRAM, "validate", tmp_path / "new.json", "--json"], capture_output=True, text=True)
    assert told.returncode == 1, told.stderr
    said = json.loads(told.stdout)
    assert (said["events"], said["usable"], said["ignored"]) == (2, {"Timesheet": 1}, [])
    [refused] = [each for each in said["details"] if "reason" in each]
    assert (refused["kind"], refused["field"]) == ("Timesheet", "provider_signed_at")
    assert "Its day may be 2024-01-07 or 2024-07-01" in refused["message"]
    piped = subprocess.run(
        [PROGRAM, "validate", "-", "--json"], input=(tmp_path / "new.json").read_bytes(), capture_output=True
    )
    assert json.loads(piped.stdout)["rejections"] == said["rejections"]


def test_the_counter_reads_json_whatever_its_file_is_called(tmp_path: Path) -> None:
    for name in ("x.json", "x.txt", "x"):
        (tmp_path / name).write_bytes(bytes_of(text_of([sheet()], "pretty array"), "utf-16"))
        counter = Counter(now=NOON + timedelta(days=1) // timedelta(milliseconds=1))
        list(counter.read(tmp_path / name))
        assert [placed.origin for placed in counter.placed] == [f"{tmp_path / name}:2"]


def test_a_repaired_rejection_is_read_as_well() -> None:
    assert fact_of_line(b"\xef\xbb\xbf" + json.dumps(sheet(), indent=2).encode()) == fact_of(sheet())
    for text, words in ((b"", "0 events"), (b"{}{}", "2 events"), (b"[", "Not JSON")):
        with pytest.raises(Unreadable, match=words):
            fact_of_line(text)
