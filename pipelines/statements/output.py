"""Papers numbered, and written with their index: all of them, or none.

A file's name is a number: who it is for stands in index.csv only (no personal data in file names). A command that is
stopped takes away what it wrote; one that is killed leaves the file UNFINISHED among its papers.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from pipelines.cells import Rows
from pipelines.misuse import Misuse
from pipelines.statements.documents import Paper
from pipelines.statements.paper import pdf_of
from schemas import private

INDEX = "index.csv"
UNFINISHED = "UNFINISHED"
COLUMNS = ("number", "document", "language", "payee_type", "payee_id", "id")
AT_A_TIME = 256  # papers that are in memory
FEW = 8  # papers: below this a second process costs more than it saves


@dataclass
class Written:
    """How many papers by kind; ``english``: sentences."""

    papers: Counter[str] = field(default_factory=Counter)
    english: int = 0

    def add(self, paper: Paper) -> None:
        """One more."""
        self.papers[paper.kind] += 1
        self.english += paper.english


def write(papers: Iterable[Paper], most: int, out: Path, formats: Iterable[str]) -> Written:
    """Write ``0001.html``, ``0001.pdf`` … and the index, as the papers come: at ``most`` so many. Raises Misuse."""
    written = Written()
    try:
        with _whole(out), _index(out / INDEX) as index, _printers(most) as pdfs:
            for batch in _batches(papers):
                first = sum(written.papers.values()) + 1
                names = [f"{number:0{max(4, len(str(most)))}d}" for number in range(first, first + len(batch))]
                if "html" in formats:
                    for name, paper in zip(names, batch, strict=True):
                        _write(out / f"{name}.html", paper.html.encode())
                if "pdf" in formats:
                    for name, made in zip(names, pdfs([paper.html for paper in batch]), strict=True):
                        _write(out / f"{name}.pdf", made)
                for name, paper in zip(names, batch, strict=True):
                    for id in paper.ids:
                        index.row((name, paper.kind, paper.language, *paper.person, id))
                    written.add(paper)
    except OSError as error:
        raise Misuse(f"--out {out} cannot be written ({error.strerror}): name a folder you may write to") from error
    return written


def _batches(papers: Iterable[Paper]) -> Iterator[list[Paper]]:
    left = iter(papers)
    while batch := list(islice(left, AT_A_TIME)):
        yield batch


@contextmanager
def _whole(out: Path) -> Iterator[None]:
    """An empty folder while papers are put in it, which is as it was before if they do not all come."""
    new = not out.exists()
    private.folder(out)
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


@contextmanager
def _printers(most: int) -> Iterator[Callable[[Sequence[str]], Iterable[bytes]]]:
    """From pages of HTML to PDFs, in their order; all cores share in many."""
    if most < FEW:
        yield lambda pages: map(pdf_of, pages)
        return
    # Ctrl-C reaches every process at once: only this one answers, and asks for no more pages.
    deaf = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(initializer=deaf)
    try:
        yield lambda pages: pool.map(pdf_of, pages)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _index(path: Path) -> Iterator[Rows]:
    """Rows of COLUMNS."""
    with private.text(path, more=os.O_EXCL) as stream:
        yield Rows(stream, COLUMNS)


def _write(path: Path, content: bytes) -> None:
    with private.new(path) as stream:
        stream.write(content)
