"""What all tests of the desk share: a small county, made once."""

import os
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipelines.desk.origins import PaidOrigin
from pipelines.desk.station import Station
from tests.pipelines.desk.desk_world import TOKEN, client_of, station_of


@pytest.fixture(autouse=True)
def no_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a power cut could tell the difference."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def station(tmp_path_factory: pytest.TempPathFactory) -> Station:
    """The desk of a county, on which nobody may decide."""
    return station_of(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def own(station: Station, tmp_path: Path) -> Station:
    """A desk over a copy of the county."""
    assert station.origin.paid is not None
    facts, paid = (shutil.copytree(path, tmp_path / path.name) for path in (station.origin.events, station.origin.paid))
    copy = Station(PaidOrigin(facts, paid), station.law, TOKEN)
    copy.make(lambda *_: None)
    return copy


@pytest.fixture(scope="session")
def client(station: Station) -> TestClient:
    """Somebody who came in."""
    return client_of(station)
