"""The kit, and its door: the folder that a stranger has, with what our engine says of some vectors."""

from pathlib import Path

import msgspec
import pytest

from pipelines.vectors.engine import answer_all
from pipelines.vectors.kit import Kit, stored_kit, write_kit

EACH = 6
"""One vector in so many goes through the door here; all are compared with the cases."""


@pytest.fixture(scope="session")
def kit() -> Kit:
    return stored_kit()


@pytest.fixture(scope="session")
def door(kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kit as a stranger has it, and the folder ``answers`` with what our engine says."""
    names = sorted(kit.vectors)[::EACH]
    some = msgspec.structs.replace(
        kit,
        vectors={name: kit.vectors[name] for name in names},
        expected={name: kit.expected[name] for name in names},
    )
    folder = tmp_path_factory.mktemp("kit")
    write_kit(some, folder)
    assert answer_all(folder, folder / "answers") == len(names)
    return folder
