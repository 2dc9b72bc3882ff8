"""Papers numbered, and written with their index: all of them, or none.

A file's name is a number: who it is for stands in index.csv only (no personal data in file names). A command that is
stopped takes away what it wrote; one that is killed leaves the file UNFINISHED among its papers.
"""

import csv
import io
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pipelines.misuse import Misuse
from pipelines.statements.documents import Paper
from pipelines.statements.paper import pdf_of

OWN_EYES = 0o600  # who is paid what
INDEX = "index.csv"
UNFINISHED = "UNFINISHED"
COLUMNS = ("number", "document", "language", "payee_type", "payee_id", "id")
FEW = 8  # papers: below this a second process costs more than it saves


def write(papers: Sequence[Paper], out: Path, formats: Iterable[str], spoken: str) -> None:
    """Write ``0001.html``, ``0001.pdf`` … and the index, last. Raises Misuse."""
    width = max(4, len(str(len(papers))))
    names = [f"{number:0{width}d}" for number in range(1, len(papers) + 1)]
    try:
        with _whole(out):
            if "html" in formats:
                for name, paper in zip(names, papers, strict=True):
                    _write(out / f"{name}.html", paper.html.encode())
            if "pdf" in formats:
                for name, made in zip(names, _pdfs([paper.html for paper in papers]), strict=True):
                    _write(out / f"{name}.pdf", made)
            _write(out / INDEX, _index(names, papers, spoken).encode())
    except OSError as error:
        raise Misuse(f"--out {out} cannot be written ({error.strerror}): name a folder you may write to") from error


@contextmanager
def _whole(out: Path) -> Iterator[None]:
    """An empty folder while papers are put in it, which is as it was before if they do not all come."""
    new = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    mark = out / UNFINISHED
    _write(mark, b"These papers are not complete: delete this folder, and write them again.\n")
    done = False
    try:
        yield
        done = True
    finally:
        for path in () if done else [path for path in out.iterdir() if path != mark]:
            path.unlink()
        mark.unlink()
        if new and not done:
            out.rmdir()


def _pdfs(pages: Sequence[str]) -> Iterator[bytes]:
    if len(pages) < FEW:
        yield from map(pdf_of, pages)
        return
    # Ctrl-C reaches every process at once: only this one answers, and asks for no more pages.
    deaf = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(initializer=deaf)
    try:
        yield from pool.map(pdf_of, pages)
    finally:
        pool.shutdown(cancel_futures=True)


def _index(names: Sequence[str], papers: Sequence[Paper], spoken: str) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for name, paper in zip(names, papers, strict=True):
        rows.writerows((name, paper.kind, spoken, *paper.person, id) for id in paper.ids)
    return text.getvalue()


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN_EYES), "wb") as stream:
        stream.write(content)
