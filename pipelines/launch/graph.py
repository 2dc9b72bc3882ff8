"""The graph of a job as Dataflow gets it, and whether a job with another graph can be replaced in place.

Dataflow hands what a step keeps to the step of the same name. It refuses another coder or other side inputs ("Update an
existing pipeline", job compatibility check); what a step of another name kept it lets go.
"""

import hashlib
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from apache_beam.portability.api import beam_runner_api_pb2 as api
from apache_beam.portability.common_urns import composites, primitives
from google.protobuf.wrappers_pb2 import BytesValue

from fold.key_memory import VERSION
from pipelines.misuse import Misuse
from pipelines.streaming import pipeline_of

OFFLINE = ("--runner=DataflowRunner", "--dry_run=True", "--no_auth", "--temp_location=gs://nowhere/tmp")
READ = composites.PUBSUB_READ.urn
WRITE = (composites.PUBSUB_WRITE.urn, composites.PUBSUB_WRITE_V2.urn)
PICKLED = "pickled_python"
MAIN = "None"  # Beam's tag of the output that has none
KEEPS = ("state ", "timer ", "groups", "reads ", "side ")
DIGEST = 16  # hex digits of the label that a job bears


class Graph(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``version``: of the code. ``state``: version byte of what folds keep. ``steps``: by name, what a replacement must
    have too: ``reads``, ``writes``, ``groups``, ``state``, ``timer``, ``in``, ``out``, ``side``, with short coders."""

    version: str
    state: int
    steps: dict[str, list[str]]

    @property
    def keeping(self) -> list[str]:
        """One line for each step that keeps something between messages."""
        kept = {name: [each for each in has if each.startswith(KEEPS)] for name, has in self.steps.items()}
        return sorted(f"{name} {', '.join(has)}" for name, has in kept.items() if has)

    @property
    def digest(self) -> str:
        """A short name of what is kept: jobs with the same one can follow each other in place."""
        return hashlib.sha256("\n".join([str(self.state), *self.keeping]).encode()).hexdigest()[:DIGEST]


def translated(*options: str) -> Graph:
    """The graph that Dataflow would get of this code. Nothing is asked of the cloud. Raises Misuse."""
    return graph_of(pipeline_of([*OFFLINE, *options]).run().job.proto_pipeline)


def graph_of(pipeline: api.Pipeline) -> Graph:
    """What of a pipeline an update in place depends on."""
    named = [step for step in pipeline.components.transforms.values() if step.unique_name]
    steps = {step.unique_name: sorted(_has(step, pipeline.components)) for step in named if _is_leaf(step)}
    return Graph(version("ihss-payroll"), VERSION, dict(sorted(steps.items())))


def graph_in(path: Path) -> Graph:
    """The graph that a file holds. Raises Misuse."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Graph)
    except OSError:
        raise Misuse(f"{path} cannot be read: name the graph of the version that runs (deploy/graphs)") from None
    except msgspec.DecodeError as wrong:
        raise Misuse(f"{path} is no graph of a job ({wrong}): `launch graph` writes one") from None


def as_text(graph: Graph) -> str:
    """The graph as a file holds it, a line a step."""
    steps = [f"{_json(name)}: {_json(has)}" for name, has in graph.steps.items()]
    head = f'{{"version": {_json(graph.version)}, "state": {graph.state}, "steps": {{\n'
    return head + ",\n".join(steps) + "\n}}\n"


def what_would_break(old: Graph, new: Graph, renamed: Mapping[str, str] | None = None) -> list[str]:
    """In words, what would be lost or refused if a job of the new graph replaced one of the old; nothing: it can."""
    known = {_renamed(name, renamed or {}): has for name, has in old.steps.items()}
    words = [word for name, has in known.items() for word in _missing(name, has, new.steps.get(name))]
    if old.state != new.state:
        words.append(f"State is of version {old.state}, and this code reads {new.state}: the job would stop.")
    return words


def added(old: Graph, new: Graph, renamed: Mapping[str, str] | None = None) -> list[str]:
    """Steps that only the new graph has: an update allows them, and they begin with nothing."""
    return sorted(set(new.steps) - {_renamed(name, renamed or {}) for name in old.steps})


def _missing(name: str, had: list[str], has: list[str] | None) -> Iterator[str]:
    if has is None:
        yield f"{name} is gone: {_lost(had)}"
        return
    sides = [[each for each in facts if each.startswith("side ")] for facts in (had, has)]
    if sides[0] != sides[1]:
        yield f"{name} has other side inputs: an update in place is refused."
    coders = {each.rpartition(" ")[0]: each for each in has}
    for each in (each for each in had if each not in has and not each.startswith("side ")):
        place, _, coder = each.rpartition(" ")
        if place.startswith(("in", "out", "state")) and place in coders:
            yield f"{name}: {place} is no longer {coder}: an update in place is refused."
        elif not place.startswith("out"):
            yield f"{name}: no longer {each}: what it has in flight or keeps is not found again."


def _lost(had: list[str]) -> str:
    if any(each.startswith("state ") for each in had):
        return "an update in place loses its state, which is every fact not yet paid."
    return "an update in place is refused, or loses what is in flight there."


def _renamed(name: str, renamed: Mapping[str, str]) -> str:
    for before, after in renamed.items():
        if f"{name}/".startswith(f"{before}/"):
            return after + name[len(before) :]
    return name


def _is_leaf(step: Any) -> bool:
    return not step.subtransforms or step.spec.urn in (READ, *WRITE)


def _has(step: Any, parts: Any) -> Iterator[str]:
    sides: dict[str, Any] = {}
    if step.spec.urn == READ:
        payload = api.PubSubReadPayload.FromString(step.spec.payload)
        where = (payload.subscription or payload.topic).rpartition("/")[2]
        yield f"reads {where}, id {payload.id_attribute or '-'}, timestamp {payload.timestamp_attribute or '-'}"
    elif step.spec.urn in WRITE:
        yield f"writes {api.PubSubWritePayload.FromString(step.spec.payload).topic.rpartition('/')[2]}"
    elif step.spec.urn == primitives.GROUP_BY_KEY.urn:
        yield "groups"
    elif step.spec.urn == primitives.PAR_DO.urn:
        par_do = api.ParDoPayload.FromString(step.spec.payload)
        sides = dict(par_do.side_inputs)
        yield from _kept(par_do, parts)
    coders = {tag: _coder(parts.pcollections[id].coder_id, parts) for tag, id in step.inputs.items()}
    yield from (f"side {side.access_pattern.urn.split(':')[2]} {coders[tag]}" for tag, side in sides.items())
    yield from {f"in {coder}" for tag, coder in coders.items() if tag not in sides}
    for tag, id in step.outputs.items():
        yield f"out {'' if tag == MAIN else f'{tag} '}{_coder(parts.pcollections[id].coder_id, parts)}"


def _kept(par_do: Any, parts: Any) -> Iterator[str]:
    for name, spec in par_do.state_specs.items():
        kind = str(spec.WhichOneof("spec"))
        of = getattr(spec, kind)
        coder = of.coder_id if kind == "read_modify_write_spec" else of.element_coder_id
        yield f"state {name} {kind.removesuffix('_spec')} {_coder(coder, parts)}"
    yield from (f"timer {name}" for name in par_do.timer_family_specs)


def _coder(id: str, parts: Any) -> str:
    """A coder by its short name; of one of Python's own, its class."""
    coder = parts.coders[id]
    within = [_coder(each, parts) for each in coder.component_coder_ids]
    name = coder.spec.urn.removeprefix("beam:coder:").partition(":")[0]
    if name == PICKLED:  # a length, the class, a dollar sign, and what Python makes of it
        name = BytesValue.FromString(coder.spec.payload).value.partition(b"$")[0].decode()
    return f"{name}({','.join(within)})" if within else name


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
