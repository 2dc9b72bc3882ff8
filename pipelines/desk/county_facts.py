"""Facts of a county as they would be: authorizations more or less by a part, of those that begin from a day on."""

import re
from fractions import Fraction

from pipelines.desk.forms import WRITE_PERCENT
from pipelines.what_if.variant import FactChange
from schemas.service_authorization import ServiceAuthorization

AUTHORIZED = "authorizations"
MOST = 100
_PERCENT = re.compile(r"([+-]?\d{1,3}(?:\.\d{1,2})?) ?%?")


def percent_of(text: str) -> Fraction:
    """``-2.5`` and ``5 %``, to 100 up or down. Raises ValueError."""
    found = _PERCENT.fullmatch(text.strip())
    if found is None or abs(Fraction(found[1])) > MOST:
        raise ValueError(WRITE_PERCENT)
    return Fraction(found[1])


def authorizations_changed(county: str, percent: Fraction, first: int) -> FactChange:
    """Authorizations of a county that begin on a day or later, as if each had said so when it came."""
    where, since = {"county": county}, {"effective_from": first}
    return FactChange(ServiceAuthorization.KIND, "monthly_minutes", where, percent, at_least=since)
