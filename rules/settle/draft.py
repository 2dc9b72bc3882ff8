"""One statement on its way to an instruction: what stands of it, what it is worth, what this run says.

Authority: MONEY-2, TAX-3, SOC-4 (what a statement bears), RUN-4. In force: by parameter.
Does not cover: how a month's share of cost and advance are dealt to its statements (`settle.recipient`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from rules.adjustment import Due, carried, deductions_said, due, lines_said, outstanding, standing
from rules.conclusions import Statement
from rules.findings import RuleFinding, Whose
from rules.kept import Account, PastInstruction
from rules.law import Law, Lookup
from rules.periods import business_day_of
from rules.settle.filed import SettlementFacts, references
from rules.taxes import Deciding, on_part, withheld
from schemas.ids import instruction_id
from schemas.payment_outcome import PaymentOutcome
from schemas.symbols import CARRIED, GONE, DeductionKind, known

REVERSING = ("RETURNED", "VOIDED", "STALE")
EFFECTS: Mapping[str, str | None] = {
    "ACCEPTED": None,
    "SETTLED": None,
    **dict.fromkeys(REVERSING, "REVERSED"),
    "RECOVERED": "RECOVERED",
    GONE: None,
}


class OutcomeReading:
    """The law as known at a pay run, remembering which of this project's own choices were read."""

    def __init__(self, law: Law, cut_off: int) -> None:
        self.law, self.cut_off = law, cut_off
        self.assumptions: set[str] = set()

    def __call__(self, name: str, day: int) -> Any:
        """The value in force on a day, as known now. Raises NotInForce."""
        return self._read(name, day, self.cut_off)

    def at(self, known_at: int) -> Lookup:
        """Look up as known at another pay run."""
        return lambda name, day: self._read(name, day, known_at)

    def _read(self, name: str, day: int, known_at: int) -> Any:
        entry = self.law.entry(name, day, known_at)
        if entry.grade == "assumption":
            self.assumptions.update(self.law.assumptions(name, day, known_at))
        return entry.value


class PaymentDraft:
    """A statement with its account.

    ``part_cents``: of its gross, what can bear share of cost; ``deductions``: whole amounts by kind, not differences;
    ``documents``: those that decided it here.
    """

    def __init__(self, statement: Statement, account: Account, filed: SettlementFacts, law: Law, cut_off: int) -> None:
        self.statement, self.account = statement, account
        self.reading = OutcomeReading(law, cut_off)
        self.now = Deciding(statement.relationship, business_day_of(cut_off), cut_off)
        self.said, self.recovered_cents, self.part_cents = [*account.said], 0, 0
        self.deductions: dict[DeductionKind, int] = {}
        self.documents: list[str] = []
        if statement.statement_id in filed.outcomes:
            self._take_back(filed)

    def _take_back(self, filed: SettlementFacts) -> None:
        """RUN-4: what outcomes of its instructions reversed no longer stands."""
        outcomes = _known_outcomes(self.id, self.account, filed)
        self.said = standing(self.account, {each.instruction_id for each in outcomes if each.outcome in REVERSING})
        self.recovered_cents = sum(each.cents or 0 for each in outcomes if each.outcome == "RECOVERED")
        self.documents = references([*outcomes, *_outcomes_taken_back(self.id, self.account, filed)])

    @property
    def id(self) -> str:
        """Statement id."""
        return self.statement.statement_id

    @property
    def reversed_ids(self) -> list[str]:
        """RUN-4: its instructions that no longer stand, sorted."""
        stand = {said.instruction_id for said in self.said}
        return sorted(said.instruction_id for said in self.account.said if said.instruction_id not in stand)

    @property
    def gross_cents(self) -> int:
        """What the statement is worth before deductions."""
        return sum(line.cents for line in self.statement.lines)

    @property
    def outstanding_cents(self) -> int:
        """What is overpaid and not recovered."""
        return outstanding(self.said, self.recovered_cents)

    @property
    def minutes(self) -> int:
        """Minutes of its lines."""
        return sum(line.minutes for line in self.statement.lines)

    def stay_as_said(self) -> None:
        """It cannot be decided now: be worth what was said."""
        self.statement = msgspec.structs.replace(self.statement, lines=lines_said(self.said), offsettable=[])
        self.deductions = {kind: cents for kind, cents in deductions_said(self.said).items() if kind != CARRIED}
        self.part_cents = sum(said.part_cents for said in self.said)

    def withhold(self) -> None:
        """TAX-3."""
        relationship, run_date = self.statement.relationship, self.now.run_date
        self.deductions |= withheld(self.gross_cents, self.said, relationship, run_date, self.reading)

    def taxes_on_part(self) -> int:
        """Taxes on the part alone."""
        return on_part(self.part_cents, self.said, self.now, self.reading.at)

    def due(self) -> Due:
        """This run's differences as drafted."""
        return due(self.statement.lines, self.deductions, self.said)

    def moves(self) -> int:
        """What this run would move for it as drafted."""
        return max(0, self.due().cents - self.outstanding_cents)

    def say(self) -> PastInstruction | None:
        """This run's instruction, if anything changed; it then stands."""
        owed = self.due()
        if not owed.lines and not owed.deductions:
            return None
        set_aside = carried(owed, self.outstanding_cents)
        said = PastInstruction(
            instruction_id=instruction_id(self.id, self.now.run_date),
            run_date=self.now.run_date,
            cut_off=self.now.cut_off,
            relationship=self.statement.relationship,
            lines=owed.lines,
            deductions=owed.deductions | ({CARRIED: set_aside} if set_aside else {}),
            part_cents=self.part_cents - sum(said.part_cents for said in self.said),
            net_cents=owed.cents - set_aside,
        )
        self.said.append(said)
        self.account = Account([*self.account.said, said])
        return said


def _known_outcomes(statement_id: str, account: Account, filed: SettlementFacts) -> list[PaymentOutcome]:
    """RUN-4: what came back or was recovered of the statement."""
    made = {said.instruction_id: said for said in account.said}
    of_statement = filed.outcomes_of(statement_id) if made else ()
    return [outcome for outcome, (seen, _) in of_statement if _decides(outcome, made.get(outcome.instruction_id), seen)]


def _outcomes_taken_back(statement_id: str, account: Account, filed: SettlementFacts) -> Iterator[PaymentOutcome]:
    """Present revisions of outcomes that an earlier one reversed or recovered a payment by."""
    made = {said.instruction_id: said for said in account.said}
    for (named, _), document in filed.outcomes.get(statement_id, {}).items():
        for fact in document.earlier:
            if _decides(fact, made.get(named), document.revisions[fact.revision].stamp[0]):
                yield document.current


def _decides(outcome: PaymentOutcome, said: PastInstruction | None, seen: int) -> bool:
    """An outcome speaks of an instruction that was made before the pay run that first saw it; only one that moved money
    can come back."""
    if said is None or said.cut_off >= seen:
        return False
    effect = effect_of(outcome)
    return effect == "RECOVERED" or (effect == "REVERSED" and said.net_cents > 0)


def effect_of(outcome: PaymentOutcome) -> str | None:
    """RUN-4: REVERSED, RECOVERED, or None. Raises UnknownSymbol."""
    known((outcome.outcome,), EFFECTS, "outcome of a payment")
    return EFFECTS[outcome.outcome]


def nobodys(finding: RuleFinding) -> None:
    """No county's case."""


def of_drafts(drafts: Sequence[PaymentDraft], held: Sequence[PaymentDraft], otherwise: Whose) -> Whose:
    """Whose case findings of a month of pay are: the county of a statement's case (of the month as a whole: that of its
    latest), ``otherwise`` elsewhere, or else the county in which a statement was paid.

    A function of drafts alone: a month that knew itself by its findings would be left for the collector.
    """

    def whose(finding: RuleFinding) -> str | None:
        in_order = sorted((*drafts, *held), key=lambda draft: draft.statement.period_start, reverse=True)
        about = [draft for draft in in_order if finding.statement_id in (None, draft.id)]
        case = next(filter(None, (draft.statement.case_county for draft in about)), None) or otherwise(finding)
        named = about if finding.statement_id else []
        paid = (line.county for draft in named for said in draft.account.said for line in said.lines)
        return case or next(paid, None)

    return whose
