"""The JSON Schemas of the kit take all that is in it, and nothing that is no fact, no law and no answer."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipelines.vectors.json_schemas import PARTS, json_schemas
from pipelines.vectors.kit import Kit
from schemas import FACTS

Json = Any
SCHEMAS = {name: jsonschema.Draft202012Validator(schema) for name, schema in json_schemas().items()}


def test_vectors_laws_and_answers_are_of_their_schemas(door: Path) -> None:
    for name, folders in (("vector", ["in"]), ("law", ["laws"]), ("answer", ["expected", "answers"])):
        written = json.loads((door / f"{name}.schema.json").read_text())
        assert written == json_schemas()[name]
        jsonschema.Draft202012Validator.check_schema(written)
        for path in (path for folder in folders for path in (door / folder).iterdir()):
            SCHEMAS[name].validate(json.loads(path.read_text()))


def spoilt(value: Json) -> Iterator[tuple[str, Json]]:
    """The same with one value of another type or one field too many, and where."""
    if isinstance(value, dict):
        yield "/more", value | {"more": 1}
        for name, part in value.items():
            yield from ((f"/{name}{place}", value | {name: other}) for place, other in spoilt(part))
    elif isinstance(value, list):
        yield "/", {}
        for index, part in enumerate(value[:1]):
            yield from ((f"/{index}{place}", [other, *value[1:]]) for place, other in spoilt(part))
    else:
        yield "", 1.5


@pytest.mark.parametrize("kind", FACTS)
def test_a_fact_with_a_field_that_is_not_so_is_refused(kit: Kit, kind: str) -> None:
    vector = deepcopy(next(each for each in kit.vectors.values() if kind in {fact["kind"] for fact in each["facts"]}))
    [fact, *_] = [fact for fact in vector["facts"] if fact["kind"] == kind]
    SCHEMAS["vector"].validate(vector | {"facts": [fact]})
    for place, other in spoilt(fact):
        assert not SCHEMAS["vector"].is_valid(vector | {"facts": [other]}), place


@pytest.mark.parametrize("part", [*PARTS.values(), "came_back"])
def test_a_conclusion_with_a_field_that_is_not_so_is_refused(kit: Kit, part: str) -> None:
    runs = [run for answer in kit.expected.values() for run in answer["pay_runs"] if run[part]]
    empty = {name: [] for name in (*PARTS.values(), "came_back")} | {"run_date": "2026-01-16"}
    for place, other in spoilt(max((run[part][0] for run in runs), key=lambda record: len(json.dumps(record)))):
        answer = {"vector": "v", "pay_runs": [empty | {part: [other]}]}
        assert not SCHEMAS["answer"].is_valid(answer), place


def test_parts_of_a_vector_and_of_an_answer_that_are_not_so_are_refused(kit: Kit) -> None:
    name = next(iter(kit.vectors))
    for schema, whole in (("vector", kit.vectors[name]), ("answer", kit.expected[name])):
        for place, other in spoilt(whole):
            assert place == "/citations/more" or not SCHEMAS[schema].is_valid(other), place
        for part in whole:
            assert not SCHEMAS[schema].is_valid({field: whole[field] for field in whole if field != part}), part
    assert not SCHEMAS["vector"].is_valid(kit.vectors[name] | {"until": "2026-99-99"})


def test_a_law_is_what_its_schema_says(kit: Kit) -> None:
    text = next(iter(kit.laws.values()))
    parameter = next(each for each in text.values() if isinstance(each["entries"][0]["value"], int))
    for place, other in spoilt(parameter):
        assert place == "/entries/0/value" or not SCHEMAS["law"].is_valid({"a.name": other}), place
