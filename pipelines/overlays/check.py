"""What is wrong with an overlay of the law, or unusual, before anybody is paid by it; and which worked cases change.

Wrong: it cannot be used, or holds hours (a wage below the minimum wage). Unusual: allowed, and mostly a slip.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.overlays.differences import LawSpan, law_spans, spelled, steps
from pipelines.vectors.engine import answer, law_of
from pipelines.vectors.kit import stored_kit
from rules.law import Law, LawError
from rules.parameters import Documents, LawEntry, Parameter, read_documents
from rules.periods import epoch_day, iso
from rules.wages import MINIMUM
from schemas.types import Json

JUMP = 20  # per cent between two values that follow each other
WRONG, UNUSUAL = "wrong", "unusual"
WAGE = "wage."


class LawIssue(NamedTuple):
    """``how``: WRONG or UNUSUAL; ``day``: from which day (an epoch day), where it is one."""

    how: str
    name: str
    day: int | None
    says: str


class CaseChange(NamedTuple):
    """A worked case of the conformance kit that would be answered otherwise: its name, law ids, what it says."""

    vector: str
    law: list[str]
    sentence: str


class OverlayCheck(NamedTuple):
    """``law``: with the overlay, None where it cannot be used; ``cases``: None where nobody asked."""

    issues: list[LawIssue]
    spans: list[LawSpan]
    cases: list[CaseChange] | None
    law: Law | None

    @property
    def wrong(self) -> list[LawIssue]:
        """What must be corrected."""
        return [issue for issue in self.issues if issue.how == WRONG]


def checked(folder: Path, base: Law, with_cases: bool = True) -> OverlayCheck:
    """All that can be said of a folder of TOML over ``base``. Raises LawError for one that cannot be read."""
    documents = read_documents(folder)
    refused = [*_refused(documents, base)]
    if refused:
        return OverlayCheck(refused, [], None, None)
    law = base.amended(documents)
    spans = law_spans(base, law)
    issues = [*_unsaid(documents), *_of_values(base, law), *_below_minimum(law)]
    changed = changed_cases(documents) if with_cases else None
    return OverlayCheck(sorted(set(issues), key=_order), spans, changed, law)


def _order(issue: LawIssue) -> tuple[bool, str, int]:
    return issue.how != WRONG, issue.name, issue.day or 0


# --- what is wrong ----------------------------------------------------------------------------------------------------


def _refused(documents: Documents, base: Law) -> Iterator[LawIssue]:
    """Why it cannot be used: of each parameter the first reason."""
    try:
        base.amended(documents)
        return
    except LawError as error:
        whole = LawIssue(WRONG, *_named(error))
    alone = [*_refused_alone(documents, base)]
    yield from alone or [whole]


def _refused_alone(documents: Documents, base: Law) -> Iterator[LawIssue]:
    for origin, document in documents.items():
        for name, table in _tables(document):
            try:
                base.amended({origin: _nested(name, table)})
            except LawError as error:
                yield LawIssue(WRONG, *_named(error))


def _named(error: LawError) -> tuple[str, None, str]:
    """The parameter and the reason of ``file: parameter: reason``."""
    origin, _, rest = str(error).partition(": ")
    name, _, why = rest.partition(": ")
    return name if why else origin, None, f"{why or rest} ({origin})"


def _tables(branch: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Tables with values, by their dotted names; what is no table under the name it has."""
    for key, below in branch.items():
        name = f"{above}{key}"
        if not isinstance(below, dict) or "values" in below:
            yield name, below
        if isinstance(below, dict):
            yield from _tables({part: each for part, each in below.items() if isinstance(each, dict)}, f"{name}.")


def _nested(name: str, table: Any) -> dict[str, Any]:
    made = table
    if isinstance(table, dict):
        made = {part: each for part, each in table.items() if not isinstance(each, dict)}
    for part in reversed(name.split(".")):
        made = {part: made}
    return made  # type: ignore[no-any-return]


def _below_minimum(law: Law) -> Iterator[LawIssue]:
    """Days on which a wage is named and lies below the minimum wage of the day: their hours are held (MIN-1)."""
    minimum = law.parameters[MINIMUM]
    for name in law.overlaid if MINIMUM not in law.overlaid else law.names():
        parameter = law.parameters[name]
        if not name.startswith(WAGE) or parameter.unit != minimum.unit:
            continue
        for day in steps(parameter, minimum):
            rate, least = parameter.on(day, None), minimum.on(day, None)
            if rate and least and rate.carried_from is None and rate.value < least.value:
                says = f"{spelled(parameter, rate.value)} is below the minimum wage, {spelled(minimum, least.value)}"
                yield LawIssue(WRONG, name, day, f"{says}: hours are held (RATE_BELOW_MINIMUM)")


# --- what is unusual --------------------------------------------------------------------------------------------------


def _unsaid(documents: Documents) -> Iterator[LawIssue]:
    """Values that do not say where they come from."""
    for document in documents.values():
        for name, table in _tables(document):
            for value in table["values"]:
                missing = [part for part in ("citation", "grade") if not value.get(part)]
                if missing:
                    says = f"no {' and no '.join(missing)}: it counts as an assumption of this overlay"
                    yield LawIssue(UNUSUAL, name, epoch_day(value["from"]), says)


def _of_values(base: Law, law: Law) -> Iterator[LawIssue]:
    for name in law.overlaid:
        parameter, before = law.parameters[name], base.parameters[name]
        new = [entry for entry in parameter.entries if entry not in before.entries]
        yield from _gaps(name, parameter, new)
        yield from _returns(name, parameter, before, new)
        yield from _jumps(name, parameter, before)


def _gaps(name: str, parameter: Parameter, new: list[LawEntry]) -> Iterator[LawIssue]:
    """Days between two values for which nothing is named, where a new value ends or begins beside them."""
    edges = {each.from_day for each in new} | {each.until + 1 for each in new if each.until is not None}
    for day, following in pairwise(steps(parameter)):
        entry = parameter.on(day, None)
        named = entry is not None and entry.carried_from is None
        before_it = any(each.from_day < day for each in parameter.entries)
        if before_it and not named and {day, following} & edges:
            what = f"{spelled(parameter, entry.value)} is carried forward" if entry else "nothing is in force"
            yield LawIssue(UNUSUAL, name, day, f"a gap until {iso(following - 1)}: {what}")


def _returns(name: str, parameter: Parameter, before: Parameter, new: list[LawEntry]) -> Iterator[LawIssue]:
    """A new value ends and one of before it holds again; or a later one of before cuts it short."""
    for entry in new:
        after = None if entry.until is None else parameter.on(entry.until + 1, None)
        if entry.until is not None and after and after.from_day < entry.from_day and after.carried_from is None:
            says = f"the value of {iso(after.from_day)}, {spelled(parameter, after.value)}, holds again"
            yield LawIssue(UNUSUAL, name, entry.until + 1, says)
        later = [each for each in before.entries if each.from_day > entry.from_day and _reaches(entry, each)]
        for each in later[:1]:
            says = (
                f"overlaps the value of {iso(each.from_day)}, {spelled(parameter, each.value)}, which takes its place"
            )
            yield LawIssue(UNUSUAL, name, each.from_day, says)


def _reaches(entry: LawEntry, later: LawEntry) -> bool:
    return entry.until is None or entry.until >= later.from_day


def _jumps(name: str, parameter: Parameter, before: Parameter) -> Iterator[LawIssue]:
    """A number that is more than JUMP per cent away from the one before it, or from what it takes the place of."""
    days = steps(parameter)
    for earlier, day in pairwise(days):
        was, now = parameter.on(earlier, None), parameter.on(day, None)
        if _jumped(was, now) and before.on(day, None) != now:
            assert was is not None and now is not None
            per_cent = round(100 * (now.value - was.value) / was.value)
            says = f"{spelled(parameter, now.value)} is {per_cent:+} % on {spelled(parameter, was.value)}"
            yield LawIssue(UNUSUAL, name, day, f"{says} before it")


def _jumped(was: LawEntry | None, now: LawEntry | None) -> bool:
    if was is None or now is None or type(was.value) is not int or not was.value:
        return False
    return bool(abs(now.value - was.value) * 100 > JUMP * was.value)


# --- cases ------------------------------------------------------------------------------------------------------------


def changed_cases(documents: Documents) -> list[CaseChange]:
    """Worked cases whose answer is another one with the overlay over the law they are decided by, by name.

    A case that lays values of its own over the law may have those that the overlay would end.
    """
    kit = stored_kit()
    laws = {version: _laid_over(text, documents) for version, text in kit.laws.items()}
    changed = []
    for name, vector in sorted(kit.vectors.items()):
        law = laws[vector["law_version"]]
        if law is None or answer(vector, law)["pay_runs"] != kit.expected[name]["pay_runs"]:
            changed.append(CaseChange(name, vector["law"], vector["sentence"]))
    return changed


def _laid_over(text: Json, documents: Documents) -> Law | None:
    try:
        return law_of(text).amended(documents)
    except LawError:
        return None
