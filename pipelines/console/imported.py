"""What became of an import: counts that add up, what was assumed, and a table of what is wrong with which cell."""

from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pipelines.console.tables import sections, table
from pipelines.files_below import printable
from pipelines.wording import clock

Told = dict[str, Any]
FATES = {
    "used": "used",
    "duplicates": "say the same as another row",
    "unchanged": "unchanged since the import before",
    "superseded": "replaced by a newer row",
    "skipped": "left out as no facts",
    "rejected": "bad",
}
MOST_KINDS, LONGEST = 8, 40


def render(told: Told, console: Console, everything: bool = False) -> None:
    """Print it: what was written, what was assumed, then what is wrong."""
    console.print(_heading(told), "", sep="\n")
    parts = {
        "Assumed, for the files do not say it": _sentences([each["words"] for each in told["assumed"]], everything),
        "Noted": _counts(told["noted"] | {f"left out: {why}": count for why, count in told["skipped"].items()}),
        "Look at this": _sentences(told["warnings"], everything=True, style="yellow"),
        "Bad rows, and what was expected": _bad(told["bad"]["first"]),
        "What is wrong how often": _kinds(told["bad"], everything),
    }
    sections(console, parts)
    if told["bad_rows"]:
        path = told["bad_rows"]
        words = f"All bad rows: {path} (and .json). Repair them at the source, then import again with --previous."
        console.print(Text(words))


def _heading(told: Told) -> Group:
    rows, made = told["rows"], told["documents"]
    parts = [f"{rows[name]:,} {words}" for name, words in FATES.items() if rows[name]]
    lines = [Text(f"{rows['read']:,} rows read: {', '.join(parts) or 'none'}", style="bold", overflow="fold")]
    if told["minutes"]["read"]:
        claimed = ", ".join(f"{clock(m)} {FATES[n]}" for n, m in told["minutes"].items() if n != "read" and m)
        lines.append(Text(f"Hours that could be read: {clock(told['minutes']['read'])} = {claimed}", style="dim"))
    events = ", ".join(f"{count:,} {name}" for name, count in made.items() if count)
    if told["facts"] and told["imported_before"]:
        lines.append(Text(f"Imported before: {told['facts']} stays as it is", style="bold yellow", overflow="fold"))
    elif told["facts"]:
        lines.append(
            Text(f"{told['events']:,} facts ({events}) are in {told['facts']}", style="bold green", overflow="fold")
        )
    else:
        lines.append(Text("Nothing was written", style="bold yellow"))
    return Group(*lines)


def _sentences(sentences: list[str], everything: bool, style: str = "") -> Group | None:
    shown = sentences if everything else sentences[:MOST_KINDS]
    lines = [Text(f"- {printable(each)}", style=style, overflow="fold") for each in shown]
    if len(shown) < len(sentences):
        lines.append(Text(f"and {len(sentences) - len(shown):,} more: --all shows them", style="dim"))
    return Group(*lines) if lines else None


def _counts(counts: dict[str, int]) -> Group | None:
    lines = [Text(f"- {count:,} {printable(words)}", overflow="fold") for words, count in counts.items()]
    return Group(*lines) if lines else None


def _bad(first: list[Told]) -> Table | None:
    made = table("File", "Row", "Column", "Value", "Expected", words=5, folds=1)
    for each in first:
        file = Text(printable(each["file"]), style="dim")
        value = Text(printable(_short(each["value"])), style="red")
        row = f"{each['row']:,}" if each["row"] else "all"
        column = Text(printable(each["column"] or each["field"]))
        made.add_row(file, row, column, value, Text(printable(each["expected"])))
    return made if first else None


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _kinds(bad: Told, everything: bool) -> Table | None:
    if bad["cells"] <= len(bad["first"]) and not everything:
        return None
    made = table("Column", "Expected", "Cells", words=2, folds=1)
    for each in bad["by"][: None if everything else MOST_KINDS]:
        made.add_row(Text(printable(each["column"])), Text(printable(each["expected"])), f"{each['count']:,}")
    return made


def last_words(told: Told, strict: bool) -> tuple[list[str], bool]:
    """What must not be overlooked, and whether it is a failure."""
    rejected, read = told["rows"]["rejected"], told["rows"]["read"]
    where = f": {told['bad_rows']}" if told["bad_rows"] else ""
    if told["imported_before"]:
        return [f"these files were imported before: {told['facts']} stays as it is, nothing was written"], False
    if strict and told["bad"]["cells"]:
        return [f"--strict: {rejected:,} of {read:,} rows are bad, nothing was written{where}"], True
    usable = told["rows"]["used"] + told["rows"]["unchanged"] + told["rows"]["superseded"]
    if rejected and not usable:
        return [f"nothing could be used: {rejected:,} of {read:,} rows are bad{where}"], True
    if rejected:
        return [f"{rejected:,} of {read:,} rows are bad and were left out{where}"], False
    return ([] if read else ["no row is in the files"]), not read
