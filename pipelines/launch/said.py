"""What was said since a pay run, read from the subscriptions ``<topic>.check``.

A subscription is sought back to the pay run and what is read is acknowledged: the topic keeps it, so the same can be
asked again. An empty answer says little, since Pub/Sub may give one while messages wait: reading ends when nothing
comes for a while, and not soon while a PayRun counts instructions that are not here. (Google's server in memory cannot
be sought back; there messages are given back instead.)
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

from google.api_core.exceptions import Cancelled, DeadlineExceeded, GoogleAPICallError
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import pubsub_v1

from pipelines.live.clock import Clock, machine_clock
from pipelines.live.topics import topics_of_conclusions
from pipelines.misuse import Misuse
from rules.periods import MILLIS_IN_SECOND, business_day_of, cut_off_of, previous_business_day
from schemas.avro import Unreadable
from schemas.cloud_journal import Delivery, record_of
from schemas.ids import origin_of_message
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction

SUFFIX = ".check"
AT_ONCE, SECONDS_OF_PULL = 1000, 5.0
SECONDS_HERE = 0.3  # a server on this machine answers at once
QUIET, PATIENT = 3, 24  # empty answers in a row: until nothing more is expected, and while something is
DAYS_KEPT = 31
EMULATOR = "PUBSUB_EMULATOR_HOST"


class LaunchSaid(NamedTuple):
    """What was said: records by cut-off and id, runs with when they were published (instants)."""

    runs: dict[int, tuple[PayRun, int]]
    instructions: dict[str, PaymentInstruction]
    rejections: set[str]

    def counted(self, cut_off: int) -> int:
        """How many instructions of a pay run its PayRun counts and are not here."""
        if cut_off not in self.runs:
            return 0
        here = sum(each.cut_off == cut_off for each in self.instructions.values())
        return max(0, sum(total.count for total in self.runs[cut_off][0].totals) - here)


def read(
    project: str,
    cut_off: int,
    region: str | None = None,
    client: pubsub_v1.SubscriberClient | None = None,
    clock: Clock = machine_clock,
) -> LaunchSaid:
    """What was said of a pay run, and what was rejected since the one before. ``region``: where topics live that are
    read nowhere else; ``client``: another way to ask, for tests. Raises Misuse."""
    here = EMULATOR in os.environ
    if not here and cut_off < clock() - DAYS_KEPT * 86_400 * MILLIS_IN_SECOND:
        raise Misuse(f"Topics keep what was said for {DAYS_KEPT} days: ask BigQuery's ihss_payroll.pay_runs")
    said, before = LaunchSaid({}, {}, set()), cut_off_of(previous_business_day(business_day_of(cut_off)))
    expected: dict[str, tuple[int, Callable[[], bool]]] = {
        "PayRun": (cut_off, lambda: cut_off not in said.runs),
        "PaymentInstruction": (cut_off, lambda: said.counted(cut_off) > 0),
        "Rejection": (before, lambda: False),
    }
    with client or _client(region) as subscriber:
        for kind, (since, more) in expected.items():
            name = f"projects/{project}/subscriptions/{topics_of_conclusions()[kind]}{SUFFIX}"
            with closing(_Subscription(subscriber, name, kind, here)) as subscription:
                for delivery in subscription.since(since, more):
                    _add(said, kind, delivery)
    return said


def _client(region: str | None) -> pubsub_v1.SubscriberClient:
    try:
        if region is None or EMULATOR in os.environ:
            return pubsub_v1.SubscriberClient()
        return pubsub_v1.SubscriberClient(client_options={"api_endpoint": f"{region}-pubsub.googleapis.com:443"})
    except DefaultCredentialsError:
        from pipelines.launch.dataflow import WHO

        raise Misuse(WHO) from None


def _add(said: LaunchSaid, kind: str, delivery: Delivery) -> None:
    if kind == "Rejection":
        said.rejections.add(delivery.attributes.get("ce-id", delivery.origin))
        return
    try:
        record = record_of(delivery)
    except Unreadable as wrong:
        raise Misuse(f"{delivery.origin} is no {kind} ({wrong.reason}): who else publishes on its topic?") from None
    if isinstance(record, PayRun):
        said.runs.setdefault(record.cut_off, (record, delivery.arrived_at))
    elif isinstance(record, PaymentInstruction):
        said.instructions.setdefault(record.instruction_id, record)


class _Subscription:
    """One that is read from an instant on. ``here``: on a server of this machine, which cannot be sought back."""

    def __init__(self, client: pubsub_v1.SubscriberClient, name: str, kind: str, here: bool) -> None:
        self.client, self.name, self.kind, self.here = client, name, kind, here
        self.held: list[list[str]] = []

    def since(self, instant: int, more: Callable[[], bool]) -> Iterator[Delivery]:
        """All messages published since an instant. ``more``: is something still expected? Raises Misuse."""
        empty = 0
        try:
            if not self.here:
                time = datetime.fromtimestamp(instant / MILLIS_IN_SECOND, UTC)
                self.client.seek(request={"subscription": self.name, "time": time})
            while empty < (PATIENT if more() and not self.here else QUIET):
                received = self._pulled()
                empty = 0 if received else empty + 1
                self._taken([each.ack_id for each in received])
                yield from (each for each in map(self._delivery, received) if each.arrived_at >= instant)
        except GoogleAPICallError as refused:
            remedy = "was Terraform applied, and may you read it?"
            raise Misuse(f"{self.name} cannot be read ({type(refused).__name__}): {remedy}") from None

    def close(self) -> None:
        """Give back what was not acknowledged."""
        for ids in self.held:
            try:
                self.client.modify_ack_deadline(subscription=self.name, ack_ids=ids, ack_deadline_seconds=0)
            except GoogleAPICallError:  # then they come again by themselves
                return

    def _pulled(self) -> list[pubsub_v1.types.ReceivedMessage]:
        try:
            request = {"subscription": self.name, "max_messages": AT_ONCE}
            seconds = SECONDS_HERE if self.here else SECONDS_OF_PULL
            return list(self.client.pull(request=request, timeout=seconds, retry=None).received_messages)
        except (DeadlineExceeded, Cancelled):
            return []

    def _delivery(self, received: pubsub_v1.types.ReceivedMessage) -> Delivery:
        at = int(received.message.publish_time.timestamp() * MILLIS_IN_SECOND)
        name = origin_of_message(self.name, received.message.message_id)
        return Delivery(name, at, self.kind, dict(received.message.attributes), received.message.data)

    def _taken(self, ids: list[str]) -> None:
        if self.here and ids:
            self.held.append(ids)
        elif ids:
            self.client.acknowledge(subscription=self.name, ack_ids=ids)
