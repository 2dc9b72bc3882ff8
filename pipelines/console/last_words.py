"""What a replay says last, where it is seen: what it left out, and that nothing, or not all, could be used."""

import sys
from contextlib import suppress
from pathlib import Path

from pipelines.files_below import Below, unread
from pipelines.harmless import as_line, complain
from pipelines.own_name import pasted
from pipelines.summary import Inputs

REFERENCE = ("CourseListing", "Admission")  # known from the start of any run


def nothing_due(inputs: Inputs) -> bool:
    """Whether ``--until`` is before all that can be used."""
    return inputs.not_yet_due > 0 and not inputs.rejected and not _used(inputs)


def failure(inputs: Inputs, strict: bool) -> str | None:
    """Why a replay that adds up did not do what it should; None if it did."""
    rejected, total = inputs.rejected, inputs.total
    if not rejected:
        return None
    why = "ihss-payroll validate says what to do about each"
    if not _used(inputs):
        later = f", {inputs.not_yet_due:,} not yet due" if inputs.not_yet_due else ""
        return f"nothing could be used: {rejected:,} of {total:,} inputs rejected{later}; {why}"
    return f"--strict: {rejected:,} of {total:,} inputs rejected; {why}" if strict else None


def last_words(inputs: Inputs, events: Path | str, strict: bool) -> list[str]:
    """What is said of the inputs after all else; nothing if all was read and something could be used."""
    left_out = unread(Below(events, [], inputs.ignored_files))
    nothing = None if inputs.total else f"nothing was paid: no file below {events} holds a fact"
    return [said for said in (left_out, nothing, failure(inputs, strict)) if said]


def say_last(words: list[str], in_report: bool) -> None:
    """Say it on standard error, and at the end of what was printed as well unless one terminal shows both."""
    in_report &= not (sys.stdout.isatty() and sys.stderr.isatty())
    with suppress(BrokenPipeError):  # who reads no further is told all the same
        for word in words if in_report else ():
            print(as_line(pasted(word)))
        sys.stdout.flush()
    for word in words:
        complain(word)


def _used(inputs: Inputs) -> int:
    """Facts that were used, but for reference."""
    return sum(count.used for kind, count in inputs.by_kind.items() if kind not in REFERENCE)
