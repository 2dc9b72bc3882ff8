"""A law that a streaming job is to be updated with: whether it comes in time, and what its first pay run would pay.

Nobody can look into the state of such a job. Its journal says what it has decided, and an update decides everybody by
a value that becomes known later (docs/dataflow.md): so both laws are folded over the journal, up to the pay run that
is the first to know, as if nothing else came before it.
"""

from pathlib import Path

from fold.key import is_look
from pipelines.job_options import all_decided_by
from pipelines.live.clock import day_of_run
from pipelines.misuse import Misuse
from pipelines.overlays.differences import Decided, decided_otherwise
from pipelines.what_if.compare import compare
from pipelines.what_if.publishing import LawChange, LawPreview
from pipelines.what_if.sums import WhatIfSums
from pipelines.what_if.variant import Variant
from rules.law import Law
from rules.periods import business_day_of, cut_off_after, cut_off_of, iso, previous_business_day

NOT_KNOWN_LATER = (
    "no value becomes known to a pay run that is still to come, so nobody is decided by it without a new fact: let"
    " `published` be the last day of a month"
)


def last_over(now: int) -> int:
    """The cut-off of the last pay run that is over at an instant."""
    return cut_off_of(previous_business_day(business_day_of(cut_off_after(now))))


def late(before: Law, after: Law, now: int) -> str | None:
    """Why an update comes too late at an instant; None: it does not. A value that the last pay run already answers
    otherwise, on a day that was worked by then, is obeyed only by those about whom a new fact comes."""
    last = last_over(now)
    found = decided_otherwise(before, after, last)
    return said_late(found, last) if found else None


def said_late(found: list[Decided], last: int) -> str:
    """In words."""
    name, day = found[0]
    others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return (
        f"{name} from {iso(day)}{others} is otherwise for the pay run of {day_of_run(last)} already, which is over:"
        " whoever was decided keeps it until a new fact comes. Let `published` be the last day of a month that is not"
        " over, or cancel the job and resume"
    )


def first_to_know(before: Law, after: Law, now: int) -> int:
    """The cut-off of the first pay run that knows what the law before does not. Raises Misuse if there is none to come,
    or if it would not decide everybody."""
    last = last_over(now)
    coming = sorted(each for each in {*after.publications} - {*before.publications} if each > last)
    if not coming:
        raise Misuse(NOT_KNOWN_LATER)
    if not is_look(coming[0]):
        raise Misuse(all_decided_by(coming[0]))
    return coming[0]


def preview_of_update(journal: Path, before: Law, after: Law, cut_off: int, scratch: Path) -> LawPreview:
    """What the pay run would pay by the law ``after`` and would not by ``before``. ``journal``: a folder with what the
    job's journal holds; ``scratch``: a folder that is made, and gone afterwards. Raises FactRefused."""
    found = compare(journal, before, [Variant("", after)], scratch, cut_off)
    [variant] = found.variants
    came, gone = (
        {f"{outcome} {code}": many[place] for (outcome, code), many in variant.moves.findings.items()}
        for place in (0, 1)
    )
    begins = min((day for _, day in decided_otherwise(before, after, cut_off)), default=business_day_of(cut_off))
    payments = sorted(variant.moves.payments, key=lambda each: each.instruction_id)
    return LawPreview(
        LawChange({}, begins),
        cut_off,
        "",
        before.version,
        payments,
        _difference(found.baseline, variant.sums),
        came,
        gone,
    )


def _difference(before: WhatIfSums, after: WhatIfSums) -> WhatIfSums:
    """What is more, and with a sign what is less."""
    less = {
        name: {of: [-each for each in amounts] for of, amounts in getattr(before, name).items()}
        for name in before.__struct_fields__
    }
    return WhatIfSums(**less).merge(after)
