"""The schema by which an editor of TOML (taplo) completes and checks a map; ``python -m pipelines.importing.editor``
writes it."""

import json

from pipelines.importing.map import OF_ROWS, ImportMap, names_for
from pipelines.importing.maps import EDITOR_SCHEMA, presets
from schemas import FACTS, private
from schemas.types import Json


def editor_schema() -> Json:
    """JSON Schema of a map, or of words that are laid over a preset."""
    made = ImportMap.model_json_schema()
    fields = made["properties"]["fields"]
    field = fields.pop("additionalProperties")
    names = sorted({name for kind in FACTS for name in names_for(kind)} | OF_ROWS)
    fields |= {"properties": dict.fromkeys(names, field), "additionalProperties": False}
    made["properties"]["preset"] = {
        "description": "The preset that these words are laid over.",
        "type": "string",
        "enum": list(presets()),
    }
    made.pop("required")
    made["anyOf"] = [{"required": ["preset"]}, {"required": ["kind", "fields"]}]
    return {"$schema": "http://json-schema.org/draft-07/schema#", **made}


def text() -> str:
    """As it lies beside this file."""
    return json.dumps(editor_schema(), indent=1) + "\n"


if __name__ == "__main__":
    private.written(EDITOR_SCHEMA, text(), private.EVERYBODY)
