"""The tables in a DuckDB file on disk: each row once, in a fixed order, explained; other formats are read off it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.county_names import COUNTIES
from pipelines.misuse import Misuse
from pipelines.report.records import ReportFolder
from pipelines.tables.layout import TidyColumn, TidyTable, tables
from pipelines.tables.rows import Beat, batches
from pipelines.tables.views import COLUMNS, VIEWS

MEMORY = "256MB"  # DuckDB's own; what needs more goes to disk beside the file
COUNTIES_TABLE = TidyTable(
    "counties",
    "",
    "",
    "The 58 counties.",
    (
        TidyColumn("county", "VARCHAR", "Two-digit State code, 01 to 58."),
        TidyColumn("county_name", "VARCHAR", "Its name."),
    ),
)
DICTIONARY_TABLE = TidyTable(
    "dictionary",
    "",
    "",
    "What each table and view is, and each of their columns.",
    (
        TidyColumn("table_name", "VARCHAR", "Table or view."),
        TidyColumn("place", "BIGINT", "Place of the column, from 1; 0: the table itself."),
        TidyColumn("column_name", "VARCHAR", "Empty: the table itself."),
        TidyColumn("type", "VARCHAR", "SQL type; table or view."),
        TidyColumn("words", "VARCHAR", "What it is."),
    ),
)
ALL_TABLES = (*tables(), COUNTIES_TABLE, DICTIONARY_TABLE)
NAMES = (*(table.name for table in ALL_TABLES), *(view.name for view in VIEWS))
Connection = duckdb.DuckDBPyConnection


@contextmanager
def opened(path: Path) -> Iterator[Connection]:
    """A new DuckDB file. It and what is spilled beside it are for the owner alone by the umask of the command."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": 2,
        "autoinstall_known_extensions": False,  # nothing is fetched
        "temp_directory": str(path.with_suffix(".spilled")),
    }
    with duckdb.connect(str(path), config=settings) as connection:
        yield connection


def fill(connection: Connection, folder: ReportFolder, beat: Beat) -> None:
    """Put the records of a folder into the tables, and the views and the dictionary beside them. Raises Misuse."""
    for table in tables():
        connection.execute(f"CREATE TEMP TABLE came_{table.name} ({_declared(table)})")
    for batch in batches(folder, beat):
        _insert(connection, f"came_{batch.table.name}", batch.rows)
    for table in tables():
        # A live job may have sent a record again: the same row.
        connection.execute(f"CREATE TABLE {table.name} AS SELECT DISTINCT * FROM came_{table.name} ORDER BY ALL")
        connection.execute(f"DROP TABLE came_{table.name}")
    _each_id_once(connection, folder)
    connection.begin()  # else each comment is synced to disk
    _add_counties(connection)
    for view in VIEWS:
        connection.execute(f"CREATE VIEW {view.name} AS {view.sql}")
    _add_dictionary(connection)
    connection.commit()


def counted(connection: Connection, name: str, what: str = "*") -> list[tuple[int]]:
    """How many rows there are, as a result of one row."""
    return connection.execute(f"SELECT count({what}) FROM {name}").fetchall()


def _declared(table: TidyTable) -> str:
    return ", ".join(f'"{column.name}" {column.type}' for column in table.columns)


def _insert(connection: Connection, name: str, rows: pa.Table) -> None:
    connection.register("arrived", rows)
    connection.execute(f"INSERT INTO {name} FROM arrived")
    connection.unregister("arrived")


def _each_id_once(connection: Connection, folder: ReportFolder) -> None:
    """Raises Misuse where an id says two things: sums would count both."""
    for table, key in (("instructions", "instruction_id"), ("pay_runs", "run_date")):
        if counted(connection, table) != counted(connection, table, f"DISTINCT {key}"):
            raise Misuse(f"--paid {folder.path} holds two {table} of one {key}: name the folder of one replay")


def _add_counties(connection: Connection) -> None:
    connection.execute(f"CREATE TABLE counties ({_declared(COUNTIES_TABLE)})")
    connection.executemany("INSERT INTO counties VALUES (?, ?)", [(f"{at:02}", n) for at, n in enumerate(COUNTIES, 1)])


def _add_dictionary(connection: Connection) -> None:
    connection.execute(f"CREATE TABLE dictionary ({_declared(DICTIONARY_TABLE)})")
    connection.executemany("INSERT INTO dictionary VALUES (?, ?, ?, ?, ?)", [*_words(connection)])
    for table, place, column, kind, words in connection.execute("FROM dictionary ORDER BY ALL").fetchall():
        what = f'COLUMN {table}."{column}"' if place else f"{kind} {table}"
        connection.execute(f"COMMENT ON {what} IS '{words.replace(chr(39), chr(39) * 2)}'")


def _words(connection: Connection) -> Iterator[tuple[str, int, str, str, str]]:
    known = dict(COLUMNS)
    for table in ALL_TABLES:
        yield table.name, 0, "", "TABLE", table.words
        for place, column in enumerate(table.columns, 1):
            known.setdefault(column.name, column.words)
            yield table.name, place, column.name, column.type, column.words
    for view in VIEWS:
        yield view.name, 0, "", "VIEW", view.words
        described = connection.execute(f"DESCRIBE {view.name}").fetchall()
        for place, (name, type_, *_) in enumerate(described, 1):
            yield view.name, place, name, type_, known[name]
