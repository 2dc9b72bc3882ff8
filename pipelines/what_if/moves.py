"""What comes and goes where a key is decided again: findings, benefits, advances, share of cost, instructions."""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from fold.shard import Records
from pipelines.what_if.standing import Standing
from pipelines.what_if.sums import Added
from rules.periods import month_of
from schemas.payment_instruction import PaymentInstruction
from schemas.symbols import DeductionKind

SHARE: DeductionKind = "SHARE_OF_COST"
CAME, GONE = range(2)


class OnePayment(msgspec.Struct, frozen=True, array_like=True):
    """An instruction as it is and as it would be; cents, 0 where there is none."""

    instruction_id: str
    gross_before: int
    gross_after: int
    net_before: int
    net_after: int


class Moves(msgspec.Struct):
    """``findings``: (outcome, code) to how many come and how many go; ``benefits``: (county,) to how many months a
    provider comes over the threshold and falls below it; ``advances``: () to how many are otherwise, and by how much;
    ``shares``: () to how many recipients' months have another share of cost, and by how much; ``payments``: those that
    are otherwise; ``keys``: (stage,) to how many were decided again."""

    findings: Added = {}
    benefits: Added = {}
    advances: Added = {}
    shares: Added = {}
    keys: Added = {}
    payments: list[OnePayment] = []

    def compare(self, stage: str, before: tuple[Records, Standing], after: tuple[Records, Standing]) -> None:
        """One key, as it is and as it would be."""
        _count(self.keys, (stage,), 1)
        (was, stood), (now, stands) = before, after
        for place, these, others in ((CAME, stands.findings, stood.findings), (GONE, stood.findings, stands.findings)):
            for id, (code, outcome, _) in these.items():
                if id not in others:
                    _count(self.findings, (outcome, code), *_one(place))
        for key in {**stood.benefits, **stands.benefits}:
            one, other = bool(stood.benefits.get(key)), bool(stands.benefits.get(key))
            if one != other:
                _count(self.benefits, (key[1],), *_one(CAME if other else GONE))
        for advance in {**stood.advances, **stands.advances}:
            before_it, after_it = stood.advances.get(advance), stands.advances.get(advance)
            if before_it != after_it:
                _count(self.advances, (), 1, (after_it or _NO_ADVANCE)[2] - (before_it or _NO_ADVANCE)[2])
        shares = [_shares(each) for each in (was, now)]
        for month in {**shares[0], **shares[1]}:
            difference = shares[1].get(month, 0) - shares[0].get(month, 0)
            if difference:
                _count(self.shares, (), 1, difference)
        self.payments += _payments(was, now)

    def merge(self, other: "Moves") -> "Moves":
        """Add another's."""
        for name in ("findings", "benefits", "advances", "shares", "keys"):
            for named, amounts in getattr(other, name).items():
                _count(getattr(self, name), named, *amounts)
        self.payments += other.payments
        return self


_NO_ADVANCE = ("", 0, 0)


def _one(place: int) -> tuple[int, int]:
    return (1, 0) if place == CAME else (0, 1)


def _count(where: Added, named: tuple[str, ...], *amounts: int) -> None:
    known = where.setdefault(named, [0] * len(amounts))
    for place, each in enumerate(amounts):
        known[place] += each


def _shares(records: Records) -> dict[int, int]:
    """What was taken of a recipient's share of cost, by service month."""
    found: dict[int, int] = defaultdict(int)
    for paid in _paid(records):
        for each in paid.deductions:
            if each.kind == SHARE:
                found[month_of(paid.period_start)] += each.cents
    return found


def _payments(before: Records, after: Records) -> Iterator[OnePayment]:
    was, now = ({each.instruction_id: each for each in _paid(records)} for records in (before, after))
    for id in sorted({**was, **now}):
        one, other = was.get(id), now.get(id)
        gross = tuple(each.gross_cents if each else 0 for each in (one, other))
        net = tuple(each.net_cents if each else 0 for each in (one, other))
        if gross[0] != gross[1] or net[0] != net[1]:
            yield OnePayment(id, *gross, *net)


def _paid(records: Records) -> Iterator[PaymentInstruction]:
    for each in records.get("PaymentInstruction", ()):
        assert isinstance(each, PaymentInstruction)
        yield each
