"""A remembered key as bytes: a pickle without what all keys share, facts in it as the values that they are."""

import io
import pickle
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from rules.law import Law
from transforms.rows import catalog_of
from transforms.stages import Catalog


def catalog_known(bodies: Iterable[bytes]) -> Catalog:
    """The catalog of these listings, as case files of a memory share it."""
    return _Known(catalog_of(bodies))


def pickled(each: Any) -> bytes:
    """Its bytes, for the Python and code that wrote them (`memory.mark_of`)."""
    stream = io.BytesIO()
    _Pickler(stream, pickle.HIGHEST_PROTOCOL).dump(each)
    return stream.getvalue()


def unpickled(body: bytes, law: Law, catalog: Catalog) -> Any:
    """What was pickled, with this law and this catalog (of `catalog_known`)."""
    _SHARED.update({Law.__name__: law, _Known.__name__: catalog})
    return pickle.loads(body)


class _Known(dict[str, Any]):
    """The catalog, as a type of its own, so that it can be told from any other dict."""


class _Pickler(pickle.Pickler):
    """Leaves out what all keys share, and takes facts as the values that they are."""

    def reducer_override(self, each: Any) -> Any:
        kind = type(each)
        if kind is Law or kind is _Known:
            return _shared, (kind.__name__,)
        return (_model, (kind, each.__dict__)) if isinstance(each, BaseModel) else NotImplemented


_SHARED: dict[str, Any] = {}  # by name of the type: what unpickled case files refer to


def _shared(name: str) -> Any:
    return _SHARED[name]


def _model(model: type[BaseModel], values: dict[str, Any]) -> BaseModel:
    """A model as it was, without asking again whether it is right."""
    made = model.__new__(model)
    own = {"__dict__": values, "__pydantic_fields_set__": set(values)}
    for name, value in {**own, "__pydantic_extra__": None, "__pydantic_private__": None}.items():
        object.__setattr__(made, name, value)
    return made
