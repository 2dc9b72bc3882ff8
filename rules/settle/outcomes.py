"""What became of payments as outcomes came in: what a pay run learns that no instruction of it says.

Authority: RUN-4 (what was returned, voided or went stale no longer stands), TIME-6 (a closed month stays as it was
decided). In force: by parameter. Does not cover: what is said again in place of a payment (`settle.draft`).

An instruction names what does not stand. Where nothing is due in a payment's place there is none, and of a closed month
there never is: then the pay run says so, and of a closed month a person is told.
"""

from collections.abc import Iterable, Iterator, Mapping

from rules.conclusion import Closed
from rules.conclusions import PaymentTurned
from rules.documents import About, Document, named
from rules.findings import Findings, RuleFinding
from rules.kept import Account, PastInstruction
from rules.law import Law
from rules.periods import closing_cut_off
from rules.restatement import Concluded
from rules.settle.draft import effect_of
from rules.settle.filed import month_of_statement
from schemas.ids import payee_of, statement_of
from schemas.payment_outcome import PaymentOutcome

Outcomes = Mapping[tuple[str, str], Document[PaymentOutcome]]  # by instruction and document id
EVER = 1 << 60  # an instant that no cut-off reaches
_SENTENCES = {"REVERSED": "came_back", "RECOVERED": "recovered", None: "taken_back"}


def turned(account: Account | None, outcomes: Outcomes, cut_off: int) -> Iterator[PaymentTurned]:
    """Payments of a statement that outcomes first seen by this pay run reversed, or let stand again."""
    for said in account.said if account else ():
        of_payment = [document for (named, _), document in outcomes.items() if named == said.instruction_id]
        before, now = (_is_reversed(said, of_payment, known_before) for known_before in (cut_off, EVER))
        if said.net_cents > 0 and before != now:
            yield PaymentTurned(said.instruction_id, said.net_cents, reversed=now)


def _is_reversed(said: PastInstruction, outcomes: Iterable[Document[PaymentOutcome]], known_before: int) -> bool:
    return any(effect(document, said, known_before) == "REVERSED" for document in outcomes)


def effect(document: Document[PaymentOutcome], said: PastInstruction, known_before: int) -> str | None:
    """REVERSED, RECOVERED or nothing, by what was known before a cut-off; only of an instruction made before that."""
    known = [each for each in document.revisions.values() if each.stamp[0] < known_before]
    standing = max(known, key=lambda each: each.fact.revision, default=None)
    if standing is None or standing.fact.withdrawn or standing.stamp[0] <= said.cut_off:
        return None
    found = effect_of(standing.fact)
    return None if found == "REVERSED" and said.net_cents <= 0 else found


def outcome_is_over(outcome: PaymentOutcome, is_closed: Closed, lasting: Concluded) -> bool:
    """Has it nothing to say any more, now that the month of the payment has closed? Not so of what came back or was
    recovered, nor of one that was withdrawn, or of which a finding stands (``lasting``) that it is of nothing."""
    if outcome.withdrawn or effect_of(outcome) is not None:
        return False
    month = month_of_statement(statement_of(outcome.instruction_id))
    is_of_nothing = any(_is_of_nothing(outcome, each) for each in lasting.values())
    return month is not None and is_closed(month) and not is_of_nothing


def _is_of_nothing(outcome: PaymentOutcome, found: object) -> bool:
    return (
        isinstance(found, RuleFinding)
        and found.code == "OUTCOME_WITHOUT_INSTRUCTION"
        and found.document_id == outcome.document_id
    )


def find_too_late(statement_id: str, account: Account | None, outcomes: Outcomes, law: Law, findings: Findings) -> None:
    """FILING_LIMIT: what outcomes that came for a closed month would change is for a person to decide."""
    month = month_of_statement(statement_id)
    if account is None or month is None:
        return
    closes = closing_cut_off(month, law.value("filing.closes_after_months", month))
    said = {each.instruction_id: each for each in account.said}
    for (payment, _), document in sorted(outcomes.items()):
        if payment not in said:
            continue
        in_time, now = (effect(document, said[payment], known_before) for known_before in (closes + 1, EVER))
        if in_time != now:
            findings.add(
                "FILING_LIMIT",
                **(_people(statement_id) | named(document.current)),
                statement_id=statement_id,
                service_month=month,
                cents=document.current.cents if now == "RECOVERED" else said[payment].net_cents,
                message=_SENTENCES[now],
                words={"payment": payment},
            )


def _people(statement_id: str) -> About:
    """Provider and recipient that a statement id names."""
    payee = payee_of(statement_id)
    return {"provider_id": payee.provider_id, "recipient_id": payee.recipient_id}
