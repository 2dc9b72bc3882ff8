"""What all tests of the live job share: a small county, made once."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines.live.drill import DAYS_BEFORE, Day, World, county


@pytest.fixture(autouse=True)
def no_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a power cut could tell the difference; jobs that tests kill are processes of their own, and do wait."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Day]:
    """Two months of a county, dealt by pay run."""
    return county(tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> list[Day]:
    """Two months of a small county."""
    return county(tmp_path_factory.mktemp("few"), recipients=4)


@pytest.fixture(scope="session")
def lived(few: list[Day], tmp_path_factory: pytest.TempPathFactory) -> World:
    """A job's folders after some weeks."""
    world = World(tmp_path_factory.mktemp("lived"), few[0].cut_off - 1000)
    world.live(few[:DAYS_BEFORE]).close()
    return world


@pytest.fixture
def world(tmp_path: Path, days: list[Day]) -> World:
    """Folders for one job, before the first of the facts."""
    return World(tmp_path, days[0].cut_off - 1000)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip("nothing may be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)
