"""A provider's paid sick leave over its lifetime: balances, statements of claims, and why a claim is not paid.

Authority: SICK-1 to SICK-7 (SB 3 (2016), SB 616 (2023); ACL 18-01), WHO-1 to WHO-3, WAGE-1, TIME-6, TAX-3, TAX-4.
In force: by parameters sick_leave.*. Does not cover: what is earned (`sick_leave`), which claims are paid
(`price.leave_claims`), which service is paid (`price.month`).

Months hand on their paid service (``ServiceDays``). What was decided on claims of a month stays when it has closed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from rules.conclusions import UNSENT, LeaveRecord, Statement
from rules.documents import Document, named
from rules.findings import Findings, RuleFinding
from rules.kept import LeaveHistory, ServiceDays
from rules.law import Law
from rules.periods import business_day_of, midnight, month_of, period_of
from rules.price.filed import Filed, LeaveKey, leave_key
from rules.price.leave_claims import Leave, LeaveVerdict, decide_claims
from rules.price.leave_pay import KIND, LeavePay
from rules.price.paid_service import HISTORY, history_in, service_by_month
from rules.price.statements import StatementDraft, StatementKey, draft_straight, repriced
from rules.price.violations import Notice
from rules.restatement import LIFETIME, Decision, Trace, closed, month_unit
from rules.sick_leave import (
    REMEMBERED,
    Grant,
    grants,
    last_day_of,
    leave_year_of,
    next_leave_year,
    stands_until,
    stints_with,
)
from rules.worked import Worked
from schemas.ids import conclusion_id, statement_id
from schemas.leave_balance import LeaveBalance
from schemas.sick_leave_claim import SickLeaveClaim

REVIEW = "SICK_LEAVE_REVIEW"
_OF_ALL_MONTHS = ("FILING_LIMIT", "PAY_OVERDUE", "CONFLICTING_REVISION")


@lru_cache(maxsize=REMEMBERED)
def first_open_year(cut_off: int, law: Law) -> int:
    """The first leave year in which a month is open at a pay run."""
    year = leave_year_of(business_day_of(cut_off), law)
    while not closed(month_unit(month_of(year - 1)), cut_off, law):
        year = leave_year_of(year - 1, law)
    return year


class JudgedLeave(Trace):
    """Paid sick leave as decided: service by month, what it earned, what became of the claims, and what is paid."""

    def __init__(
        self,
        months: Sequence[ServiceDays],
        leave: Leave,
        verdicts: Sequence[LeaveVerdict],
        pieces: Sequence[Worked],
    ) -> None:
        self.months, self.leave, self.verdicts, self.pieces = months, leave, verdicts, pieces


class SickLeave:
    """Decides a provider's paid sick leave as of a pay run."""

    def __init__(self, filed: Filed, notice: Notice) -> None:
        self.filed, self.notice, self.law, self.cut_off = filed, notice, notice.law, notice.cut_off
        self.today = business_day_of(notice.cut_off)
        self.before = notice.before.get(LIFETIME, {})
        history = history_in(notice.before)
        self.paid_before: dict[LeaveKey, int] = {(*each[:-1],): each[-1] for each in history.paid}
        service = service_by_month(notice.before)
        self.months: list[ServiceDays] = [days for _, days in service]
        later = [each for each in service if each[0] > history.through]
        over = [each for each in later if self._is_closed(each[0])]
        self.carried = stints_with(history.stints, [days for _, days in over], self.law)
        self.through = max((month for month, _ in over), default=history.through)
        self.stints = stints_with(self.carried, [days for month, days in later if month > self.through], self.law)
        self.pay = LeavePay(filed, notice)
        self.pieces: list[Worked] = []  # what is paid, of open months

    def _is_closed(self, month: int) -> bool:
        return closed(month_unit(month), self.cut_off, self.law)

    def decide(self, decision: Decision, findings: Findings) -> JudgedLeave | None:
        """Balances, statements, findings, what to remember, and when to look again."""
        if not self.stints and not self.filed.leave_claims:
            return None
        settled = self._of_closed_months()
        leave = self._leave(settled.values())
        claims = self._open_claims()
        verdicts = decide_claims(claims, self.pay.refused, self.paid_before, leave) if claims else []
        for verdict in verdicts:
            self._find(verdict, findings)
        used = self._used_with(leave.used, verdicts)
        statements = self._statements(verdicts, claims) if claims else {}
        decision.conclusions.update({**settled, **statements, **self._balances(leave.grants, used)})
        decision.conclusions[HISTORY] = LeaveHistory(self.through, self.carried, _paid(verdicts))
        self._look_again(verdicts, decision)
        return JudgedLeave(self.months, leave, verdicts, self.pieces)

    def _leave(self, settled: Iterable[Statement | RuleFinding]) -> Leave:
        """What there is to use. ``settled``: what was said of claims of closed months."""
        used: dict[int, int] = defaultdict(int)
        for said in settled:
            if isinstance(said, Statement):
                used[leave_year_of(said.period_start, self.law)] += sum(line.minutes for line in said.lines)
        known = grants(self.stints, first_open_year(self.cut_off, self.law), self.today, self.law)
        return Leave(self.stints, known, used, self.today, self.law)

    def _used_with(self, used: Mapping[int, int], verdicts: Iterable[LeaveVerdict]) -> Mapping[int, int]:
        """Minutes used by leave year, where there are any."""
        total = defaultdict(int, used)
        for verdict in verdicts:
            total[leave_year_of(verdict.document.current.service_date, self.law)] += verdict.paid_minutes
        return {year: minutes for year, minutes in total.items() if minutes}

    # --- claims -----------------------------------------------------------------------------------------------------

    def _of_closed_months(self) -> dict[str, Statement | RuleFinding]:
        """TIME-6: what was said of claims of months that have closed since."""
        return {id: said for id, said in self.before.items() if _about_claims(said) and self._is_closed(_month(said))}

    def _open_claims(self) -> list[Document[SickLeaveClaim]]:
        claims = self.filed.leave_claims.values()
        return [each for each in claims if not self._is_closed(month_of(each.current.service_date))]

    def _find(self, verdict: LeaveVerdict, findings: Findings) -> None:
        claim, refused = verdict.document.current, verdict.refused
        month = month_of(claim.service_date)
        if refused is not None:
            statement = statement_id(KIND, claim.provider_id, claim.recipient_id, period_of(claim.service_date))
            findings.add(
                refused.code,
                minutes=verdict.refused_minutes,
                statement_id=statement,
                service_month=month,
                message=refused.message,
                words=dict(refused.words),
                **named(claim),
            )
        if verdict.kept:
            findings.add(REVIEW, provider_id=claim.provider_id, service_month=month, minutes=verdict.paid_minutes)

    # --- statements -------------------------------------------------------------------------------------------------

    def _statements(
        self, verdicts: Iterable[LeaveVerdict], claims: Iterable[Document[SickLeaveClaim]]
    ) -> dict[str, Statement]:
        """One per recipient and pay period that is claimed, or was: a claim taken back decides too."""
        self.pieces = [self.pay.worked(verdict) for verdict in verdicts if verdict.paid_minutes]
        drafts: dict[StatementKey, StatementDraft] = defaultdict(StatementDraft)
        draft_straight(drafts, self.pieces)
        late_rates = repriced(self.pieces, self.law)
        for document in claims:
            claim = document.current
            key: StatementKey = (KIND, claim.recipient_id, period_of(claim.service_date))
            id = statement_id(KIND, claim.provider_id, claim.recipient_id, period_of(claim.service_date))
            if key in drafts or id in self.before:
                drafts[key].documents.add(document.reference)
        made = (self.pay.statement(key, draft, late_rates[key]) for key, draft in sorted(drafts.items()))
        return {statement.statement_id: statement for statement in made}

    # --- balances ---------------------------------------------------------------------------------------------------

    def _balances(self, known: Sequence[Grant], used: Mapping[int, int]) -> dict[str, LeaveRecord]:
        """SICK-7: one of each leave year that has an open month, if there is or was anything to say of it."""
        by_year = {grant.leave_year: grant for grant in known}
        said = [each.content.leave_year for each in self.before.values() if isinstance(each, LeaveRecord)]
        first = first_open_year(self.cut_off, self.law)
        years = sorted(year for year in {*by_year, *said, *used} if year >= first)
        return {
            conclusion_id("leave", year): self._balance(year, by_year.get(year), used.get(year, 0)) for year in years
        }

    def _balance(self, year: int, grant: Grant | None, used: int) -> LeaveRecord:
        minutes = grant.minutes if grant else 0
        return LeaveRecord(
            LeaveBalance(
                provider_id=self.notice.provider_id,
                leave_year=year,
                granted_minutes=minutes,
                used_minutes=used,
                left_minutes=max(0, minutes - used),
                earned_on=grant.earned_on if grant else None,
                usable_from=grant.usable_from if grant else None,
                ends_on=grant.ends_on if grant else last_day_of(year),
                cut_off=UNSENT,
            )
        )

    def _look_again(self, verdicts: Iterable[LeaveVerdict], decision: Decision) -> None:
        """On the next 1 July, when a year without service has passed, and on the day of a claim that came before it."""
        days = [v.document.current.service_date for v in verdicts if v.document.current.service_date > self.today]
        last = self.stints[-1] if self.stints else None
        if last and last.earned_on and (until := stands_until(last, self.law)) >= self.today:
            days += [next_leave_year(leave_year_of(self.today, self.law)), until + 1]
        if days:
            decision.look_again(LIFETIME, midnight(min(days)) + 1)


def _about_claims(said: object) -> bool:
    """Is it a statement, or a finding, about claims of one month?"""
    if isinstance(said, RuleFinding):
        return said.code == REVIEW or (said.kind == SickLeaveClaim.KIND and said.code not in _OF_ALL_MONTHS)
    return isinstance(said, Statement) and said.kind == KIND


def _month(said: Statement | RuleFinding) -> int:
    """The month whose claims it is about."""
    return month_of(said.period_start) if isinstance(said, Statement) else said.service_month or 0


def _paid(verdicts: Iterable[LeaveVerdict]) -> list[tuple[str, str, int, str, int]]:
    paid = ((*leave_key(each.document.current), each.paid_minutes) for each in verdicts if each.paid_minutes)
    return sorted(paid)
