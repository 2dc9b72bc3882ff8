"""What a change of law would pay in the next pay run of a live journal: the very fold of that pay run, without the
change and with it, on a copy of what the job remembers, and on what has come so far.

Nothing is written to the journal. What is confirmed is the digest of the overlay, of all that the preview says, and of
the place in the journal that it is for: after a pay run, another change, or a fact that alters an amount, it is
another.
"""

import hashlib
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from fold.publications import LawPublication, obeying, overlay_mark, parsed
from fold.shard import Records
from pipelines.live.believed import REMEMBERED, NotAsRemembered, believed
from pipelines.live.clock import day_of_run
from pipelines.live.engine import UNFINISHED
from pipelines.live.law_requests import LawRequest
from pipelines.live.memory import CountyMemory
from pipelines.live.pay_run import PayRuns, RunLetters
from pipelines.live.seals import seals
from pipelines.live.segments import entries_of, published, run_folder, segments
from pipelines.misuse import Misuse
from pipelines.what_if.moves import OnePayment
from pipelines.what_if.standing import standing_of
from pipelines.what_if.sums import WhatIfSums
from rules.law import Law
from rules.parameters.publishing import check_publishable
from rules.periods import cut_off_after, iso
from schemas import private
from schemas.finding import Finding
from schemas.journal import Entry
from schemas.payment_instruction import PaymentInstruction

NOT_CLOSED = "its first pay run is not closed yet: start its job with --law and the folder instead"
BEHIND = (
    "what its job remembers is of another code or law, or a pay run is being closed just now: name the job's own --law,"
    " or start the job once, and ask again"
)
UNLIKE = (
    "what its job remembers is damaged, or not there: start the job once, which makes it anew from the journal, and ask"
    " again"
)
MEMORY = "memory.sqlite"


class LawChange(NamedTuple):
    """A change to look at: TOML by file name, the first day that it changes."""

    overlay: Mapping[str, str]
    effective: int


class LawPreview(NamedTuple):
    """``cut_off``: of the pay run that would pay it; ``seal``: of the one before; ``payments``: those that would be
    otherwise, by id; ``sums``: what comes and goes, with signs; ``came``, ``gone``: findings that only one of the two
    says, by outcome and code; ``law_version``: of the law that it is laid over."""

    change: LawChange
    cut_off: int
    seal: str
    law_version: str
    payments: list[OnePayment]
    sums: WhatIfSums
    came: dict[str, int]
    gone: dict[str, int]

    @property
    def digest(self) -> str:
        """What is confirmed (hex)."""
        said = [
            overlay_mark(dict(self.change.overlay)), self.change.effective, self.cut_off, self.seal, self.law_version,
            self.payments, sorted(self.came.items()), sorted(self.gone.items()),
        ]  # fmt: skip
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()

    @property
    def net_cents(self) -> int:
        """What the pay run pays more."""
        return sum(each.net_after - each.net_before for each in self.payments)

    @property
    def gross_cents(self) -> int:
        """The same before deductions."""
        return sum(each.gross_after - each.gross_before for each in self.payments)

    def request(self, by: str, at: int) -> LawRequest:
        """What to leave for the journal's owner, once it is confirmed."""
        overlay = dict(self.change.overlay)
        effective, mark = iso(self.change.effective), overlay_mark(overlay)
        publication = LawPublication(by, at, effective, overlay, mark, self.digest, self.law_version)
        return LawRequest(publication, self.cut_off, self.seal)


def preview(journal: Path, base: Law, change: LawChange) -> LawPreview:
    """Look at a change of law. ``base``: the law that the job was given. Raises Misuse, LawError, Damaged."""
    documents = parsed(dict(change.overlay))
    check_publishable(documents, change.effective)
    law, known = obeying(base, published(journal)), seals(journal)
    if not known:
        raise Misuse(f"--journal {journal}: {NOT_CLOSED}")
    with _remembered(journal, base) as memory:
        told = memory.told()
        if told is None or day_of_run(told.cut_off) != known[-1].day:
            raise Misuse(f"--journal {journal}: {BEHIND}")
        cut_off = cut_off_after(told.cut_off)
        changed, entries = law.with_published(documents, cut_off), _entries(journal, cut_off)
        runs = [_folded(memory, each, cut_off, entries) for each in (law, changed)]
    before, after = (_records(run) for run in runs)
    sums = WhatIfSums()
    for sign, records in ((-1, before), (1, after)):
        sums.add(sign, records, {}, standing_of({}))
    came, gone = _findings(after) - _findings(before), _findings(before) - _findings(after)
    payments = [*_otherwise(before, after)]
    return LawPreview(
        change, cut_off, known[-1].mark, law.version, payments, sums, _by_code(came), _by_code(gone)
    )  # fmt: skip


@contextmanager
def _remembered(journal: Path, base: Law) -> Iterator[CountyMemory]:
    """A copy of what the job remembers, as of its last pay run, held to what it was then. Raises Misuse."""
    with tempfile.TemporaryDirectory(dir=journal, prefix=UNFINISHED) as name:
        folder = Path(name)
        try:
            while not _copied(journal, folder):
                pass  # a pay run was committed meanwhile
            memory = CountyMemory(folder, base)
            try:
                memory.check()
                with believed():
                    yield memory
            finally:
                memory.close()
        except NotAsRemembered:
            raise Misuse(f"--journal {journal}: {UNLIKE}") from None


def _copied(journal: Path, folder: Path) -> bool:
    """Copy the memory, and which digests the journal knows of it; False: these were others when that was done. Raises
    NotAsRemembered."""
    known = _known(journal)
    with believed():
        source = sqlite3.connect(f"{(journal / MEMORY).absolute().as_uri()}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(folder / MEMORY)) as copy:
            source.backup(copy)
    private.written(folder / REMEMBERED, known)
    return known == _known(journal)


def _known(journal: Path) -> bytes:
    try:
        return (journal / REMEMBERED).read_bytes()
    except FileNotFoundError:
        raise NotAsRemembered from None


def _entries(journal: Path, cut_off: int) -> list[Entry]:
    return [entry for path in segments(run_folder(journal, cut_off)) for entry in entries_of(path, is_open=True)]


def _folded(memory: CountyMemory, law: Law, cut_off: int, entries: list[Entry]) -> RunLetters:
    memory.law = law
    return PayRuns(memory).fold(cut_off, entries)


def _records(run: RunLetters) -> Records:
    found: Records = {}
    for letter in run.letters:
        if letter.kind in (PaymentInstruction.KIND, Finding.KIND):
            record = letter.record
            assert isinstance(record, PaymentInstruction | Finding), "its kind says so"
            found.setdefault(letter.kind, []).append(record)
    return found


def _otherwise(before: Records, after: Records) -> Iterator[OnePayment]:
    was, now = (_paid(each) for each in (before, after))
    for id in sorted({*was, *now}):
        one, other = was.get(id, (0, 0)), now.get(id, (0, 0))
        if one != other:
            yield OnePayment(id, one[0], other[0], one[1], other[1])


def _paid(records: Records) -> dict[str, tuple[int, int]]:
    paid = (each for each in records.get(PaymentInstruction.KIND, []) if isinstance(each, PaymentInstruction))
    return {each.instruction_id: (each.gross_cents, each.net_cents) for each in paid}


def _findings(records: Records) -> Counter[tuple[str, ...]]:
    """What is said of findings: outcome and code, whether it is taken back, and which."""
    said = (each for each in records.get(Finding.KIND, []) if isinstance(each, Finding))
    return Counter(
        (f"{each.outcome} {each.code}", str(each.cleared), each.finding_id, str(each.minutes)) for each in said
    )


def _by_code(found: Counter[tuple[str, ...]]) -> dict[str, int]:
    counts = Counter(f"{code} taken back" if cleared == "True" else code for code, cleared, *_ in found.elements())
    return dict(sorted(counts.items()))
