"""Is all well after a pay run? Asked of Pub/Sub (what was said), Dataflow (does it run) and Monitoring (what waits).

Pub/Sub's part works on any server that speaks its protocol. Nothing in the subscriptions ``<topic>.check`` is ever
acknowledged: messages are given back, so that the same can be asked again while they are kept (a week).
"""

import hashlib
import os
from collections.abc import Generator, Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from google.api_core.exceptions import Cancelled, DeadlineExceeded, GoogleAPICallError
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import pubsub_v1

from pipelines.live.clock import machine_clock
from pipelines.live.topics import topics_of_conclusions
from pipelines.misuse import Misuse
from rules.money import dollars
from rules.periods import (
    MILLIS_IN_SECOND,
    business_day_of,
    civil_day,
    cut_off_of,
    is_business_day,
    iso,
    previous_business_day,
)
from schemas.avro import Unreadable
from schemas.cloud_journal import Delivery, record_of

CHECKED = ("PayRun", "PaymentInstruction", "Rejection")
SUFFIX = ".check"
AT_ONCE, SECONDS_OF_PULL, TIMES_EMPTY = 1000, 5.0, 2
SECONDS_HERE = 0.3  # a server on this machine answers at once
EMULATOR = "PUBSUB_EMULATOR_HOST"


class Check(NamedTuple):
    """One answer. ``well``: None where it could not be asked. ``says`` names no person."""

    name: str
    well: bool | None
    says: str


class Said(NamedTuple):
    """What was said since the pay run before: records by kind, with when they were published (instants)."""

    runs: dict[int, tuple[Any, int]]
    instructions: dict[str, Any]
    rejections: int


def cut_off_asked(day: int | None) -> int:
    """The cut-off of a business day; None: of the last one that is over. Raises Misuse."""
    if day is None:
        today = civil_day(machine_clock())
        return cut_off_of(previous_business_day(today))
    if not is_business_day(day):
        raise Misuse(f"--run {iso(day)} is no business day: name one, such as {iso(previous_business_day(day))}")
    return cut_off_of(day)


def checks(project: str, region: str | None, job: str, cut_off: int, rejections: int) -> list[Check]:
    """All answers about one pay run. Raises Misuse if Pub/Sub cannot be asked."""
    said = read(project, cut_off, region)
    here = EMULATOR in os.environ
    found = [pay_run_there(said, cut_off), complete(said, cut_off), few_rejections(said, rejections)]
    if region is None or here:
        found.append(Check("job", None, "The job was not asked for: there is no Dataflow beside this server."))
    else:
        found.append(_job(project, region, job))
    if here:
        return [
            *found,
            Check("backlog", None, "What waits was not asked for: there is no Monitoring beside this server."),
        ]
    from pipelines.launch.backlog import backlog

    return [*found, backlog(project)]


def pay_run_there(said: Said, cut_off: int) -> Check:
    """Was the pay run closed, and when?"""
    day = iso(business_day_of(cut_off))
    if cut_off not in said.runs:
        return Check("pay_run", False, f"No PayRun of {day} was published.")
    late = max(0, said.runs[cut_off][1] - cut_off) // (60 * MILLIS_IN_SECOND)
    return Check("pay_run", True, f"The pay run of {day} was closed {late:,} minutes after its cut-off.")


def complete(said: Said, cut_off: int) -> Check:
    """Are all instructions that the pay run counts here, and no other?"""
    if cut_off not in said.runs:
        return Check("complete", False, "Without a PayRun nobody can say what should be here.")
    run, _ = said.runs[cut_off]
    paid = {id: each for id, each in said.instructions.items() if each.cut_off == cut_off}
    ids = sorted(id.encode() for id in paid)
    sha256 = hashlib.sha256(b"".join(id + b"\n" for id in ids)).hexdigest()
    counted = sum(total.count for total in run.totals)
    net = dollars(sum(each.net_cents for each in paid.values()))
    if len(ids) != counted:
        return Check("complete", False, f"{len(ids):,} instructions are here, the PayRun counts {counted:,}.")
    if sha256 != run.instructions_sha256:
        return Check("complete", False, f"{counted:,} instructions are here, but not those that the PayRun counts.")
    return Check("complete", True, f"All {counted:,} instructions are here, {net} net, and their SHA-256 agrees.")


def few_rejections(said: Said, most: int) -> Check:
    """Do sources send what can be used?"""
    return Check(
        "rejections", said.rejections <= most, f"{said.rejections:,} events were rejected since the pay run before."
    )


def read(project: str, cut_off: int, region: str | None = None) -> Said:
    """What was said since the pay run before. ``region``: where topics live that are read nowhere else. Raises
    Misuse."""
    try:
        client = _client(region)
    except DefaultCredentialsError:
        from pipelines.launch.dataflow import WHO

        raise Misuse(WHO) from None
    since = cut_off_of(previous_business_day(business_day_of(cut_off)))
    said = Said({}, {}, 0)
    with client:
        for kind in CHECKED:
            path = client.subscription_path(project, f"{topics_of_conclusions()[kind]}{SUFFIX}")
            with closing(_deliveries(client, path, kind, since)) as deliveries:
                said = _with(said, kind, deliveries)
    return said


def _client(region: str | None) -> Any:
    if region is None or EMULATOR in os.environ:
        return pubsub_v1.SubscriberClient()
    return pubsub_v1.SubscriberClient(client_options={"api_endpoint": f"{region}-pubsub.googleapis.com:443"})


def _with(said: Said, kind: str, deliveries: Iterable[Delivery]) -> Said:
    ids = set()
    for delivery in deliveries:
        if kind == "Rejection":
            ids.add(delivery.attributes.get("ce-id", delivery.origin))
            continue
        try:
            record: Any = record_of(delivery)
        except Unreadable as wrong:
            raise Misuse(f"{delivery.origin} is no {kind} ({wrong.reason}): who else publishes on its topic?") from None
        if kind == "PayRun":
            said.runs.setdefault(record.cut_off, (record, delivery.arrived_at))
        else:
            said.instructions.setdefault(record.instruction_id, record)
    return said._replace(rejections=said.rejections + len(ids))


def _deliveries(client: Any, path: str, kind: str, since: int) -> Generator[Delivery, None, None]:
    """All messages of a subscription published since an instant; they are given back."""
    seconds = SECONDS_HERE if EMULATOR in os.environ else SECONDS_OF_PULL
    empty, held = 0, []
    try:
        while empty < TIMES_EMPTY:
            received = _pulled(client, path, seconds)
            empty = 0 if received else empty + 1
            held.append([each.ack_id for each in received])
            for each in received:
                at = int(each.message.publish_time.timestamp() * MILLIS_IN_SECOND)
                name = f"{path.rpartition('/')[2]}/{each.message.message_id}"
                if at >= since:
                    yield Delivery(name, at, kind, dict(each.message.attributes), each.message.data)
    except GoogleAPICallError as refused:
        remedy = "was Terraform applied, and may you read it?"
        raise Misuse(f"{path} cannot be read ({type(refused).__name__}): {remedy}") from None
    finally:
        for ids in filter(None, held):
            with suppress(GoogleAPICallError):  # then they come again by themselves
                client.modify_ack_deadline(subscription=path, ack_ids=ids, ack_deadline_seconds=0)


def _pulled(client: Any, path: str, seconds: float) -> list[Any]:
    try:
        request = {"subscription": path, "max_messages": AT_ONCE}
        return list(client.pull(request=request, timeout=seconds, retry=None).received_messages)
    except (DeadlineExceeded, Cancelled):
        return []


def _job(project: str, region: str, job: str) -> Check:
    from pipelines.launch.dataflow import Cloud
    from pipelines.launch.plan import Asked

    found = Cloud().running(Asked(project, region, job))
    if found is None:
        return Check("job", False, f"No job {job} runs in {region}.")
    state = found.current_state.name.removeprefix("JOB_STATE_").lower()
    hours = (datetime.now(UTC) - found.create_time) // timedelta(hours=1)
    return Check("job", state == "running", f"Job {job} is {state}, launched {hours:,} hours ago.")
