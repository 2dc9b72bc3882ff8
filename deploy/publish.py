"""Facts of a folder published to the cloud's topics, as a source does: ``python -m deploy.publish FOLDER launch.json``;
with a day (YYYY-MM-DD) after it, only what was recorded up to that day.

Plain Avro in binary, to the address of the topics' region; or, where PUBSUB_EMULATOR_HOST names a server, to that one:
``python -m deploy.publish FOLDER PROJECT``. For the first trial and for drills: they arrive now, whenever they were
recorded.
"""

import os
import sys
from collections import Counter
from pathlib import Path

from google.auth.exceptions import DefaultCredentialsError
from google.cloud import pubsub_v1

from pipelines.launch.dataflow import WHO
from pipelines.launch.options import Options, options_in
from pipelines.live.publishing import attributes
from pipelines.live.topics import topics_of_facts
from pipelines.misuse import Misuse, day_asked
from rules.periods import civil_day
from schemas.avro import Container, Unreadable, encode, validate
from schemas.types import Fields

EMULATOR = "PUBSUB_EMULATOR_HOST"
SECONDS_AT_MOST = 60
NAME = "trial"


def publish(
    folder: Path, options: Options, client: pubsub_v1.PublisherClient | None = None, until: int | None = None
) -> Counter[str]:
    """Publish every fact below a folder; how many of each kind. ``until``: the last day of recording (None: all);
    ``client``: another way there, for tests. Raises Misuse for a file that holds something else."""
    client = client or _client(options.region)
    sent = []
    for path in sorted(folder.rglob("*.avro")):
        try:
            with path.open("rb") as stream:
                container = Container(stream)
                if container.kind not in topics_of_facts():
                    continue
                due = (record for _, record in container if until is None or _day(record) <= until)
                sent += [(container.kind, _published(client, options.project, container.kind, each)) for each in due]
        except Unreadable as wrong:
            raise Misuse(f"{path}: {wrong}") from None
    for _, future in sent:
        future.result(timeout=SECONDS_AT_MOST)
    return Counter(kind for kind, _ in sent)


def _day(record: Fields) -> int:
    return civil_day(int(str(record["recorded_at"])))


def _client(region: str) -> pubsub_v1.PublisherClient:
    try:
        return pubsub_v1.PublisherClient(client_options={"api_endpoint": f"{region}-pubsub.googleapis.com:443"})
    except DefaultCredentialsError:
        raise Misuse(WHO) from None


def _published(
    client: pubsub_v1.PublisherClient, project: str, kind: str, record: Fields
) -> pubsub_v1.publisher.futures.Future:
    fact = validate(kind, record)
    topic = client.topic_path(project, topics_of_facts()[kind])
    return client.publish(topic, encode(fact), **attributes(kind, str(record["event_id"]), "", NAME))


def main(arguments: list[str]) -> int:
    """Exit code 2 where it was asked wrongly."""
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        folder, named, *days = arguments
        until = day_asked(days[0], "the day") if days else None
        options = Options(named, "here") if EMULATOR in os.environ else options_in(Path(named))
        counts = publish(Path(folder), options, until=until)
    except Misuse as wrong:
        print(wrong, file=sys.stderr)
        return 2
    for kind, count in sorted(counts.items()):
        print(f"{kind:<24}{count:>8,}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
