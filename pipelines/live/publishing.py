"""Pub/Sub as a sink: records are published; what was not confirmed is published again."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from google.api_core.exceptions import NotFound, PermissionDenied
from google.cloud import pubsub_v1

from pipelines.live.clock import day_of
from pipelines.live.outbox import Letter, NotSent
from pipelines.live.pubsub import AT_ONCE, BROKEN, SECONDS_OF_ANSWER
from pipelines.live.topics import topics_of_conclusions
from pipelines.misuse import Misuse
from rules.periods import MILLIS_IN_SECOND, cut_off_of
from schemas.avro import PREFIX


class TopicsOut:
    """Records to the topics of conclusions, with the attributes of CloudEvents. ``client``: of Pub/Sub. Raises Misuse.

    A topic that holds messages to a schema takes plain Avro, for a schema knows no head of a single object; any other
    takes single-object messages.
    """

    def __init__(self, project: str, client: pubsub_v1.PublisherClient | None = None) -> None:
        self._client = client or pubsub_v1.PublisherClient()
        self._topics = {kind: self._client.topic_path(project, name) for kind, name in topics_of_conclusions().items()}
        self._has_schema: dict[str, bool] = {}
        with suppress(NotSent):  # asked again before anything is sent
            self._ask()

    def send(self, run: str, letters: list[Letter], first: int, confirm: Callable[[int], None]) -> None:
        """Publish; the PayRun when all before it has arrived. Raises NotSent."""
        self._ask()
        time = datetime.fromtimestamp(cut_off_of(day_of(run)) / MILLIS_IN_SECOND, UTC).isoformat()
        while first < len(letters):
            last = min(first + AT_ONCE, _end_of_part(letters, first))
            futures = [self._publish(letter, time) for letter in letters[first:last]]
            try:
                for future in futures:
                    future.result(timeout=SECONDS_OF_ANSWER)
            except (*BROKEN, TimeoutError) as broken:
                raise NotSent(type(broken).__name__) from None
            confirm(last)
            first = last

    def said(self, run: str) -> list[Letter] | None:
        """A topic gives nothing back."""
        return None

    def close(self) -> None:
        """Let go of connections."""
        self._client.stop()

    def _ask(self) -> None:
        """Ask each topic, once, whether it has a schema."""
        for kind in self._topics.keys() - self._has_schema.keys():
            path = self._topics[kind]
            try:
                topic = self._client.get_topic(topic=path, retry=None, timeout=SECONDS_OF_ANSWER)
            except NotFound:
                raise Misuse(f"There is no topic {path}: make it (deploy/terraform does) or name its project") from None
            except PermissionDenied:
                raise Misuse(f"You may not look at {path}: ask for roles/pubsub.viewer on it") from None
            except BROKEN as broken:
                raise NotSent(type(broken).__name__) from None
            self._has_schema[kind] = bool(topic.schema_settings.schema)

    def _publish(self, letter: Letter, time: str) -> pubsub_v1.publisher.futures.Future:
        body = letter.body[PREFIX:] if self._has_schema[letter.kind] else letter.body
        return self._client.publish(self._topics[letter.kind], body, **attributes(letter.kind, letter.id, time))


def attributes(kind: str, id: str, time: str, source: str = "ihss-payroll") -> dict[str, str]:
    """CloudEvents 1.0 attributes of a message."""
    named = {"specversion": "1.0", "id": id, "source": source, "type": f"ihss.v1.{kind}", "time": time}
    return {f"ce-{name}": value for name, value in named.items()}


def _end_of_part(letters: list[Letter], first: int) -> int:
    """PayRuns go alone."""
    if letters[first].kind == "PayRun":
        return first + 1
    return next((place for place in range(first, len(letters)) if letters[place].kind == "PayRun"), len(letters))
