"""Money that two payrolls pay otherwise: by statement with its reason, and by who is better or worse off."""

from collections import Counter, defaultdict

from schemas.ids import document_of
from schemas.payment_instruction import PaymentInstruction
from schemas.symbols import TAXES
from schemas.types import Json


class _Statement:
    """B less A of one statement, over all pay runs, and what its instructions say otherwise."""

    def __init__(self) -> None:
        self.gross = self.net = 0
        self.amounts: Counter[str] = Counter()
        self.rates: Counter[str] = Counter()
        self.documents: set[str] = set()

    def add(self, sign: int, instruction: PaymentInstruction) -> None:
        """One more instruction, of B (1) or of A (-1)."""
        self.gross += sign * instruction.gross_cents
        self.net += sign * instruction.net_cents
        for line in instruction.lines:
            self.amounts["hours"] += sign * line.minutes
            # A rate is another one if minutes went from one to the other.
            self.rates[f"{line.earning} {line.rate_mills}"] += sign * line.minutes
        for deduction in instruction.deductions:
            self.amounts[deduction.kind] += sign * deduction.cents
        self.documents.update(document_of(name) for name in instruction.documents)

    def reason(self) -> str:
        """In what the two differ, where no finding says why."""
        if self.amounts["hours"]:
            return "Hours"
        if any(self.rates.values()):
            return "Rate"
        taken = sorted(kind for kind, cents in self.amounts.items() if cents and kind not in {*TAXES, "hours"})
        return " + ".join(taken) if taken else "Amount" if self.gross else "Taxes"


class Moved:
    """Differences in instructions, gathered."""

    def __init__(self) -> None:
        self._statements: dict[str, _Statement] = defaultdict(_Statement)
        self._payees: dict[tuple[str, str], int] = defaultdict(int)
        self._reasons: dict[str, str] = {}

    def take(self, sign: int, instruction: PaymentInstruction) -> None:
        """One instruction that differs, of B (1) or of A (-1)."""
        self._statements[instruction.statement_id].add(sign, instruction)
        self._payees[instruction.payee_type, instruction.payee_id] += sign * instruction.net_cents

    def by_reason(self, findings: dict[str, set[str]]) -> list[Json]:
        """Statements worth another amount, by the codes that withhold otherwise, or by what else differs in them."""
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for id, statement in self._statements.items():
            reason = self._reasons[id] = _reason(id, statement, findings)
            sums[reason]["statements"] += 1
            sums[reason]["gross_cents"] += statement.gross
            sums[reason]["net_cents"] += statement.net
        rows = sorted(sums.items(), key=lambda row: (-abs(row[1]["net_cents"]), row[0]))
        return [{"reason": reason, **{name: row[name] for name in FIGURES}} for reason, row in rows]

    def statements(self) -> list[Json]:
        """Each of them, the largest difference first; after :meth:`by_reason`."""
        rows = sorted(self._statements.items(), key=lambda row: (-abs(row[1].net), row[0]))
        return [
            {"statement_id": id, "reason": self._reasons[id], "gross_cents": row.gross, "net_cents": row.net}
            for id, row in rows
        ]

    def payees(self) -> dict[str, dict[str, int]]:
        """Providers and recipients who get more and less in B, and how much."""
        told = {kind: dict.fromkeys(PAYEE_FIGURES, 0) for kind in ("PROVIDER", "RECIPIENT")}
        for (kind, _), cents in self._payees.items():
            if cents:
                better = "better" if cents > 0 else "worse"
                told[kind][better] += 1
                told[kind][f"{better}_cents"] += cents
        return told


FIGURES = ("statements", "gross_cents", "net_cents")
PAYEE_FIGURES = ("better", "better_cents", "worse", "worse_cents")


def _reason(id: str, statement: _Statement, findings: dict[str, set[str]]) -> str:
    if not statement.gross and not statement.net:
        return "Said otherwise, worth the same"
    codes = findings.get(id, set()).union(*(findings.get(name, set()) for name in statement.documents))
    return " + ".join(sorted(codes)) if codes else statement.reason()
