"""Hypothesis strategies that build acceptable records from the models themselves."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from annotated_types import Ge, Le, Lt, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from schemas import KINDS
from schemas.evv_visit import LONGEST_DAYS
from schemas.types import LAST_DAY, MILLIS_PER_DAY
from tests.schemas.models import annotations

EPOCH = date(1970, 1, 1)
PLAIN = {bool: st.booleans(), bytes: st.binary(max_size=40), str: st.text(max_size=20)}


def records(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Dicts of physical values that :func:`schemas.avro.validate` accepts as ``kind``."""
    return _fields(KINDS[kind]).map(lambda record: _agreeing(kind, record))


def _fields(model: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: _values(kind, []) for name, kind in annotations(model).items()})


def _values(kind: Any, limits: list[Any]) -> st.SearchStrategy[Any]:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _values(parts[0], [limit for part in parts[1:] for limit in _limits(part)])
    if origin in (Union, UnionType):
        return st.one_of(*(_values(part, []) for part in parts))
    if origin is list:
        return st.lists(_values(parts[0], []), max_size=4)
    if origin is Literal:
        return st.sampled_from(parts)
    if kind is NoneType:
        return st.none()
    if isinstance(kind, type) and issubclass(kind, BaseModel | msgspec.Struct):
        return _fields(kind)
    return _limited(kind, {type(limit): limit for limit in limits})


def _limits(part: Any) -> list[Any]:
    return part.metadata if isinstance(part, FieldInfo) else [part]


def _limited(kind: type, limits: dict[type, Any]) -> st.SearchStrategy[Any]:
    if kind is int:
        low = limits[Ge].ge if Ge in limits else -(2**31) + 1
        return st.integers(low, limits[Le].le if Le in limits else limits[Lt].lt - 1)
    pattern = next((limit.pattern for limit in limits.values() if hasattr(limit, "pattern")), None)
    if pattern:
        return st.from_regex(pattern.replace("$", r"\Z"))
    if MaxLen in limits:
        return st.text(min_size=limits[MinLen].min_length if MinLen in limits else 0, max_size=20)
    return PLAIN[kind]


def _agreeing(kind: str, record: dict[str, Any]) -> dict[str, Any]:
    """The record with its contradictions taken out."""
    for first, last in (
        ("effective_from", "effective_to"),
        ("exemption_from", "exemption_to"),
        ("listed_from", "listed_to"),
    ):
        if None not in (record.get(first), record.get(last)):
            record[first], record[last] = sorted((record[first], record[last]))
    if kind in ("Timesheet", "TravelClaim"):
        record["period_start"], days = _pay_period(record["period_start"])
        record["minutes_worked" if kind == "Timesheet" else "trips"] = (
            [(7 * day) % 1501 for day in range(days)]
            if kind == "Timesheet"
            else [trip | {"service_date": record["period_start"] + index} for index, trip in enumerate(record["trips"])]
        )
    if "workweek_start" in record and kind != "Finding":
        record["workweek_start"] += (3 - record["workweek_start"]) % 7
        record["workweek_start"] -= 7 if record["workweek_start"] > LAST_DAY else 0
    if record.get("program") == "IHSS" and record.get("funding") == "WPCS":
        record["funding"] = "PCSP"
    if kind == "Admission" and record["admitted_cut_off"] <= record["cut_off"]:
        missed, first = sorted((record["admitted_cut_off"], record["cut_off"]))
        above = missed == first and first <= 0  # whichever way lies within the years that a record may name
        below = missed == first and first > 0
        record["cut_off"], record["admitted_cut_off"] = missed - below, first + above
    if kind == "EvvVisit" and None not in (record["check_in_at"], record["check_out_at"]):
        record["check_out_at"] = min(record["check_out_at"], record["check_in_at"] + LONGEST_DAYS * MILLIS_PER_DAY)
    if record.get("outcome") == "RECOVERED" and record["cents"] is None:
        record["cents"] = 0
    return record


def _pay_period(day: int) -> tuple[int, int]:
    found = EPOCH + timedelta(days=day)
    start = found.replace(day=1 if found.day < 16 else 16)
    days = 15 if start.day == 1 else calendar.monthrange(start.year, start.month)[1] - 15
    return (start - EPOCH).days, days
