"""What becomes of the objects of a bucket, as Cloud Storage's documentation says it: versions, soft delete, rules.

All conditions of a rule must hold. A deleted object of a bucket with versions becomes noncurrent, and has no newer
version unless its name was written again; without versions it is deleted. What is deleted is kept for so long as soft
delete says, and is gone then.
"""

from typing import Any, NamedTuple

DAY = 86400
HORIZON = 4000  # days


class Object(NamedTuple):
    """Days since the beginning; ``deleted``: by whom it belongs to, None: never. ``rewritten``: how often after."""

    name: str
    created: int
    deleted: int | None
    rewritten: int = 0


def gone_on(bucket: dict[str, Any], each: Object) -> int | None:
    """The day from which nothing of the object is left; None: it stays."""
    lies_until = each.deleted
    if lies_until is None or bucket.get("versioning", [{}])[0].get("enabled") is True:
        days = range(each.created, HORIZON)
        lies_until = next((day for day in days if any(_deletes(rule, each, day) for rule in _rules(bucket))), None)
    return None if lies_until is None else lies_until + int(_soft_deleted(bucket) / DAY)


def _rules(bucket: dict[str, Any]) -> list[dict[str, Any]]:
    return [rule for rule in bucket.get("lifecycle_rule", ()) if rule["action"][0]["type"] == "Delete"]


def _deletes(rule: dict[str, Any], each: Object, day: int) -> bool:
    (condition,) = rule["condition"]
    noncurrent = each.deleted is not None and day >= each.deleted
    met = {
        "age": lambda days: day - each.created >= days,
        "days_since_noncurrent_time": lambda days: noncurrent and day - int(each.deleted or 0) >= days,
        "num_newer_versions": lambda number: noncurrent and each.rewritten >= number,
        "with_state": lambda state: state == "ANY" or noncurrent == (state == "ARCHIVED"),
        "matches_prefix": lambda prefixes: any(each.name.startswith(prefix) for prefix in prefixes),
    }
    return all(met[name](value) for name, value in condition.items())


def _soft_deleted(bucket: dict[str, Any]) -> float:
    written = str(bucket.get("soft_delete_policy", [{}])[0].get("retention_duration_seconds", 7 * DAY))
    days, _, _ = written.removeprefix("${").partition(" * ")
    return int(days) * DAY if "*" in written else int(written)
