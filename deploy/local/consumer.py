"""A downstream system on the same server, and the comparison of what it has with the replay of the journal."""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from google.api_core.exceptions import Cancelled, DeadlineExceeded
from google.cloud import pubsub_v1

from deploy.local.server import PROJECT
from pipelines.live.topics import subscription_to, topics_of_conclusions
from pipelines.replay import replay
from rules.law import Law
from rules.money import dollars
from rules.periods import business_day_of, iso
from schemas.avro import Container, decode_message, original_message
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction
from schemas.types import Fields

SECONDS_OF_PULL = 0.3
TIMES_EMPTY = 2  # in a row, until a topic is taken to be empty: one answer may have been lost on its way


class Consumer:
    """A downstream system: pulls what is said and keeps each id once."""

    def __init__(self) -> None:
        self.client = pubsub_v1.SubscriberClient()
        self.by_id: dict[str, dict[str, bytes]] = {kind: {} for kind in topics_of_conclusions()}
        self.pulled = 0

    def pull_until_run(self, cut_off: int) -> dict[str, dict[str, bytes]]:
        """Pull until the PayRun of the cut-off is there and all its instructions; bytes by id, by kind."""
        last = f"PayRun:{iso(business_day_of(cut_off))}"
        while last not in self.by_id["PayRun"]:
            self._pull("PayRun")
        for kind in topics_of_conclusions():
            empty = 0
            while empty < TIMES_EMPTY:
                empty = 0 if self._pull(kind) else empty + 1
        while len(self.by_id["PaymentInstruction"]) < self._instructions_said():
            self._pull("PaymentInstruction")
        return self.by_id

    def _instructions_said(self) -> int:
        """How many instructions the PayRuns count: what a consumer knows it must have."""
        runs = (decode_message(raw) for raw in self.by_id["PayRun"].values())
        return sum(total.count for run in runs if isinstance(run, PayRun) for total in run.totals)

    def _pull(self, kind: str) -> int:
        path = self.client.subscription_path(PROJECT, subscription_to(topics_of_conclusions()[kind]))
        request = {"subscription": path, "max_messages": 1000}
        try:
            received = self.client.pull(request=request, timeout=SECONDS_OF_PULL, retry=None).received_messages
        except (DeadlineExceeded, Cancelled):  # the server hangs up first where both give up at once
            return 0
        for each in received:
            self.by_id[kind].setdefault(each.message.attributes["ce-id"], each.message.data)
        if received:
            self.client.acknowledge(subscription=path, ack_ids=[each.ack_id for each in received])
        self.pulled += len(received)
        return len(received)


def compare(journal: Path, out: Path, said: dict[str, dict[str, bytes]], cut_off: int) -> int:
    """Hold what a consumer has against the replay of the journal, kind by kind, byte by byte."""
    replay(journal, out, business_day_of(cut_off), Law.load())
    replayed: dict[str, list[bytes]] = defaultdict(list)
    for kind, _, raw in _conclusions(out):
        replayed[kind].append(raw)
    different = [kind for kind in said if kind != "Rejection" and sorted(said[kind].values()) != sorted(replayed[kind])]
    if len(said["Rejection"]) != len(replayed["Rejection"]):
        different.append("Rejection")
    _print_table(said)
    if different:
        print(f"LIVE AND REPLAY DIFFER in {', '.join(different)}", file=sys.stderr)
        return 1
    print(f"live and replay agree: {len(said['PaymentInstruction']):,} instructions")
    return 0


def _conclusions(folder: Path) -> Iterator[tuple[str, Fields, bytes]]:
    for path in sorted(folder.glob("*.avro")):
        with path.open("rb") as stream:
            container = Container(stream)
            for _, record in container:
                yield container.kind, record, original_message(container)


def _print_table(said: dict[str, dict[str, bytes]]) -> None:
    found = (decode_message(raw) for raw in said["PaymentInstruction"].values())
    paid = [each for each in found if isinstance(each, PaymentInstruction)]
    counts, net = Counter(each.kind for each in paid), Counter[str]()
    for each in paid:
        net[each.kind] += each.net_cents
    for kind, count in sorted(counts.items()):
        print(f"{kind.capitalize():<12}{count:>8,} instructions{dollars(net[kind]):>16} net")
    rest = ", ".join(f"{len(of_kind):,} {kind}" for kind, of_kind in said.items() if kind != "PaymentInstruction")
    print(rest)
