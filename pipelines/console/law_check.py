"""What is wrong with an overlay of the law, or unusual, and what it changes, as an officer reads it; and as JSON."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.console.tables import sections, table
from pipelines.harmless import as_line
from pipelines.overlays.check import CaseChange, LawIssue, OverlayCheck
from pipelines.overlays.differences import LawSpan, spelled
from pipelines.report.wording import counted
from rules.law import Law
from rules.periods import iso
from schemas.types import Json

MOST_CASES = 20


def render(found: OverlayCheck, base: Law, console: Console) -> None:
    """Print it: the verdict, what to correct, the difference to the law in force, the cases."""
    console.print(_verdict(found), "", sep="\n")
    parts = {
        "What to look at": _issues(found.issues),
        "The difference to the law in force": _spans(found.spans, base),
        "Worked cases that are answered otherwise": _cases(found.cases or []),
    }
    sections(console, parts)


def _verdict(found: OverlayCheck) -> Text:
    wrong, unusual = len(found.wrong), len(found.issues) - len(found.wrong)
    if wrong:
        return Text(f"Wrong: {counted(wrong, 'thing')} to correct, {unusual:,} unusual", style="bold red")
    changes = f"{counted(len({span.name for span in found.spans}), 'parameter')} of the law would change"
    if unusual:
        return Text(f"Can be used, and {counted(unusual, 'thing')} is unusual; {changes}", style="bold yellow")
    return Text(f"Can be used; {changes}", style="bold green")


def _issues(issues: list[LawIssue]) -> Table | None:
    made = table("", "Parameter", "From", "What", words=4, folds=1)
    for issue in issues:
        day = "" if issue.day is None else iso(issue.day)
        made.add_row(issue.how.capitalize(), as_line(issue.name), day, as_line(issue.says))
    return made if issues else None


def _spans(spans: list[LawSpan], base: Law) -> Table | None:
    made = table("Parameter", "From", "Until", "In force", "Would be", "Grade", "Citation", words=7, folds=1)
    for row in (_span(span, base) for span in spans):
        cells = (row[name] for name in ("name", "from", "until", "before", "after", "grade", "citation"))
        made.add_row(*(as_line(cell or "") for cell in cells))
    return made if spans else None


def _cases(cases: list[CaseChange]) -> Table | None:
    made = table("Case", "Law", "Sentence", words=3, folds=1)
    for case in cases[:MOST_CASES]:
        made.add_row(case.vector, ", ".join(case.law), case.sentence)
    if len(cases) > MOST_CASES:
        made.add_row("", "", f"and {len(cases) - MOST_CASES:,} more: --json names all")
    return made if cases else None


def _span(span: LawSpan, base: Law) -> dict[str, str | None]:
    """A span with its days and values as people write them."""
    parameter, after = base.parameters[span.name], span.after
    published = after.published if after else None
    return {
        "name": span.name,
        "from": iso(span.first),
        "until": None if span.last is None else iso(span.last),
        "before": spelled(parameter, span.before and span.before.value),
        "after": spelled(parameter, after and after.value),
        "published": None if published is None else iso(published),
        "grade": after.grade if after else None,
        "citation": after.citation if after else None,
    }


def told(found: OverlayCheck, base: Law) -> Json:
    """All of it."""
    return {
        "usable": found.law is not None,
        "law_version": found.law.version if found.law else None,
        "issues": [{**issue._asdict(), "day": None if issue.day is None else iso(issue.day)} for issue in found.issues],
        "spans": [_span(span, base) for span in found.spans],
        "cases": None if found.cases is None else [case._asdict() for case in found.cases],
    }
