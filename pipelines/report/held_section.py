"""Sections on time that was not paid: what is held, how old, who acts next; and what was cut or denied, and why."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from pipelines.report.asked import ReportAsked, period_of_finding
from pipelines.report.books import Books
from pipelines.report.charts import BLUE, GREY, ORANGE, bars_across
from pipelines.report.parts import Cells, Chart, Column, Section, Story, Table, cited, top
from pipelines.report.wording import ADDRESSEES, OUTCOMES, clock, counted, county, day
from pipelines.wording import REASONS, in_words
from rules.periods import business_day_of
from schemas.finding import Finding

AGES = (7, 14, 30, 60, 90)  # last days of the classes
BUCKETS = [
    f"Up to {AGES[0]} days", *(f"{before + 1} to {last}" for before, last in pairwise(AGES)), f"Over {AGES[-1]} days"
]  # fmt: skip
INKS = {"Recipient": ORANGE, "Provider": BLUE, "County": GREY, "Held": ORANGE, "Over a limit": BLUE, "Denied": GREY}
UNPAID = ("HELD", "CUT", "DENIED")
MOST_DOCUMENTS = 500
MINUTES = 60


def held_section(books: Books, asked: ReportAsked) -> Section:
    """What is held at the end of the range: nothing is lost, somebody has to do something."""
    held = books.findings.of("HELD")
    if not held:
        return Section("held", "Held work", ["Nothing is held."])
    minutes = sum(finding.minutes or 0 for finding in held)
    lead = [
        f"{clock(minutes)} hours of service, travel and training on {counted(len(held), 'document')} are held as of "
        f"{day(books.span.days[-1])}. Held is not refused: it is paid once somebody does the next step. Age "
        "counts from the run that first held it."
    ]
    table = _documents(books, asked, held) if asked.with_ids else _by_reason(books, held)
    parts: list[Table | Chart] = [_chart(books, held), table]
    note = "" if asked.with_ids else "Whose documents these are: make the report again with --with-ids."
    return Section("held", "Held work", lead, parts, note)


def next_actors(books: Books) -> list[tuple[str, int, int]]:
    """Who acts next on what is held: (who, documents, minutes), most minutes first."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for finding in books.findings.of("HELD"):
        sums[finding.addressee][0] += 1
        sums[finding.addressee][1] += finding.minutes or 0
    rows = [(in_words(who, ADDRESSEES), documents, minutes) for who, (documents, minutes) in sums.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))


def age(books: Books, finding: Finding) -> int:
    """Days from the run in which the finding first stood to the last run of the range."""
    return books.span.days[-1] - books.findings.since[finding.finding_id]


def _bucket(days: int) -> str:
    return BUCKETS[bisect_left(AGES, days)]


def _chart(books: Books, held: list[Finding]) -> Chart:
    sums: Counter[tuple[str, str]] = Counter()
    for finding in held:
        sums[_bucket(age(books, finding)), in_words(finding.addressee, ADDRESSEES)] += finding.minutes or 0
    who = [name for name in ADDRESSEES.values() if any(sums[bucket, name] for bucket in BUCKETS)]
    rows = [
        {"label": bucket, "series": name, "value": sums[bucket, name] / MINUTES, "rank": who.index(name)}
        for bucket in BUCKETS
        for name in who
    ]
    told = [
        f"{bucket}: " + ", ".join(f"{name} {clock(sums[bucket, name])}" for name in who if sums[bucket, name])
        for bucket in BUCKETS
        if any(sums[bucket, name] for name in who)
    ]
    says = f"Hours held by age, and who acts next. {'; '.join(told)}."
    return bars_across(
        "Hours held, by age and by who acts next", says, rows, {name: INKS[name] for name in who}, "hours"
    )


def _by_reason(books: Books, held: list[Finding]) -> Table:
    rows = [
        (
            in_words(who, ADDRESSEES),
            len(found),
            sum(finding.minutes or 0 for finding in found),
            max(age(books, finding) for finding in found),
            Story(in_words(code, REASONS), "", found[0].next_step, law=cited(found[0])),
        )
        for (code, who), found in _grouped(held, lambda finding: (finding.code, finding.addressee)).items()
    ]
    columns = [
        Column("Who acts next"), Column("Documents", "count"), Column("Hours", "hours"),
        Column("Oldest, days", "count"), Column("Why, and what to do", "story"),
    ]  # fmt: skip
    return Table("Held, by reason", columns, sorted(rows, key=lambda row: (-row[2], row[-1].why)), wide=True)


def _documents(books: Books, asked: ReportAsked, held: list[Finding]) -> Table:
    rows = [
        (
            finding.provider_id,
            finding.recipient_id,
            period_of_finding(finding),
            finding.minutes,
            age(books, finding),
            in_words(finding.addressee, ADDRESSEES),
            asked.story(finding, _told(finding)),
        )
        for finding in sorted(held, key=_most_hours_first)
    ]
    kept, more = top(rows, MOST_DOCUMENTS)
    columns = [
        Column("Provider"), Column("Recipient"), Column("Pay period", "day"), Column("Hours", "hours"),
        Column("Age, days", "count"), Column("Who acts next"), Column("Why, and what to do", "story"),
    ]  # fmt: skip
    return Table("Held documents, most hours first", columns, kept, more, wide=True, find=True)


def _most_hours_first(finding: Finding) -> tuple[int, str]:
    return -(finding.minutes or 0), finding.finding_id


def _told(finding: Finding) -> str:
    return f"Told the {finding.addressee.lower()}: {finding.message}"


def hours_section(books: Books) -> Section:
    """Why hours were not paid: what is held at the end, and what was cut or denied in the runs asked for."""
    unpaid = [*books.findings.of("HELD"), *_said_in(books, "CUT", "DENIED")]
    lead = [_hours_told(books)]
    if not unpaid:
        return Section("hours", "Hours not paid", [*lead, "No hours were held, cut or denied."])
    rows = sorted(
        (
            (
                OUTCOMES[outcome],
                in_words(code, REASONS),
                cited(found[0]),
                len(found),
                sum(finding.minutes or 0 for finding in found) or None,
            )
            for (outcome, code), found in _grouped(unpaid, lambda each: (each.outcome, each.code)).items()
        ),
        key=lambda row: (-(row[-1] or 0), row[1]),
    )
    columns = [
        Column("Outcome"), Column("Why"), Column("Law", "law"), Column("Times", "count"), Column("Hours", "hours"),
    ]  # fmt: skip
    table = Table("Held at the end, cut or denied in these runs", columns, rows, wide=True)
    return Section("hours", "Hours not paid", lead, [*_reasons_chart(rows), table, _by_county(books, unpaid)])


def _by_county(books: Books, unpaid: list[Finding]) -> Table:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in unpaid:
        sums[books.county_of(finding)][finding.outcome] += finding.minutes or 0
    rows = [
        (county(code) if code else "Not known", *(sums[code][outcome] for outcome in UNPAID))
        for code in sorted(sums, key=lambda code: code or "~")
    ]
    columns = [Column("County"), *(Column(OUTCOMES[outcome], "hours") for outcome in UNPAID)]
    return Table("The same by county, in hours", columns, rows)


def _said_in(books: Books, *outcomes: str) -> list[Finding]:
    return [each for each in books.findings.of(*outcomes) if business_day_of(each.cut_off) in books.span]


def _hours_told(books: Books) -> str:
    paid = sum(sums["minutes"] for (_, earning, _), sums in books.payments.lines.items() if earning == "SERVICE")
    told = f"{clock(paid)} hours of service were instructed in these runs."
    if books.summary is None or not books.span.whole:
        return told
    hours = books.summary.hours
    ends = " + ".join(f"{clock(getattr(hours, f'{end}_minutes'))} {end}" for end in ("paid", "held", "cut", "denied"))
    return f"{clock(hours.claimed_minutes)} hours of service claimed = {ends}."


def _reasons_chart(rows: list[Cells]) -> list[Chart]:
    timed = [row for row in rows if row[-1]][:12]
    bars = [{"label": row[1], "series": row[0], "value": row[-1] / MINUTES, "rank": 0} for row in timed]
    says = "Hours not paid, by reason. " + "; ".join(f"{row[1]} ({row[0].lower()}): {clock(row[-1])}" for row in timed)
    inks = {name: INKS[name] for name in ("Held", "Over a limit", "Denied") if name in {row[0] for row in timed}}
    return [bars_across("Why hours were not paid", f"{says}.", bars, inks, "hours")] if timed else []


def _grouped(found: list[Finding], key: Callable[[Finding], Any]) -> dict[Any, list[Finding]]:
    groups: dict[Any, list[Finding]] = defaultdict(list)
    for finding in found:
        groups[key(finding)].append(finding)
    return groups
