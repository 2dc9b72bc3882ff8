"""Maps found: a file of your own, a preset, or a preset with your own words laid over it."""

import csv
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from pipelines.importing.map import ImportMap, names_for
from pipelines.importing.whole import faults
from pipelines.misuse import Misuse
from schemas.types import Json, path_of

PRESETS = Path(__file__).with_name("presets")
EDITOR_SCHEMA = Path(__file__).with_name("map.schema.json")
WHENCE = {"column", "columns", "value", "when", "day", "clock"}
"""Words that say where a field comes from: who says one of them says the field anew."""


def presets() -> dict[str, str]:
    """What each preset is for, by its name."""
    return {path.stem: str(_read(path).get("about", "")) for path in sorted(PRESETS.glob("*.toml"))}


def load_map(named: str, constants: Sequence[str] = ()) -> ImportMap:
    """The map of a path or a preset; ``constants`` (field=value) are laid over it. Raises Misuse."""
    path = Path(named) if Path(named).is_file() else PRESETS / f"{named}.toml"
    if not path.is_file():
        raise Misuse(f"--map {named} is no file and no preset: there are {', '.join(presets())}")
    return made(_with_preset(_read(path), path), path, constants)


def made(words: Json, path: Path, constants: Sequence[str] = ()) -> ImportMap:
    """The map of what a TOML says. Raises Misuse for what it cannot mean, by its place."""
    words = _with_constants(words, constants)
    try:
        asked = ImportMap.model_validate(words)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        where = f"{path_of(first['loc'])}: " if first["loc"] else ""
        raise Misuse(
            f"{path.name}: {where}{first['msg'].removeprefix('Value error, ')}: see docs/import_maps.md"
        ) from None
    if asked.refuse:
        raise Misuse(f"{path.stem} cannot be imported: {asked.refuse}")
    if needed := {name: how for name, how in asked.needs.items() if not _said(asked, name)}:
        told = "; ".join(f"{name}: {how}" for name, how in needed.items())
        raise Misuse(
            f"{path.stem} leaves to you what the file does not say. {told}. Say it with --set FIELD=VALUE, or in a "
            f'map of your own that begins with preset = "{path.stem}"'
        )
    if fault := next(faults(asked), None):
        raise Misuse(f"{path.name}: {fault}: see docs/import_maps.md")
    return asked.model_copy(update={"lookups": {name: _table(each, path) for name, each in asked.lookups.items()}})


def _said(asked: ImportMap, name: str) -> bool:
    each = asked.fields.get(name)
    return each is not None and bool(each.model_fields_set & (WHENCE | {"default", "lookup", "codes"}))


def _read(path: Path) -> Json:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise Misuse(f"{path} is no TOML: {wrong}") from None


def _with_preset(words: Json, path: Path) -> Json:
    name = words.pop("preset", None)
    if name is None:
        return words
    base = PRESETS / f"{name}.toml"
    if not base.is_file():
        raise Misuse(f"{path}: preset {name} is none: there are {', '.join(presets())}")
    below = _with_preset(_read(base), base)
    fields = below.get("fields", {}) | {
        field: each if WHENCE & each.keys() else below.get("fields", {}).get(field, {}) | each
        for field, each in words.get("fields", {}).items()
    }
    return _laid(below, words) | {"fields": fields}


def _laid(below: Json, above: Json) -> Json:
    return below | {
        key: _laid(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }


def _with_constants(words: Json, constants: Sequence[str]) -> Json:
    fields = dict(words.get("fields", {}))
    for each in constants:
        name, equals, value = each.partition("=")
        if name == "source" and equals:
            words = words | {"source": value}
        elif equals and name in names_for(str(words.get("kind"))):
            fields[name] = {"value": value}
        else:
            raise Misuse(f"--set {each} is no FIELD=VALUE of a {words.get('kind')}")
    return words | {"fields": fields}


def _table(told: Mapping[str, str] | str, path: Path) -> dict[str, str]:
    """A table of words; one in a file has a word and its meaning in the first two columns."""
    if not isinstance(told, str):
        return dict(told)
    where = path.parent / told
    if not where.is_file():
        raise Misuse(f"{path.name}: lookups {told} is not beside the map")
    with where.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.reader(stream) if len(row) > 1]
    twice = len(rows) - len({row[0].casefold() for row in rows})
    if twice:
        raise Misuse(f"{path.name}: lookups {told} says {twice} words twice: which is meant?")
    return {row[0]: row[1].strip() for row in rows}
