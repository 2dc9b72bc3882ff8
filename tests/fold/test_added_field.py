"""A kind of fact gains a field, and a running job is updated in place (docs/dataflow.md, Schema change): what the old
version packed, in state and on its way between steps, is what the new one would have read from the same message."""

import msgspec
import pytest

from fold import door as fold_door
from fold.door import Door
from fold.key_memory import NUMBERED
from fold.rows import arrival, fact_body, fact_row
from pipelines.stepwise import Steps
from rules.law import Law
from schemas import FACTS
from schemas.envelope import Fact
from schemas.types import Fields
from tests.dense_histories import history_to_the_end
from tests.fold.test_key import bodies
from tests.paid import as_dicts, replay_plain
from tests.schemas.samples import SAMPLES

LAW = Law.load()
SEEDS = range(6)


def optional(kind: str) -> list[str]:
    """Fields with which a kind ends that have a default, as one that was added has."""
    found: list[str] = []
    for name, field in reversed(FACTS[kind].model_fields.items()):
        if field.is_required():
            break
        found.append(name)
    return found


GROWN = [kind for kind in FACTS if optional(kind)]


def older(fact: Fact) -> bytes:
    """As a version packs it that knows none of the fields with which its kind ends that say nothing here."""
    values = msgspec.msgpack.decode(fact_body(fact))
    for name in optional(fact.KIND):
        if getattr(fact, name) != FACTS[fact.KIND].model_fields[name].default:
            break
        values.pop()
    return msgspec.msgpack.encode(values)


def sample(kind: str) -> Fact:
    """One whose last fields say nothing."""
    said: Fields = {name: value for name, value in SAMPLES[kind].items() if name not in optional(kind)}
    return FACTS[kind].model_validate(said | ({"outcome": "SETTLED"} if kind == "PaymentOutcome" else {}))


def read(fact: Fact, body: bytes) -> Fields:
    """What a key takes for the fact of a body."""
    read_back: Fact = arrival(fact_row("key", 0, fact, body)).content
    return read_back.model_dump()


@pytest.mark.parametrize("kind", GROWN)
def test_what_an_older_version_packed_is_the_same_fact(kind: str) -> None:
    fact = sample(kind)
    assert len(older(fact)) < len(fact_body(fact))
    assert read(fact, older(fact)) == fact.model_dump()


@pytest.mark.parametrize("kind", FACTS)
def test_what_is_no_fact_is_none(kind: str) -> None:
    """Neither with fewer values than any version had, nor with more: state of a newer version is not guessed at."""
    fact = sample(kind)
    values = msgspec.msgpack.decode(fact_body(fact))
    for wrong in (values[: -len(optional(kind)) - 1], [*values, None]):
        with pytest.raises(ValueError):
            read(fact, msgspec.msgpack.encode(wrong))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_job_that_was_updated_says_what_a_replay_says(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fact as the old version packed it; every other one comes again and is packed by the new one."""
    history = history_to_the_end(seed, LAW)
    door = Door(1, history.until)
    packed: list[bool] = []

    def by_version(fact: Fact) -> bytes:
        body = older(fact) if is_old else fact_body(fact)
        packed.append(body != fact_body(fact))
        return body

    monkeypatch.setattr(fold_door, "fact_body", by_version)
    is_old = True
    for fact in history.facts:
        door.tally.inputs += 1
        door.admit(fact)
    is_old = False
    for fact in history.facts[::2]:
        door.tally.inputs += 1
        door.admit(fact)
    ran = Steps(door, LAW, history.until, seed).run()
    assert bodies(ran._replace(records=as_dicts(ran.records))) == bodies(
        replay_plain(history.facts, LAW, history.until)
    )
    assert sum(packed) > 3


def test_what_was_concluded_grows_in_the_same_way() -> None:
    """Structs lie as lists, and msgspec gives the fields that a shorter list lacks their defaults."""

    class Before(msgspec.Struct, array_like=True):
        cents: int

    class After(Before, array_like=True):
        minutes: int = 7

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(Before(1)), type=After) == After(1, 7)
    assert all(struct.__struct_config__.array_like for struct in NUMBERED)
