"""How a provider is paid where a payment of another settlement is said to have come back: by warrant, if it did.

Authority: RUN-3, RUN-4 (after RETURNED of an instruction that was made, with net above 0). In force: always.
Does not cover: payments of one's own settlement (`settle`); which enrolment ends it (`instructions`).

Only the settlement that made a payment knows that it did, and what it moved; settlements do not read each other. So
each tells here what came back of its own, and hands over a payment whose method turns on another's.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from rules.conclusion import METHOD, Conclusion, Stop
from rules.conclusions import InstructionRecord, Return
from rules.documents import Arrival
from rules.restatement import STANDING, Before, Change, Decision, NotRead, Unit
from schemas.payment_instruction import PaymentInstruction


class ToMethod(Conclusion, frozen=True):
    """What a settlement tells whoever chooses the method of a provider's payments."""

    provider_id: str

    @property
    def to(self) -> Stop:
        """The provider's method."""
        return Stop(METHOD, self.provider_id)


class PaymentReturned(ToMethod, frozen=True):
    """A payment to a provider that was made, moved money and came back (RUN-4); to whoever chooses its method.

    ``document``: kind/document_id/revision of the outcome.
    """

    state_number = 19

    payment: Return
    document: str


class AwaitsMethod(ToMethod, frozen=True):
    """An instruction with the method it has unless one of the payments ``claimed`` to have come back did (RUN-4)."""

    instruction: PaymentInstruction
    claimed: list[Return]


class MethodFile:
    """What came back of a provider's payments, by conclusion, and payments of this pay run that wait."""

    def __init__(self) -> None:
        self.returned: dict[str, PaymentReturned] = {}
        self.waiting: list[AwaitsMethod] = []

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File a PaymentReturned (content None: it did not after all) or an AwaitsMethod, which is decided at once."""
        if arrival.kind == "AwaitsMethod":
            self.waiting.append(arrival.content)
            return [STANDING]
        if arrival.kind != "PaymentReturned":
            raise NotRead(arrival.kind)
        self.returned.pop(arrival.event_id, None)
        if arrival.content is not None:
            self.returned[arrival.event_id] = arrival.content
        return []

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """The payments that waited, as instructions."""
        decision = Decision()
        decision.records = [self._instruction(each) for each in self.waiting]
        self.waiting = []
        return decision

    def followers(self, unit: Unit, change: Change, now: Before) -> Iterable[Unit]:
        """What is said once has none."""
        return ()

    def _instruction(self, waiting: AwaitsMethod) -> InstructionRecord:
        came_back = {each.document for each in self.returned.values() if each.payment in waiting.claimed}
        if not came_back:
            return InstructionRecord(waiting.instruction)
        documents = sorted({*waiting.instruction.documents, *came_back})
        instruction = replace(waiting.instruction, method="WARRANT", account_token=None, documents=documents)
        return InstructionRecord(instruction)
