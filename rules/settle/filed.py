"""What a settlement has on file: statements, accounts and facts, as they stand or as they were known.

Authority: "Precedence" of LAW.md; RUN-3 (the payee's account); ADV-1 (as known when the month opened).
In force: always. Does not cover: what follows from it (`settle.month`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from rules.advance_pay import asked_for
from rules.conclusions import AccountTerm, PayeeAccount, Return, Stamp, Statement, worth_nothing
from rules.documents import Arrival, Document, Terms, reference
from rules.periods import business_day_of, month_end, month_of
from schemas.envelope import Fact
from schemas.ids import day_of, statement_of
from schemas.income_assessment import IncomeAssessment
from schemas.payment_outcome import PaymentOutcome
from schemas.provider_assignment import ProviderAssignment
from schemas.service_authorization import ServiceAuthorization

FOREVER = 1 << 60  # later than any day


class SettlementFacts:
    """Statements by month and id; outcomes by statement. ``asked_since``: the month of the pay run that first saw an
    authorization ask for advance pay; None if none ever did."""

    def __init__(self) -> None:
        self.statements: dict[int, dict[str, Statement]] = defaultdict(dict)
        self.accounts: dict[str, PayeeAccount] = {}
        self.assessments: Terms[IncomeAssessment] = Terms()
        self.authorizations: dict[str, Terms[ServiceAuthorization]] = {"IHSS": Terms(), "WPCS": Terms()}
        self.assignments: dict[str, Terms[ProviderAssignment]] = defaultdict(Terms)
        self.outcomes: dict[str, dict[tuple[str, str], Document[PaymentOutcome]]] = defaultdict(dict)
        self.asked_since: int | None = None
        self._authorizing: list[Arrival] = []

    # --- filing -----------------------------------------------------------------------------------------------------

    def file_statement(self, arrival: Arrival) -> int:
        """File a Statement, whose id is the event id; one that vanished is from now on worth nothing. Its month."""
        statement: Statement | None = arrival.content
        month = month_of_statement(arrival.event_id)
        if month is None:
            raise ValueError("a statement's id ends with the day on which its pay period starts")
        of_month = self.statements[month]
        if statement is not None:
            of_month[arrival.event_id] = statement
        elif arrival.event_id in of_month:
            of_month[arrival.event_id] = _vanished(of_month[arrival.event_id])
        return month

    def file_account(self, arrival: Arrival) -> None:
        """File a PayeeAccount, which never vanishes: who was once paid here may be again."""
        self.accounts[arrival.content.provider_id] = arrival.content

    def file_authorization(self, arrival: Arrival) -> None:
        """File a ServiceAuthorization, and keep when it was known."""
        authorization: ServiceAuthorization = arrival.content
        self.authorizations[authorization.program].file(arrival)
        if authorization.program == "IHSS":
            self._authorizing.append(arrival)
            if self.asked_since is None and asked_for(authorization):
                self.asked_since = month_of(business_day_of(arrival.cut_off))

    def file_assignment(self, arrival: Arrival) -> None:
        """File a ProviderAssignment; only IHSS counts here."""
        assignment: ProviderAssignment = arrival.content
        if assignment.program == "IHSS":
            self.assignments[assignment.provider_id].file(arrival)

    def file_assessment(self, arrival: Arrival) -> int:
        """File an IncomeAssessment; the first day that any revision of it concerns."""
        self.assessments.file(arrival)
        document = self.assessments.documents[arrival.content.document_id]
        return min(recorded.fact.effective_from for recorded in document.revisions.values())

    def file_outcome(self, arrival: Arrival) -> None:
        """File a PaymentOutcome under the statement whose instruction it names."""
        named = arrival.content.instruction_id
        outcomes = self.outcomes[statement_of(named)]
        outcomes.setdefault((named, arrival.content.document_id), Document()).file(arrival)

    # --- looking up -------------------------------------------------------------------------------------------------

    def outcomes_of(self, statement_id: str) -> Iterator[tuple[PaymentOutcome, Stamp]]:
        """Outcomes of a statement's instructions that are not withdrawn, with when they were recorded."""
        for document in self.outcomes.get(statement_id, {}).values():
            if not document.current.withdrawn:
                yield document.current, document.revisions[document.current.revision].stamp

    def authorization_known(self, day: int, cut_off: int) -> ServiceAuthorization | None:
        """The IHSS authorization in force on a day, as known at a cut-off."""
        known: Terms[ServiceAuthorization] = Terms()
        for arrival in self._authorizing:
            if arrival.cut_off <= cut_off:
                known.file(arrival)
        return known.on(day)

    def departed(self, month: int) -> list[Fact]:
        """IHSS authorizations and assignments that gave up a day of a month by their present revision."""
        terms: list[Terms[Any]] = [self.authorizations["IHSS"], *self.assignments.values()]
        return [span.fact for each in terms for span in each.departed(month, month_end(month))]

    def asked_from(self, month: int) -> bool:
        """Does an authorization ask for advance pay in this month or later, and does the recipient live then?"""
        asking = [fact for fact in self.authorizations["IHSS"].ranked if asked_for(fact)]
        lasting = any(each.effective_to is None or each.effective_to >= month for each in asking)
        return lasting and not self.died_before(month)

    def died_before(self, day: int) -> bool:
        """Did the recipient die before the day, by any authorization on file?"""
        deaths = (fact.deceased_on for terms in self.authorizations.values() for fact in terms.ranked)
        return any(died is not None and died < day for died in deaths)

    def provider_terms(self, provider_id: str) -> list[AccountTerm]:
        """The provider's account by day."""
        account = self.accounts.get(provider_id)
        return account.terms if account else []

    def claimed_elsewhere(self, provider_id: str) -> list[Return]:
        """RUN-4: payments of other settlements to this provider that are said to have come back."""
        account = self.accounts.get(provider_id)
        return [each for each in (account.returned if account else ()) if statement_of(each[0]) not in self.outcomes]

    def recipient_terms(self) -> list[AccountTerm]:
        """The recipient's account by day (IHSS authorization), with when it was recorded."""
        terms = self.authorizations["IHSS"]
        return [
            AccountTerm(span.first, span.last, span.fact.payee_account_token, _recorded(terms, span.fact))
            for span in terms.spans(-FOREVER, FOREVER)
        ]

    def assigned(self, first: int, last: int) -> list[ProviderAssignment]:
        """IHSS assignments in force on a day from first to last."""
        return [span.fact for terms in self.assignments.values() for span in terms.spans(first, last)]


def _recorded(terms: Terms[ServiceAuthorization], fact: ServiceAuthorization) -> Stamp:
    return terms.documents[fact.document_id].revisions[fact.revision].stamp


def month_of_statement(statement_id: str) -> int | None:
    """The service month in a statement id; None if it is no statement id of ours."""
    day = day_of(statement_id)
    return None if day is None else month_of(day)


def references(facts: Iterable[Fact | None]) -> list[str]:
    """``kind/document_id/revision`` of each fact there is, sorted."""
    return sorted({reference(fact) for fact in facts if fact is not None})


def _vanished(was: Statement) -> Statement:
    """What a statement that vanished is now."""
    about = was.statement_id, was.kind, was.provider_id, was.recipient_id, was.period_start
    return worth_nothing(*about, was.documents, was.relationship, was.live_in, was.assumptions)
