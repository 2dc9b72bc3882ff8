"""Which facts decided a timesheet beside itself: terms in force, terms taken back, a recorded death.

Authority: CONTRACT (PaymentInstruction.documents), WHO-2, WHO-3, WHO-6, HOURS-7. In force: always. Does not cover:
visits (`authorize.month`), the provider's side (`price.documents`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rules.documents import Terms, reference
from rules.periods import month_end
from schemas.service_authorization import ServiceAuthorization


def terms_deciding(terms: Iterable[Terms[Any]], month: int) -> set[str]:
    """References of documents in force on a day of the month, and of those that gave one up by their present revision:
    a withdrawal too changed the pay."""
    whole = month, month_end(month)
    return {reference(span.fact) for each in terms for span in (*each.spans(*whole), *each.departed(*whole))}


def deaths(authorizations: Mapping[str, Terms[ServiceAuthorization]], month: int) -> set[str]:
    """References of authorizations, of any program, that state or stated a death before the month's end."""
    documents = [document for terms in authorizations.values() for document in terms.documents.values()]
    stated = [(each, fact.deceased_on) for each in documents for fact in (each.current, *each.earlier)]
    return {each.reference for each, day in stated if day is not None and day < month_end(month)}
