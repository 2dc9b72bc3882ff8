"""A pay run's digest of all it says, and the chain of pay runs, as the contract words them."""

import hashlib
import struct
from random import Random
from typing import Any

import pytest

from fold import content as content_module
from fold.content import content_sha256
from fold.tally import RunTotals
from pipelines.sample.simulate import simulate
from rules.documents import content
from rules.law import Law
from schemas import FACTS
from schemas.avro import encode, validate
from schemas.envelope import Fact
from tests.paid import Outcome, replay_plain, replay_stepwise
from tests.pipelines.live.drill import records_below

LAW = Law.load()
KINDS = ("PaymentInstruction", "Finding", "AdvanceReconciliation", "LeaveBalance", "BenefitHours")
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> list[Fact]:
    folder = tmp_path_factory.mktemp("county")
    simulate(folder, "17", 12, 2, "2024-07", 5, 0)
    return [FACTS[kind].model_validate(record) for kind, record in records_below(folder) if kind in FACTS]


@pytest.fixture(scope="module")
def outcome(facts: list[Fact]) -> Outcome:
    return replay_plain(facts, LAW)


def of_run(records: Rows, cut_off: int) -> dict[str, list[bytes]]:
    return {
        kind: [encode(validate(kind, each)) for each in records.get(kind, []) if each["cut_off"] == cut_off]
        for kind in KINDS
    }


def as_worded(bodies: dict[str, list[bytes]]) -> str:
    """docs/contract.md, PayRun, typed in from there."""
    whole = b"".join(struct.pack(">I", len(body)) + body for kind in KINDS for body in sorted(bodies[kind]))
    return hashlib.sha256(whole).hexdigest()


def test_each_pay_run_says_the_digest_of_what_it_says(outcome: Outcome) -> None:
    for run in outcome.records["PayRun"]:
        assert run["content_sha256"] == as_worded(of_run(outcome.records, run["cut_off"]))
    assert len({run["content_sha256"] for run in outcome.records["PayRun"]}) > 3


def test_blocks_of_many_shards_are_opened_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """In any number, of any sizes, with bodies that are alike: the digest is that of all of them, and of the blocks no
    more are open than shards made them."""
    monkeypatch.setattr(content_module, "BODIES_IN_BLOCK", 5)
    random, run, shards = Random(3), RunTotals(), 7
    bodies = [random.randbytes(random.choice((1, 2, 9))) for _ in range(700)]
    for number in range(shards):
        run.said.setdefault("Finding", []).extend(content_module._packed(sorted(bodies[number::shards])))
    sizes = []
    push = content_module.heappush
    monkeypatch.setattr(content_module, "heappush", lambda heap, one: (push(heap, one), sizes.append(len(heap))))
    expected = content_sha256({"Finding": bodies})
    assert content_module.content_of(run) == content_module.content_of(content_module.fewer_blocks(run)) == expected
    assert max(sizes) <= shards + 1 and len(run.said["Finding"]) == 700 / 5


def test_pay_runs_are_a_chain(outcome: Outcome) -> None:
    runs = outcome.records["PayRun"]
    bodies = [encode(validate("PayRun", run)) for run in runs]
    assert [run["previous_sha256"] for run in runs] == ["", *(hashlib.sha256(body).hexdigest() for body in bodies[:-1])]


def test_each_says_how_many_facts_it_has_seen(outcome: Outcome, facts: list[Fact]) -> None:
    counted = [run["facts"] for run in outcome.records["PayRun"]]
    assert counted == sorted(counted)
    assert counted[-1] == len({(fact.KIND, content(fact)) for fact in facts if fact.KIND != "CourseListing"})


def test_order_and_copies_change_none(outcome: Outcome, facts: list[Fact]) -> None:
    again = Random(3).sample([*facts, *facts[::3]], len(facts) + len(facts[::3]))
    assert replay_plain(again, LAW).records["PayRun"] == outcome.records["PayRun"]
    assert replay_stepwise(again, LAW, outcome.until, seed=3).records["PayRun"] == outcome.records["PayRun"]


@pytest.mark.parametrize("seed", range(8))
def test_no_value_can_change_unseen(outcome: Outcome, seed: int) -> None:
    random = Random(seed)
    kind = random.choice([kind for kind in KINDS if outcome.records.get(kind)])
    record = random.choice(outcome.records[kind])
    run = next(run for run in outcome.records["PayRun"] if run["cut_off"] == record["cut_off"])
    bodies = of_run(outcome.records, run["cut_off"])
    said = encode(validate(kind, record))
    body = bytearray(said)
    body[random.randrange(len(body))] ^= 1 << random.randrange(8)
    bodies[kind][bodies[kind].index(said)] = bytes(body)
    assert content_sha256(bodies) != run["content_sha256"]
