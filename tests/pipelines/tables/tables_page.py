"""docs/tables.md as its queries and the dictionary print it: ``python -m tests.pipelines.tables.tables_page`` renews
the page."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from pipelines.tables.run import DATABASE, write_tables
from tests.pipelines.report.report_world import county
from tests.walkthrough import DOCS, renewed

PAGE = DOCS / "tables.md"
QUERY = re.compile(r"```sql\n(.*?)```\n```text\n(.*?)```\n", re.DOTALL)


def renewed_page(database: Path) -> str:
    """The page with what a county's tables say today."""
    with duckdb.connect(str(database), read_only=True) as connection:
        page = QUERY.sub(lambda found: answered(connection, found[1]), PAGE.read_text("utf-8"))
        return renewed(page, {"dictionary": dictionary(connection)})


def answered(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    result = connection.execute(query)
    rows = [[column[0] for column in result.description], *([str(each) for each in row] for row in result.fetchall())]
    assert len(rows) > 1, f"says nothing: {query}"
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return f"```sql\n{query}```\n```text\n" + "".join(f"{line}\n" for line in lines) + "```\n"


def dictionary(connection: duckdb.DuckDBPyConnection) -> str:
    lines = []
    for table, place, column, kind, words in connection.execute(
        "SELECT table_name, place, column_name, type, words FROM dictionary ORDER BY rowid"
    ).fetchall():
        if not place:
            lines += ["", f"### {table}", words, "", "| column | type | |", "|---|---|---|"]
        else:
            lines.append(f"| `{column}` | {kind} | {words} |")
    return "\n".join(lines) + "\n\n"


def made(root: Path) -> Path:
    """The DuckDB file of the page's county."""
    _, paid = county(root, recipients=8, months=2)
    write_tables(paid, root, "duckdb")
    return root / DATABASE


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        PAGE.write_text(renewed_page(made(Path(folder))), "utf-8")
