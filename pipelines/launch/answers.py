"""What is asked after a pay run, answered."""

from typing import NamedTuple


class LaunchCheck(NamedTuple):
    """One answer. ``well``: None where it could not be asked. ``says`` names no person."""

    name: str
    well: bool | None
    says: str
