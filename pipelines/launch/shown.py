"""What a launch would do and what an update would lose, in words."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from pipelines.launch.graph import Graph, added, what_would_break
from pipelines.launch.plan import Plan, call, request_json

BUILD = (
    "docker build --platform=linux/amd64 --file deploy/dataflow/Dockerfile --build-arg BEAM_IMAGE=..."
    " --build-arg LAUNCHER_IMAGE=..."
)
"""Which images these are: docs/dataflow.md, The image. Workers are no ARM machines, whoever builds may be."""
REMEDY = (
    "Give each step its old name back, or say --renamed OLD=NEW if it only has a new one. Else cancel the job and make"
    "\nit again from its journal (docs/dataflow.md, Cancel and resume)."
)


class LaunchVerdict(NamedTuple):
    """Whether a version can replace another in place. ``broken``: what would be lost or refused, in words; ``added``:
    steps that begin with nothing."""

    running: str
    version: str
    broken: list[str]
    added: list[str]

    @property
    def text(self) -> str:
        """For people, with what to do."""
        can = "cannot" if self.broken else "can"
        lines = [*self.broken, *(f"New: {name}" for name in self.added)]
        lines.append(f"Version {self.version} {can} replace a running job of version {self.running}.")
        return "\n".join([*lines, REMEDY] if self.broken else lines)


def verdict(old: Graph, new: Graph, renamed: Mapping[str, str]) -> LaunchVerdict:
    """Of the graph of the version that runs, and of another's."""
    return LaunchVerdict(_known(old), _known(new), what_would_break(old, new, renamed), added(old, new, renamed))


def _known(graph: Graph) -> str:
    return f"{graph.version} ({graph.digest})"


def plan_shown(planned: Plan) -> str:
    """All that a launch would do, for people."""
    asked, options = planned.asked, planned.asked.options
    what = f"Would change job {options.job} in place" if asked.update else f"Would launch job {options.job}"
    lines = [
        f"{what} in {options.project}, {options.region}. Nothing is done.",
        "",
        f"Image, which must be there: {asked.worker_image}",
        f"  {BUILD} --tag {asked.worker_image} .",
        f"  docker push {asked.worker_image}",
        f"Reads {len(planned.reads)} subscriptions:",
        *(f"  {name}" for name in planned.reads),
        f"Writes {len(planned.writes)} topics:",
        *(f"  {name}" for name in planned.writes),
        f"Keeps {len(planned.graph.keeping)} steps, known as {planned.graph.digest}:",
        *(f"  {step}" for step in planned.graph.keeping),
        *(["Goes on only if the running job keeps the same steps, or --renamed names the others."] * asked.update),
        *(["Goes on only if it was launched with the same options, or --change names the others."] * asked.update),
        call(asked),
        json.dumps(request_json(planned.request), indent=2),
    ]
    return "\n".join(lines)
