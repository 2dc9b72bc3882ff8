"""The page: what the first screen answers, then the sections, put into the template with its style and script."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from pipelines.law_text import address_of, authority_of, paragraphs, plain
from pipelines.report import wording
from pipelines.report.asked import ReportAsked
from pipelines.report.books import Books
from pipelines.report.carried_section import carried_section
from pipelines.report.control import ControlCheck, checks
from pipelines.report.county_section import county_section, figures
from pipelines.report.facts_section import assumptions_section, findings_section, rejections_section
from pipelines.report.held_section import age, held_section, hours_section, next_actors
from pipelines.report.leave_section import leave_section
from pipelines.report.parts import Cells, Chart, Column, Section, Table, rules_named
from pipelines.report.payments_section import changes_section, money_section
from pipelines.report.people_sections import advances_section, benefits_section, violations_section
from pipelines.report.visits_section import visits_section
from pipelines.report.wording import clock, counted, day
from pipelines.wording import NOT_COVERED, REASONS, in_words, money
from rules.law import Law
from rules.periods import iso
from schemas.types import Json

if TYPE_CHECKING:
    from pipelines.report.verified import Verified

OWN_FOLDER = Path(__file__).parent
MOST_UNUSUAL, FEWEST_RUNS, FEWEST_FOUND = 5, 5, 3
MOST_RUNS, MOST_COUNTIES = 20, 3


@dataclass(frozen=True)
class Report:
    """The page, what does not add up, one line for whoever asked for it, and its first screen as JSON."""

    html: str
    wrong: list[str]
    told: str
    figures: Json


def report(books: Books, asked: ReportAsked, law: Law, verified: "Verified | None" = None) -> Report:
    """Everything in ``books`` as one page; the same books give the same bytes."""
    made = checks(books)
    wrong = [sentence for check in made for sentence in check.wrong]
    sections = _sections(books, asked, law, verified, made)
    template = environment(asked.docs).get_template("report.html.j2")
    html = template.render(
        books=books,
        asked=asked,
        checks=made,
        wrong=wrong,
        cards=_cards(books),
        sections=sections,
        rules=sorted({*rules_named(sections)} & paragraphs().keys(), key=[*paragraphs()].index),
        not_covered=NOT_COVERED,
        style=Markup((OWN_FOLDER / "report.css").read_text("utf-8")),
        script=Markup((OWN_FOLDER / "report.js").read_text("utf-8")),
    )
    total = books.payments.total()
    told = f"{runs_told(books)}, {money(total['net'])} net: " + ("everything adds up" if not wrong else wrong[0])
    return Report(html, wrong, told, _figures(books, made))


def _figures(books: Books, made: list[ControlCheck]) -> Json:
    """The first screen for a program: money in cents, time in minutes."""
    days, total, held = books.span.days, books.payments.total(), books.findings.of("HELD")
    return {
        "adds_up": not any(check.wrong for check in made),
        "checks": [check._asdict() for check in made],
        "pay_runs": {"count": len(days), "first": iso(days[0]), "last": iso(days[-1])},
        "instructions": total["count"],
        "gross_cents": total["gross"],
        "net_cents": total["net"],
        "held": {"documents": len(held), "minutes": sum(finding.minutes or 0 for finding in held)},
        **figures(books),
        "rejected": len(books.rejected()),
        "unusual": unusual(books),
    }


def _sections(
    books: Books, asked: ReportAsked, law: Law, verified: "Verified | None", made: list[ControlCheck]
) -> list[Section]:
    law_then = law if asked.law_known else None
    return [
        _control_section(books, made),
        changes_section(books, asked),
        money_section(books),
        hours_section(books),
        held_section(books, asked),
        county_section(books, asked),
        violations_section(books, asked, law_then),
        advances_section(books, asked, law_then),
        visits_section(books, verified),
        rejections_section(books, asked),
        assumptions_section(books, law),
        carried_section(books, law),
        leave_section(books, asked),
        benefits_section(books),
        findings_section(books),
    ]


def _control_section(books: Books, made: list[ControlCheck]) -> Section:
    rows = [("Yes" if not check.wrong else "NO", check.what, check.found) for check in made]
    table = Table("Checks", [Column("Agrees"), Column("What must agree"), Column("Found")], rows, wide=True)
    newest = list(reversed(books.span.days))
    runs: list[Cells] = []
    for run in newest[:MOST_RUNS]:
        total = books.payments.total([run])
        runs.append((run, total["count"], total["gross"], total["net"], books.findings.said[run]))
    columns = [
        Column("Pay run", "day"), Column("Instructions", "count"), Column("Gross", "dollars"), Column("Net", "dollars"),
        Column("Findings sent", "count"),
    ]  # fmt: skip
    by_run = Table("Pay runs, newest first", columns, runs, max(0, len(newest) - MOST_RUNS))
    return Section("control", "Control totals", [], [table, by_run])


def _cards(books: Books) -> Json:
    """The first screen: what moved, what is held and who acts next, what is unusual in the last run."""
    held = books.findings.of("HELD")
    return {
        "range": runs_told(books),
        "counties": _counties(books),
        "total": books.payments.total(),
        "payees": len(books.payments.payees),
        "held_minutes": sum(finding.minutes or 0 for finding in held),
        "held": len(held),
        "oldest": max((age(books, finding) for finding in held), default=0),
        "actors": next_actors(books),
        "last": books.payments.total([books.span.last]),
        "before": books.payments.total([books.span.before]) if books.span.before is not None else None,
        "unusual": unusual(books)[:MOST_UNUSUAL],
    }


def _counties(books: Books) -> str:
    codes = sorted({county for county, _, _ in books.payments.lines if county})
    if len(codes) > MOST_COUNTIES:
        return counted(len(codes), "county", "counties")
    return ", ".join(map(wording.county, codes)) or "No county was paid for"


def runs_told(books: Books) -> str:
    """``269 pay runs, 15 Dec 2023 to 13 Jan 2025``."""
    days = books.span.days
    dates = day(days[0]) if len(days) == 1 else f"{day(days[0])} to {day(days[-1])}"
    return f"{counted(len(days), 'pay run')}, {dates}"


def unusual(books: Books) -> list[str]:
    """What the last run has more of than any of the runs that went before it (up to 20 that said anything)."""
    earlier, found = books.span.usual, books.findings.new
    if len(earlier) < FEWEST_RUNS:
        return []
    sentences = []
    for code, count in sorted(found[books.span.last].items(), key=lambda item: (-item[1], item[0])):
        counts = [found[run][code] for run in earlier]
        if count >= FEWEST_FOUND and count > max(counts):
            usual = f"the {len(earlier)} runs before had {min(counts):,} to {max(counts):,}"
            sentences.append(f"{in_words(code, REASONS)}: {count:,} new; {usual}.")
    nets = [books.payments.total([run])["net"] for run in earlier]
    net = books.payments.total([books.span.last])["net"]
    if net > max(nets):
        before = (
            f"the {len(earlier)} runs before had at most {money(max(nets))}, {money(int(median(nets)))} in the middle"
        )
        sentences.insert(0, f"{money(net)} net in one run; {before}.")
    return sentences


def environment(docs: str | None, *folders: Path) -> jinja2.Environment:
    """Templates of the report, and of other pages made of its parts, from folders of theirs."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, OWN_FOLDER]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {"clock": clock, "money": money, "day": day, "month": wording.month, "cell": cell}
    made.globals |= {"Chart": Chart, "is_chart": lambda part: isinstance(part, Chart), "counted": counted}
    made.globals |= {"plain": plain, "authority_of": authority_of, "law_address": partial(address_of, site=docs)}
    made.filters["svg"] = Markup
    return made


def cell(value: Any, column: Column) -> str:
    """A raw value as its column writes it; nothing for None."""
    if value is None:
        return ""
    written = {"count": "{:,}".format, "hours": clock, "dollars": money, "day": day, "month": wording.month}
    return written.get(column.form, str)(value)
