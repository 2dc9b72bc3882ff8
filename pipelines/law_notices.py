"""What a payroll officer must enter into the law soon: what is carried forward, and what ends (WAGE-2)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from pipelines.county_names import COUNTIES, county_name
from pipelines.spoken import Spoken, say
from rules.carried import Carried, Ending, carried_on, ending_by
from rules.findings import long_date
from rules.law import Law, LawEntry
from rules.periods import civil_date

SOON = 60  # days
MOST_NAMED = 8
GUIDE = "docs/law_as_data.md"


class NoticeFamily(NamedTuple):
    """Values that one assumption carries forward: one, many, what is one of them called beside its year, their file."""

    one: str
    many: str
    short: str
    file: str


FAMILIES = {
    "wage.carried_forward": NoticeFamily("county wage", "county wages", "wage", "wages.toml"),
    "minimum_wage.carried_forward": NoticeFamily("minimum wage", "minimum wages", "minimum wage", "wages.toml"),
    "tax.carried_forward": NoticeFamily("disability insurance rate", "tax rates", "rate", "taxes.toml"),
    "share_of_cost.carried_forward": NoticeFamily("benefit level", "benefit levels", "level", "share_of_cost.toml"),
}


class LawNotice(NamedTuple):
    """``what`` is concerned, what is true of it (``found``), and what to do about it. ``now``: it is carried forward
    already."""

    what: str
    found: str
    remedy: str
    now: bool

    @property
    def sentence(self) -> str:
        """All in one: ``58 county wages end on 31 December 2026: add theirs to …``."""
        return f"{self.found}: {self.remedy}"


def notices(law: Law, day: int, known_at: int | None = None) -> list[LawNotice]:
    """What is carried forward on a day, and what ends within 60 days of it; as known at a cut-off (None: now)."""
    carried: dict[str, list[Carried]] = defaultdict(list)
    for each in carried_on(law, day, known_at):
        carried[each.by].append(each)
    ending: dict[str, list[Ending]] = defaultdict(list)
    for end in ending_by(law, day, day + SOON, known_at):
        ending[end.by].append(end)
    found = [_carried(FAMILIES[by], all_of_it) for by, all_of_it in carried.items()]
    return found + [_ending(FAMILIES[by], all_of_it) for by, all_of_it in ending.items()]


def _carried(family: NoticeFamily, found: list[Carried]) -> LawNotice:
    is_so = f"{'are' if len(found) > 1 else 'is'} carried forward"
    return _notice(family, found, f"{is_so}{_when('since', [each.since for each in found])}", now=True)


def _ending(family: NoticeFamily, found: list[Ending]) -> LawNotice:
    end = "end" if len(found) > 1 else "ends"
    return _notice(family, found, f"{end}{_when('on', [each.last for each in found])}", now=False)


def _when(word: str, days: list[int]) -> str:
    """``days`` in order."""
    return f" {word} {long_date(days[0])}" if days[0] == days[-1] else f", the first {word} {long_date(days[0])}"


def _notice(family: NoticeFamily, found: Sequence[Carried | Ending], is_so: str, now: bool) -> LawNotice:
    counties = sorted(each.name.removeprefix("wage.") for each in found if each.name.startswith("wage."))
    what = f"{len(found)} {family.many}" if len(found) > 1 else f"The {family.one}"
    remedy = f"add {'theirs' if len(found) > 1 else 'the next'} to rules/parameters/{family.file}, {GUIDE}"
    return LawNotice(family.many, f"{what}{_of(counties)} {is_so}", remedy, now)


def _of(counties: list[str]) -> str:
    """Which counties, unless they are all."""
    if len(counties) in (0, len(COUNTIES)):
        return ""
    if len(counties) > MOST_NAMED:
        return f" ({', '.join(counties)})"
    return f" of {', '.join(f'{county_name(code)} ({code})' for code in counties)}"


def how_carried(law: Law, name: str, entry: LawEntry) -> str:
    """``the wage of 2026, carried forward since 1 January 2027: no later one is known``; "" if it is not carried."""
    named = entry.carried_from
    if named is None or named.until is None:
        return ""
    family = FAMILIES[law.parameters[name].carried_by]
    until = say("no later one is known")
    if entry.until is not None:
        until = say("none is known until {day}", day=_day(entry.until))
    what, year = say(family.short), str(civil_date(named.until).year)
    since = _day(entry.from_day)
    return say(
        "the {what} of {year}, carried forward since {since}: {until}", what=what, year=year, since=since, until=until
    )


def _day(day: int) -> Spoken:
    return Spoken(long_date(day), lambda speaker: speaker.day(day))
