"""A streaming job that is updated with a law which becomes known later decides everybody by it then, also those to whom
nothing else happens: what it says is what a replay with that law says, from the state that the old job left.

The state of each key is kept as bytes, as an update of a job keeps it; `pipelines.stepwise` is the twin of the engine's
steps (tests/transforms). Without the waking on the first pay run of a month, nobody without a fact would be paid.
"""

from datetime import date

import pytest

from fold import key as fold_key
from fold.key import look_after
from fold.key_memory import NEVER
from pipelines.stepwise import Steps
from rules.law import Law
from rules.periods import business_day_of, civil_date, cut_off_after, epoch_day, midnight
from tests.dense_histories import history_to_the_end
from tests.fold.test_key import bodies
from tests.paid import as_dicts, door_of, replay_plain
from tests.pipelines.live.test_every_parameter import change_of

LAW = Law.load()
NAMES = ("wage.01", "wage.17", "wage.19", "wage.43", "tax.FICA", "overtime.weekly_threshold_minutes", "minimum_wage")
SEEDS = range(6)
BEFORE = 6 * 86_400_000  # how long before the law becomes known the job is updated


def updated(seed: int, name: str) -> tuple[dict[str, list[bytes]], dict[str, list[bytes]], bool]:
    """What a job that is updated says, what a replay with the new law says, and whether the law alters it."""
    history = history_to_the_end(seed, LAW)
    seen = sorted(cut_off_after(fact.recorded_at) for fact in history.facts)
    look = look_after(seen[len(seen) // 2])
    law = LAW.with_published(change_of(name, look), look)
    steps = Steps(door_of(history.facts, history.until), LAW, history.until, seed)

    def update(now: int, state: object) -> None:
        if now >= look - BEFORE:
            steps.law = law
            for fold in steps.folds.values():
                fold.law = law

    ran = steps.run(update)
    said = ran._replace(records=as_dicts(ran.records))
    replayed, as_it_was = (replay_plain(history.facts, each, history.until) for each in (law, LAW))
    return bodies(said), bodies(replayed), bodies(replayed) != bodies(as_it_was)


@pytest.mark.parametrize("name", NAMES)
def test_a_job_that_is_updated_pays_everybody_by_the_law(name: str) -> None:
    altered = 0
    for seed in SEEDS:
        said, replayed, alters = updated(seed, name)
        assert said == replayed, seed
        altered += alters
    assert altered


def test_without_the_waking_somebody_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold_key, "look_after", lambda cut_off: NEVER)
    found = (updated(seed, name) for name in NAMES for seed in SEEDS)
    assert any(said != replayed for said, replayed, _ in found)


@pytest.mark.parametrize("day", ["2026-06-30", "2026-07-01", "2026-07-30", "2026-12-31"])
def test_a_look_is_the_first_pay_run_of_the_next_month(day: str) -> None:
    look = look_after(cut_off_after(midnight(epoch_day(date.fromisoformat(day)))))
    found = civil_date(business_day_of(look))
    assert found.day <= 4 and (found.year, found.month) > (int(day[:4]), int(day[5:7]))
