"""The journal that a Cloud Storage subscription keeps is replayed here: the same pay as of the plain folder."""

import hashlib
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import fastavro
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.replay import replay
from pipelines.sample.simulate import simulate
from pipelines.summary import KindUse
from rules.law import Law
from rules.periods import cut_off_after, cut_offs
from schemas.admission import Admission
from schemas.avro import Container, Unreadable, encode, encode_message, validate, write_container
from schemas.cloud_journal import ENCODING, SCHEMA, topic_of
from schemas.envelope import Fact
from tests.histories import History, histories
from tests.paid import replay_folder, replay_plain

LAW = Law.load()
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
Message = dict[str, Any]
Said = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> list[Fact]:
    """Facts of a small county, those that can be read, each once."""
    folder = tmp_path_factory.mktemp("county")
    simulate(folder, "17", 12, 2, "2024-07", 3, 0.02)
    return list({(fact.source, fact.event_id): fact for fact in readable(folder)}.values())


def readable(folder: Path) -> Iterator[Fact]:
    """All facts that can be used."""
    for path in sorted(folder.rglob("*.avro")):
        with path.open("rb") as stream, suppress(Unreadable):
            container = Container(stream)
            for _, record in container:
                with suppress(Unreadable):
                    yield validate(container.kind, record)  # type: ignore[misc]


def message(fact: Any, published: int, number: int, plain: bool = False) -> Message:
    """A message as Pub/Sub hands it to a Cloud Storage subscription."""
    attributes = {"ce-id": getattr(fact, "event_id", ""), "ce-type": f"ihss.v1.{fact.KIND}"}
    return {
        "subscription_name": f"projects/lab-project/subscriptions/{topic_of(fact.KIND)}.journal",
        "message_id": str(number),
        "publish_time": published * 1000 + number % 1000,
        "attributes": attributes | ({ENCODING: "BINARY"} if plain else {}),
        "data": encode(fact) if plain else encode_message(fact),
    }


def written(path: Path, messages: Iterable[Message], codec: str = "null") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        fastavro.writer(stream, SCHEMA, list(messages), codec=codec, sync_interval=2000)
    return path


def arrivals(facts: list[Fact], random: Random) -> list[tuple[Fact, int]]:
    """Facts with the instant at which each was published: mostly at once, some days later, some before the clock."""
    waits = (5_000, 5_000, 5_000, 3 * DAY, 9 * DAY, -9 * MINUTE)
    return [(fact, fact.recorded_at + random.choice(waits)) for fact in facts]


def published(folder: Path, arriving: list[tuple[Fact, int]], random: Random) -> Path:
    """A folder as the subscriptions of all topics fill it: mixed, shuffled, some delivered twice."""
    messages = [message(fact, at, number, plain=number % 2 == 0) for number, (fact, at) in enumerate(arriving)]
    messages += random.sample(messages, len(messages) // 20)
    random.shuffle(messages)
    for number, first in enumerate(range(0, len(messages), 500)):
        codec = "deflate" if number % 2 else "null"
        written(folder / f"{number % 3}" / f"journal-{number}.avro", messages[first : first + 500], codec)
    return folder


def stamped(arriving: list[tuple[Fact, int]]) -> list[Fact]:
    """The same facts as a plain folder would hold them, with the pay run that saw each first."""
    return [
        fact.model_copy(update={"admitted_cut_off": cut_off_after(max(fact.recorded_at, at))}) for fact, at in arriving
    ]


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.avro"))


def in_order(records: Said) -> dict[str, list[str]]:
    return {kind: sorted(repr(sorted(each.items())) for each in said) for kind, said in records.items() if said}


def read(out: Path) -> Said:
    records: Said = {}
    for name in names(out):
        with (out / name).open("rb") as stream:
            container = Container(stream)
            records.setdefault(container.kind, []).extend(record for _, record in container)
    return records


def test_the_journal_of_the_cloud_pays_what_the_plain_folder_pays(county: list[Fact], tmp_path: Path) -> None:
    random = Random(7)
    arriving = arrivals(county, random)
    folder = published(tmp_path / "journal", arriving, random)
    expected = replay_plain(stamped(arriving), LAW)
    found = replay_folder(folder, names(folder), LAW)
    assert in_order(found.records) == in_order(expected.records)
    assert len(expected.records["PaymentInstruction"]) > 20
    assert found.tally.duplicates > 0
    assert sum(found.tally.used.values()) == found.tally.inputs == len(county) + len(county) // 20


def test_arrival_matters(county: list[Fact], tmp_path: Path) -> None:
    """Without it the test above would hold for any reader that only looks at the facts."""
    at_once = [(fact, fact.recorded_at) for fact in county]
    assert in_order(replay_plain(stamped(at_once), LAW).records) != in_order(
        replay_plain(stamped(arrivals(county, Random(7))), LAW).records
    )


def test_beam_reads_it_too(county: list[Fact], tmp_path: Path) -> None:
    random = Random(8)
    arriving = arrivals(county, random)
    folder = published(tmp_path / "journal", arriving, random)
    said = [late(arriving[-1], 1), late(arriving[-2], 2)]
    written(folder / "admission.avro", [message(each, each.arrived_at, 0) for each in said])
    summary = replay(folder, tmp_path / "out", None, LAW)
    plain = replay_folder(folder, names(folder), LAW)
    assert in_order(read(tmp_path / "out")) == in_order(plain.records)
    inputs = summary.inputs
    assert inputs.used + inputs.not_yet_due + inputs.rejected == inputs.total == plain.tally.inputs
    assert inputs.by_kind["Admission"] == KindUse(2, 0)


def late(arriving: tuple[Fact, int], runs: int) -> Admission:
    """What the unbounded job says of a fact that missed its pay run by so many."""
    fact, at = arriving
    missed = cut_off_after(max(fact.recorded_at, at))
    took = cut_offs(missed, missed + 20 * DAY)[runs]
    return Admission(
        source=fact.source, event_id=fact.event_id, kind=fact.KIND, arrived_at=at, admitted_cut_off=took, cut_off=missed
    )


@pytest.mark.parametrize("plain", [False, True])
def test_a_replay_obeys_what_was_said_of_late_facts(county: list[Fact], tmp_path: Path, plain: bool) -> None:
    sheets = [fact for fact in county if fact.KIND == "Timesheet"]
    arriving = [(fact, fact.recorded_at) for fact in county]
    said = [late((sheet, sheet.recorded_at), 1 + number % 3) for number, sheet in enumerate(sheets)]
    took = {(each.source, each.event_id): each.admitted_cut_off for each in said}
    expected = [
        fact.model_copy(update={"admitted_cut_off": took[fact.source, fact.event_id]}) if fact in sheets else fact
        for fact in county
    ]
    if plain:
        write_container(tmp_path / "zz.avro", "Admission", [each.model_dump() for each in said])
        for kind in {fact.KIND for fact in county}:
            of_kind = [fact.model_dump() for fact in county if kind == fact.KIND]
            write_container(tmp_path / f"{kind}.avro", kind, of_kind)
    else:
        published(tmp_path, arriving, Random(1))
        written(tmp_path / "a.avro", [message(each, each.arrived_at, 1, plain=True) for each in said])
    found = replay_folder(tmp_path, names(tmp_path), LAW)
    wanted = replay_plain(expected, LAW)
    assert in_order(found.records) == in_order(wanted.records)
    assert in_order(wanted.records) != in_order(replay_plain(county, LAW).records)
    assert found.tally.used["Admission"] == len(said)


def test_an_event_that_came_twice_is_moved_only_from_the_run_it_missed(county: list[Fact], tmp_path: Path) -> None:
    sheet = next(fact for fact in county if fact.KIND == "Timesheet")
    again = late((sheet, sheet.recorded_at + 9 * DAY), 2)
    messages = [message(sheet, sheet.recorded_at, 1), message(sheet, sheet.recorded_at + 9 * DAY, 2)]
    written(tmp_path / "a.avro", [*messages, message(again, again.arrived_at, 3)])
    tally = replay_folder(tmp_path, names(tmp_path), LAW).tally
    assert tally.first_claim == cut_off_after(sheet.recorded_at)
    assert tally.latest_cut_off == again.admitted_cut_off


def one(county: list[Fact]) -> Fact:
    return next(fact for fact in county if fact.KIND == "Timesheet")


WRONG = {
    "recorded_late": (lambda fact: message(fact, fact.recorded_at - 11 * MINUTE, 1), "INVALID", "recorded_at"),
    "no_fact": (
        lambda fact: message(fact, fact.recorded_at, 1) | {"data": b"", "attributes": {}},
        "UNREADABLE",
        None,
    ),
    "other_kind": (
        lambda fact: message(fact, fact.recorded_at, 1) | {"subscription_name": "projects/p/ihss.v1.finding.x"},
        "UNKNOWN_SCHEMA",
        None,
    ),
    "json": (
        lambda fact: message(fact, fact.recorded_at, 1) | {"attributes": {ENCODING: "JSON"}},
        "UNREADABLE",
        None,
    ),
    "nameless": (
        lambda fact: message(fact, fact.recorded_at, 1, plain=True)
        | {"attributes": {ENCODING: "BINARY"}, "subscription_name": "projects/p/subscriptions/mine"},
        "UNKNOWN_SCHEMA",
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_rejected_with_its_bytes(case: str, county: list[Fact], tmp_path: Path) -> None:
    make, reason, field = WRONG[case]
    made = make(one(county))
    written(tmp_path / "a.avro", [made, message(one(county), one(county).recorded_at, 2)])
    outcome = replay_folder(tmp_path, ["a.avro"], LAW)
    (rejection,) = outcome.records["Rejection"]
    assert (rejection["reason"], rejection["field"], rejection["raw"]) == (reason, field, made["data"])
    assert rejection["origin"] == f"{made['subscription_name'].rpartition('/')[2]}/1"
    assert outcome.tally.inputs == 2 and outcome.tally.used == {"Timesheet": 1}


def test_ten_minutes_before_arrival_are_forgiven(county: list[Fact], tmp_path: Path) -> None:
    written(tmp_path / "a.avro", [message(one(county), one(county).recorded_at - 10 * MINUTE, 1)])
    assert replay_folder(tmp_path, ["a.avro"], LAW).tally.used == {"Timesheet": 1}


def test_a_clock_that_goes_before_brings_no_fact_into_an_earlier_pay_run(county: list[Fact], tmp_path: Path) -> None:
    """The first cut-off after both: recorded a minute after midnight, published five before."""
    midnight = cut_off_after(one(county).recorded_at)
    early = one(county).model_copy(update={"recorded_at": midnight + MINUTE})
    written(tmp_path / "a.avro", [message(early, midnight - 5 * MINUTE, 1)])
    assert replay_folder(tmp_path, ["a.avro"], LAW).tally.first_claim == cut_off_after(midnight)


def test_attributes_name_the_kind_where_the_subscription_does_not(county: list[Fact], tmp_path: Path) -> None:
    made = message(one(county), one(county).recorded_at, 1, plain=True)
    written(tmp_path / "a.avro", [made | {"subscription_name": "projects/p/subscriptions/mine"}])
    assert replay_folder(tmp_path, ["a.avro"], LAW).tally.used == {"Timesheet": 1}


def test_the_rest_of_a_damaged_file_is_one_rejection(county: list[Fact], tmp_path: Path) -> None:
    path = written(tmp_path / "a.avro", [message(fact, fact.recorded_at, n) for n, fact in enumerate(county[:60])])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    outcome = replay_folder(tmp_path, ["a.avro"], LAW)
    (rejection,) = outcome.records["Rejection"]
    offset = int(rejection["origin"].removeprefix("a.avro:"))
    assert rejection["reason"] == "UNREADABLE" and rejection["raw"] == path.read_bytes()[offset:]
    used = sum(outcome.tally.used.values()) + sum(outcome.tally.not_yet_due.values())
    assert 0 < used < 60 and outcome.tally.inputs == used + 1


def test_messages_without_metadata_say_which_setting_is_missing(tmp_path: Path) -> None:
    bare = {"type": "record", "namespace": "com.google.pubsub", "name": "PubsubMessage"}
    with (tmp_path / "a.avro").open("wb") as stream:
        fastavro.writer(stream, bare | {"fields": [{"name": "data", "type": "bytes"}]}, [{"data": b"x"}])
    (rejection,) = replay_folder(tmp_path, ["a.avro"], LAW).records["Rejection"]
    assert rejection["reason"] == "UNKNOWN_SCHEMA" and "write_metadata" in rejection["message"]


def test_an_admission_to_no_pay_run_is_rejected(county: list[Fact], tmp_path: Path) -> None:
    said = late((one(county), one(county).recorded_at), 1).model_dump()
    write_container(tmp_path / "a.avro", "Admission", [said | {"admitted_cut_off": said["admitted_cut_off"] + 1}])
    (rejection,) = replay_folder(tmp_path, ["a.avro"], LAW).records["Rejection"]
    assert (rejection["reason"], rejection["field"]) == ("CONTRADICTORY", "admitted_cut_off")


ABSURD = {"the_end_of_days": 2**63 - 1, "after_the_calendar": 253_402_300_800 * 10**6, "before_it": -(2**63)}


@pytest.mark.parametrize("case", ABSURD)
def test_a_message_published_at_a_time_that_cannot_be_is_rejected(
    case: str, county: list[Fact], tmp_path: Path
) -> None:
    made = message(one(county), one(county).recorded_at, 1)
    written(tmp_path / "a.avro", [made | {"publish_time": ABSURD[case]}, made])
    outcome = replay_folder(tmp_path, ["a.avro"], LAW)
    (rejection,) = outcome.records["Rejection"]
    assert (rejection["reason"], rejection["field"]) == ("INVALID", "publish_time")
    assert outcome.tally.inputs == 2 and outcome.tally.used == {"Timesheet": 1}


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("field", ["cut_off", "admitted_cut_off"])
def test_what_is_rejected_is_not_obeyed(field: str, plain: bool, county: list[Fact], tmp_path: Path) -> None:
    """An Admission to no pay run, and one from none."""
    sheet = one(county)
    said = late((sheet, sheet.recorded_at), 2).model_dump()
    wrong = Admission(**said | {field: said[field] + 1})
    if plain:
        write_container(tmp_path / "a.avro", "Timesheet", [sheet.model_dump()])
        write_container(tmp_path / "b.avro", "Admission", [wrong.model_dump()])
    else:
        written(tmp_path / "a.avro", [message(sheet, sheet.recorded_at, 1), message(wrong, sheet.recorded_at, 2)])
    outcome = replay_folder(tmp_path, names(tmp_path), LAW)
    (rejection,) = outcome.records["Rejection"]
    assert (rejection["reason"], rejection["field"]) == ("CONTRADICTORY", field)
    assert outcome.tally.latest_cut_off == cut_off_after(sheet.recorded_at)


def test_an_admission_brings_no_fact_earlier_and_the_first_of_two_counts(county: list[Fact], tmp_path: Path) -> None:
    """Said twice, said otherwise, said of a pay run long before, said of nobody: the fact goes where it was first."""
    sheet = one(county)
    first, later = late((sheet, sheet.recorded_at), 2), late((sheet, sheet.recorded_at), 5)
    long_ago = cut_offs(first.cut_off - 60 * DAY, first.cut_off)
    before = first.model_copy(update={"cut_off": long_ago[0], "admitted_cut_off": long_ago[1]})
    nobody = later.model_copy(update={"event_id": "nobody"})
    write_container(tmp_path / "a.avro", "Timesheet", [sheet.model_dump()])
    for number, said in enumerate(((before, nobody), (later, first, first, nobody))):
        write_container(tmp_path / "b.avro", "Admission", [each.model_dump() for each in said])
        tally = replay_folder(tmp_path, names(tmp_path), LAW).tally
        assert tally.latest_cut_off == (cut_off_after(sheet.recorded_at), first.admitted_cut_off)[number]


def test_the_rest_of_a_huge_file_is_hashed_and_not_held(county: list[Fact], tmp_path: Path) -> None:
    path = written(tmp_path / "a.avro", [message(one(county), one(county).recorded_at, 1)])
    good = path.stat().st_size
    with path.open("ab") as stream:
        stream.truncate(good + (96 << 20))
    tracemalloc.start()
    (rejection,) = replay_folder(tmp_path, ["a.avro"], LAW).records["Rejection"]
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with path.open("rb") as stream:
        stream.seek(good)
        assert hashlib.file_digest(stream, "sha256").hexdigest() in rejection["message"]
    assert rejection["raw"] == b"" and f"{96 << 20} bytes" in rejection["message"] and held < 32 << 20


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms(use_true_random=False), st.data())
def test_any_journal_of_the_cloud_is_the_plain_folder_that_knows_when_facts_came(
    history: History, random: Random, data: st.DataObject
) -> None:
    """In any order, dealt to any files by any codec, some again days later, some beside as plain facts."""
    waits = st.sampled_from((-9 * MINUTE, 5_000, 5_000, 3 * DAY, 40 * DAY))
    facts = [fact.model_copy(update={"admitted_cut_off": None}) for fact in history.facts]
    arriving = [(fact, fact.recorded_at + data.draw(waits)) for fact in facts]
    again = [(fact, at + random.randrange(20 * DAY)) for fact, at in random.sample(arriving, len(arriving) // 4)]
    beside = random.sample(stamped(arriving), len(arriving) // 4)
    plain = [random.random() < 0.5 for _ in arriving + again]
    messages = [message(fact, at, n, plain[n]) for n, (fact, at) in enumerate(arriving + again)]
    random.shuffle(messages)
    files = random.randrange(1, 5)
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(files):
            codec = random.choice(("null", "deflate", "snappy"))
            written(folder / str(number % 2) / f"{number}.avro", messages[number::files], codec)
        for kind in {fact.KIND for fact in beside}:
            of_kind = [fact.model_dump() for fact in beside if kind == fact.KIND]
            write_container(folder / f"{kind}.avro", kind, of_kind)
        listed = names(folder)
        random.shuffle(listed)
        found = replay_folder(folder, listed, LAW, history.until)
    assert in_order(found.records) == in_order(replay_plain(stamped(arriving), LAW, history.until).records)
