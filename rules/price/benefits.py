"""A provider's benefit hours of a month by county, with the months before where a county's rule looks back.

Authority: BEN-1 (county pages: secondary). In force: by parameters benefit.*. Does not cover: which hours count and
what makes eligible (`benefits`).

A county whose paid minutes fall to nothing after a record was sent gets one more, with zeros: a consumer must hear it.
"""

from collections.abc import Iterable

from rules.benefits import MonthHours, eligible, hours, months_needed
from rules.conclusions import UNSENT, BenefitRecord
from rules.law import Law
from rules.periods import add_months
from rules.price.violations import Notice
from rules.restatement import Change, Concluded, Decision, month_unit
from rules.to_provider import Engagement
from rules.worked import Worked
from schemas.benefit_hours import BenefitHours
from schemas.ids import conclusion_id


def conclude_benefits(
    month: int, worked: Iterable[Worked], engagements: Iterable[Engagement], notice: Notice, decision: Decision
) -> None:
    """One record per county with paid minutes, or with a record before."""
    known: Concluded = notice.before.get(month_unit(month), {})
    by_county = hours(month, worked, engagements)
    for said in known.values():
        if isinstance(said, BenefitRecord) and said.content.county not in by_county:
            by_county[said.content.county] = MonthHours(month, 0, 0)
    for county, of_county in sorted(by_county.items()):
        decision.conclusions[_id(county)] = _record(county, of_county, notice)


def _id(county: str) -> str:
    return conclusion_id("benefit", county)


def _record(county: str, of_county: MonthHours, notice: Notice) -> BenefitRecord:
    months = [*_months_before(county, of_county.month, notice), of_county]
    benefit = BenefitHours(
        provider_id=notice.provider_id,
        county=county,
        service_month=of_county.month,
        paid_minutes=of_county.paid_minutes,
        authorized_minutes=of_county.authorized_minutes,
        eligible=eligible(county, months, notice.law, notice.cut_off),
        cut_off=UNSENT,
    )
    return BenefitRecord(benefit)


def _months_before(county: str, month: int, notice: Notice) -> list[MonthHours]:
    """Those that the county's rule looks back to and that have a record, in order."""
    found = []
    for back in range(months_needed(county, month, notice.law, notice.cut_off) - 1, 0, -1):
        earlier = add_months(month, -back)
        said = notice.before.get(month_unit(earlier), {}).get(_id(county))
        if said is not None:
            found.append(MonthHours(earlier, said.content.paid_minutes, said.content.authorized_minutes))
    return found


def months_looking_back(change: Change, law: Law) -> list[int]:
    """Later months whose eligibility may change with a record: its hours changed, and its county's rule looks back."""
    said: BenefitRecord = change.now or change.before
    if change.now is not None and change.before is not None and _hours(change.now) == _hours(change.before):
        return []
    month, county = said.content.service_month, said.content.county
    return [add_months(month, on) for on in range(1, months_needed(county, month, law, change.cut_off))]


def _hours(record: BenefitRecord) -> tuple[int, int]:
    return record.content.paid_minutes, record.content.authorized_minutes
