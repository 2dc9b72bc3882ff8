"""What no letter says of an instruction follows from it: held against accounts of a job that never knew another law."""

from pathlib import Path

import msgspec
import pytest

from fold.key_memory import whole
from pipelines.live.as_instructed import Around, as_instructed
from rules.kept import Account
from rules.periods import epoch_day, midnight, year_of
from schemas.avro import outgoing
from schemas.payment_instruction import PaymentInstruction
from tests.pipelines.live.drill import LAW, World
from tests.pipelines.live.test_scenario import WINDOWS, dealt, scenario

TAXES = {name: set(LAW.value(f"tax.kinds.{name}", 0)) for name in (
    "NON_RELATIVE", "DOMESTIC_PARTNER", "CHILD_18_TO_20", "SPOUSE", "PARENT", "MINOR_CHILD",
)}  # fmt: skip


@pytest.mark.parametrize("thought", [False, True], ids=["never thought of", "thought otherwise"])
def test_class_and_part_follow_from_the_letters(tmp_path: Path, thought: bool) -> None:
    begins = midnight(epoch_day(WINDOWS["work"]))
    world, days = World(tmp_path, begins), dealt(scenario("work"), begins)
    job = world.live(days)
    said = (outgoing(PaymentInstruction, one) for one in world.said()["PaymentInstruction"])
    letters = {one.instruction_id: one for one in said if one.kind == "ARREARS"}
    kept = [whole(state.key, state.body) for state in job.memory.states()]
    months = [of_unit for one in kept for of_unit in one.said.values()]
    seen, covered, taxed = 0, 0, set()
    known = [
        (each, any(id.startswith("account:ADVANCE") for id in of_unit))
        for of_unit in months
        for each in of_unit.values()
        if isinstance(each, Account) and each.said[0].instruction_id in letters
        if each.said[0].relationship  # of a closed month nothing of it is remembered
    ]
    for account, advanced in known:
        for place, true in enumerate(account.said):
            likely, before = "NON_RELATIVE" if true.relationship != "NON_RELATIVE" else "SPOUSE", account.said[:place]
            twice = msgspec.structs.replace(true, lines=true.lines * 2, part_cents=true.part_cents * 2)
            around = Around(twice if thought else None, before, likely, advanced)
            found = as_instructed(letters[true.instruction_id], around, LAW)
            year = [each for each in (*before, true) if year_of(each.run_date) == year_of(true.run_date)]
            if sum(each.gross_cents for each in year):
                assert TAXES[found.relationship] == TAXES[true.relationship]
                taxed.add(found.relationship)
            # a cent of gross more or less may leave the same after taxes; premium on travel shares a line
            assert abs(found.part_cents - true.part_cents) <= 1 or any(line.earning == "TRAVEL" for line in true.lines)
            seen += true.part_cents != 0
            covered += "ADVANCE_PAID" in true.deductions
    job.close()
    assert seen > 10 and covered > 1 and len(taxed) > 1
