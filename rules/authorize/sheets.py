"""Timesheets beside each other: one filed under two providers, and two that are most likely one sent twice.

Authority: TIME-3 (DOCUMENT_MOVED), TIME-4 (POSSIBLE_DUPLICATE; that it warns is an assumption). In force: always; what
a likely duplicate does by parameter `duplicate_sheet`. Does not cover: a timesheet under two recipients, which the
provider's side sees (`price.month`); sheets that came for a closed month, which wait for a person anyway.

Compared is what stands of a document: its approved revision, of one never approved its highest.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from rules.authorize.tally import HoursTally, Key, about
from rules.documents import Document
from rules.findings import Findings
from schemas.symbols import FindingOutcome
from schemas.timesheet import Timesheet

OUTCOMES: dict[str, FindingOutcome] = {"note": "NOTED", "warn": "WARNING", "hold": "HELD"}  # by policy


def hold_moved(
    tallies: Iterable[HoursTally],
    timesheets: Mapping[Key, Document[Timesheet]],
    find: Callable[[str, HoursTally, Mapping[int, int]], None],
) -> None:
    """DOCUMENT_MOVED: one timesheet under two providers is held under both until one is withdrawn."""
    providers: dict[tuple[str, int, str], set[str]] = defaultdict(set)
    for key, document in timesheets.items():
        if not document.current.withdrawn:
            providers[key[1:]].add(key[0])
    for tally in tallies:
        if len(providers[tally.key[1:]]) > 1 and not tally.claim.standing.withdrawn:
            find("DOCUMENT_MOVED", tally, tally.hold())


def find_duplicates(
    tallies: Iterable[HoursTally],
    timesheets: Mapping[Key, Document[Timesheet]],
    policy: Callable[[int], str],
    findings: Findings,
) -> None:
    """POSSIBLE_DUPLICATE. ``policy``: of a pay period; what was held before cannot be held again."""
    for tally, first in duplicates(tallies, timesheets):
        sheet, rule = tally.claim.standing, policy(tally.period)
        held = sum((by_day := tally.hold()).values()) if rule == "hold" else 0
        outcome = OUTCOMES[rule] if held or rule != "hold" else OUTCOMES["warn"]
        findings.add(
            "POSSIBLE_DUPLICATE",
            outcome=outcome,
            minutes=held or sum(sheet.minutes_worked),
            words={"other": first},
            message="held" if held else None,
            **about(tally.key, sheet.recipient_id),
        )
        if held:
            tally.lose("POSSIBLE_DUPLICATE", outcome, by_day)


def duplicates(
    tallies: Iterable[HoursTally], timesheets: Mapping[Key, Document[Timesheet]]
) -> Iterator[tuple[HoursTally, str]]:
    """Each timesheet with the minutes of one first recorded before it, on every day, and the number of that one."""
    beside: dict[object, list[HoursTally]] = defaultdict(list)
    for tally in tallies:
        beside[tally.pair, tally.period].append(tally)
    for several in (each for each in beside.values() if len(each) > 1):
        alike: dict[object, list[HoursTally]] = defaultdict(list)
        for tally in sorted(several, key=lambda tally: timesheets[tally.key].first.order):
            sheet = tally.claim.standing
            if not sheet.withdrawn and any(sheet.minutes_worked):
                alike[tuple(sheet.minutes_worked)].append(tally)
        for first, *later in alike.values():
            yield from ((tally, first.use.document_id) for tally in later)
