"""What a user of import and template types, sees and gets: files, tables, exit codes, a map to begin with."""

import csv
import json
import re
import stat
import tomllib
import zipfile
from pathlib import Path
from typing import Any, get_args

import jsonschema
import openpyxl
import pytest

from pipelines.command import cli
from pipelines.console.imported import last_words
from pipelines.importing.editor import text
from pipelines.importing.map import FieldMap, FileMap, Form, ImportMap, RowsMap, Skip, When
from pipelines.importing.maps import EDITOR_SCHEMA, PRESETS, load_map, made
from pipelines.importing.targets import targets
from pipelines.importing.templates import EXAMPLE, headings, kind_of_headings, template_name, write_csv
from pipelines.misuse import Misuse
from schemas import FACTS
from tests.pipelines.importing.import_world import SAMPLES

ROOT = Path(__file__).resolve().parents[3]
MAP = """
kind = "EvvVisit"
source = "v"
[fields]
document_id = { column = "Id" }
provider_id = { column = "Worker" }
recipient_id = { column = "Client" }
program = { value = "IHSS" }
check_in_at = { day = "Date", clock = "In" }
check_out_at = { day = "Date", clock = "Out" }
check_in_place = { column = "Place", default = "HOME" }
check_out_place = { value = "HOME" }
method = { value = "MANUAL" }
"""
ROWS = "Id,Worker,Client,Date,In,Out,Place\n1,P1,R1,10/05/2026,9:00 AM,11:00 AM,\n"
ROWS += "2,=cmd|' /C calc'!A0,R1,10/05/2026,noonish,11:00 AM,\n"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exit:
        cli.main([str(argument) for argument in arguments])
    return exit.value.code or 0


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    (tmp_path / "rows.csv").write_text(ROWS, "utf-8")
    return tmp_path


def test_good_rows_go_on_and_bad_ones_are_in_a_table(rows: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("import", rows / "rows.csv", "--map", rows / "map.toml", "--out", rows / "facts") == 0
    said = capsys.readouterr()
    assert (
        "2 rows read: 1 used, 1 bad" in said.out
        and "1 visit had no check-in place: HOME assumed, by the map" in said.out
    )
    assert "rows.csv" in said.out and "noonish" in said.out and "a time of day, such as 9:00 AM" in said.out
    assert "1 of 2 rows are bad and were left out" in said.err.splitlines()[-1]
    [table] = (rows / "facts").glob("*-bad-rows.csv")
    with table.open(encoding="utf-8-sig", newline="") as stream:
        written = list(csv.DictReader(stream))
    assert [(each["row"], each["column"], each["value"]) for each in written] == [
        ("3", "Worker", "'=cmd|' /C calc'!A0"),
        ("3", "In", "noonish"),
    ]
    told = json.loads(table.with_suffix(".json").read_text("utf-8"))
    assert [each["value"] for each in told] == ["=cmd|' /C calc'!A0", "noonish"]


def test_what_it_writes_is_private(rows: Path) -> None:
    run("import", rows / "rows.csv", "--map", rows / "map.toml", "--out", rows / "facts", "--quiet")
    made = [rows / "facts", *(rows / "facts").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in made} == {0} and len(made) == 5


def test_json_alone_is_json(rows: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("import", rows / "rows.csv", "--map", rows / "map.toml", "--out", rows / "facts", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"]["used"] == 1 and told["bad"]["first"][0]["row"] == 3


def test_strict_writes_nothing_and_fails(rows: Path, capsys: pytest.CaptureFixture) -> None:
    assert (
        run("import", rows / "rows.csv", "--map", rows / "map.toml", "--out", rows / "facts", "--strict", "--quiet")
        == 1
    )
    assert "--strict: 1 of 2 rows are bad, nothing was written" in capsys.readouterr().err
    assert not list((rows / "facts").glob("*.avro"))


def test_nothing_usable_fails(rows: Path) -> None:
    (rows / "rows.csv").write_text(ROWS.replace("9:00 AM,11:00 AM", "?,?"), "utf-8")
    assert run("import", rows / "rows.csv", "--map", rows / "map.toml", "--out", rows / "facts", "--quiet") == 1


MISUSES: dict[str, tuple[tuple[str, ...], str]] = {
    "no out": (("rows.csv", "--map", "map.toml"), "--out says where"),
    "no such file": (("none.csv", "--out", "f"), "no file that is there"),
    "no map": (("rows.csv", "--out", "f"), "headings of no template"),
    "no such map": (("rows.csv", "--map", "none", "--out", "f"), "no preset: there are adp_paydata"),
    "two maps": (("rows.csv", "--map", "map.toml", "--as", "EvvVisit", "--out", "f"), "name one"),
    "no such kind": (("rows.csv", "--as", "Sheet", "--out", "f"), "no kind of fact"),
    "missing without previous": (
        ("rows.csv", "--map", "map.toml", "--out", "f", "--withdraw-missing"),
        "needs --previous",
    ),
    "no such previous": (("rows.csv", "--map", "map.toml", "--out", "f", "--previous", "none"), "is no folder"),
    "no such field": (("rows.csv", "--map", "map.toml", "--out", "f", "--set", "hours=3"), "no FIELD=VALUE"),
}


@pytest.mark.parametrize("asked", MISUSES)
def test_a_misuse_is_one_line(
    asked: str, rows: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(rows)
    arguments, words = MISUSES[asked]
    assert run("import", *arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert words in line


WRONG_MAPS = {
    'kind = "Sheet"\n[fields]\n': "kind Sheet is none",
    MAP + "hours = { column = 'x' }\n": "EvvVisit has no field hours",
    MAP.replace('program = { value = "IHSS" }', ""): "an EvvVisit needs program",
    MAP.replace('"IHSS"', '"CHOOSE"'): "CHOOSE is none of IHSS, WPCS",
    MAP.replace('source = "v"', 'zone = "America/Gotham"'): "America/Gotham is no time zone",
    MAP.replace('{ column = "Id" }', "{}"): "neither column nor value",
    MAP.replace('{ column = "Id" }', '{ colum = "Id" }'): "fields.document_id.colum",
    MAP.replace('{ column = "Id" }', '{ column = "Id", lookup = "x" }'): "no table x",
    MAP.replace(
        '{ column = "Id" }', '{ when = [{ column = "a", matches = "(", value = "x" }] }'
    ): "no regular expression",
    MAP + '[file]\nencoding = "klingon"\n': "encoding: klingon is none",
    "kind = ": "is no TOML",
    'preset = "none"\n': "preset none is none",
}


@pytest.mark.parametrize("words", WRONG_MAPS, ids=WRONG_MAPS.values())
def test_a_wrong_map_is_told_by_its_place(words: str, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(words, "utf-8")
    with pytest.raises(Misuse, match=r"map\.toml"):
        load_map(str(tmp_path / "map.toml"))
    try:
        load_map(str(tmp_path / "map.toml"))
    except Misuse as misuse:
        assert WRONG_MAPS[words].replace("an EvvVisit", "a EvvVisit") in str(misuse)


def test_a_table_of_words_may_be_a_file(rows: Path) -> None:
    (rows / "workers.csv").write_text("Ana R,P1\n", "utf-8")
    words = MAP.replace('{ column = "Worker" }', '{ column = "Worker", lookup = "workers" }')
    (rows / "map.toml").write_text(words + '[lookups]\nworkers = "workers.csv"\n', "utf-8")
    assert load_map(str(rows / "map.toml")).lookups == {"workers": {"Ana R": "P1"}}
    (rows / "workers.csv").write_text("Ana R,P1\nana r,P2\n", "utf-8")
    with pytest.raises(Misuse, match="1 words twice"):
        load_map(str(rows / "map.toml"))


@pytest.mark.parametrize("kind", FACTS)
def test_a_template_needs_no_map_and_its_examples_are_facts(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert run("template", kind, "--out", tmp_path) == 0
    name = template_name(kind)
    assert capsys.readouterr().out.split() == [str(tmp_path / f"{name}.xlsx"), str(tmp_path / f"{name}.csv")]
    for ending in ("csv", "xlsx"):
        assert run("import", tmp_path / f"{name}.{ending}", "--out", tmp_path / "none", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert told["kind"] == kind and told["skipped"] == {"example rows of the template": 2}
    filled = tmp_path / "filled.csv"
    filled.write_text((tmp_path / f"{name}.csv").read_text("utf-8").replace(f"{EXAMPLE}-", "N"), "utf-8")
    assert run("import", filled, "--out", tmp_path / "facts", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["documents"]["new"] == 2 and not told["bad"]["cells"], told["bad"]


def test_a_template_explains_every_column(tmp_path: Path) -> None:
    run("template", "Timesheet", "--out", tmp_path)
    book = openpyxl.load_workbook(tmp_path / "timesheet.xlsx")
    assert book.sheetnames == ["Facts", "Explanations"]
    explained = [row[0] for row in book["Explanations"].iter_rows(min_row=2, values_only=True)]
    assert explained[: len(headings("Timesheet"))] == [cell.value for cell in book["Facts"][1]]


def test_a_template_never_replaces_a_file(tmp_path: Path) -> None:
    assert run("template", "timesheet", "--out", tmp_path) == 0
    assert run("template", "timesheet", "--out", tmp_path) == 2


def test_kinds_and_presets_are_listed(capsys: pytest.CaptureFixture) -> None:
    assert run("template", "--list") == 0
    said = capsys.readouterr().out
    assert all(f"  {kind}\n" in said for kind in FACTS)
    assert all(f"  {path.stem}: " in said for path in PRESETS.glob("*.toml"))


def test_every_kind_is_known_by_its_headings(tmp_path: Path) -> None:
    for kind in FACTS:
        write_csv(kind, tmp_path / "a.csv")
        assert kind_of_headings([each.name for each in headings(kind)]) == kind
    assert kind_of_headings(["provider_id", "something"]) is None


def test_every_array_of_a_fact_has_a_form_that_reads_it() -> None:
    forms = {target.form for kind in FACTS for target in targets(kind).values()}
    assert forms <= set(get_args(Form))


def test_a_workbook_as_people_fill_it(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Excel makes times, days and spans of what is typed; a formula is not evaluated."""
    from datetime import date, time, timedelta

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([each.name for each in headings("Timesheet")])
    typed: dict[str, Any] = {
        "provider_id": 17,
        "recipient_id": "R1",
        "program": "ihss",
        "period_start": date(2026, 10, 1),
        "day_1": time(4, 30),
        "day_2": 4.5,
        "day_3": timedelta(hours=24, minutes=30),
        "day_4": "4h30",
        "channel": "PAPER",
        "recipient_approved_at": "10/16/2026 9:00 AM",
    }
    names = [each.name for each in headings("Timesheet")]
    sheet.append([typed.get(name) for name in names])
    sheet.append([(typed | {"day_2": "=A1+B1", "day_4": 0.1875}).get(name) for name in names])
    book.save(tmp_path / "typed.xlsx")
    assert run("import", tmp_path / "typed.xlsx", "--out", tmp_path / "facts", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["minutes"]["used"] == 270 * 3 + 24 * 60 + 30
    assert [(each["row"], each["column"]) for each in told["bad"]["first"]] == [(3, "day_2"), (3, "day_4")]


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0old", b"Obj\x01avro", b"", b"\0\0\0"])
def test_a_file_that_is_no_table_is_one_bad_row(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    assert run("import", tmp_path / "a.xlsx", "--as", "Timesheet", "--out", tmp_path / "facts", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [each["row"] for each in told["bad"]["first"]] == [0] and told["rows"]["rejected"] == 1


def test_a_guess_is_a_map_once_its_gaps_are_filled(rows: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("import", "--guess", rows / "rows.csv") == 0
    guessed = capsys.readouterr().out
    assert tomllib.loads(guessed)["fields"]["check_in_at"] == {"day": "Date", "clock": "In"}
    assert 'dates = "auto"' in guessed and "P1" not in guessed and "noonish" not in guessed
    (rows / "guess.toml").write_text(guessed, "utf-8")
    assert run("import", rows / "rows.csv", "--map", rows / "guess.toml", "--out", rows / "facts") == 2
    assert "CHOOSE is none of" in capsys.readouterr().err
    filled = guessed.replace('dates = "auto"', 'dates = "MDY"')
    for name, meant in (("program", "IHSS"), ("method", "MANUAL")):
        filled = filled.replace(f'{name} = {{ value = "CHOOSE" }}', f'{name} = {{ value = "{meant}" }}')
    filled = filled.replace('{ column = "Place" }', '{ column = "Place", default = "HOME" }')
    (rows / "guess.toml").write_text(filled, "utf-8")
    assert run("import", rows / "rows.csv", "--map", rows / "guess.toml", "--out", rows / "facts", "--quiet") == 0


def test_a_guess_is_of_one_file(rows: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("import", "--guess", rows / "rows.csv", rows / "rows.csv") == 2
    assert "--guess looks at one file" in capsys.readouterr().err


@pytest.mark.parametrize("sample", ["sandata_flat", "carebridge", "homebase", "square", "sandata_altevv", "hhax_api"])
def test_any_table_can_be_guessed(sample: str, capsys: pytest.CaptureFixture) -> None:
    [path] = [
        each for each in SAMPLES.glob(f"{sample}.*") if each.suffix in (".csv", ".json") and "expected" not in each.name
    ]
    assert run("import", "--guess", path) == 0
    tomllib.loads(capsys.readouterr().out)


def test_the_schema_for_editors_is_that_of_the_maps() -> None:
    assert EDITOR_SCHEMA.read_text("utf-8") == text(), "stale: python -m pipelines.importing.editor"
    schema = json.loads(text())
    for path in [*PRESETS.glob("*.toml"), *SAMPLES.glob("*.toml")]:
        jsonschema.validate(tomllib.loads(path.read_text("utf-8")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"kind": "EvvVisit", "fields": {"hours": {"column": "x"}}}, schema)


def test_an_empty_file_of_rows_is_said() -> None:
    told = {"rows": {"rejected": 0, "read": 0, "used": 0, "unchanged": 0, "superseded": 0}, "bad": {"cells": 0},
            "bad_rows": None, "imported_before": False, "facts": None}  # fmt: skip
    assert last_words(told, strict=False) == (["no row is in the files"], True)


def test_the_page_on_maps_names_every_word_and_every_preset() -> None:
    page = (ROOT / "docs" / "import_maps.md").read_text("utf-8")
    spans = set(re.findall(r"`(\w+)`", page))
    words = {name for part in (ImportMap, FileMap, RowsMap, FieldMap, Skip, When) for name in part.model_fields}
    assert not words - spans - {"why", "plain_ids"}, words - spans
    assert not {path.stem for path in PRESETS.glob("*.toml")} - spans


def test_the_map_on_the_page_is_one() -> None:
    [written] = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "import_maps.md").read_text("utf-8"), re.DOTALL)
    assert made(tomllib.loads(written), Path("page.toml")).kind == "EvvVisit"


def test_a_constant_that_cannot_be_is_asked_wrongly(rows: Path, capsys: pytest.CaptureFixture) -> None:
    asked = ("--map", rows / "map.toml", "--set", "recipient_id=two words", "--out", rows / "facts")
    assert run("import", rows / "rows.csv", *asked) == 2
    assert "the map's value of recipient_id cannot be used" in capsys.readouterr().err


def test_a_workbook_that_ends_early_is_used_up_to_there(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Its sheet breaks off in the middle: the rows before stand, the rest is one bad row."""
    book = openpyxl.Workbook()
    names = [each.name for each in headings("HoursException")]
    book.active.append(names)
    for number in range(3):
        row = {"provider_id": f"P{number}", "recipient_id": "R1", "workweek_start": "2026-10-04", "extra_hours": "2:00"}
        book.active.append([row.get(name) for name in names])
    book.save(tmp_path / "whole.xlsx")
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(tmp_path / "cut.xlsx", "w") as cut:
        for each in whole.namelist():
            content = whole.read(each)
            cut.writestr(each, content[: content.index(b'<row r="4"')] if each.endswith("sheet1.xml") else content)
    assert run("import", tmp_path / "cut.xlsx", "--as", "HoursException", "--out", tmp_path / "facts", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"]["used"] == 2 and told["bad"]["first"][0]["expected"].endswith("it is damaged")


def test_what_looks_like_markup_is_shown_as_it_is(rows: Path, capsys: pytest.CaptureFixture) -> None:
    (rows / "map.toml").write_text(MAP.replace('"Worker"', '"[/x]"'), "utf-8")
    (rows / "rows.csv").write_text(ROWS.replace("Worker", "[/x]").replace("noonish", "[/red]"), "utf-8")
    assert run("import", rows / "rows.csv", "--map", rows / "map.toml", "--out", rows / "facts", "--all") == 0
    assert "[/red]" in capsys.readouterr().out
