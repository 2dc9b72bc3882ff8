"""Findings: what was noted, warned of, held, cut or denied, in one plain sentence.

Authority: CONTRACT.md (Finding) for codes, outcomes, grains and addressees; findings.toml beside this file names the
law id and citation of each. In force: always. Does not cover: when a finding is made; each rule says that.
"""

import tomllib
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from rules.conclusion import OUT, Closed, Conclusion, Stop
from rules.documents import NAMED_BY, About, Document, named
from rules.money import dollars
from rules.periods import civil_date, hhmm, month_end, period_end, saturday_of
from schemas import FACTS, ids
from schemas.finding import Finding
from schemas.symbols import Addressee, FindingOutcome, LineProgram, Program

DOCUMENT = "document"  # in the place of ``document_id``: kind, number and pay period
GRAIN_FIELDS = (
    "provider_id", "recipient_id", "other_id", "program", DOCUMENT,
    "statement_id", "service_date", "workweek_start", "service_month",
)  # fmt: skip


class RuleFinding(Conclusion, frozen=True):
    """A finding before it is sent: without its id, its cut-off and its sentence, which follow from it.

    ``words`` fill the places of the sentence that no field of the record fills, already in words.
    """

    state_number = 7

    code: str
    outcome: FindingOutcome | Literal[""]  # "": it is only counted, and never sent
    addressee: Addressee | Literal[""]
    provider_id: str | None = None
    recipient_id: str | None = None
    other_id: str | None = None
    program: Program | None = None
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
    kind: str | None = None  # of the document
    period_start: int | None = None  # of the document, where its kind has one
    county: str | None = None

    @property
    def to(self) -> Stop:
        """To its addressee."""
        return OUT

    def when_closed(self, month: int, is_closed: Closed) -> "RuleFinding | None":
        """Of one that is counted over years: that there is one, and whether it warns (EVV-6)."""
        counted = catalog()[self.code].get("counted", False)
        return RuleFinding(self.code, self.outcome, "", service_date=self.service_date) if counted else None

    @property
    def last_day(self) -> int | None:
        """The last day that it is about; None: it names none."""
        if self.service_date is not None:
            return self.service_date
        if self.workweek_start is not None:
            return saturday_of(self.workweek_start)
        if self.period_start is not None:
            return period_end(self.period_start)
        return None if self.service_month is None else month_end(self.service_month)

    @property
    def document(self) -> str:
        """``Kind/document_id/period_start``, the last only where the kind has one: two kinds may number alike."""
        return ids.document_name(self.kind, self.document_id, self.period_start)


Whose = Callable[[RuleFinding], str | None]
"""Whose case a finding is: the county of the recipient's authorization, else of the provider's enrolment; None: not
known here."""


@lru_cache(maxsize=1)
def catalog() -> dict[str, dict[str, Any]]:
    """findings.toml: per code its outcome, rule, authority, addressee, grain, message and next step."""
    return tomllib.loads(Path(__file__).with_name("findings.toml").read_text("utf-8"))


@cache
def _grain(code: str, kind: str) -> tuple[str | None, ...]:
    """Names of the grain's fields in place, None where a field is not part of it: of a document also its key fields."""
    grain = {*catalog()[code]["grain"]}
    if DOCUMENT in grain:
        grain.update(name for name in FACTS[kind].KEY_FIELDS if name in NAMED_BY)
    return tuple(name if name in grain else None for name in GRAIN_FIELDS)


def finding_id(finding: RuleFinding) -> str:
    """``code:addressee:`` and the nine fields of the grain, ``-`` where not part of it; dates as ISO."""
    grain = _grain(finding.code, finding.kind or "")
    return ids.finding_id(finding.code, finding.addressee, [getattr(finding, name) if name else None for name in grain])


class Loss(NamedTuple):
    """Service minutes of a timesheet on a day that a rule held, cut or denied: code of its finding, and outcome."""

    document_id: str
    program: LineProgram
    code: str
    outcome: FindingOutcome
    day: int
    minutes: int


class Findings:
    """Findings of one unit by id; minutes and cents of one id add up. ``whose``: the county where none is given."""

    __slots__ = ("by_id", "whose")

    def __init__(self, whose: Whose) -> None:
        self.by_id: dict[str, RuleFinding] = {}
        self.whose = whose

    @staticmethod
    def outcome(code: str) -> FindingOutcome:
        """The outcome of a code whose rule leaves no choice."""
        outcome: FindingOutcome = catalog()[code]["outcome"]
        return outcome

    def add(self, code: str, **fields: Any) -> None:
        """Find something; ``outcome`` and ``addressee`` as in the catalog unless given."""
        entry = catalog()[code]
        finding = RuleFinding(
            code, fields.pop("outcome", entry["outcome"]), fields.pop("addressee", entry["addressee"]), **fields
        )
        id = finding_id(finding)
        known = self.by_id.get(id)
        if known is not None:
            self.by_id[id] = msgspec.structs.replace(
                known, minutes=_sum(known.minutes, finding.minutes), cents=_sum(known.cents, finding.cents)
            )
            return
        county = finding.county or self.whose(finding)
        self.by_id[id] = msgspec.structs.replace(finding, county=county) if county else finding


def note_conflicts(documents: Iterable[Document[Any]], findings: Findings) -> None:
    """CONFLICTING_REVISION (TIME-3) for each document that got one, of any kind."""
    for document in documents:
        if document.conflicts:
            fact = document.current
            about = {name: getattr(fact, name, None) for name in ("recipient_id", "county")} | named(fact)
            findings.add("CONFLICTING_REVISION", count=len(document.conflicts), **about)


def referred(reference: str, period: int) -> About:
    """What ``kind/document_id/revision`` of a pay period names, as fields of a finding."""
    kind, document_id, _ = ids.referred(reference)
    of_period = {"period_start": period} if "period_start" in FACTS[kind].KEY_FIELDS else {}
    return {"kind": kind, "document_id": document_id, **of_period}


def _sum(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else a + b


def finding_record(id: str, finding: RuleFinding, cut_off: int, cleared: bool) -> Finding:
    """The Finding of the contract."""
    assert finding.outcome and finding.addressee, "of one that is only counted there is no record"
    entry = catalog()[finding.code]
    named = msgspec.structs.asdict(finding)
    words = {name: _in_words(name, value) for name, value in named.items() if value is not None} | finding.words
    variant = finding.message
    sentence = entry["messages"][variant] if variant else entry["message"]
    next_step = entry.get("next_steps", {}).get(variant, entry["next_step"])
    return Finding(
        finding_id=id,
        code=finding.code,
        outcome=finding.outcome,
        rule=entry["rule"],
        authority=entry["authority"],
        addressee=finding.addressee,
        provider_id=finding.provider_id,
        recipient_id=finding.recipient_id,
        other_id=finding.other_id,
        program=finding.program,
        document_id=finding.document_id,
        statement_id=finding.statement_id,
        service_date=finding.service_date,
        workweek_start=finding.workweek_start,
        service_month=finding.service_month,
        minutes=finding.minutes,
        cents=finding.cents,
        count=finding.count,
        consequence=finding.consequence,
        due_by=finding.due_by,
        message=("No longer so: " if cleared else "") + sentence.format_map(words),
        next_step="Nothing: this was cleared." if cleared else next_step.format_map(words),
        cut_off=cut_off,
        cleared=cleared,
        county=finding.county,
    )


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
