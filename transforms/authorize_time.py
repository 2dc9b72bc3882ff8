"""AuthorizeTime. Key: recipient. Approved, assigned, within the authorization? What do the visits say?

Timesheet, EvvVisit, ServiceAuthorization, ProviderAssignment -> authorized time, engagements; findings. Decision:
`rules/authorize/case.py`.
"""

from rules.conclusion import AUTHORIZE
from transforms.restate import Restate


class AuthorizeTime(Restate):
    """Arrivals of this stage to the conclusions that changed."""

    stage = AUTHORIZE
