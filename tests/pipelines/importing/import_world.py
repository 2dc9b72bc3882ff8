"""Imports of small files, and what came of them in a form that a person can read.

``python -m tests.pipelines.importing.import_world`` writes what comes of each sample beside it: read the difference.
"""

import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.importing.map import ImportMap
from pipelines.importing.maps import load_map, made
from pipelines.importing.run import ImportAsked, import_files
from rules.periods import PACIFIC, hhmm, iso
from schemas.avro import read_container
from schemas.physical import logical_schema

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
NOW = 1_796_000_000_000  # 2026-11-30
Told = dict[str, Any]


def imported(files: list[Path], asked: ImportMap, out: Path, **more: Any) -> Told:
    """An import at NOW."""
    out.mkdir(exist_ok=True)
    told = {"previous": None, "withdraw_missing": False, "strict": False, "now": NOW} | more
    return import_files(ImportAsked(files, asked, out, **told), lambda stage, done, total: None)


def of_words(words: Told) -> ImportMap:
    """The map that a TOML's tables are."""
    return made(words, Path("map.toml"))


def map_of_sample(name: str) -> ImportMap:
    """A preset, or the map beside a sample that says what the preset leaves open."""
    own = SAMPLES / f"{name}.toml"
    return load_map(str(own)) if own.is_file() else load_map(name, ["program=IHSS"] if name != "cmips_paper" else [])


def facts(told: Told) -> list[Told]:
    """Facts that an import wrote, as read from the file."""
    if not told["facts"]:
        return []
    with Path(told["facts"]).open("rb") as stream:
        return [record for _, _, record in read_container(stream)]


def readable(kind: str, record: Told) -> Told:
    """A record with days and instants as written, without what only the import knows."""
    types = {field["name"]: str(field["type"]) for field in logical_schema(kind)["fields"]}
    shown = {}
    for name, value in record.items():
        if value is None or name in ("event_id", "admitted_cut_off", "source"):
            continue
        if value == NOW:
            shown[name] = "import"
        elif "timestamp-millis" in types[name]:
            shown[name] = _instant(value)
        elif "'date'" in types[name]:
            shown[name] = iso(value)
        else:
            shown[name] = " ".join(map(hhmm, value)) if name == "minutes_worked" else value
    return shown


def _instant(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, PACIFIC).isoformat()


def outcome(told: Told) -> Told:
    """What a golden file holds."""
    keep = ("rows", "minutes", "skipped", "documents", "noted", "warnings")
    bad = [
        {name: each[name] for name in ("row", "column", "value", "expected", "reason", "field")}
        for each in told["bad"]["first"]
    ]
    written = [readable(told["kind"], each) for each in facts(told)]
    return {name: told[name] for name in keep} | {
        "assumed": [each["words"] for each in told["assumed"]],
        "bad": bad,
        "facts": written,
    }


def samples() -> dict[str, Path]:
    """The sample files, by the preset that reads them."""
    return {path.stem: path for path in sorted(SAMPLES.iterdir()) if path.suffix in (".csv", ".txt", ".json", ".xlsx")
            and not path.name.endswith(".expected.json")}  # fmt: skip


def of_sample(name: str, out: Path) -> Told:
    """What comes of a sample."""
    return outcome(imported([samples()[name]], map_of_sample(name), out))


def expected(name: str) -> Path:
    """Where that is written down."""
    return SAMPLES / f"{name}.expected.json"


def main(names: list[str]) -> None:
    """Write down what comes of samples."""
    for name in names or samples():
        with tempfile.TemporaryDirectory() as scratch:
            told = of_sample(name, Path(scratch) / "out")
        expected(name).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
