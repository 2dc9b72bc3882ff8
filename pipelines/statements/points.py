"""What a person is told in one point: what happened, what they can do, by when. In their language."""

import re
from dataclasses import dataclass

from msgspec.structs import replace

from pipelines.statements.language import Language
from pipelines.statements.sentences import FilledSentence, said, wording
from pipelines.statements.stakes import VIOLATIONS, stake_of
from rules.findings import long_date
from rules.law import Law
from rules.periods import month_of, period_of, saturday_of
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.finding import Finding
from schemas.ids import conclusion_id, day_of

VISITS = ("NO_VISIT", "VISIT_INCOMPLETE", "HOURS_EXCEED_VISITS", "CHECK_OUT_NOT_AFTER_CHECK_IN")
WEIGHT = ("VIOLATION", "NOTICE", "HELD", "DENIED", "CUT", "WARNING", "NOTED")
DISPUTE = " If you disagree,"  # begins the last sentence of a next step (rules/price/violations.py)
OUTSIDE = re.compile(r"(WIC|SB|MPP|ACL|ACIN|CFR|USC|Labor Code|UIC|\d+ (USC|CFR)|30-)\b")
LASTING = (*VIOLATIONS, "OVERPAYMENT", "SHARE_OF_COST_DUE", "RECIPIENT_OVERLAP", "PROVIDER_OVERLAP")
"""Codes of letters that people keep: when such a finding is cleared they are told. Other hours are simply paid."""


@dataclass(frozen=True)
class Point:
    """Texts in the reader's language; ``who`` acts next. ``english``: the texts are not in the reader's language."""

    id: str
    code: str
    outcome: str
    title: str
    message: str
    next_step: str
    who: str = "PROVIDER"
    due_by: int | None = None
    minutes: int | None = None
    cents: int | None = None
    about: str | None = None
    stake: tuple[str, ...] = ()
    also: str = ""
    authority: str = ""
    cleared: bool = False
    day: int | None = None
    english: bool = False


def point_of(
    finding: Finding, reader: str, language: Language, law: Law | None = None, today: int | None = None
) -> Point:
    """A finding as said to a PROVIDER or RECIPIENT; what is at stake with it only by the ``law`` that found it. A paper
    of ``today`` offers no dispute whose last day is over."""
    words = wording()
    of_code = words["code"].get(finding.code, {})
    text = _said_to(_without_late_dispute(finding, today), reader, language)
    title = language.say(of_code.get("title", ""))
    if finding.cleared:
        title = language.say(words["cleared"]["title"], title=title)
    return Point(
        id=finding.finding_id,
        code=finding.code,
        outcome=finding.outcome,
        title=title,
        message=text.message,
        next_step=language.say(words["cleared"]["next_step"]) if finding.cleared else text.next_step,
        who="RECIPIENT" if finding.addressee == "RECIPIENT" else "PROVIDER",
        due_by=_disputable_until(finding),
        minutes=finding.minutes,
        cents=finding.cents,
        about=finding.recipient_id if reader == "PROVIDER" else finding.provider_id,
        stake=stake_of(finding, law, language) if law else (),
        also="" if finding.cleared else language.say(words["also"].get(finding.code, {}).get(reader.lower(), "")),
        authority=outside_law(finding.authority),
        cleared=finding.cleared,
        day=finding.service_date,
        english=not text.own,
    )


def outside_law(authority: str) -> str:
    """Of the authority of a finding what a person can look up: no rule, contract or assumption of this program."""
    return "; ".join(part for part in authority.split("; ") if OUTSIDE.match(part))


def _without_late_dispute(finding: Finding, today: int | None) -> Finding:
    if today is None or finding.due_by is None or finding.due_by >= today:
        return finding
    return replace(finding, next_step=finding.next_step.partition(DISPUTE)[0])


def _disputable_until(finding: Finding) -> int | None:
    """The dispute date if the rule still offers one: what was upheld, or does not count, keeps its date in vain."""
    if finding.cleared or finding.due_by is None or long_date(finding.due_by) not in finding.next_step:
        return None
    return finding.due_by


def _said_to(finding: Finding, reader: str, language: Language) -> FilledSentence:
    """Words of our own where the finding speaks to somebody else."""
    if finding.addressee == reader:
        return said(finding, language)
    own = wording()["code"][finding.code][reader.lower()]
    places = {
        "minutes": language.duration(finding.minutes or 0),
        "document_id": finding.document_id or "",
    }
    return FilledSentence(language.say(own["message"], **places), language.say(own["next_step"], **places), True)


def can_be_said(finding: Finding, reader: str) -> bool:
    """Whether there are words of this finding for this reader."""
    return finding.addressee == reader or reader.lower() in wording()["code"].get(finding.code, {})


def period_of_finding(finding: Finding) -> int | None:
    """The pay period (for an advance: the month) that a finding is about; None if it names no day."""
    if finding.statement_id is not None:
        return day_of(finding.statement_id)
    if finding.service_date is not None:
        return period_of(finding.service_date)
    if finding.workweek_start is not None:
        return period_of(saturday_of(finding.workweek_start))
    return finding.service_month


def month_of_finding(finding: Finding) -> int | None:
    """The service month that a finding is about."""
    period = period_of_finding(finding)
    return None if period is None else month_of(period)


def advance_point(account: AdvanceReconciliation, language: Language) -> Point:
    """How far an advance is accounted for (ADV-6), as said to the recipient."""
    words = wording()["advance"][account.status]
    places = {
        "service_month": language.month(account.service_month),
        "advanced_minutes": language.duration(account.advanced_minutes),
        "reconciled_minutes": language.duration(account.reconciled_minutes),
        "open_minutes": language.duration(account.open_minutes),
        "advanced_cents": language.money(account.advanced_cents),
    }
    return Point(
        id=conclusion_id("AdvanceReconciliation", account.recipient_id, account.service_month),
        code="ADVANCE",
        outcome="NOTICE" if account.status in ("OPEN", "RECONCILED") else "WARNING",
        title=language.say(words["title"], **places),
        message=language.say(words["message"], **places),
        next_step=language.say(words["next_step"], **places),
        who="RECIPIENT",
        minutes=account.open_minutes,
        authority="MPP 30-769.737; 30-767.133; ACL 14-68; ACL 24-38",
    )


def in_order(points: list[Point]) -> list[Point]:
    """What has a date first, then by weight."""
    return sorted(
        points, key=lambda point: (point.due_by is None, point.due_by or 0, WEIGHT.index(point.outcome), point.id)
    )
