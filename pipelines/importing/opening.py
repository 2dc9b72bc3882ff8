"""Which reader a file is for: by the map, else by how it begins."""

from pathlib import Path

from pipelines.importing.json_rows import Json
from pipelines.importing.map import ImportMap
from pipelines.importing.sources import OLD_WORKBOOK, WORKBOOK, RefusedFile, Source, begins_with
from pipelines.importing.texts import Delimited, FixedWidth
from pipelines.importing.workbooks import Workbook

MARKS_AND_SPACE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
READERS: dict[str, type[Source]] = {"csv": Delimited, "xlsx": Workbook, "fixed": FixedWidth, "json": Json}


def opened(path: Path, asked: ImportMap) -> Source:
    """The source of a file. Raises RefusedFile."""
    begins = begins_with(path)
    if begins.startswith(OLD_WORKBOOK):
        raise RefusedFile("UNREADABLE", "a workbook saved as .xlsx without a password: this is an old .xls, or locked")
    if begins.startswith(b"Obj\x01"):
        raise RefusedFile("UNREADABLE", "a table: this is Avro, which replay reads as it is")
    return READERS[asked.file.format or _seen(path, begins, asked)](path, asked)


def _seen(path: Path, begins: bytes, asked: ImportMap) -> str:
    if begins.startswith(WORKBOOK):
        return "xlsx"
    if asked.file.widths:
        return "fixed"
    is_json = path.suffix.lower() in JSON_ENDINGS or begins.lstrip(MARKS_AND_SPACE)[:1] in (b"{", b"[")
    return "json" if is_json else "csv"
