"""Findings that stand at the end of each of two payrolls, set beside each other."""

from collections import Counter, defaultdict
from typing import NamedTuple

from schemas.finding import Finding
from schemas.ids import document_name, document_named
from schemas.types import Json

WITHHOLDING = ("HELD", "CUT", "DENIED")


class Stands(NamedTuple):
    """What a finding last said."""

    code: str
    outcome: str
    minutes: int
    cents: int
    statement_id: str | None
    document: str | None  # kind and number


class KnownStanding:
    """The last word on each finding id, in A and in B; records come in the order of cut-offs."""

    def __init__(self) -> None:
        self.last: dict[str, dict[str, Stands]] = {"a": {}, "b": {}}

    def say(self, side: str, finding: Finding) -> None:
        """One more record of a finding."""
        if finding.cleared:
            self.last[side].pop(finding.finding_id, None)
            return
        amounts = finding.minutes or 0, finding.cents or 0
        named = document_named(finding.finding_id)
        about = finding.statement_id, document_name(named.kind, named.document_id) if named else None
        self.last[side][finding.finding_id] = Stands(finding.code, finding.outcome, *amounts, *about)

    def _differing(self) -> list[tuple[Stands | None, Stands | None]]:
        a, b = self.last["a"], self.last["b"]
        return [(a.get(id), b.get(id)) for id in a.keys() | b.keys() if a.get(id) != b.get(id)]

    def reasons(self) -> dict[str, set[str]]:
        """Codes that withhold pay otherwise in A than in B, by statement id and by document (``Timesheet/T1``)."""
        reasons: dict[str, set[str]] = defaultdict(set)
        for sides in self._differing():
            for said in sides:
                if said is not None and said.outcome in WITHHOLDING:
                    for about in (said.statement_id, said.document):
                        if about is not None:
                            reasons[about].add(said.code)
        return reasons

    def told(self) -> list[Json]:
        """By code and outcome: how many stand in A and in B, and how many of them are not the same."""
        rows: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for side, last in self.last.items():
            for said in last.values():
                row = rows[said.code, said.outcome]
                row[side] += 1
                sign = 1 if side == "b" else -1
                row["minutes"] += sign * said.minutes
                row["cents"] += sign * said.cents
        for one, other in self._differing():
            for code, outcome in {(said.code, said.outcome) for said in (one, other) if said is not None}:
                rows[code, outcome]["differing"] += 1
        return [
            {
                "code": code, "outcome": outcome, "a": row["a"], "b": row["b"], "differing": row["differing"],
                "difference_minutes": row["minutes"], "difference_cents": row["cents"],
            }
            for (code, outcome), row in sorted(rows.items())
        ]  # fmt: skip
