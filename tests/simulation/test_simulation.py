"""One life of the live job by seed holds, and one seed is one life; a job that is broken is found (`make prove`)."""

from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from pipelines.live.durable import sync_folder
from pipelines.live.telling import Teller
from tests.simulation import world
from tests.simulation.__main__ import tried
from tests.simulation.breaks import broken
from tests.simulation.disk import PLACE, ForgetfulDisk
from tests.simulation.shrink import Shrinking

pytestmark = pytest.mark.skipif(not PLACE.is_dir(), reason="there is no /dev/shm")


@pytest.fixture(autouse=True)
def a_small_county(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "RECIPIENTS", 8)
    monkeypatch.setattr(world.SimulatedWorld, "TROUBLE", 3)
    world.county_of.cache_clear()


def test_a_life_with_power_cuts_holds_and_is_the_same_again() -> None:
    first, again = world.live(9), world.live(9)
    assert first == again
    assert first.cuts and first.payments


def test_what_was_acknowledged_and_not_synced_is_missed() -> None:
    with broken("journal is not synced"), pytest.raises((world.Wrong, world.Damaged)):
        for seed in range(20):
            world.live(seed)


def test_a_seed_that_fails_is_made_small_and_still_fails() -> None:
    with broken("a letter is sent twice"):
        found = Shrinking(0)
        found.shrink()
        assert world.published(0, found.less) - len(found.less.without) <= 8
        with pytest.raises(world.Wrong):
            world.live(0, found.less)
    world.live(0, found.less)


def test_what_was_refused_and_not_said_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    tell = Teller.tell
    monkeypatch.setattr(Teller, "tell", lambda self, event, **counts: tell(self, event, **counts | {"rejections": {}}))
    with pytest.raises(world.Wrong, match="refused"):
        for seed in range(6):
            world.live(seed)


def test_what_was_synced_is_there_however_a_file_grew_or_was_made_shorter_since() -> None:
    """The power is cut before the next sync: of what came all, some or none is there, of what went all or none."""
    seen: dict[str, set[bytes]] = {"grows": set(), "shrinks": set()}
    for seed in range(60):
        folder = Path(mkdtemp(dir=PLACE))
        for name in seen:
            (folder / name).write_bytes(b"synced ")
        disk = ForgetfulDisk(folder, Random(seed))
        disk.believe()
        (folder / "grows").write_bytes(b"synced and more")
        (folder / "shrinks").write_bytes(b"syn")
        disk.lose_power()
        for name, kept in seen.items():
            kept.add((folder / name).read_bytes())
        rmtree(folder)
    assert all(each.startswith(b"synced ") for each in seen["grows"]) and len(seen["grows"]) > 4
    assert seen["shrinks"] == {b"synced ", b"syn"}


@pytest.mark.parametrize("seed", range(8))
def test_a_file_that_was_moved_is_somewhere_though_only_its_old_folder_was_synced(seed: int) -> None:
    """Seed 110000208: the disk was full as the new folder was to be synced, and the file was in neither. A rename is
    one step."""
    folder = Path(mkdtemp(dir=PLACE))
    (folder / "taken").mkdir()
    (folder / "file").write_bytes(b"facts")
    disk = ForgetfulDisk(folder, Random(seed))
    disk.believe()
    with disk.mounted():
        (folder / "file").rename(folder / "taken" / "file")
        sync_folder(folder)
    disk.lose_power()
    assert [path.read_bytes() for path in folder.rglob("file")] == [b"facts"]
    rmtree(folder)


def test_a_range_without_seeds_shows_nothing(tmp_path: Path) -> None:
    assert tried([]) == 1
    tally = tmp_path / "tally.jsonl"
    tally.write_text(
        '{"seed": 5, "wrong": "Wrong: lost"}\n{"seed": 6, "wrong": "", "provider_months": 172, "cuts": 3}\n'
    )
    assert tried([], tally) == 1, "a life of it failed"
