"""Tables of a paid folder in a format, whole or not at all."""

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from pipelines.report.records import ReportFolder
from pipelines.tables.formats import WRITERS
from pipelines.tables.rows import Beat
from pipelines.tables.store import NAMES, counted, fill, opened
from pipelines.unchanged import refuse_changed
from schemas import private
from schemas.pay_run import PayRun

DATABASE = "payroll.duckdb"


class WrittenTables(NamedTuple):
    """Rows of each table and view, by name; texts that are longer than a cell of the format and were cut."""

    rows: dict[str, int]
    cut: int


def write_tables(paid: Path, out: Path, format: str, beat: Beat = lambda stage, done, total: None) -> WrittenTables:
    """Write the tables of a folder that a replay or a live job left.

    Made beside the files of before and put in their place at the end. Raises Misuse, also where a pay run is not what
    was said.
    """
    folder = ReportFolder(paid)
    refuse_changed(paid, {run.cut_off for run in folder.records(PayRun)}, "--paid")
    making = Path(tempfile.mkdtemp(prefix=".tables-", dir=out))
    try:
        with opened(making / DATABASE) as connection:
            fill(connection, folder, beat)
            counts = {name: rows for name in NAMES for (rows,) in counted(connection, name)}
            cut = WRITERS[format](connection, making) if format in WRITERS else 0
        _put(making, out, format)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return WrittenTables(counts, cut)


def _put(making: Path, out: Path, format: str) -> None:
    for path in sorted(making.glob(f"*.{format}")):
        path.chmod(private.OWN_EYES)
        path.replace(out / path.name)
