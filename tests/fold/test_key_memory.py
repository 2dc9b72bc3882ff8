"""State as it lies: a version in front, a layout that a job made yesterday can still read, small through the years."""

import sys
from pathlib import Path
from statistics import median

import msgspec
import pytest

from fold import key_memory, opening, squeezing
from fold.door import Door
from fold.key import KeyFold
from fold.key_memory import NUMBERED, VERSION, StateFromElsewhere, Unread, Waiting, opened, remembered
from fold.rows import fact_body, fact_row
from fold.stages import routes
from pipelines.sample.simulate import simulate
from pipelines.stepwise import Steps
from rules.law import Law
from schemas import FACTS
from schemas.envelope import Fact
from tests.fold.test_key import LAW, SOON

GOLDEN = Path(__file__).with_name("state_layout.txt")
MONTHS = 9


def layout() -> list[str]:
    """What stands in the bytes, in its order: fields of facts, and of the structs that are concluded. A field that has
    a default bears a question mark."""
    facts = [f"{kind}: {_fields_of_fact(model)}" for kind, model in FACTS.items()]
    structs = [f"{number} {struct.__name__}: {_fields(struct)}" for number, struct in enumerate(NUMBERED)]
    return [f"version {VERSION}", f"dictionary {squeezing.DICTIONARY.hex()}", *facts, *structs]


def _fields_of_fact(model: type[Fact]) -> str:
    return "; ".join(f"{name}{'' if field.is_required() else '?'}" for name, field in model.model_fields.items())


def _fields(struct: type) -> str:
    return "; ".join(
        f"{each.name}{'' if each.required else '?'}:{each.type}" for each in msgspec.structs.fields(struct)
    )


def unreadable(before: list[str], now: list[str]) -> list[str]:
    """Lines of a layout that this code would read wrong. It reads what it wrote itself, what lacks fields that have a
    default and stand last, and what knows fewer kinds."""
    known = dict(map(_split, now))
    return [line for line in before if not _reads(known.get(_split(line)[0]), _split(line)[1])]


def _split(line: str) -> tuple[str, list[str]]:
    name, _, fields = line.partition(": ")
    return name, fields.split("; ")


def _reads(now: list[str] | None, before: list[str]) -> bool:
    if now is None or now[: len(before)] != before:
        return False
    return all(field.partition(":")[0].endswith("?") for field in now[len(before) :])


STALE = """What stands in a key's memory has changed: python -m tests.fold.test_key_memory writes it anew, unless state
that lies in a running job would be read wrong. Then raise VERSION in fold/key_memory.py first, and do not update a
running job in place: cancel it and resume from the journal (docs/operations.md)."""


def test_state_of_a_running_job_can_still_be_read() -> None:
    assert layout() == GOLDEN.read_text().splitlines(), STALE


BEFORE = ["version 5", "Timesheet: id; minutes", "3 Paid: id:<class 'str'>; cents:<class 'int'>"]
CHANGED: dict[str, tuple[str, str, bool]] = {
    "added_last": ("minutes", "minutes; note?", True),
    "two_added_last": ("minutes", "minutes; note?; other?", True),
    "added_to_what_was_concluded": ("<class 'int'>", "<class 'int'>; lines?:list[str] | None", True),
    "without_a_default": ("minutes", "minutes; note", False),
    "concluded_without_a_default": ("<class 'int'>", "<class 'int'>; lines:list[str]", False),
    "not_last": ("id; minutes", "id; note?; minutes", False),
    "another_name": ("minutes", "minutes2", False),
    "another_type": ("<class 'int'>", "<class 'float'>", False),
    "gone": ("; minutes", "", False),
    "kind_gone": ("Timesheet", "Diary", False),
    "version": ("version 5", "version 6", False),
}


@pytest.mark.parametrize("case", CHANGED)
def test_what_this_code_would_read_wrong_is_known(case: str) -> None:
    """A field that was added last with a default is none of it (test_added_field), nor is a new kind."""
    old, new, fine = CHANGED[case]
    now = [line.replace(old, new) for line in BEFORE]
    assert now != BEFORE and (unreadable(BEFORE, [*now, "Diary: id"]) == []) == fine


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(StateFromElsewhere, match=f"version {VERSION + 1}"):
        opened(bytes((VERSION + 1,)) + b"\x94")


def test_state_squeezed_with_another_dictionary_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = opened(some_state()).rest
    monkeypatch.setattr(key_memory, "DICTIONARY", b"else")
    with pytest.raises(StateFromElsewhere, match="another dictionary"):
        remembered("R1", rest)


def test_state_is_no_image_of_code() -> None:
    """Neither as it lies nor unpacked."""
    state = some_state()
    _, header, months = msgspec.msgpack.decode(opened(state).rest)
    whole = state + b"".join(map(squeezing.expanded, (header, *(body for *_, body in months))))
    for name in (b"rules.", b"pydantic", b"builtins", b"\x80\x05"):
        assert name not in whole
    assert b"SERVICE" in whole or b"IHSS" in whole


def some_state() -> bytes:
    from tests.transforms.test_traps import few_runs, run_of

    fact = next(each for each in few_runs() if each.KIND == "ServiceAuthorization")
    stop = routes(fact)[0]
    fold = KeyFold(stop.stage, LAW, {}, None)
    row = fact_row(stop.key, run_of(fact), fact, fact_body(fact))
    state, due = fold.arrive(None, msgspec.msgpack.encode(row))
    assert state[0] == VERSION
    state, *_ = fold.wake(stop.key, state, due or 0)
    assert state is not None and state[0] == VERSION
    return state


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    simulate(folder, "17", 4, MONTHS, "2024-01", 7)
    return folder


def steps_of(county: Path, law: Law) -> Steps:
    door = Door(1, None)
    for path in sorted(county.rglob("*.avro")):
        for _ in door.read_file(path, path.name):
            pass
    return Steps(door, law, door.tally.latest_cut_off)


def sizes(county: Path, law: Law) -> list[float]:
    """Median bytes over all keys at the end of each pay run."""
    seen: list[float] = []

    def watch(_: int, state: dict[tuple[str, str], bytes]) -> None:
        seen.append(median([len(each) for (stage, _), each in state.items() if stage == "price"] or [0]))

    steps_of(county, law).run(watch)
    return seen


def test_state_stops_growing_when_months_close(county: Path) -> None:
    """With months closing after 2 the last third adds little; with the law's 24 it goes on as it began."""
    closing, open_long = sizes(county, SOON), sizes(county, LAW)
    third = len(closing) // 3
    assert closing[-1] - closing[-third] < 0.5 * (open_long[-1] - open_long[-third])
    assert closing[-1] < 0.7 * open_long[-1]


def test_a_waking_brings_out_the_months_that_it_touches(county: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: this month and the one before, all for a change of terms. What comes of it is tried in
    test_key."""
    out: list[int] = []
    woken: list[int] = []
    bring_out, decide = opening.bring_out, KeyFold.decide
    monkeypatch.setattr(opening, "bring_out", lambda *about: out.append(1) or bring_out(*about))
    monkeypatch.setattr(KeyFold, "decide", lambda *about: woken.append(1) or decide(*about))
    steps_of(county, LAW).run()
    assert 0 < len(out) < 1.2 * len(woken)


def test_what_nobody_reads_goes_back_as_it_lay(county: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unread, and read: the same bytes, and the conclusions of the month brought out among them."""
    steps, read = steps_of(county, LAW), []
    steps.run()
    monkeypatch.setattr(key_memory, "_DECODERS", [read.append] * len(NUMBERED))
    kept = {place[1]: opened(state).rest for place, state in steps.state.items() if place[0] == "price"}
    for key, rest in kept.items():
        memory = remembered(key, rest)
        assert key_memory.packed(memory) == rest and not read
        assert any(said for said in memory.said.values() if isinstance(said, Unread))
    monkeypatch.undo()
    for key, rest in kept.items():
        memory = remembered(key, rest)
        assert any(memory.said.values())
        memory.said.update({unit: {**said} for unit, said in memory.said.items()})
        assert key_memory.packed(memory) == rest


def test_a_look_opens_a_key_only_if_there_is_something_to_do(county: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing became known: nobody is opened while months are open for 24 months, and some when they close after 2."""
    found: dict[Law, list[bool]] = {LAW: [], SOON: []}
    has_something = KeyFold._has_something_to_do
    for law, answers in found.items():

        def asked(fold: KeyFold, waiting: Waiting, look: int, to: list[bool] = answers) -> bool:
            to.append(has_something(fold, waiting, look))
            return to[-1]

        monkeypatch.setattr(KeyFold, "_has_something_to_do", asked)
        steps_of(county, law).run()
    assert len(found[LAW]) > 10 and not any(found[LAW])
    assert any(found[SOON]) and not all(found[SOON])


if __name__ == "__main__":
    written = GOLDEN.read_text().splitlines()
    wrong = unreadable(written, layout())
    if wrong and written[0] == layout()[0]:
        sys.exit("\n".join([*wrong, STALE]))
    GOLDEN.write_text("\n".join(layout()) + "\n")
