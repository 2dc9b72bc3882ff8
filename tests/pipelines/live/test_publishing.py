"""A change of law published on a live journal: paid by the next pay run to everybody it touches, to the cent that the
preview showed; a replay of the journal obeys it; what happens in the middle of it leaves it as before or as after."""

import json
from pathlib import Path

import pytest

from fold.publications import LawPublication, obeying
from pipelines.live.clock import day_of_run
from pipelines.live.job import Job
from pipelines.live.law_requests import ASKED, FOLDER, LATE, LawRequest, ask, refusal
from pipelines.live.segments import Damaged, published, run_folder, segments
from pipelines.live.verify import verify
from pipelines.misuse import Misuse
from pipelines.what_if.publishing import LawChange, LawPreview, preview
from rules.law import Law, LawError
from rules.periods import epoch_day
from tests.pipelines.live.drill import LAW, Day, World

JULY = epoch_day(__import__("datetime").date(2024, 7, 1))


def overlay(*values: tuple[str, str, object]) -> dict[str, str]:
    """TOML of (parameter, from, value)."""
    tables = (
        f'[{name}]\nvalues = [{{ from = {begins}, until = 2024-12-31, value = {value}, grade = "instruction", citation = "ACL 24-99" }}]'
        for name, begins, value in values
    )
    return {"raise.toml": "\n".join(tables)}


RAISE = LawChange(overlay(("wage.17", "2024-07-01", 21000)), JULY)


def publish(world: World, seen: LawPreview) -> Path:
    return ask(world.journal, seen.request("officer", world.now))


def paid(world: World, day: str) -> int:
    runs = [record for record in world.said()["PaymentInstruction"] if day_of_run(record["cut_off"]) == day]
    return sum(record["net_cents"] for record in runs)


def test_the_next_pay_run_pays_what_was_previewed_and_a_replay_obeys(world: World, days: list[Day]) -> None:
    job = world.live(days[:30])
    before = world.said()
    seen = preview(world.journal, LAW, RAISE)
    assert seen.net_cents > 0 and seen.payments

    publish(world, seen)
    job.round(world.source(job))
    world.now = seen.cut_off
    job.round(world.source(job))

    assert paid(world, day_of_run(seen.cut_off)) == seen.net_cents + 0
    said = world.said()
    instructions = [each for each in said["PaymentInstruction"] if each["cut_off"] == seen.cut_off]
    assert {each["instruction_id"] for each in instructions} >= {each.instruction_id for each in seen.payments}
    assert len({each["law_version"] for each in said["PayRun"]}) == 2
    assert [each for each in said["PayRun"] if each["cut_off"] < seen.cut_off] == before["PayRun"]
    replayed = world.replayed(seen.cut_off)
    for kind in said:
        assert said[kind] == replayed[kind], kind
