"""The topics and subscriptions of the house on a Pub/Sub server here: ``python -m deploy.local.topics``.

What is there already stays as it is.
"""

import sys
from contextlib import suppress

from google.api_core.exceptions import AlreadyExists
from google.cloud import pubsub_v1

from pipelines.live.topics import subscription_to, topics_of_conclusions, topics_of_facts

PROJECT = "lab-project"
ACK_SECONDS = 10  # the shortest deadline there is: what a killed job did not acknowledge comes again soon


def make_topics() -> None:
    """All topics, each with a subscription: the payroll's own to facts, and a consumer's to what is said."""
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    for name in (*topics_of_facts().values(), *topics_of_conclusions().values()):
        topic = publisher.topic_path(PROJECT, name)
        subscription = subscriber.subscription_path(PROJECT, subscription_to(name))
        with suppress(AlreadyExists):
            publisher.create_topic(name=topic)
        request = {"name": subscription, "topic": topic, "ack_deadline_seconds": ACK_SECONDS}
        with suppress(AlreadyExists):
            subscriber.create_subscription(request=request)


def main() -> int:
    """Make them on the server that PUBSUB_EMULATOR_HOST names; its client waits until it is up."""
    make_topics()
    return 0


if __name__ == "__main__":
    sys.exit(main())
