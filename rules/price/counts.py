"""What the provider's side took from a month, and why: counted on statements, told in findings.

Authority: "Order of the rules for one minute"; WHO-2 (minutes that fall away for the provider are not given back:
assumption). In force: always. Does not cover: which minutes are taken (`price.month`, `price.limits`).

Travel is on no statement's counts: they are of service.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from rules.documents import named
from rules.findings import Findings, Loss, Whose, catalog, referred
from rules.periods import period_of
from rules.to_provider import AuthorizedTime
from rules.travel_time import Problem
from rules.worked import Worked
from schemas.ids import statement_id
from schemas.training_claim import TrainingClaim
from schemas.travel_claim import TravelClaim


class Counts:
    """Service minutes of one statement by what became of them; ``losses``: on the provider's side."""

    __slots__ = ("assumptions", "claimed", "cut", "denied", "documents", "held", "losses")

    def __init__(self) -> None:
        self.claimed = self.held = self.cut = self.denied = 0
        self.documents: set[str] = set()
        self.assumptions: set[str] = set()
        self.losses: list[Loss] = []

    def add(self, time: AuthorizedTime) -> None:
        """What the recipient's side said."""
        self.claimed += time.claimed
        self.held += time.held
        self.cut += time.cut
        self.denied += time.denied
        self.documents.update(time.documents)
        self.assumptions.update(time.assumptions)

    def take(self, loss: Loss) -> None:
        """Minutes that a rule of the provider's side held, cut or denied."""
        *_, outcome, _, minutes = loss
        self.losses.append(loss)
        self.held += minutes if outcome == "HELD" else 0
        self.cut += minutes if outcome == "CUT" else 0
        self.denied += minutes if outcome == "DENIED" else 0
        self.assumptions.add("hours.provider_side_returns_minutes")


class MinutesTaken:
    """Counts by statement (recipient, pay period) and findings of one provider's month."""

    def __init__(self, provider_id: str, month: int, whose: Whose) -> None:
        self.provider_id, self.month = provider_id, month
        self.counts: dict[tuple[str, int], Counts] = defaultdict(Counts)
        self.findings = Findings(whose)

    def refuse(self, time: AuthorizedTime, code: str, by_day: Mapping[int, int], missing: str = "") -> None:
        """Minutes of a timesheet, by day, that never got a rate."""
        words = {"missing": missing} if missing else {}
        self._service(time, time.documents[0], time.period_start, code, by_day, words)

    def refuse_travel(self, claim: TravelClaim, problem: Problem, minutes: int) -> None:
        """Minutes of a travel claim that never got a rate; the recipient is named where the finding is about it."""
        whose = self._statement(problem.recipient_id, claim.period_start) if problem.recipient_id else {}
        words = {"missing": problem.missing} if problem.missing else {}
        self._find(problem.code, minutes, words, **named(claim), **whose)

    def refuse_class(self, claim: TrainingClaim, code: str, minutes: int, missing: str) -> None:
        """Minutes of a training claim that never got a rate."""
        statement = statement_id("TRAINING", self.provider_id, claim.recipient_id, period_of(claim.class_date))
        self.findings.add(
            code,
            minutes=minutes,
            recipient_id=claim.recipient_id,
            statement_id=statement,
            service_date=claim.class_date,
            service_month=self.month,
            words={"missing": missing} if missing else {},
            **named(claim),
        )

    def take(self, worked: Worked, code: str, minutes: int, words: dict[str, str]) -> None:
        """Minutes that had a rate; a claim for several recipients names one only where the finding is about it."""
        period = period_of(worked.day)
        if worked.earning == "SERVICE":
            self._service(worked, worked.reference, period, code, {worked.day: minutes}, words)
            return
        of_recipient = "recipient_id" in catalog()[code]["grain"]
        whose = self._statement(worked.recipient_id, period) if of_recipient else {}
        self._find(code, minutes, words, **referred(worked.reference, period), **whose)

    def _service(
        self,
        about: AuthorizedTime | Worked,
        reference: str,
        period: int,
        code: str,
        by_day: Mapping[int, int],
        words: dict[str, str],
    ) -> None:
        outcome = self.findings.outcome(code)
        for day, minutes in by_day.items():
            loss = Loss(about.document_id, about.program, code, outcome, day, minutes)
            self.counts[about.recipient_id or "", period].take(loss)
        whose = self._statement(about.recipient_id, period) | {"program": about.program}
        self._find(code, sum(by_day.values()), words, **referred(reference, period), **whose)

    def _statement(self, recipient_id: str | None, period: int) -> dict[str, str]:
        recipient = recipient_id or ""
        return {"recipient_id": recipient, "statement_id": statement_id("ARREARS", self.provider_id, recipient, period)}

    def _find(self, code: str, minutes: int, words: dict[str, str], **about: Any) -> None:
        fields = {"provider_id": self.provider_id, "service_month": self.month, "words": words, **about}
        self.findings.add(code, minutes=minutes, **fields)
