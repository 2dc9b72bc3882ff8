"""What a kind's model says of its fields, be it a model of a fact or the struct of a conclusion."""

from typing import Any, get_type_hints

import msgspec
from msgspec import NODEFAULT
from pydantic import BaseModel

REQUIRED = object()


def defaults(model: Any) -> dict[str, Any]:
    """By field, in order: what it is where nobody says it; REQUIRED: it must be said."""
    if issubclass(model, BaseModel):
        return {
            name: REQUIRED if field.is_required() else field.get_default(call_default_factory=True)
            for name, field in model.model_fields.items()
        }
    return {field.name: _default(field) for field in msgspec.structs.fields(model)}


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not NODEFAULT:
        return field.default_factory()  # type: ignore[misc]
    return REQUIRED if field.default is NODEFAULT else field.default


def annotations(model: Any) -> dict[str, Any]:
    """Types by field, with their limits."""
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in defaults(model)}


def json_schema(model: Any) -> dict[str, Any]:
    return model.model_json_schema() if issubclass(model, BaseModel) else msgspec.json.schema(model)
