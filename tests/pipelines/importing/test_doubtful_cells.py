"""Cells that could be read in two ways, rows that nobody may read, and texts that are none: each is one bad row."""

import csv
import inspect
import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines.importing import hours
from pipelines.importing.cells import BadCell, whole_number
from pipelines.importing.map import FieldMap
from pipelines.importing.previous import sequences_of, write_sequences
from pipelines.importing.sources import HeadedSource, RowSource
from pipelines.misuse import Misuse
from tests.pipelines.importing.import_world import NOW, facts, imported, of_words

Told = dict[str, Any]
WHOLE = {"program": {"value": "IHSS"}, "check_in_place": {"value": "HOME"}, "check_out_place": {"value": "HOME"},
         "method": {"value": "MANUAL"}}  # fmt: skip
VISITS: Told = {
    "kind": "EvvVisit",
    "source": "v",
    "fields": WHOLE
    | {
        name: {"column": column}
        for name, column in (
            ("document_id", "Id"),
            ("provider_id", "Worker"),
            ("recipient_id", "Client"),
            ("check_in_at", "In"),
            ("check_out_at", "Out"),
        )
    },
}
HEAD = "Id,Worker,Client,In,Out,Note\n"
GOOD = "1,P1,R1,2026-10-05 09:00,2026-10-05 10:00,\n"


def sent(folder: Path, text: str | bytes, words: Told, name: str = "rows.csv", **more: Any) -> Told:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return imported([path], of_words(words), folder / "out", **more)


def laid(**fields: Told) -> Told:
    return VISITS | {"fields": VISITS["fields"] | fields}


TWO_COLUMNS: Told = {
    "kind": "Timesheet",
    "source": "t",
    "rows": {"shape": "day"},
    "fields": {
        "provider_id": {"value": "P1"},
        "recipient_id": {"value": "R1"},
        "program": {"value": "IHSS"},
        "channel": {"value": "PAPER"},
        "service_date": {"column": "Date"},
        "minutes": {"column": "Hours", "minutes_column": "Minutes"},
    },
}


@pytest.mark.parametrize(
    ("decimal", "written", "number"),
    [(".", "1,5", None), (".", "1,500", 1500), (",", "1.5", None), (",", "1.500", 1500), (".", "1,50", None),
     (".", "12,3456", None), (".", "15", 15), (".", "-1,234,567", -1234567), (".", "9" * 40, None)],
)  # fmt: skip
def test_a_comma_parts_thousands_or_the_cell_is_bad(decimal: str, written: str, number: int | None) -> None:
    try:
        assert whole_number(written, decimal) == number
    except BadCell:
        assert number is None


def test_hours_in_two_columns_have_no_decimal_sign(tmp_path: Path) -> None:
    told = sent(tmp_path, "Date;Hours;Minutes\n2026-10-05;1,5;0\n2026-10-06;15;0\n", TWO_COLUMNS)
    assert told["minutes"]["used"] == 15 * 60 and told["rows"]["rejected"] == 1


SIGNED = {"column": "Worker", "refuse": [{"column": "Note", "equals": "N", "why": "a visit that was signed"}]}
SECRET = "555-12-3456"


@pytest.mark.parametrize(
    "row",
    [
        f"1,P1,R1,{SECRET},2026-10-05 10:00,N\n".encode(),  # another of its cells is bad too
        f"1,Peña,R1,{SECRET},2026-10-05 10:00,N\n".encode("latin-1"),  # a fault, and a refusal that can be seen
    ],
)
def test_nothing_of_a_refused_row_is_repeated(row: bytes, tmp_path: Path) -> None:
    told = sent(tmp_path, (HEAD + GOOD).encode() + row, laid(provider_id=SIGNED))
    assert told["rows"]["rejected"] == 1
    for path in (tmp_path / "out").iterdir():
        assert SECRET.encode() not in path.read_bytes()


def test_of_a_line_that_cannot_be_read_a_map_that_refuses_repeats_nothing(tmp_path: Path) -> None:
    line = '{"Id": "1", "Worker": "' + SECRET
    rows = json.dumps({"Id": "1", "Worker": "P1", "Client": "R1", "In": "2026-10-05 09:00", "Out": "2026-10-05 10:00",
                       "Note": ""})  # fmt: skip
    told = sent(tmp_path, f"{rows}\n{line}\n", laid(provider_id=SIGNED), "rows.jsonl")
    assert (told["rows"]["used"], told["rows"]["rejected"]) == (1, 1)
    assert all(SECRET.encode() not in path.read_bytes() for path in (tmp_path / "out").iterdir())
    without = sent(tmp_path, f"{rows}\n{line}\n\n", VISITS, "rows2.jsonl")
    assert SECRET in without["bad"]["first"][0]["raw"]


@pytest.mark.parametrize("form", ["lines", "array"])
def test_half_a_character_is_one_bad_row(form: str, tmp_path: Path) -> None:
    rows = [
        {"Id": str(number), "Worker": "P1", "Client": "R1", "In": f"2026-10-0{number} 09:00", "Out": None, "Note": note}
        for number, note in enumerate(("", "\ud800", ""), 1)
    ]
    text = "\n".join(map(json.dumps, rows)) if form == "lines" else json.dumps(rows)
    told = sent(tmp_path, text, VISITS, "rows.json")
    if form == "lines":
        assert (told["rows"]["used"], told["rows"]["rejected"]) == (2, 1)
    else:  # of an array the parser makes it a question mark, which no id has
        assert told["rows"]["used"] == 3


def test_a_number_too_long_for_python_is_one_bad_row(tmp_path: Path) -> None:
    told = sent(tmp_path, '[{"Id": "1"}, {"Id": ' + "9" * 5000 + "}]", VISITS, "rows.json")
    assert told["bad"]["first"][-1]["expected"].startswith("JSON to its end")


@pytest.mark.parametrize("written", ["1/0", "1/3", "1e999999999", "1E-999999999", "_1", "nan", "inf", "١"])
def test_a_fraction_of_a_day_is_a_number_with_a_point(written: str) -> None:
    with pytest.raises(BadCell, match="a fraction of a day"):
        hours.minutes(written, "hours_of_days", ".", False, [].append)


@pytest.mark.parametrize("number", [10**400, 1e308, float("nan"), 10.0**22])
def test_a_number_of_a_workbook_that_no_day_has_is_a_bad_cell(number: float) -> None:
    for form in ("hours", "hours_of_days", "minutes", "decimal_hours"):
        with pytest.raises(BadCell):
            hours.minutes(number, form, ".", False, [].append)


def test_to_ask_for_what_is_missing_is_another_import(tmp_path: Path) -> None:
    second, third = (GOOD.replace("1,P1", f"{n},P1").replace("-05", f"-0{n + 4}") for n in (2, 3))
    sent(tmp_path, HEAD + GOOD + second + third, VISITS)
    less = HEAD + GOOD + third
    more = {"previous": tmp_path / "out", "now": NOW + 1000}
    assert not sent(tmp_path, less, VISITS, "less.csv", **more)["imported_before"]
    told = sent(tmp_path, less, VISITS, "less.csv", withdraw_missing=True, **more)
    assert told["documents"]["withdrawn"] == 1


def test_the_mark_of_an_import_covers_what_was_asked(tmp_path: Path) -> None:
    """The name of the facts: two imports that may write different facts have not one name."""
    names = set()
    for number, missing in enumerate((False, True)):
        (tmp_path / str(number)).mkdir()
        told = sent(tmp_path / str(number), HEAD + GOOD, VISITS, withdraw_missing=missing)
        names.add(Path(told["facts"]).name)
    assert len(names) == 2


AUTO = VISITS | {"dates": "auto"}


@pytest.mark.parametrize("id", ["25/03/2026", "25/03/2026-7", "03-25-2026/A"])
def test_the_order_of_days_is_proven_by_days_alone(id: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="no day in the files proves"):
        sent(tmp_path, HEAD + f"{id},P1,R1,05/03/2026 9:00,05/03/2026 10:00,\n", AUTO)


def test_a_day_above_twelve_proves_the_order(tmp_path: Path) -> None:
    told = sent(tmp_path, HEAD + "1,P1,R1,25/03/2026 9:00,25/03/2026 10:00,\n", AUTO)
    assert told["rows"]["used"] == 1


@pytest.mark.parametrize("midnight", [False, True])
def test_a_day_without_a_time_is_its_midnight_only_if_the_map_says_so(midnight: bool, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEAD.strip().split(","))
    day, hours_on = date(2026, 10, 5), timedelta(hours=10)
    midnight_of_day = datetime.combine(day, time())
    book.active.append(["1", "P1", "R1", day, midnight_of_day + hours_on, None])
    book.active.append(["2", "P1", "R1", midnight_of_day, midnight_of_day + hours_on, None])
    book.save(tmp_path / "rows.xlsx")
    words = laid(check_in_at={"column": "In", "midnight": midnight})
    told = imported([tmp_path / "rows.xlsx"], of_words(words), tmp_path / "out")
    assert (told["rows"]["used"], told["rows"]["rejected"]) == ((2, 0) if midnight else (1, 1))
    if not midnight:
        assert "a day alone" in told["bad"]["first"][0]["expected"] and told["bad"]["first"][0]["row"] == 2


@pytest.mark.parametrize(
    "more", [{"serial": True}, {"pattern": "%Y%m%d"}, {"pattern": ["%m/%d/%y"]}], ids=["serial", "pattern", "short"]
)
def test_a_day_alone_is_refused_however_it_is_written(more: Told, tmp_path: Path) -> None:
    [written] = ["46300" if "serial" in more else "20261005" if more["pattern"] == "%Y%m%d" else "10/05/26"]
    text = HEAD + f"1,P1,R1,{written},,\n"
    (tmp_path / "a").mkdir()
    refused = sent(tmp_path, text, laid(check_in_at={"column": "In"} | more))
    assert "a day alone" in refused["bad"]["first"][0]["expected"]
    told = sent(tmp_path / "a", text, laid(check_in_at={"column": "In", "midnight": True} | more))
    assert len(facts(told)) == 1


class _Numbers:
    def sequences(self) -> list[tuple[str, int]]:
        return [("-7", 3), ("=A1", 4), ("plain", 5)]


def test_what_the_program_reads_back_is_written_as_it_is(tmp_path: Path) -> None:
    spool = _Numbers()
    assert write_sequences(spool, tmp_path / "import-1-sequences.csv")  # type: ignore[arg-type]
    assert list(sequences_of(tmp_path)) == spool.sequences()
    with (tmp_path / "import-1-sequences.csv").open(newline="") as stream:
        assert next(csv.reader(stream))[0] == "-7"


def test_a_source_without_rows_cannot_be_made() -> None:
    assert inspect.isabstract(RowSource) and inspect.isabstract(HeadedSource)
    assert not hasattr(FieldMap, "named")
