"""Sections on what came in and could not be used, on assumptions that touched money, and on all else that was found."""

import shlex
from collections import Counter, defaultdict

from pipelines.report.asked import ReportAsked
from pipelines.report.books import Books
from pipelines.report.parts import Cells, Chart, Cited, Column, Section, Table, cited, top
from pipelines.report.wording import ADDRESSEES, OUTCOMES, counted
from pipelines.wording import KINDS, REASONS, REJECTIONS, in_words
from rules.law import Law
from schemas.finding import Finding
from schemas.ids import source_of
from schemas.journal import is_journal
from schemas.rejection import Rejection

MOST = 25


def rejections_section(books: Books, asked: ReportAsked) -> Section:
    """Facts that could not be used: of these runs, as far as they say when they came, else of the whole folder."""
    rejected = books.rejected()
    if not rejected:
        return Section("rejections", "Rejected facts", ["No fact was rejected."], _inputs(books))
    counts = Counter((said.reason, said.field or "", said.message, _source(said.origin)) for said in rejected)
    rows: list[Cells] = [
        (in_words(reason, REJECTIONS), field, message, source, count)
        for (reason, field, message, source), count in counts.items()
    ]
    kept, more = top(sorted(rows, key=lambda row: (-row[4], *row[:4])), MOST)
    columns = [Column("Why"), Column("Field"), Column("What is wrong"), Column("From"), Column("Facts", "count")]
    table = Table("Rejected, most frequent first", columns, kept, more, wide=True)
    return Section("rejections", "Rejected facts", [_rejected_told(rejected)], [table, *_inputs(books)], _each(asked))


def _rejected_told(rejected: list[Rejection]) -> str:
    undated = sum(said.seen_at is None for said in rejected)
    told = f"{counted(len(rejected), 'fact')} could not be used"
    when = ", whenever they came: a replay does not know when." if undated else " of what came in for these runs."
    return f"{told}{when} Each is kept with its bytes in rejection*.avro: have its sender repair it and send it again."


def _each(asked: ReportAsked) -> str:
    """Where each of them is shown: the page itself tells no fields of facts."""
    live = asked.events is not None and is_journal(asked.events)
    listed = ["rejections", "list", "--journal"] if live else ["validate", "--all"]
    return "Each of them, and what to repair: " + shlex.join(["ihss-payroll", *listed, str(asked.events or "FACTS")])


def _source(origin: str) -> str:
    """The file, or the subscription, without the place in it (and without the sum a landing folder adds)."""
    return source_of(origin).partition("#")[0]


def _inputs(books: Books) -> list[Table | Chart]:
    if books.summary is None:
        return []
    by_kind = books.summary.inputs.by_kind
    rows = [(in_words(kind, KINDS), count.used, count.not_yet_due) for kind, count in sorted(by_kind.items())]
    columns = [Column("Kind"), Column("Used", "count"), Column("Not yet due", "count")]
    return [Table("Facts that came in", columns, rows)]


def assumptions_section(books: Books, law: Law) -> Section:
    """Values that this project had to choose, as far as they touched money in these runs."""
    touched = books.payments.assumptions
    if not touched:
        return Section("assumptions", "Assumptions", ["No assumption touched money in these runs."])
    rows: list[Cells] = [
        (*_known(name, law), sums["instructions"], sums["gross"], name) for name, sums in touched.items()
    ]
    columns = [
        Column("What was assumed"), Column("Law", "law"), Column("Instructions", "count"), Column("Gross", "dollars"),
        Column("Parameter"),
    ]  # fmt: skip
    lead = [
        f"{counted(len(rows), 'value')} without a source had a part in these instructions. Gross is that of the whole "
        "instruction, whatever the value changed of it. To see what another value would pay, replay with --law."
    ]
    rows.sort(key=lambda row: (-row[2], row[4]))
    table = Table("Assumptions that touched money, most instructions first", columns, rows, wide=True)
    return Section("assumptions", "Assumptions", lead, [table])


def _known(name: str, law: Law) -> tuple[str, Cited | None]:
    """What the parameter file says of an assumption, and the law it fills."""
    parameter = law.parameters.get(name)
    if parameter is None:
        return "Not in the law of this version", None
    said = next((entry.citation for entry in parameter.entries if entry.grade == "assumption"), "")
    return _first_up(said), Cited(parameter.law, "")


def _first_up(said: str) -> str:
    said = said.removeprefix("no source found: ")
    return said[:1].upper() + said[1:]


def findings_section(books: Books) -> Section:
    """Every finding that stands, by code: what the sections above do not name is here."""
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in books.findings.standing:
        groups[finding.code, finding.outcome, finding.addressee].append(finding)
    order = list(OUTCOMES)
    rows = [
        (
            in_words(code, REASONS),
            OUTCOMES.get(outcome, outcome),
            in_words(who, ADDRESSEES),
            cited(found[0]),
            len(found),
            sum(each.minutes or 0 for each in found) or None,
            sum(each.cents or 0 for each in found) or None,
        )
        for (code, outcome, who), found in sorted(groups.items(), key=lambda item: (order.index(item[0][1]), item[0]))
    ]
    columns = [
        Column("What"), Column("Outcome"), Column("Told to"), Column("Law", "law"), Column("Times", "count"),
        Column("Hours", "hours"), Column("Dollars", "dollars"),
    ]  # fmt: skip
    lead = [f"{counted(len(books.findings.standing), 'finding stands', 'findings stand')} at the end of these runs."]
    return Section(
        "findings", "All findings", lead, [Table("Findings that stand", columns, rows, wide=True)] if rows else []
    )
