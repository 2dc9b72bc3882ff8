"""What would become of facts if they were sent: rejected, held, cut, denied, or used; and what was not checked.

Facts and what is known already are paid by the rules themselves (pipelines/plain.py), without an engine. ``told`` is
what ``ihss-payroll validate --json`` prints.
"""

import tomllib
from collections import Counter as Count
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pipelines.check.circles import Circles
from pipelines.check.counter import Counter, Placed
from pipelines.importing.json_lines import kind_of_line
from pipelines.plain import replay_plain
from rules.documents import named
from rules.law import Law
from rules.periods import iso
from schemas import FACTS
from schemas.avro import MARKER, PREFIX
from schemas.envelope import Fact, Record
from schemas.finding import Finding
from schemas.ids import DocumentNamed, document_named
from schemas.physical import published
from schemas.rejection import Rejection
from schemas.timesheet import Timesheet
from schemas.types import Json

WITHHOLDING = ("HELD", "CUT", "DENIED")
UNUSED = ("CONFLICTING_REVISION",)  # only noted, but the sender has to do something
TWICE = "POSSIBLE_DUPLICATE"  # only warned of, but the sender has to do something
SHOWN = ("code", "outcome", "rule", "authority", "addressee", "minutes", "cents", "message", "next_step", "document_id")
Told = Json


@cache
def words() -> Json:
    """remedies.toml."""
    return tomllib.loads(Path(__file__).with_name("remedies.toml").read_text("utf-8"))


def verdict(sent: Counter, known: Counter | None, law: Law) -> Told:
    """All that would happen to ``sent``; ``known``: what the payroll has already, None: only the facts speak."""
    findings = _findings(sent, known, law)
    rejections = [_rejection(rejection, sent.bad_lines) for rejection in sent.rejections]
    withheld = [finding for finding in findings if withholds(finding)]
    kinds = sorted({placed.fact.KIND for placed in sent.placed})
    return {
        "clean": not rejections and not withheld,
        "events": sent.tally.inputs,
        "usable": dict(sorted(sent.tally.used.items())),
        "rejected": len(rejections),
        "withheld": len(withheld),
        "rejections": _grouped(rejections, ("reason", "kind", "field", "message", "remedy")),
        "findings": _grouped(findings, ("outcome", "code", "rule", "authority", "addressee"), ("minutes", "cents")),
        "details": [*rejections, *findings],
        "not_checked": [words()["not_checked"][kind] for kind in kinds if kind in words()["not_checked"]]
        if known is None
        else [],
        "known": None if known is None else {"facts": len(known.placed), "unusable": len(known.rejections)},
    }


def withholds(detail: Told) -> bool:
    """Does the finding keep anything from being paid or used, or would it be paid twice?"""
    return detail["outcome"] in WITHHOLDING or detail["code"] in (*UNUSED, TWICE)


def _rejection(rejection: Rejection, bad_lines: set[str]) -> Told:
    version = published().get(rejection.raw[len(MARKER) : PREFIX])
    where = "rejected_line" if rejection.origin in bad_lines else "rejected"
    message, remedy = rejection.message, (words()["rejected"] | words()[where])[rejection.reason]
    plain = [each["words"] for each in words()["pattern"] if f"'{each['begins']}" in message]
    return {
        "origin": rejection.origin,
        "reason": rejection.reason,
        "kind": version.kind if version else kind_of_line(rejection.raw),
        "field": rejection.field,
        "message": plain[0] if plain else message,
        "remedy": remedy.format(field=rejection.field or "it"),
    }


def _grouped(details: list[Told], names: tuple[str, ...], amounts: tuple[str, ...] = ()) -> list[Told]:
    """Details counted by what they have in common, the most first."""
    count: Count[tuple[object, ...]] = Count()
    sums: dict[tuple[object, ...], Count[str]] = defaultdict(Count)
    for detail in details:
        key = tuple(detail[name] for name in names)
        count[key] += 1
        for name in amounts:
            sums[key][name] += detail[name] or 0
    rows = sorted(count.items(), key=lambda row: (-row[1], str(row[0])))
    return [
        dict(zip(names, key, strict=True)) | {"count": number} | {name: sums[key][name] for name in amounts}
        for key, number in rows
    ]


def _findings(sent: Counter, known: Counter | None, law: Law) -> list[Told]:
    facts = [placed.fact for placed in sent.placed]
    before: list[Record] = [*_around(facts, known), *(known.late if known else ())]
    # Time alone brings findings too: both are looked at as of the same pay run.
    until = max(sent.tally.latest_cut_off, known.tally.latest_cut_off if known else 0)
    stood = _standing(before, law, until)
    places = _places(sent.placed)
    told = []
    for id, finding in _standing([*before, *facts, *sent.late], law, until).items():
        same = id in stood and _said(stood[id]) == _said(finding)
        place = _place(finding, places) or (None if id in stood else _twin(finding, sent.placed))
        if (place is None and (finding.document_id is not None or same)) or not _can_be_said(finding, known):
            continue
        told.append({"origin": place, **{name: getattr(finding, name) for name in SHOWN}})
    return sorted(told, key=lambda each: (not withholds(each), each["outcome"], each["code"], each["origin"] or ""))


def _around(facts: list[Fact], known: Counter | None) -> list[Fact]:
    """What is known of the circles of people that facts are about, without the facts themselves."""
    if known is None:
        return []
    circles = Circles()
    kept = [placed.fact for placed in known.placed]
    for fact in (*kept, *facts):
        circles.join(fact)
    touched = circles.touched(facts)
    sent = {(fact.KIND, fact.source, fact.event_id) for fact in facts}
    return [
        fact
        for fact in kept
        if (fact.KIND == "CourseListing" or circles.touched((fact,)) & touched)
        and (fact.KIND, fact.source, fact.event_id) not in sent
    ]


def _standing(facts: Iterable[Record], law: Law, until: int) -> dict[str, Finding]:
    """Findings that stand after all facts were paid up to a cut-off, by id."""
    facts = list(facts)
    last: dict[str, Finding] = {}
    if any(fact.KIND in FACTS and fact.KIND != "CourseListing" for fact in facts):
        for finding in replay_plain(facts, law, until).records.get("Finding", []):
            assert isinstance(finding, Finding)
            last[finding.finding_id] = finding
    return {id: finding for id, finding in last.items() if not finding.cleared}


def _said(finding: Finding) -> Told:
    return {name: getattr(finding, name) for name in SHOWN}


def _can_be_said(finding: Finding, known: Counter | None) -> bool:
    return known is not None or finding.code in words()["alone"]["codes"]


def _places(sent: list[Placed]) -> dict[str, list[Placed]]:
    places: dict[str, list[Placed]] = defaultdict(list)
    for placed in sent:
        places[placed.fact.document_id].append(placed)
    return places


def _place(finding: Finding, places: dict[str, list[Placed]]) -> str | None:
    """Where the finding's document stands among the facts sent: its last revision; None if it is another's."""
    about = [placed for placed in places.get(finding.document_id or "", ()) if _is_of(finding, placed.fact)]
    return max(about, key=lambda placed: placed.fact.revision).origin if about else None


def _twin(finding: Finding, sent: list[Placed]) -> str | None:
    """Where the sheet stands that a known one repeats, as it was recorded before that one."""
    named = document_named(finding.finding_id) if finding.code == TWICE else None
    about = [
        placed
        for placed in sent
        if named and isinstance(placed.fact, Timesheet)
        and _is_of(finding, placed.fact.model_copy(update={"document_id": named.document_id}))
    ]  # fmt: skip
    return max(about, key=lambda placed: placed.fact.revision).origin if about else None


def _is_of(finding: Finding, fact: Fact) -> bool:
    """Is it about this document: of its kind, number, pay period and people?"""
    about = named(fact)
    kind, number, period = about.pop("kind"), about.pop("document_id"), about.pop("period_start", None)
    document = DocumentNamed(kind, number, None if period is None else iso(period))
    people = all(getattr(finding, name) == value for name, value in about.items())
    return people and document_named(finding.finding_id) == document
