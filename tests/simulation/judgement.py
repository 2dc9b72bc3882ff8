"""At the end of a life: what the consumer has, held to what deciding from scratch says of the journal."""

from pathlib import Path
from typing import Any

from pipelines.live.accepted import accepted
from pipelines.live.clock import day_of_run
from pipelines.live.segments import entries_of
from rules.law import Law
from schemas import CONCLUSIONS
from schemas.avro import fields_of
from schemas.journal import FOLDER, TAKEN
from tests.paid import replay_folder
from tests.pipelines.live.drill import in_order
from tests.simulation.transport import Consumer, Topic, Wrong

Records = dict[str, list[dict[str, Any]]]


def judged(journal: Path, law: Law, until: int, topic: Topic, consumer: Consumer, restored: bool, stood: bool) -> int:
    """How many providers were paid. ``restored``: the journal was put back, so that messages came again, of which one
    may have been refused before; ``stood``: pay runs stand that were sent on more than it knew. Raises Wrong."""
    paths = sorted((journal / FOLDER).rglob("*.avro"))
    closed = [path for path in paths if path.parent.name <= day_of_run(until)]  # of an open run nothing was sent yet
    names = [str(path.relative_to(journal)) for path in closed]
    outcome = replay_folder(journal, names, law, until)
    _nothing_is_lost(paths, topic)
    said: Records = {kind: [] for kind in CONCLUSIONS}
    for letter in consumer.letters.values():
        said[letter.kind].append(fields_of(letter.record))
    if stands := accepted(journal):
        _worth_is_the_same(said, outcome.records, stands[-1].until)
    else:
        _all_is_the_same(said, outcome.records, ("PayRun",) if stood else (), restored)
    return len({each["provider_id"] for each in said["PaymentInstruction"] if each["provider_id"]})


def _all_is_the_same(said: Records, decided: Records, but: tuple[str, ...], restored: bool) -> None:
    """``but``: kinds that count what came. When messages came again, a refusal was said again, or does not hold."""
    for kind in CONCLUSIONS:
        sent, wanted = in_order(said[kind]), in_order(decided.get(kind, []))
        held = all(each in sent for each in wanted) if kind == "Rejection" and restored else sent == wanted
        if kind not in but and not held:
            raise Wrong(f"{kind}: what was sent is not what deciding from scratch says")


def _worth_is_the_same(said: Records, decided: Records, until: int) -> None:
    """Something stands that an older journal would have said otherwise: what each statement came to is the same. But
    for an advance that was given by a pay run that stands (up to ``until``): a month that opened before its
    authorization came again is decided from scratch as paid in arrears (ADV-3)."""
    found, wanted = (_to_date(each["PaymentInstruction"]) for each in (said, decided))
    given = (each for each in said["PaymentInstruction"] if each["kind"] == "ADVANCE" and each["cut_off"] <= until)
    for id in {each["statement_id"] for each in given} - wanted.keys():
        found.pop(id, None)
    if found != wanted:
        raise Wrong("what statements came to is not what deciding from scratch says, after a backup was put back")


def _to_date(instructions: list[dict[str, Any]]) -> dict[str, int]:
    ordered = sorted(instructions, key=lambda each: (each["cut_off"], each["sequence"]))
    to_date = {each["statement_id"]: each["gross_to_date_cents"] for each in ordered}
    return {id: cents for id, cents in to_date.items() if cents}  # what was said and taken back is as if it never was


def _nothing_is_lost(segments: list[Path], topic: Topic) -> None:
    if topic.waiting:
        raise Wrong(f"{len(topic.waiting)} messages were never taken")
    whole = b"".join(path.read_bytes() for path in segments)
    lost = [id for id, (message, _) in topic.acknowledged.items() if message.raw not in whole]
    kept = sum(each.reason != TAKEN for path in segments for each in entries_of(path))
    if lost or kept < sum(message.is_fact for message, _ in topic.acknowledged.values()):  # junk of a file is one input
        raise Wrong(f"{len(lost)} messages were acknowledged and are not in the journal")
