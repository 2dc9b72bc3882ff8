"""Section on visits against claims: what visits did not bear out, from findings; with the facts, all hours."""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pipelines.report.books import Books
from pipelines.report.charts import GREY, ORANGE, TEAL, bars_across, bars_up
from pipelines.report.parts import Chart, Column, Section, Table, cited, top
from pipelines.report.wording import OUTCOMES, clock, counted, month
from pipelines.wording import REASONS, in_words
from schemas.finding import Finding
from schemas.types import Json

if TYPE_CHECKING:
    from pipelines.report.verified import Verified

INKS = {"Covered by visits": TEAL, "Not covered": ORANGE, "No visit needed": GREY}
CODES = ("NO_VISIT", "VISIT_INCOMPLETE", "HOURS_EXCEED_VISITS", "CHECK_OUT_NOT_AFTER_CHECK_IN")
OVERLAPS = ("RECIPIENT_OVERLAP", "PROVIDER_OVERLAP", "SPANS_OVERLAP")
MINUTES, PERCENT = 60, 100
MONTHS = 24


def visits_section(books: Books, verified: "Verified | None") -> Section:
    """Days on which visits do not bear out what was claimed (EVV-4), and visits at one time (EVV-5)."""
    found = [finding for finding in books.findings.standing if finding.code in (*CODES, *OVERLAPS)]
    gaps = [finding for finding in found if finding.code in CODES]
    paid = sum(sums["minutes"] for (_, earning, _), sums in books.payments.lines.items() if earning == "SERVICE")
    lead = [
        f"Visits leave {clock(_minutes(gaps))} hours uncovered on {counted(len(gaps), 'day')} of a provider with a "
        f"recipient; {clock(paid)} hours of service were paid in these runs. In California visits never change pay "
        "(WIC 10836(g)) unless a policy says so: the outcome is in the table."
    ]
    parts: list[Table | Chart] = []
    if verified is not None:
        lead.append(_verified_told(verified))
        parts += [_verified_chart(verified), _verified_table(verified)]
    elif gaps:
        parts.append(_gaps_chart(gaps))
    note = "" if verified else "For claimed against verified hours, name the facts with --events."
    return Section("visits", "Visits against claims", lead, parts + ([_by_code(found)] if found else []), note)


def _minutes(found: list[Finding]) -> int:
    return sum(finding.minutes or 0 for finding in found)


def _by_code(found: list[Finding]) -> Table:
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in found:
        groups[finding.code, finding.outcome].append(finding)
    rows = [
        (
            in_words(code, REASONS),
            OUTCOMES[outcome],
            cited(each[0]),
            len(each),
            _minutes(each) or None,
            each[0].next_step,
        )
        for (code, outcome), each in groups.items()
    ]
    columns = [
        Column("What"), Column("Outcome"), Column("Law", "law"), Column("Days", "count"), Column("Hours", "hours"),
        Column("What to do"),
    ]  # fmt: skip
    return Table("Days on which visits do not fit", columns, sorted(rows, key=lambda row: (-row[3], row[0])), wide=True)


def _gaps_chart(gaps: list[Finding]) -> Chart:
    sums: Counter[str] = Counter()
    for finding in gaps:
        sums[in_words(finding.code, REASONS)] += finding.minutes or 0
    bars = [
        {"label": name, "series": "Hours", "value": minutes / MINUTES, "rank": 0}
        for name, minutes in sums.most_common()
    ]
    says = "Hours not covered by visits: " + "; ".join(f"{name}: {clock(sums[name])}" for name, _ in sums.most_common())
    return bars_across("Hours not covered by visits, by reason", f"{says}.", bars, {"Hours": ORANGE}, "hours")


def _verified_told(verified: "Verified") -> str:
    total = sum(verified.by_month.values(), Counter())
    must = total["covered"] + total["uncovered"]
    share = f" ({total['covered'] * PERCENT / must:.1f} % of those that need visits)" if must else ""
    return (
        f"Of {clock(sum(total.values()))} hours on approved timesheets first seen by these runs, "
        f"{clock(total['covered'])} are covered by visits{share}, {clock(total['uncovered'])} are not, and "
        f"{clock(total['no_visit_needed'])} need no visit: the provider lives with the recipient, or visits had "
        "not yet begun."
    )


def _verified_chart(verified: "Verified") -> Chart:
    months = sorted(verified.by_month)[-MONTHS:]
    named = dict(zip(("covered", "uncovered", "no_visit_needed"), INKS, strict=True))
    rows: list[Json] = [
        {"label": month(at), "series": words, "value": verified.by_month[at][name] / MINUTES, "rank": rank}
        for at in months
        for rank, (name, words) in enumerate(named.items())
    ]
    says = "Hours claimed by service month. " + "; ".join(
        f"{month(at)}: {clock(sums['covered'])} covered, {clock(sums['uncovered'])} not"
        for at, sums in ((at, verified.by_month[at]) for at in months)
    )
    return bars_up("Hours claimed, by service month", f"{says}.", rows, INKS, "hours")


def _verified_table(verified: "Verified") -> Table:
    rows = [
        (at, sum(sums.values()), sums["covered"], sums["uncovered"], sums["no_visit_needed"])
        for at, sums in sorted(verified.by_month.items(), reverse=True)
    ]
    columns = [
        Column("Month", "month"), Column("Claimed", "hours"), Column("Covered", "hours"),
        Column("Not covered", "hours"), Column("No visit needed", "hours"),
    ]  # fmt: skip
    kept, more = top(rows, MONTHS)
    return Table("Claimed and covered hours, newest month first", columns, kept, more)
