"""What a fact would do before it is filed: what `validate` says of it, and what the pay runs to come would say with it
and would not say without, if nothing else came."""

from typing import NamedTuple

from pipelines.check.counter import Counter, Placed
from pipelines.check.verdict import verdict
from pipelines.desk.leave import LeaveChange, changed_leave
from pipelines.desk.payments import sources
from pipelines.desk.people import VIOLATIONS
from pipelines.desk.shelf import DeskShelf
from pipelines.desk.station import Station
from pipelines.explain.paid import ExplainRefusal
from pipelines.explain.trial import DifferingPayment, Trial, last_looked_at
from rules.periods import business_day_of, closing_cut_off, cut_off_after, month_of, saturday_of
from schemas.avro import Unreadable
from schemas.envelope import Fact
from schemas.finding import Finding
from schemas.ids import person_of
from schemas.types import Json


class FactPreview(NamedTuple):
    """``seen_by``: the pay run (business day) that sees it first; ``rows``: by pay run; ``until``: the last one looked
    at; ``refusal``: why nothing can be said; ``strangers``: ids that no fact names; ``closed``: the business day on
    which the month that it is about closed for pay, before it is seen (TIME-6)."""

    seen_by: int
    until: int
    rows: list[DifferingPayment]
    begins: list[Finding]
    ends: list[Finding]
    told: Json | None
    refusal: str
    strangers: list[str]
    leave: list[LeaveChange]
    closed: int | None = None

    @property
    def fallen(self) -> list[Finding]:
        """Violations that fall away."""
        return [each for each in self.ends if each.code in VIOLATIONS and each.count]

    @property
    def is_idle(self) -> bool:
        """Would nothing be otherwise?"""
        return not (self.rows or self.begins or self.ends or self.leave)

    @property
    def net(self) -> int:
        """Cents in all."""
        return sum(row.net for row in self.rows)

    @property
    def minutes(self) -> int:
        """Minutes in all."""
        return sum(row.minutes for row in self.rows)


def preview(station: Station, shelf: DeskShelf, fact: Fact) -> FactPreview:
    """Try a fact on the facts of the people whom it names."""
    seen = cut_off_after(fact.recorded_at)
    until = last_looked_at(seen)
    day = business_day_of(until)
    try:
        trial = Trial(sources(station, shelf), (), until, [fact])
        told = _verdict(trial, fact, station)
        outcome = trial.outcome()
    except (ExplainRefusal, Unreadable) as refused:
        words = refused.message if isinstance(refused, Unreadable) else refused.words
        return FactPreview(business_day_of(seen), day, [], [], [], None, words, [], [])
    strangers = [id for _, id in map(person_of, trial.strangers)]
    told_of = outcome.payments, outcome.begins, outcome.ends, told, "", strangers, changed_leave(outcome)
    return FactPreview(business_day_of(seen), day, *told_of, _closed(fact, seen, station))


def _closed(fact: Fact, seen: int, station: Station) -> int | None:
    """When the month of its workweek's Saturday, or of its day or pay period, closed, if it had."""
    week, day = (
        getattr(fact, "workweek_start", None),
        getattr(fact, "service_date", getattr(fact, "period_start", None)),
    )
    last = day if week is None else saturday_of(week)
    if last is None:
        return None
    month = month_of(last)
    at = closing_cut_off(month, station.law.value("filing.closes_after_months", month, seen))
    return business_day_of(at) if at < seen else None


def _verdict(trial: Trial, fact: Fact, station: Station) -> Json:
    """What `validate` says, beside what is known of these people. Raises Unreadable for what the job would reject."""
    sent, known = Counter(fact.recorded_at), Counter(fact.recorded_at)
    sent.admit(fact)
    sent.tally.inputs += 1
    sent.placed = [Placed(fact.source, fact)]
    known.placed = [Placed(each.source, each) for each in trial.known]
    known.tally.latest_cut_off = cut_off_after(fact.recorded_at)
    return verdict(sent, known, station.law)
