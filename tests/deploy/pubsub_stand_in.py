"""As much of Pub/Sub as a check asks, over gRPC: topics that keep messages, leases, seeking, empty answers.

The real service may answer a pull with nothing while messages wait, and gives a message back only after its lease; the
server in memory that other tests use does neither, and cannot seek.
"""

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
from google.cloud import pubsub_v1
from google.protobuf import empty_pb2
from google.pubsub_v1 import types
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport


class StandIn:
    """``kept``: by subscription, what its topic keeps. ``empty``: how many empty answers come before each full one."""

    def __init__(self) -> None:
        self.kept: dict[str, list[types.PubsubMessage]] = {}
        self.waiting: dict[str, list[int]] = {}
        self.asked: list[str] = []
        self.empty = 0
        self._turn = 0

    def publish(self, subscription: str, body: bytes, attributes: dict[str, str], at: int) -> None:
        """A message that its topic keeps; ``at``: milliseconds since 1970."""
        of_this = self.kept.setdefault(subscription, [])
        time = {"seconds": at // 1000, "nanos": at % 1000 * 1_000_000}
        message = types.PubsubMessage(data=body, attributes=attributes, message_id=str(len(of_this)), publish_time=time)
        of_this.append(message)
        self.waiting.setdefault(subscription, []).append(len(of_this) - 1)

    def pull(self, request: Any, context: Any) -> Any:
        self.asked.append("pull")
        self._turn += 1
        if self._turn % (self.empty + 1):
            context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "nothing came")
        waiting, kept = self.waiting.get(request.subscription, []), self.kept.get(request.subscription, [])
        leased, self.waiting[request.subscription] = waiting[: request.max_messages], waiting[request.max_messages :]
        received = [types.ReceivedMessage(ack_id=str(number), message=kept[number]) for number in leased]
        return types.PullResponse(received_messages=received)

    def seek(self, request: Any, context: Any) -> Any:
        self.asked.append("seek")
        kept = self.kept.get(request.subscription, [])
        since = [number for number, each in enumerate(kept) if each.publish_time >= request.time]
        self.waiting[request.subscription] = since
        return types.SeekResponse()

    def acknowledge(self, request: Any, context: Any) -> Any:
        self.asked.append("acknowledge")
        return empty_pb2.Empty()


@contextmanager
def serving_stand_in() -> Iterator[tuple[StandIn, str]]:
    """A server of it, and its address."""
    known, server = StandIn(), grpc.server(futures.ThreadPoolExecutor(2))

    def method(answer: Any, request: Any, response: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(answer, request.deserialize, response)

    methods = {
        "Pull": method(known.pull, types.PullRequest, types.PullResponse.serialize),
        "Seek": method(known.seek, types.SeekRequest, types.SeekResponse.serialize),
        "Acknowledge": method(known.acknowledge, types.AcknowledgeRequest, empty_pb2.Empty.SerializeToString),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("google.pubsub.v1.Subscriber", methods),))
    port = server.add_insecure_port("localhost:0")
    server.start()
    yield known, f"localhost:{port}"
    server.stop(None)


def client_of(address: str) -> Any:
    """Google's own client of such a server."""
    return pubsub_v1.SubscriberClient(transport=SubscriberGrpcTransport(channel=grpc.insecure_channel(address)))
