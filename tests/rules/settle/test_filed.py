"""What a settlement has on file of a statement that vanished."""

from rules.conclusions import Line, Offsettable, Statement
from rules.documents import Arrival
from rules.settle.filed import SettlementFacts

ID = "ARREARS:P1:R1:2026-01-16"
LINE = Line("OVERTIME_PREMIUM", "IHSS", "01", 10_800, 600, 10_800, "OT-2")
PAID = Statement(
    ID, "ARREARS", "P1", "R1", 20_469, [LINE], 4, 3, 2, 1, ((0, 0), "T1"), "PARENT", True,
    [Offsettable((0, 0), "T1", "01", 21_600, 60)], ["Timesheet/T1/1"], ["overtime.allocation"], bearing_cents=10_800,
)  # fmt: skip


def arrived(cut_off: int, content: Statement | None) -> Arrival:
    return Arrival(cut_off, 0, "", ID, b"", "Statement", content)


def test_a_statement_that_vanished_is_worth_nothing_in_any_field() -> None:
    """It kept what could bear share of cost, and with it a charge, its notices and a debt."""
    filed = SettlementFacts()
    month = filed.file_statement(arrived(1, PAID))
    filed.file_statement(arrived(2, None))
    was = filed.statements[month][ID]
    assert (was.lines, was.offsettable, was.payable, was.bearing_cents) == ([], [], None, 0)
    assert was.claimed_minutes + was.held_minutes + was.cut_minutes + was.denied_minutes == 0
    assert (was.statement_id, was.relationship, was.documents) == (ID, "PARENT", PAID.documents)
