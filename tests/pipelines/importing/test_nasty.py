"""Cells and rows that go wrong in imports, each with its right outcome; and the sample of each preset."""

import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.importing.maps import PRESETS, load_map
from pipelines.misuse import Misuse
from rules.periods import PACIFIC, hhmm, iso
from schemas.avro import write_container
from tests.pipelines.importing.import_world import HERE, expected, facts, imported, of_sample, of_words, samples

FILE = tomllib.loads((HERE / "nasty.toml").read_text("utf-8"))
CASES = FILE["case"]
REFUSED = {"gusto", "adp_paydata", "cmips_pay_summary"}
Told = dict[str, Any]


def laid(below: Told, above: Told) -> Told:
    """One over the other; a field of the upper replaces that of the lower."""
    return below | {
        key: laid(below[key], value)
        if isinstance(below.get(key), dict) and key in ("fields", "rows", "file")
        else value
        for key, value in above.items()
    }


def told_of(case: Told, folder: Path) -> Told:
    path = folder / "rows.csv"
    path.write_bytes(case["text"].encode(case.get("encoding", "utf-8")))
    previous = None
    if "known" in case:
        previous = folder / "known"
        previous.mkdir()
        write_container(previous / "e.avro", "ProviderEnrollment", [enrolled(id) for id in case["known"]])
    return imported(
        [path], of_words(laid(FILE["base"][case["base"]], case.get("set", {}))), folder / "out", previous=previous
    )


def enrolled(id: str) -> Told:
    return {"event_id": "e", "source": "s", "recorded_at": 0, "document_id": id, "revision": 1, "withdrawn": False,
            "provider_id": id, "county": "17", "effective_from": 0, "exemption": "NONE"}  # fmt: skip


def brief(record: Told) -> str:
    if "minutes_worked" in record:
        days = (f"{day}={hhmm(m)}" for day, m in enumerate(record["minutes_worked"], 1) if m)
        return " ".join([record["provider_id"], record["recipient_id"], iso(record["period_start"]), *days])
    ends = (clock(record[name]) for name in ("check_in_at", "check_out_at"))
    return f"{record['document_id']} {' -> '.join(ends)}"


def clock(instant: int | None) -> str:
    return f"{datetime.fromtimestamp(instant / 1000, PACIFIC):%Y-%m-%d %H:%M}" if instant else "open"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["sentence"][:50])
def test_a_nasty_input_has_its_right_outcome(case: Told, tmp_path: Path) -> None:
    if "refused" in case:
        with pytest.raises(Misuse, match=case["refused"]):
            told_of(case, tmp_path)
        return
    told = told_of(case, tmp_path)
    assert [brief(each) for each in facts(told)] == case.get("facts", [])
    found = [f"{each['row']} {each['column']}: {each['expected']}" for each in told["bad"]["first"]]
    assert len(found) == len(case.get("bad", [])), found
    for words, said in zip(case.get("bad", []), found, strict=True):
        place, _, part = words.partition(": ")
        assert said.startswith(f"{place}: ") and part in said, said
    assert told["rows"] | case.get("rows", {}) == told["rows"]
    said = " ".join([*told["noted"], *told["warnings"]])
    assert all(words in said for words in case.get("says", []))
    if "minutes" in case:
        assert told["minutes"]["used"] == case["minutes"]


def test_every_number_of_the_list_is_a_case() -> None:
    in_samples = {23}  # withdrawn visits, and missed ones: of carebridge, hhax, sandata and tellus
    assert {case["number"] for case in CASES if "number" in case} | in_samples == set(range(1, 26))


def test_every_preset_has_a_sample() -> None:
    assert samples().keys() | REFUSED == {path.stem for path in PRESETS.glob("*.toml")}


@pytest.mark.parametrize("name", samples())
def test_a_sample_is_read_by_its_preset(name: str, tmp_path: Path) -> None:
    """Stale: python -m tests.pipelines.importing.import_world, and read the difference."""
    told = json.loads(json.dumps(of_sample(name, tmp_path / "out")))
    assert told == json.loads(expected(name).read_text("utf-8"))
    assert told["facts"] and told["bad"], "a sample has rows that are used and rows that are not"


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_totals_without_a_day_are_refused(name: str) -> None:
    with pytest.raises(Misuse, match="cannot be imported: "):
        load_map(name)


def test_a_preset_names_what_it_leaves_open() -> None:
    with pytest.raises(Misuse, match=r"program: IHSS or WPCS.*--set"):
        load_map("sandata_altevv")
    with pytest.raises(Misuse, match="UNKNOWN is none of IHSS, WPCS"):
        load_map("sandata_altevv", ["program=UNKNOWN"])
