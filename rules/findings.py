"""Findings: what was noted, warned of, held, cut or denied, in one plain sentence.

Authority: CONTRACT.md (Finding) for codes, outcomes, grains and addressees; findings.toml beside this file names the
law id and citation of each. In force: always. Does not cover: when a finding is made; each rule says that.
"""

import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from rules.documents import Document
from rules.money import dollars
from rules.periods import civil_date, hhmm

GRAIN_FIELDS = (
    "provider_id", "recipient_id", "other_id", "program", "document_id",
    "statement_id", "service_date", "workweek_start", "service_month",
)  # fmt: skip


class Finding(msgspec.Struct, array_like=True, frozen=True):
    """A finding before it is sent: without its id, its cut-off and its sentence, which follow from it.

    ``words`` fill the places of the sentence that no field of the record fills, already in words.
    """

    code: str
    outcome: str
    addressee: str
    provider_id: str | None = None
    recipient_id: str | None = None
    other_id: str | None = None
    program: str | None = None
    document_id: str | None = None
    statement_id: str | None = None
    service_date: int | None = None
    workweek_start: int | None = None
    service_month: int | None = None
    minutes: int | None = None
    cents: int | None = None
    count: int | None = None
    consequence: str | None = None
    due_by: int | None = None
    words: dict[str, str] = {}
    message: str | None = None  # the name of another sentence (and next step) of this code, where it has several


@lru_cache(maxsize=1)
def catalog() -> dict[str, dict[str, Any]]:
    """findings.toml: per code its outcome, rule, authority, addressee, grain, message and next step."""
    return tomllib.loads(Path(__file__).with_name("findings.toml").read_text("utf-8"))


@cache
def _grain(code: str) -> tuple[str | None, ...]:
    """Names of the grain's fields in place, None where a field is not part of it."""
    return tuple(name if name in catalog()[code]["grain"] else None for name in GRAIN_FIELDS)


def finding_id(finding: Finding) -> str:
    """``code:addressee:`` and the nine fields of the grain, ``-`` where not part of it; dates as ISO."""
    parts = [finding.code, finding.addressee]
    for name in _grain(finding.code):
        value = getattr(finding, name) if name else None
        parts.append("-" if value is None else civil_date(value).isoformat() if isinstance(value, int) else value)
    return ":".join(parts)


class Findings:
    """Findings of one unit by id; minutes and cents of one id add up."""

    __slots__ = ("by_id",)

    def __init__(self) -> None:
        self.by_id: dict[str, Finding] = {}

    @staticmethod
    def outcome(code: str) -> str:
        """The outcome of a code whose rule leaves no choice."""
        outcome: str = catalog()[code]["outcome"]
        return outcome

    def add(self, code: str, **fields: Any) -> None:
        """Find something; ``outcome`` and ``addressee`` as in the catalog unless given."""
        entry = catalog()[code]
        finding = Finding(
            code, fields.pop("outcome", entry["outcome"]), fields.pop("addressee", entry["addressee"]), **fields
        )
        id = finding_id(finding)
        known = self.by_id.get(id)
        if known is not None:
            finding = msgspec.structs.replace(
                known, minutes=_sum(known.minutes, finding.minutes), cents=_sum(known.cents, finding.cents)
            )
        self.by_id[id] = finding


def note_conflicts(documents: Iterable[Document[Any]], findings: Findings) -> None:
    """CONFLICTING_REVISION (TIME-3) for each document that got one, of any kind."""
    for document in documents:
        if document.conflicts:
            fact = document.current
            about = {
                name: getattr(fact, name, None) for name in ("provider_id", "recipient_id", "program", "document_id")
            }
            findings.add("CONFLICTING_REVISION", count=len(document.conflicts), words={"kind": fact.KIND}, **about)


def _sum(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else a + b


def finding_record(id: str, finding: Finding, cut_off: int, cleared: bool) -> dict[str, Any]:
    """The Finding of the contract, physical values."""
    entry = catalog()[finding.code]
    fields = msgspec.structs.asdict(finding)
    words = {name: _in_words(name, value) for name, value in fields.items() if value is not None} | fields.pop("words")
    variant = fields["message"]
    sentence = entry["messages"][variant] if variant else entry["message"]
    next_step = entry.get("next_steps", {}).get(variant, entry["next_step"])
    return fields | {
        "finding_id": id,
        "rule": entry["rule"],
        "authority": entry["authority"],
        "message": ("No longer so: " if cleared else "") + sentence.format_map(words),
        "next_step": "Nothing: this was cleared." if cleared else next_step.format_map(words),
        "cut_off": cut_off,
        "cleared": cleared,
    }


def _in_words(name: str, value: Any) -> str:
    if name == "minutes":
        return hhmm(value)
    if name == "cents":
        return f"${dollars(value)}"
    if name == "service_month":
        return f"{civil_date(value):%B %Y}"
    if name in ("service_date", "workweek_start", "due_by"):
        return long_date(value)
    return str(value)


def long_date(day: int) -> str:
    """A day as people say it: 4 January 2026."""
    date = civil_date(day)
    return f"{date.day} {date:%B %Y}"
