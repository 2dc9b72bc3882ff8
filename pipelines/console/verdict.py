"""What would become of facts, as a sender reads it: what to do first, then each place with its remedy."""

from rich.console import Console, Group
from rich.style import Style
from rich.table import Table
from rich.text import Text

from pipelines.check.verdict import withholds
from pipelines.console.tables import sections, table
from pipelines.harmless import as_line
from pipelines.law_text import address_of
from pipelines.wording import KINDS, REASONS, clock, in_words
from rules.money import dollars
from schemas.types import Json

FIRST = 20
WITHHELD = "held, cut, denied, left unused or paid twice"
Told = Json


def render(told: Told, console: Console, everything: bool, docs: str | None = None) -> None:
    """Print it: the verdict, counts by reason, what was not checked, then the first places or all. ``docs``: address of
    the docs site, to which rules lead where a terminal can be clicked on."""
    console.print(_heading(told), "", sep="\n")
    withheld = [row for row in told["findings"] if withholds(row)]
    noted = [row for row in told["findings"] if not withholds(row)]
    parts = {
        "Would be rejected": _rejections(told["rejections"]),
        f"Would be {WITHHELD}": _findings(withheld, docs),
        "Would be noted": _findings(noted, docs),
        "Not checked, as no --with FACTS was given": _not_checked(told["not_checked"]),
        "Where, and what to do": _details(told["details"], everything),
    }
    sections(console, parts)


def _heading(told: Told) -> Group:
    usable = sum(told["usable"].values())
    kinds = ", ".join(f"{count:,} {in_words(kind, KINDS).lower()}" for kind, count in told["usable"].items())
    lines = [Text(f"{told['events']:,} events: {usable:,} can be used, {told['rejected']:,} would be rejected")]
    if kinds:
        lines.append(Text(f"Usable: {kinds}", style="dim"))
    if told["known"]:
        unusable = f", {told['known']['unusable']:,} unusable" if told["known"]["unusable"] else ""
        lines.append(Text(f"Looked at beside {told['known']['facts']:,} facts known already{unusable}", style="dim"))
    if told["clean"]:
        unsaid = " by what they say themselves" if told["not_checked"] else ""
        return Group(*lines, Text(f"Clean{unsaid}: nothing would be rejected, held, cut or denied", style="bold green"))
    problems = f"{told['rejected']:,} to repair, {told['withheld']:,} that would be {WITHHELD}"
    return Group(*lines, Text(f"Not clean: {problems}", style="bold yellow"))


def _rejections(rejections: list[Told]) -> Table | None:
    made = table("Reason", "Kind", "Field", "Why", "Events", words=4, folds=1)
    for row in rejections:
        kind = in_words(row["kind"], KINDS) if row["kind"] else ""
        made.add_row(row["reason"], kind, as_line(row["field"] or ""), as_line(row["message"]), f"{row['count']:,}")
    return made if rejections else None


def _findings(findings: list[Told], docs: str | None) -> Table | None:
    made = table("Outcome", "Reason", "Law", "Told to", "Times", "Hours", "Dollars", words=4)
    for row in findings:
        made.add_row(
            row["outcome"].capitalize(),
            in_words(row["code"], REASONS),
            Text(row["rule"], style=Style(link=address_of(row["rule"], docs) if docs else None)),
            row["addressee"].capitalize(),
            f"{row['count']:,}",
            clock(row["minutes"]) if row["minutes"] else "",
            dollars(row["cents"]) if row["cents"] else "",
        )
    return made if findings else None


def _not_checked(sentences: list[str]) -> Group | None:
    return Group(*(Text(sentence) for sentence in sentences)) if sentences else None


def _details(details: list[Told], everything: bool) -> Group | None:
    wanted = [detail for detail in details if "reason" in detail or withholds(detail) or everything]
    shown = wanted if everything else wanted[:FIRST]
    lines = [_detail(detail) for detail in shown]
    rest = len(details) - len(shown)
    if rest > 0:
        lines.append(Text(f"and {rest:,} more: --all shows them", style="dim"))
    return Group(*lines) if lines else None


def _detail(detail: Told) -> Text:
    name = detail.get("reason") or f"{detail['outcome']} {detail['code']}"
    field = f" {detail['field']}" if detail.get("field") else ""
    text = Text(overflow="fold")
    text.append(as_line(detail["origin"] or "all together"), style="bold")
    text.append(f"  {as_line(name + field)}\n", style="yellow")
    text.append(f"    {as_line(detail['message'])}\n")
    text.append(f"    {as_line(detail.get('remedy') or detail['next_step'])}", style="green")
    return text.append(f"\n    {detail['rule']} ({detail['authority']})", style="dim") if "rule" in detail else text
