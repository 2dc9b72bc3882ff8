"""AuthorizeTime. Key: recipient. Approved, assigned, within the authorization? What do the visits say?

Timesheet, EvvVisit, ServiceAuthorization, ProviderAssignment -> authorized time, engagements; findings. Decision:
`rules/authorize.py`.
"""

from typing import Any

from rules.law import Law
from transforms.beat import Beat
from transforms.restate import Restate
from transforms.stages import AUTHORIZE


class AuthorizeTime(Restate):
    """Blocks of arrivals to what this stage says otherwise than before."""

    def __init__(self, law: Law, until: Any, catalog: Any, shards: int, beat: Beat) -> None:
        super().__init__(AUTHORIZE, law, until, catalog, shards, beat)
