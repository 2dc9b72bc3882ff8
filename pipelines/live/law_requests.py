"""A change of law that an officer confirmed, on its way into a journal whose job may be running: a file in the
journal's folder, which whoever owns the journal takes in as an entry, or refuses.

The owner gives the file another name before it takes it, so that whoever asked can take it back until then and not
after. The entry is synced before the file goes, and a file whose entry is there already only goes: a kill at any
instant leaves it as before or as after.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from fold.publications import LawPublication, PublishedLaw
from pipelines.live.clock import day_of_run
from pipelines.live.durable import made, replace, sync_folder
from pipelines.live.journal import Journal
from pipelines.live.seals import seals
from pipelines.live.segments import NO_JSON
from rules.law import Law, LawError
from schemas.journal import LAW, LAW_ORIGIN, Entry

FOLDER, ASKED, TAKING, REFUSED = "law-requests", ".json", ".taking", ".refused"
LATE = "a pay run was closed since the preview was made: look at the new one and confirm that"
OTHER_LAW = "the law was changed since the preview was made: look at the new one and confirm that"
DAMAGED = "the request is not what was written: publish again"


class LawRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be published, for which pay run (cut-off), and the seal of the one before that the preview saw."""

    publication: LawPublication
    cut_off: int
    seal: str


class TakenRequests(NamedTuple):
    """What became of the requests that lay there: published, and refused with a reason."""

    published: list[PublishedLaw]
    refused: list[str]


_decode = msgspec.json.Decoder(LawRequest).decode


def newest_seal(journal: Path) -> str:
    """SHA-256 of the seal of the last closed pay run; "": none is. Raises Damaged."""
    return next((each.mark for each in reversed(seals(journal))), "")


def ask(journal: Path, request: LawRequest) -> Path:
    """Leave a request for the job; on the disk when this returns."""
    path = made(journal / FOLDER) / f"{request.publication.mark}{ASKED}"
    replace(path, msgspec.json.encode(request))
    return path


def waits(path: Path) -> bool:
    """Is a request neither published yet nor refused?"""
    return path.exists() or path.with_suffix(TAKING).exists()


def withdraw(path: Path) -> bool:
    """Take a request back; False: whoever owns the journal takes it just now, or did."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def refusal(path: Path) -> str | None:
    """Why a request was refused; None: it was not. Told once."""
    refused = path.with_suffix(REFUSED)
    if not refused.exists():
        return None
    why = str(json.loads(refused.read_bytes()))
    refused.unlink()
    return why


def take_requests(journal: Journal, law: Law, open_run: int, now: int) -> TakenRequests:
    """Take in what lies there, one after the other. Raises OSError when the disk is full."""
    taken, folder = TakenRequests([], []), journal.folder / FOLDER
    for asked in sorted(folder.glob(f"*{ASKED}")):
        with suppress(FileNotFoundError):  # withdrawn
            asked.rename(asked.with_suffix(TAKING))
    for path in sorted(folder.glob(f"*{TAKING}")):
        why = _take(path, journal, law, open_run, now)
        if why:
            replace(path.with_suffix(REFUSED), json.dumps(why).encode())
            taken.refused.append(why)
        elif why is None:
            taken.published.append(journal.publications[-1])
            law = law.with_published(taken.published[-1].publication.documents, open_run)
        path.unlink()
        sync_folder(path.parent)
    return taken


def _take(path: Path, journal: Journal, law: Law, open_run: int, now: int) -> str | None:
    """Why a request is refused; "": it was taken before; None: it is taken."""
    try:
        request = _decode(path.read_bytes())
    except NO_JSON:
        return DAMAGED
    publication = request.publication
    if path.stem != publication.mark:
        return DAMAGED
    if any(each.publication == publication for each in journal.publications):
        return ""
    if request.cut_off != open_run or request.seal != newest_seal(journal.folder):
        return LATE
    if publication.law_version != law.version:
        return OTHER_LAW
    try:
        law.with_published(publication.documents, open_run)
    except LawError as wrong:
        return str(wrong)
    journal.append([Entry(0, now, open_run, LAW_ORIGIN, publication.raw, LAW)])
    return None


def words_of(published: PublishedLaw) -> dict[str, object]:
    """What the log says of it; not who did it."""
    found = published.publication
    return {"run": day_of_run(published.cut_off), "effective": found.effective, "sha256": found.mark}
