"""The difference of two payrolls as an officer reads it, and as a CSV."""

from pathlib import Path

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pipelines.cells import Rows
from pipelines.console.tables import sections, signed, signed_count, signed_dollars, signed_hours, table
from pipelines.harmless import as_line
from pipelines.wording import DEDUCTIONS, PAID_FOR, REASONS, clock, deduction_in_words, in_words
from rules.money import dollars
from schemas import private
from schemas.types import Json

COLUMNS = ("part", "kind", "county", "run", "key", "change", "field", "a", "b", "difference")
MOST_FIELDS = 25
Told = Json


def render(told: Told, console: Console) -> None:
    """Print it: whether they are the same, money first, then reasons, findings, records and fields."""
    console.print(_heading(told), "", sep="\n")
    if told["same"]:
        return
    parts = {
        "Money": _money(told),
        "Paid for, by county (gross)": _by_county(told["gross"]),
        "Better and worse off (net)": _payees(told["payees"]),
        "Why statements differ": _reasons(told["reasons"]),
        "Findings that stand at the end": _findings(told["findings"]),
        "Records": _records(told["records"]),
        "Fields of records that changed": _fields(told["fields"]),
        "Statements": _statements(told.get("statements", [])),
        "Changes": _changes(told.get("changes", [])),
    }
    sections(console, parts)
    if "changes" not in told:
        console.print(Text("--all names each statement and each changed field.", style="dim"))


def _heading(told: Told) -> Group:
    lines = [_side(name, told[name]) for name in ("a", "b")]
    counted = sum(count["a"] for count in told["records"].values())
    if told["same"]:
        verdict = Text(f"The same: {counted:,} records in each, key by key and field by field", style="bold green")
        return Group(*lines, verdict)
    net = sum(row["difference_cents"] for row in told["net"])
    more = f"{dollars(abs(net))} {'more' if net > 0 else 'less'} than A" if net else "the same sum as A"
    return Group(*lines, Text(f"Different: B pays {more} (net)", style="bold"))


def _side(name: str, side: Told) -> Text:
    overlay = side["law_overlay"]
    law = f", law {side['law_version'][:12]}" if side["law_version"] else ""
    until = f", until {side['until']}" if side["until"] else ""
    text = Text(f"{name.upper()}: {side['folder']}{until}{law}", overflow="fold")
    if overlay:
        text.append(f", WHAT-IF: {', '.join(overlay['parameters']) or 'changes nothing'}", style="yellow")
    return text


def _money(told: Told) -> Table:
    made = table("", "A", "B", "Difference")
    gross, net = (_sum(told[part]) for part in ("gross", "net"))
    made.add_row("Gross", *_amounts(gross))
    for row in told["deductions"]:
        taken = {name: -row[name] for name in ("a_cents", "b_cents", "difference_cents")}
        made.add_row(f"  {deduction_in_words(row['kind'], max(row['a_cents'], row['b_cents']))}", *_amounts(taken))
    made.add_row("Net: the money that moves", *_amounts(net), style="bold")
    return made


def _by_county(gross: list[Told]) -> Table:
    made = table("For", "County", "A", "B", "Difference", words=2)
    for row in sorted(gross, key=lambda row: list(PAID_FOR).index(row["kind"])):
        made.add_row(PAID_FOR[row["kind"]], row["county"] or "", *_amounts(row))
    return made


def _payees(payees: dict[str, Told]) -> Table:
    made = table("", "More", "Dollars", "Less", "Dollars")
    for kind, count in payees.items():
        better, worse = signed_dollars(count["better_cents"]), signed_dollars(count["worse_cents"])
        made.add_row(f"{kind.capitalize()}s", f"{count['better']:,}", better, f"{count['worse']:,}", worse)
    return made


def _reasons(reasons: list[Told]) -> Table | None:
    made = table("Reason", "Statements", "Gross", "Net", folds=1)
    for row in reasons:
        words = " + ".join(_reason(part) for part in row["reason"].split(" + "))
        amounts = signed_dollars(row["gross_cents"]), signed_dollars(row["net_cents"])
        made.add_row(words, f"{row['statements']:,}", *amounts)
    return made if reasons else None


def _reason(part: str) -> str:
    return DEDUCTIONS.get(part) or (in_words(part, REASONS) if part.isupper() else part)


def _findings(findings: list[Told]) -> Table | None:
    changed = [row for row in findings if row["differing"]]
    made = table("Outcome", "Reason", "A", "B", "Differ", "Hours", "Dollars", words=2, folds=1)
    for row in changed:
        name = row["outcome"].capitalize(), in_words(row["code"], REASONS)
        counts = f"{row['a']:,}", f"{row['b']:,}", f"{row['differing']:,}"
        made.add_row(*name, *counts, signed_hours(row["difference_minutes"]), signed_dollars(row["difference_cents"]))
    return made if changed else None


def _records(records: dict[str, Told]) -> Table:
    made = table("Kind", "A", "B", "The same", "Added", "Removed", "Changed")
    for kind, count in records.items():
        plain = (f"{count[name]:,}" for name in ("a", "b", "same"))
        added, removed = signed_count(count["added"]), signed_count(-count["removed"])
        made.add_row(kind, *plain, added, removed, f"{count['changed']:,}" if count["changed"] else "·")
    return made


def _fields(fields: list[Told]) -> Group | None:
    made = table("Kind", "Field", "Records", "Sum of differences", words=2, folds=1)
    most = sorted(fields, key=lambda row: (-row["records"], row["kind"], row["field"]))
    for row in most[:MOST_FIELDS]:
        made.add_row(row["kind"], row["field"], f"{row['records']:,}", _of_field(row))
    rest = len(fields) - MOST_FIELDS
    more = [Text(f"and {rest:,} more fields: --json names all", style="dim")] if rest > 0 else []
    return Group(made, *more) if fields else None


def _of_field(row: Told) -> Text:
    if "minutes" in row["field"]:
        return signed_hours(row["difference"])
    return signed_dollars(row["difference"]) if "cents" in row["field"] else Text("")


def _statements(statements: list[Told]) -> Table | None:
    made = table("Statement", "Reason", "Gross", "Net", words=2, folds=1)
    for row in statements:
        amounts = signed_dollars(row["gross_cents"]), signed_dollars(row["net_cents"])
        made.add_row(row["statement_id"], row["reason"], *amounts)
    return made if statements else None


def _changes(changes: list[Told]) -> Group | None:
    """A line for each record, below it one for each field, as versions of a text are set beside each other."""
    lines, record = [], None
    for row in changes:
        name = f"{row['kind']} {row['key']}" + (f" in the pay run of {row['run']}" if row["run"] else "")
        if name != record:
            record = name
            lines.append(
                Text(as_line(f"{name}: {row['change']}"), style="bold" if row["change"] == "changed" else "yellow")
            )
        lines.append(Text(as_line(f"  {row['field']}: {_turned(row)}")))
    return Group(*lines) if changes else None


def _turned(row: Told) -> str:
    """What became of the value; of lists only what one side has."""
    a, b = row["a"], row["b"]
    if isinstance(a, list) and isinstance(b, list):
        return ", ".join([*(f"- {each}" for each in a if each not in b), *(f"+ {each}" for each in b if each not in a)])
    if row["change"] != "changed":
        return _said(row["field"], b if row["change"] == "added" else a)
    return f"{_said(row['field'], a)} -> {_said(row['field'], b)}"


def _said(field: str, value: object) -> str:
    if type(value) is int and field.endswith(("minutes", "cents")):
        return clock(value) if field.endswith("minutes") else dollars(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else "nothing" if value is None else str(value)


def _sum(rows: list[Told]) -> Told:
    return {name: sum(row[name] for row in rows) for name in ("a_cents", "b_cents", "difference_cents")}


def _amounts(row: Told) -> tuple[str, str, Text]:
    cents = row["difference_cents"]
    return dollars(row["a_cents"]), dollars(row["b_cents"]), signed(cents, dollars(cents))


def write_csv(told: Told, path: Path) -> None:
    """All of it as rows of COLUMNS, amounts in cents and minutes; readable by its owner only. Raises OSError."""
    with private.text(path) as out:
        rows = Rows(out, COLUMNS)
        for row in _rows(told):
            rows.named(row)


def _rows(told: Told) -> list[Told]:
    rows: list[Told] = []
    for part in ("gross", "deductions", "net"):
        rows += [
            {"part": part, **row, "a": row["a_cents"], "b": row["b_cents"], "difference": row["difference_cents"]}
            for row in told[part]
        ]
    rows += [{"part": "reason", "key": row["reason"], "difference": row["net_cents"]} for row in told["reasons"]]
    rows += [
        {"part": "finding", "kind": row["outcome"], "key": row["code"], "field": "standing", "a": row["a"],
         "b": row["b"], "difference": row["b"] - row["a"]}
        for row in told["findings"]
    ]  # fmt: skip
    rows += [
        {"part": "records", "kind": kind, "change": how, "difference": count[how]}
        for kind, count in told["records"].items()
        for how in ("added", "removed", "changed")
    ]
    rows += [{"part": "field", **row} for row in told["fields"]]
    rows += [
        {"part": "statement", "key": row["statement_id"], "field": row["reason"], "difference": row["net_cents"]}
        for row in told.get("statements", [])
    ]
    return rows + [{"part": "change", **row} for row in told.get("changes", [])]
