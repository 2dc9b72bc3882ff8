"""Records of a folder as rows of the tables, in Arrow batches: whatever the folder's size, a few thousand wait here."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple

import pyarrow as pa

from pipelines.misuse import Misuse
from pipelines.report.records import ReportFolder
from pipelines.tables.layout import DOLLARS, RATE, TidyColumn, TidyTable, tables
from rules.periods import business_day_of
from schemas import CONCLUSIONS
from schemas.envelope import OutgoingRecord
from schemas.ids import referred
from schemas.pay_run import PayRun

ROWS = 5_000  # of a batch
BETWEEN_BEATS = 1_000  # records
BEYOND = 10**18  # in the smallest unit: what DECIMAL(18) cannot hold
PLACES = {DOLLARS: 2, RATE: 3}
ARROW = {
    "VARCHAR": pa.string(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_(), "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("ms"), DOLLARS: pa.decimal128(18, 2), RATE: pa.decimal128(18, 3),
}  # fmt: skip
Row = tuple[object, ...]
Beat = Callable[[str, int, int], None]


class RowsArrived(NamedTuple):
    """Rows of one table."""

    table: TidyTable
    rows: pa.Table


def batches(folder: ReportFolder, beat: Beat) -> Iterator[RowsArrived]:
    """All records of a folder, kind by kind. ``beat("read", records, as many as pay runs count)``. Raises Misuse."""
    expected, seen = sum(map(_counts, folder.records(PayRun))), count(1)
    for kind, struct in CONCLUSIONS.items():
        of_kind = [table for table in tables() if table.kind == kind]
        records = _beaten(folder.records(struct), seen, lambda done: beat("read", min(done, expected), expected))
        yield from _batches_of(of_kind, records)


def _counts(run: PayRun) -> int:
    """Records that a pay run counts, and itself."""
    return sum(total.count for total in run.totals) + run.findings + 1


def _beaten(
    records: Iterator[OutgoingRecord], seen: Iterator[int], beat: Callable[[int], None]
) -> Iterator[OutgoingRecord]:
    for record in records:
        if (done := next(seen)) % BETWEEN_BEATS == 0:
            beat(done)
        yield record


def _batches_of(of_kind: list[TidyTable], records: Iterator[OutgoingRecord]) -> Iterator[RowsArrived]:
    waiting: Mapping[str, list[Row]] = {table.name: [] for table in of_kind}
    for number, record in enumerate(records, 1):
        for table in of_kind:
            waiting[table.name].extend(_rows(table, record, number))
            if len(waiting[table.name]) >= ROWS:
                yield _batch(table, waiting[table.name])
    for table in of_kind:
        if waiting[table.name]:
            yield _batch(table, waiting[table.name])


def _batch(table: TidyTable, rows: list[Row]) -> RowsArrived:
    """The rows as Arrow; the list is empty then."""
    values = zip(*rows, strict=True)
    arrays = [pa.array(each, ARROW[column.type]) for column, each in zip(table.columns, values, strict=True)]
    rows.clear()
    return RowsArrived(table, pa.table(arrays, [column.name for column in table.columns]))


def _rows(table: TidyTable, record: OutgoingRecord, number: int) -> Iterator[Row]:
    """The record, or the items of one of its arrays."""
    if not table.part:
        yield tuple(_cell(column, record, number) for column in table.columns)
        return
    key, _, *columns = table.columns
    for at, item in enumerate(getattr(record, table.part), 1):
        yield _cell(key, record, number), at, *_item(table, columns, item)


def _item(table: TidyTable, columns: list[TidyColumn], item: Any) -> Row:
    if isinstance(item, str):
        return tuple(referred(item)) if table.part == "documents" else (item,)
    return tuple(_cell(column, item, 0) for column in columns)


def _cell(column: TidyColumn, of: Any, number: int) -> object:
    if column.field:
        value = getattr(of, column.field)
        return _exact(value, PLACES[column.type]) if column.type in PLACES else value
    made: dict[str, Callable[[], int]] = {
        "number": lambda: number, "bytes": lambda: len(of.raw), "run_date": lambda: business_day_of(of.cut_off),
    }  # fmt: skip
    return made[column.name]()


def _exact(units: int | None, places: int) -> Decimal | None:
    """Dollars of cents, or of mills. Raises Misuse for what the column cannot hold."""
    if units is None:
        return None
    if abs(units) >= BEYOND:
        raise Misuse("--paid holds an amount beyond DECIMAL(18): look at it with ihss-payroll report")
    return Decimal(units).scaleb(-places)
