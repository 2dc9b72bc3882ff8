"""A change of law published on a live journal: paid by the next pay run to everybody it touches, to the cent that the
preview showed; a replay of the journal obeys it; what happens in the middle of it leaves it as before or as after."""

import os
import shutil
import signal
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fold.publications import BadPublication, LawPublication, obeying, publication_of
from pipelines.importing.text_facts import FolderDoor
from pipelines.live.durable import Owned
from pipelines.live.law_requests import DAMAGED, LATE, OTHER_LAW, ask, refusal
from pipelines.live.segments import Damaged, published, run_folder, segments
from pipelines.live.verify import verify
from pipelines.misuse import Misuse
from pipelines.what_if.publishing import LawChange, LawPreview, preview
from rules.law import LawError
from rules.periods import cut_off_after, epoch_day, midnight
from schemas.journal import LAW as OF_LAW
from schemas.journal import Entry
from tests.paid import fold_door
from tests.pipelines.live.drill import DAYS_BEFORE, LAW, Day, World

JULY = epoch_day(date(2024, 7, 1))


def overlay(name: str, value: object) -> dict[str, str]:
    """TOML of one value that begins on 1 July 2024."""
    dates = "from = 2024-07-01, until = 2024-12-31" if name.startswith("wage") else "from = 2024-07-01"
    said = f'{dates}, value = {value}, grade = "instruction", citation = "ACL 24-99"'
    return {"raise.toml": f"[{name}]\nvalues = [{{ {said} }}]\n"}


RAISE = LawChange(overlay("wage.17", 21_000), JULY)
MISTAKE = LawChange(overlay("wage.17", 12_000), JULY)


@pytest.fixture
def world(lived: World, tmp_path: Path) -> World:
    shutil.copytree(lived.root, tmp_path / "world")
    return World(tmp_path / "world", lived.now)


def publish(world: World, change: LawChange = RAISE) -> LawPreview:
    """Preview a change, and leave the request."""
    seen = preview(world.journal, LAW, change)
    ask(world.journal, seen.request("officer", world.now))
    return seen


def close_next(world: World) -> int:
    """A job comes up, takes what lies there, and closes the open pay run; its cut-off."""
    job = world.job()
    job.round(world.source(job))
    world.now = job.collector.open_run
    job.round(world.source(job))
    job.close()
    return world.now


def paid(world: World, cut_off: int) -> dict[str, tuple[int, int]]:
    made = (each for each in world.said()["PaymentInstruction"] if each["cut_off"] == cut_off)
    return {each["instruction_id"]: (each["gross_cents"], each["net_cents"]) for each in made}


def assert_replayed(world: World, until: int) -> None:
    """A replay of the journal says what the job said."""
    said, replayed = world.said(), world.replayed(until)
    for kind in said:
        assert said[kind] == replayed[kind], kind


def test_the_next_pay_run_pays_what_was_previewed_and_a_replay_obeys(world: World) -> None:
    before = world.said()
    seen = publish(world)
    assert seen.net_cents > 0

    cut_off = close_next(world)

    previewed = {each.instruction_id: (each.gross_after, each.net_after) for each in seen.payments}
    assert cut_off == seen.cut_off
    assert paid(world, cut_off) == previewed
    assert sum(net for _, net in previewed.values()) == seen.net_cents
    runs = world.said()["PayRun"]
    assert [each for each in runs if each["cut_off"] < cut_off] == before["PayRun"]
    assert len({each["law_version"] for each in runs}) == 2
    assert_replayed(world, cut_off)
    assert verify(world.journal).publications == 1 and not verify(world.journal).faults


def test_it_comes_to_what_the_law_by_dates_would_have_paid(world: World) -> None:
    """From scratch, with the value known from the start: what each statement is worth, and what has moved for it less
    what is to come back."""
    publish(world)
    cut_off = close_next(world)

    door = FolderDoor(1, cut_off)
    for path in (world.journal / "segments").rglob("*.avro"):
        for _ in door.read_file(path, path.name):
            pass
    always = LAW.amended(published(world.journal)[0].publication.documents)
    scratch = fold_door(door, always).records["PaymentInstruction"]

    assert worth(world.said()["PaymentInstruction"]) == worth(scratch)


def worth(instructions: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    newest = {each["statement_id"]: each for each in sorted(instructions, key=lambda each: each["run_date"])}
    return {
        id: (each["gross_to_date_cents"], each["net_to_date_cents"] - each["outstanding_cents"])
        for id, each in newest.items()
    }


def test_it_is_taken_while_the_job_runs_and_remembered_anew(world: World, few: list[Day]) -> None:
    job = world.job()
    seen = publish(world)
    job.round(world.source(job))
    assert [each.cut_off for each in published(world.journal)] == [seen.cut_off]
    for day in few[DAYS_BEFORE : DAYS_BEFORE + 5]:
        world.now = max(world.now, day.cut_off - 1)
        world.land(day)
        job.round(world.source(job))
    world.now = job.collector.open_run
    job.round(world.source(job))
    job.close()

    assert_replayed(world, world.now)
    for name in ("memory.sqlite", "remembered.json"):
        (world.journal / name).unlink()
    assert_replayed(world, close_next(world))


def test_a_mistake_is_corrected_by_publishing_again(world: World) -> None:
    """Whoever was paid less is paid what they had, and nobody is asked for anything back twice."""
    before = {each["statement_id"]: each for each in world.said()["PaymentInstruction"]}
    lower = publish(world, MISTAKE)
    assert lower.gross_cents < 0
    close_next(world)
    right = publish(world, LawChange(overlay("wage.17", _in_force(world)), JULY))
    assert right.gross_cents == -lower.gross_cents
    cut_off = close_next(world)

    after = {each["statement_id"]: each for each in world.said()["PaymentInstruction"]}
    for id, each in before.items():
        assert after[id]["gross_to_date_cents"] == each["gross_to_date_cents"]
        assert after[id]["net_to_date_cents"] == each["net_to_date_cents"]
    assert_replayed(world, cut_off)


def _in_force(world: World) -> int:
    return int(LAW.value("wage.17", JULY, world.now))


def test_twice_before_one_pay_run_the_second_holds(world: World) -> None:
    publish(world, MISTAKE)
    job = world.job()
    job.round(world.source(job))
    job.close()
    publish(world)
    cut_off = close_next(world)

    assert len(published(world.journal)) == 2
    law = obeying(LAW, published(world.journal))
    assert law.value("wage.17", JULY, cut_off) == 21_000 and law.value("wage.17", JULY, cut_off - 1) == _in_force(world)
    assert_replayed(world, cut_off)


def test_the_same_again_moves_nothing(world: World) -> None:
    publish(world)
    close_next(world)
    again = publish(world)
    assert not again.payments and not again.came and not again.gone
    cut_off = close_next(world)
    assert len(published(world.journal)) == 2 and not verify(world.journal).faults
    assert_replayed(world, cut_off)


def test_what_begins_later_is_paid_from_that_day_on(world: World, few: list[Day]) -> None:
    """Nobody is paid otherwise by the next pay run; work from the first day on is, when it comes."""
    later = epoch_day(date(2024, 8, 16))
    earlier = [day for day in few if day.cut_off <= cut_off_after(midnight(later - 20))]
    start = World(world.root.parent / "earlier", few[0].cut_off - 1000)
    start.live(earlier).close()
    text = RAISE.overlay["raise.toml"].replace("2024-07-01", "2024-08-16")
    assert not publish(start, LawChange({"raise.toml": text}, later)).payments
    start.live(few[len(earlier) :]).close()

    rates: dict[bool, set[int]] = {False: set(), True: set()}
    for each in start.said()["PaymentInstruction"]:
        services = (
            line["rate_mills"] for line in each["lines"] if line["earning"] == "SERVICE" and line["county"] == "17"
        )
        rates[each["period_start"] >= later] |= set(services)
    assert rates[True] == {21_000} and 21_000 not in rates[False] and rates[False]
    assert_replayed(start, few[-1].cut_off)


def test_a_pay_run_or_a_change_in_between_refuses_it(world: World) -> None:
    late = preview(world.journal, LAW, RAISE)
    close_next(world)
    path = ask(world.journal, late.request("officer", world.now))
    close_next(world)
    assert refusal(path) == LATE and not published(world.journal)

    first, second = (preview(world.journal, LAW, each) for each in (MISTAKE, RAISE))
    paths = [ask(world.journal, each.request("officer", world.now)) for each in (first, second)]
    close_next(world)
    assert sorted(refusal(path) or "" for path in paths) == ["", OTHER_LAW]


def test_a_fact_that_alters_an_amount_alters_the_digest(world: World, few: list[Day]) -> None:
    job, altered = world.job(), 0
    for day in few[DAYS_BEFORE : DAYS_BEFORE + 8]:
        world.now = max(world.now, day.cut_off - 1)
        job.round(world.source(job))  # closes what is due before
        seen = preview(world.journal, LAW, RAISE)
        world.land(day)
        job.round(world.source(job))
        now = preview(world.journal, LAW, RAISE)
        assert (now.digest == seen.digest) == (now.payments == seen.payments and now.came == seen.came)
        altered += now.payments != seen.payments
    job.close()
    assert altered


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (LawChange(RAISE.overlay, JULY + 1), "its first value begins on 2024-07-01"),
        (LawChange({"a.toml": "[wage.17]\nvalues = [{ from = 2024-07-01, value = 21000 }]"}, JULY), "grade"),
        (LawChange({"a.toml": RAISE.overlay["raise.toml"].replace("grade", "published = 2024-08-01, grade")}, JULY),
         "leave `published` out"),
        (LawChange(overlay("wage.99", 21_000), JULY), "no such parameter"),
        (LawChange({"a.toml": "["}, JULY), "TOML"),
    ],
)  # fmt: skip
def test_what_cannot_be_published_is_refused_before_anything_is_shown(
    world: World, change: LawChange, says: str
) -> None:
    with pytest.raises(LawError, match=says):
        preview(world.journal, LAW, change)


def test_what_is_remembered_of_another_law_is_refused(world: World) -> None:
    with pytest.raises(Misuse, match="remembers is of another code or law"):
        preview(world.journal, LAW.amended(RAISE_DOCUMENTS), RAISE)


RAISE_DOCUMENTS = LawPublication("", 0, "2024-07-01", dict(RAISE.overlay), "", "", "").documents


def test_damage_is_refused(world: World) -> None:
    """A flipped bit of the entry, a lost entry, a request that is not what was written."""
    seen = publish(world)
    (request,) = (world.journal / "law-requests").iterdir()
    whole = request.read_bytes()
    request.write_bytes(whole.replace(b"21000", b"91000"))
    close_next(world)
    assert refusal(request) == DAMAGED
    seen = publish(world)
    job = world.job()
    job.round(world.source(job))
    job.close()
    (path,) = [each for each in segments(run_folder(world.journal, seen.cut_off)) if b"ihss.law" in each.read_bytes()]
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"21000", b"91000"))
    with pytest.raises(Damaged):
        world.job()
    assert verify(world.journal).faults
    path.write_bytes(raw)
    assert not verify(world.journal).faults
    path.unlink()
    with pytest.raises(Damaged):
        world.job()


def test_an_entry_that_is_no_change_of_law_is_refused(world: World) -> None:
    good = preview(world.journal, LAW, RAISE).request("officer", 0).publication
    bad = [b"", b"{}", good.raw.replace(b"21000", b"91000"), good.raw.replace(b"[wage", b"[[wage")]
    for raw in bad:
        with pytest.raises(BadPublication):
            publication_of(Entry(1, 0, cut_off_after(0), "", raw, OF_LAW))


# --- kills ------------------------------------------------------------------------------------------------------------


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(8))
def test_a_kill_in_the_middle_leaves_it_as_before_or_as_after(world: World, few: list[Day], seed: int) -> None:
    """The job dies at a random sync while it takes the request, closes the pay run or sends; then it lives."""
    seen = publish(world)
    previewed = {each.instruction_id: (each.gross_after, each.net_after) for each in seen.payments}
    random = Random(seed)
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            _dies(world, random.randint(1, 14), seen.cut_off)
        os.waitpid(pid, 0)
        assert len(published(world.journal)) <= 1
    world.now = seen.cut_off
    job = world.job()
    job.round(world.source(job))
    job.close()

    assert paid(world, seen.cut_off) == previewed
    assert_replayed(world, seen.cut_off)
    assert verify(world.journal).publications == 1


def _dies(world: World, at_sync: int, cut_off: int) -> None:
    count = 0

    def fatal(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count == at_sync:
            os.kill(os.getpid(), signal.SIGKILL)

    os.fsync = fatal
    try:
        with Owned(world.journal):
            job = world.job()
            job.round(world.source(job))
            world.now = cut_off
            job.round(world.source(job))
    finally:
        os._exit(0)
