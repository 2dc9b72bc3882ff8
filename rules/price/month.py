"""One provider's service month: minutes in the order of the rules, then overtime, then statements.

Authority: the provider's side of "Order of the rules for one minute": WHO-1, WAGE-1, TIME-5, LIMIT-3 week, LIMIT-3
month, TRAVEL-3, TRAVEL-1, then OT-1 to OT-5. In force: by parameter. Does not cover: what lasts longer than a month
(`price`); limits themselves (`price.limits`).
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

from rules.conclusions import Offsettable, Statement
from rules.day_length import hold_excess
from rules.findings import note_conflicts
from rules.kept import Tail, WeeksJudged
from rules.law import Law
from rules.overtime import by_workweek, mark_overtime
from rules.periods import midnight, month_end, month_of, period_end, period_of, saturday_of, workweek_of
from rules.price.counts import Counts, MinutesTaken
from rules.price.documents import TakenBack, enrollments_deciding
from rules.price.filed import Filed
from rules.price.incentives import CAREER, career_month
from rules.price.limits import JUDGED, Limits
from rules.price.statements import (
    Money,
    StatementDraft,
    StatementKey,
    at_places,
    draft_key,
    draft_premium,
    draft_straight,
    repriced,
)
from rules.price.training import Circumstances
from rules.relationships import UNKNOWN_RELATIONSHIP, deciding_assignment
from rules.restatement import Concluded, Decision, Trace, month_unit
from rules.to_provider import AuthorizedTime
from rules.wages import wage
from rules.whose_case import county_of_work, of_provider
from rules.worked import Worked, taken_up
from rules.worked_time import price_time
from schemas.ids import statement_id


class MonthOfWork(Trace):
    """What a provider's month is decided from, and what it comes to; ``tail``: the unfinished week before; ``said``:
    what was concluded of the month before."""

    def __init__(
        self,
        month: int,
        provider_id: str,
        filed: Filed,
        tail: Tail | None,
        said: Concluded,
        law: Law,
        cut_off: int,
    ) -> None:
        self.month, self.provider_id, self.law, self.cut_off = month, provider_id, law, cut_off
        self.taken_back = TakenBack(month, filed, said, law)
        times = filed.times.get(month, {})
        self.times = [times[id] for id in sorted(times)]
        self.enrollments, self.engagements = filed.enrollments, filed.engagements
        self.enrolled = filed.enrollments.days(month, month_end(month))
        self.limits = Limits(month, filed, tail, law, cut_off)
        self.before = [taken_up(each) for each in tail.worked] if tail else []
        self.whose = of_provider(filed.engagements, filed.enrollments)
        self.decision, self.taken = Decision(self), MinutesTaken(provider_id, month, self.whose)
        self.counts = self.taken.counts
        self.classes = filed.classes.priced(month, Circumstances(self.enrollments, self.engagements, law, cut_off))
        self.keeps_career = bool(filed.classes.claims)
        self.priced_under: dict[StatementKey, set[str]] = defaultdict(set)  # facts that named the county
        self.drafts: dict[StatementKey, StatementDraft] = defaultdict(StatementDraft)
        self.worked: list[Worked] = []
        self.ended: list[list[Worked]] = []  # weeks over a limit that ended in the month: their premium is due

    def decide(self) -> Decision:
        """Statements, findings and the tail of the month."""
        self._price()
        self._price_travel()
        self._price_training()
        self._hold_days_too_long()
        self.limits.cut(self.worked, self.taken.take)
        weeks = by_workweek([*self.before, *self.worked])
        draft_straight(self.drafts, self.worked)
        self.ended = [week for week in weeks.values() if self._overtime(week)]
        self._judge(self.ended)
        self._conclude()
        return self.decision

    # --- minutes ----------------------------------------------------------------------------------

    def _price(self) -> None:
        """WHO-1, WAGE-1; DOCUMENT_MOVED before them."""
        moved = _under_two_recipients(self.times)
        wage_of = partial(wage, law=self.law, known_at=self.cut_off)
        for time in self.times:
            counts = self.counts[time.recipient_id, time.period_start]
            counts.add(time)
            if (time.document_id, time.program, time.period_start) in moved and any(time.minutes):
                by_day = {time.period_start + index: minutes for index, minutes in enumerate(time.minutes) if minutes}
                self.taken.refuse(time, "DOCUMENT_MOVED", by_day)
                continue
            priced = price_time(time, self.enrolled.__contains__, wage_of)
            self.worked += priced.worked
            for (code, missing), by_day in priced.refused.items():
                self.taken.refuse(time, code, by_day, missing)

    def _price_travel(self) -> None:
        """WHO-1, TRAVEL-3 (not assigned), TRAVEL-2, WAGE-1."""
        for (period, number), priced in self.limits.priced_trips(self.enrolled.__contains__):
            self.worked += priced.worked
            for recipient, reference in priced.references:
                self.priced_under["ARREARS", recipient, period].add(reference)
            for problem, minutes in priced.refused.items():
                self.taken.refuse_travel(self.limits.claims[period, number].current, problem, minutes)
        note_conflicts(self.limits.claims.values(), self.taken.findings)

    def _price_training(self) -> None:
        """TRAIN-1 to TRAIN-6, WAGE-1."""
        for claim, _, worked, refused, references in self.classes:
            if worked is not None:
                self.worked.append(worked)
                self.priced_under[draft_key(worked, period_of(worked.day))] |= references
            for code, minutes, missing in refused:
                self.taken.refuse_class(claim, code, minutes, missing)

    def _hold_days_too_long(self) -> None:
        """TIME-5, over all documents of the provider."""
        for worked, minutes in hold_excess(self.worked):
            self.taken.take(worked, "DAY_TOO_LONG", minutes, {})

    # --- overtime ---------------------------------------------------------------------------------

    def _overtime(self, week: list[Worked]) -> bool:
        """OT-1 to OT-5: mark it; draft the premium once the Saturday has ended, else ask to be decided again then.

        True where the week has ended in this month and may violate a limit."""
        over = mark_overtime(week, self.law)
        if not over and not self.limits.may_violate(week):
            return False
        saturday = saturday_of(workweek_of(week[0].day))
        if month_of(saturday) != self.month:
            return False
        if midnight(saturday + 1) > self.cut_off:
            self.decision.look_again(month_unit(self.month), midnight(saturday + 1))
            return False
        if over:
            draft_premium(self.drafts, week, self.law, self.law.value("overtime.method", saturday, self.cut_off))
        return True

    def _judge(self, ended: list[list[Worked]]) -> None:
        """LIMIT-4, once all weeks are marked: V2 asks for the overtime of the whole month."""
        violations = self.limits.judge(ended, self.worked) if ended else []
        if violations:
            self.decision.conclusions[JUDGED] = WeeksJudged(violations)

    # --- conclusions ------------------------------------------------------------------------------

    def _conclude(self) -> None:
        for recipient, period in self.counts:
            self.drafts["ARREARS", recipient, period]
        for priced, references in self.priced_under.items():
            if (draft := self.drafts.get(priced)) is not None:
                draft.documents.update(references)
        pieces, exempt = [*self.before, *self.worked], bool(self.limits.exemptions)
        for key, references in self.taken_back.find(pieces, exempt, self.drafts).items():
            self.drafts[key].documents.update(references)
        self.repriced = repriced(pieces, self.law)
        for key in sorted(self.drafts, key=lambda key: tuple(part or "" for part in key)):
            statement = self._statement(key, self.drafts[key])
            self.decision.conclusions[statement.statement_id] = statement
        self.decision.conclusions.update(self.taken.findings.by_id)
        tail = self.limits.tail_of(self.worked)
        if tail:
            self.decision.conclusions["tail"] = tail
        career = career_month(self.classes, self.worked) if self.keeps_career else None
        if career:
            self.decision.conclusions[CAREER] = career

    def _statement(self, key: StatementKey, draft: StatementDraft) -> Statement:
        kind, recipient, period = key
        counts, money = self._counts(key), self.money(key, draft, self.worked, self.repriced[key])
        engagement = self.engagements.get(recipient or "")
        last = period_end(period)
        term = deciding_assignment(engagement.assignments, last) if engagement else None
        decided = enrollments_deciding(self.enrollments, period) | ({term.reference} if term else set())
        decided |= engagement.departed_on(period, last) if engagement else set()
        id = statement_id(kind, self.provider_id, recipient, period)
        named = counts.documents | draft.documents | decided
        return Statement(
            statement_id=id,
            kind=kind,
            provider_id=self.provider_id,
            recipient_id=recipient,
            period_start=period,
            lines=money.lines,
            claimed_minutes=counts.claimed,
            held_minutes=counts.held,
            cut_minutes=counts.cut,
            denied_minutes=counts.denied,
            payable=min(draft.orders, default=None),
            relationship=term.relationship if term else UNKNOWN_RELATIONSHIP,
            live_in=bool(term and term.live_in and kind == "ARREARS"),
            offsettable=money.offsettable,
            documents=sorted(named | self.taken_back.corrected(id, named)),
            assumptions=money.assumptions,
            bearing_cents=money.bearing_cents,
            claim=min(draft.claims, default=None),
            case_county=county_of_work(engagement, self.enrollments, None, period_end(period)),
        )

    def _counts(self, key: StatementKey) -> Counts:
        kind, recipient, period = key
        return (self.counts.get((recipient or "", period)) if kind == "ARREARS" else None) or Counts()

    def money(self, key: StatementKey, draft: StatementDraft, worked: Iterable[Worked], late_rates: set[str]) -> Money:
        """What of a statement follows from rates; all else of it follows from minutes and papers."""
        kind, recipient, period = key
        lines, engagement = draft.lines(), self.engagements.get(recipient or "")
        return Money(
            lines,
            self._offsettable(recipient, period, worked) if engagement and engagement.advance else [],
            sorted(self._counts(key).assumptions | draft.assumed(lines) | late_rates),
            draft.bearing_cents(lines) if kind == "ARREARS" else 0,
        )

    def _offsettable(self, recipient: str | None, period: int, worked: Iterable[Worked]) -> list[Offsettable]:
        """ADV-5: straight IHSS minutes left after the provider's side, at their places in the order of use."""
        left: dict[tuple[str, int], Worked] = {
            (each.document_id, each.day): each
            for each in worked
            if each.earning == "SERVICE" and each.program == "IHSS" and each.recipient_id == recipient
        }
        parts: list[Offsettable] = []
        for time in self.times:
            if time.recipient_id == recipient and time.period_start == period and time.program == "IHSS":
                parts += at_places(time, left)
        return parts


def _under_two_recipients(times: Iterable[AuthorizedTime]) -> set[tuple[str, str, int]]:
    """Documents that the provider filed for two recipients (DOCUMENT_MOVED)."""
    recipients: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for time in times:
        if not time.withdrawn:
            recipients[time.document_id, time.program, time.period_start].add(time.recipient_id)
    return {key for key, found in recipients.items() if len(found) > 1}
