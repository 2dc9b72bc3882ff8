"""The steps of a pipeline that keep something between messages: what an update in place must find again by name."""

import hashlib
from collections.abc import Iterator
from typing import Any

from apache_beam.portability.api import beam_runner_api_pb2 as api
from apache_beam.portability.common_urns import deprecated_primitives, primitives

PAR_DO, GROUP = primitives.PAR_DO.urn, primitives.GROUP_BY_KEY.urn
READS = ("beam:transform:pubsub_read:v1", deprecated_primitives.READ.urn)
DIGEST = 16  # hex digits of the label that a job bears


def keeping(pipeline: Any) -> list[str]:
    """One line for each step that keeps something, in order: its name, its states and its timers."""
    return sorted(_lines(pipeline.to_runner_api()))


def digest(steps: list[str]) -> str:
    """A short name for such a list: jobs with the same one can follow each other in place."""
    return hashlib.sha256("\n".join(steps).encode()).hexdigest()[:DIGEST]


def _lines(graph: api.Pipeline) -> Iterator[str]:
    for transform in graph.components.transforms.values():
        urn = transform.spec.urn
        if urn == GROUP:
            yield f"{transform.unique_name} groups"
        elif urn in READS:
            yield f"{transform.unique_name} reads"
        elif urn == PAR_DO:
            payload = api.ParDoPayload.FromString(transform.spec.payload)
            kept = [*(f"state {name}" for name in payload.state_specs)]
            kept += [f"timer {name}" for name in payload.timer_family_specs]
            if kept:
                yield f"{transform.unique_name} keeps {', '.join(sorted(kept))}"
