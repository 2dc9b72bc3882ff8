"""The streaming job as Dataflow would get it, held to the graphs of the versions that landed (deploy/graphs)."""

import inspect
import re
import tomllib
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import msgspec
import pytest
from apache_beam.options.pipeline_options import WorkerOptions
from google.cloud import dataflow_v1beta3 as dataflow
from google.protobuf import json_format

from deploy.graphs import stored
from pipelines import payroll, streaming
from pipelines.command import cli
from pipelines.launch.graph import Graph, added, as_text, graph_in, graph_of, translated, what_would_break
from pipelines.live.topics import topics_of_conclusions, topics_of_facts
from pipelines.misuse import Misuse
from rules.law import Law
from rules.periods import epoch_day, midnight
from schemas.avro import write_container
from tests.pipelines.translation import WHERE, Translated, translate

pytestmark = pytest.mark.engines

DAY = 24 * 3_600_000
ROOT = Path(__file__).parents[2]
CANNOT = {
    "0002.json": "State is of version 1, and this code reads 6",  # what a key remembers of closed months is more
    "0003.json": "State is of version 5, and this code reads 6",  # rows wait by pay run; sums are by run
}
"""Landed versions whose running job this one cannot replace, and why: such a job is cancelled and made again from its
journal. A change that adds a line here says so in CHANGELOG.md."""
FOLD = "PriceTime/RestateUnbounded/Fold/ParDo(FoldPrice)"
DOOR = "DecodeEvents/Admit/ParDo(AdmitFacts)"
OBEY = "DecodeEvents/Obey"
SPREAD = "DecodeEvents/ReadJournal/Spread/ReshufflePerKey/GroupByKey"
WRITE = "EncodeRecords/WritePayRun/ParDo(_PubSubWriteDoFn)"


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Translated:
    return translate(tmp_path_factory.mktemp("translated"))


@pytest.fixture(scope="module")
def graph(job: Translated) -> Graph:
    return graph_of(job.graph)


def test_the_graph_of_this_code_is_stored(graph: Graph) -> None:
    """So that the next version can be held to it: `python -m deploy.graphs` adds it."""
    newest = graph_in(stored()[-1])
    assert what_would_break(newest, graph) == added(newest, graph) == [] and newest.steps == graph.steps
    assert msgspec.json.decode(as_text(graph).encode(), type=Graph) == graph
    assert sum(path.stat().st_size for path in stored()) < 100_000


def test_workers_have_no_state_cache() -> None:
    """Asking how large its values are took three quarters of the job's time; workers read this option."""
    options = streaming.pipeline_of(["--project=lab-project"]).options
    assert options.view_as(WorkerOptions).max_cache_memory_usage_mb == 0


def test_a_job_of_this_version_can_be_replaced_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["launch", "update", "--from", str(stored()[-1])])
    assert not ended.value.code and " can replace a running job" in capsys.readouterr().out


@pytest.mark.parametrize("path", stored()[-3:-1], ids=lambda path: path.name)
def test_the_drill_over_the_last_two_landed_versions(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their running job can be replaced, or it is known that it cannot, with what to do."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["launch", "update", "--from", str(path)])
    said = capsys.readouterr().out
    if path.name in CANNOT:
        assert ended.value.code == 1 and CANNOT[path.name] in said and "make\nit again from its journal" in said
    else:
        assert not ended.value.code and " can replace a running job" in said


def test_what_is_known_to_stop_an_update_is_told_and_no_more_is_excused() -> None:
    """Each is a graph that is still drilled, or its line would excuse nothing; and whoever upgrades reads of it."""
    assert set(CANNOT) <= {path.name for path in stored()[-3:-1]}
    told = (ROOT / "CHANGELOG.md").read_text("utf-8").partition("\n## Unreleased\n")[2]
    assert not CANNOT or re.search(r"begins? again from (its|the) journal", told)


def test_a_step_that_is_renamed_loses_its_state_and_the_test_says_so(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drill: the very story, with another name for one step."""
    story = inspect.getsource(payroll.build)
    renamed = story.replace('"PriceTime" >>', '"PriceWork" >>')
    assert renamed != story
    scope = dict(vars(payroll))
    exec(renamed, scope)
    monkeypatch.setattr(streaming, "build", scope["build"])
    other = translated(*WHERE)
    (lost,) = [word for word in what_would_break(graph, other) if "loses its state" in word]
    assert lost.startswith("PriceTime/") and graph.digest != other.digest
    assert not what_would_break(graph, other, {"PriceTime": "PriceWork"})


def changed(graph: Graph, step: str, change: Callable[[list[str]], list[str]]) -> Graph:
    return Graph(graph.version, graph.state, graph.steps | {step: sorted(change(graph.steps[step]))})


def instead(old: str, new: str) -> Callable[[list[str]], list[str]]:
    return lambda has: [each.replace(old, new) for each in has]


def without(gone: str) -> Callable[[list[str]], list[str]]:
    return lambda has: [each for each in has if not each.startswith(gone)]


BREAKS: dict[str, tuple[str, Callable[[list[str]], list[str]], str]] = {
    "state_id": (FOLD, instead("state kept", "state known"), "no longer state kept"),
    "state_coder": (FOLD, instead("write bytes", "write varint"), "state kept read_modify_write is no longer bytes"),
    "timer": (FOLD, instead("ts-price-wake", "ts-wake"), "no longer timer ts-price-wake"),
    "key": (DOOR, instead("in kv(string_utf8", "in kv(varint"), "in is no longer kv(string_utf8,bytes)"),
    "elements": (DOOR, instead("out price kv", "out price tuple"), "out price is no longer kv"),
    "side_input_gone": (OBEY, without("side "), "other side inputs"),
    "side_input_new": (DOOR, lambda has: [*has, "side iterable bytes"], "other side inputs"),
    "group": (SPREAD, without("groups"), "no longer groups"),
    "topic": (WRITE, instead("pay-run", "run"), "no longer writes"),
}


@pytest.mark.parametrize("case", BREAKS)
def test_what_an_update_would_lose_or_dataflow_refuse_is_said(case: str, graph: Graph) -> None:
    step, change, says = BREAKS[case]
    (word,) = what_would_break(graph, changed(graph, step, change))
    assert says in word


def test_state_of_another_version_stops_the_job(graph: Graph) -> None:
    (word,) = what_would_break(graph, Graph(graph.version, graph.state + 1, graph.steps))
    assert f"State is of version {graph.state}, and this code reads {graph.state + 1}" in word


def test_what_an_update_allows_is_not_refused(graph: Graph) -> None:
    """A new output, a new state, a new step."""
    more = changed(graph, FOLD, lambda has: [*has, "out advice bytes", "state more bag bytes", "timer ts-more"])
    new = Graph(graph.version, graph.state, more.steps | {"Advise": ["in bytes"]})
    assert not what_would_break(graph, new) and added(graph, new) == ["Advise"]


def test_state_is_found_again_under_keys_that_are_strings(graph: Graph) -> None:
    stateful = [has for has in graph.steps.values() if any(each.startswith("state ") for each in has)]
    assert len(stateful) == 7 and all("in kv(string_utf8,bytes)" in has for has in stateful)


def test_no_stage_is_fused_to_the_one_before(graph: Graph) -> None:
    """Two stateful steps side by side share their watermark on FnApiRunner: the later is woken before the former has
    said all (CutOffMissed). A Flatten keeps them apart."""
    assert {"ToPrice", "ToSettle", "ToMethod"} <= set(graph.steps)


def test_each_kind_has_a_subscription_and_each_record_a_topic(graph: Graph) -> None:
    """Event ids of two sources may be the same, so ``ce-id`` may not tell a message sent again; event time is the
    publish time, so no attribute names one."""
    all_of_it = [each for has in graph.steps.values() for each in has]
    for kind, topic in topics_of_facts().items():
        read = f"reads {topic}.payroll, id -, timestamp -"
        assert (read in all_of_it) == (kind != "CourseListing"), kind
    for topic in (*topics_of_conclusions().values(), "ihss.v1.admission"):
        assert f"writes {topic}" in all_of_it


def test_the_job_is_one_that_the_api_knows(job: Translated) -> None:
    """Every field and enum of the job's JSON, read with the API's own message classes."""
    read = json_format.ParseDict(job.job, dataflow.Job.pb()())
    assert read.name == "ihss-payroll" and read.environment.sdk_pipeline_options
    for wrong in ({"kind": "x"}, {"type": "JOB_TYPE_ENDLESS"}):
        with pytest.raises(json_format.ParseError):
            json_format.ParseDict(job.job | wrong, dataflow.Job.pb()())


def test_it_is_a_streaming_job_on_the_streaming_engine(job: Translated) -> None:
    assert job.job["type"] == "JOB_TYPE_STREAMING"
    assert "enable_streaming_engine" in job.job["environment"]["experiments"]


def test_the_graph_holds_no_person_and_no_file_of_this_machine(job: Translated) -> None:
    assert str(Path(__file__).parents[2]).encode() not in job.graph.SerializeToString()


def test_a_job_that_begins_from_its_journal_has_the_steps_of_any_other(tmp_path: Path, graph: Graph) -> None:
    """So that it can be updated in place without naming the journal again."""
    write_container(tmp_path / "sheets.avro", "Timesheet", [])
    assert translated(*WHERE, f"--journal={tmp_path}", "--resume_after=2026-01-20") == graph


def test_doors_open_before_all_that_pub_sub_keeps() -> None:
    now = midnight(epoch_day(date(2026, 2, 2)))
    assert now - 33 * DAY < streaming.beginning_of(None, None, lambda: now).opens <= now - 30 * DAY


@pytest.mark.parametrize(("published", "begins_anew", "taken"), [
    ("2026-06-30", False, True), ("2026-07-15", False, False), ("2026-07-15", True, True), ("2026-05-15", False, True),
])  # fmt: skip
def test_a_law_that_becomes_known_when_nobody_is_woken_is_refused(
    published: str, begins_anew: bool, taken: bool
) -> None:
    dated = f"from = 2026-06-01, published = {published}, until = 2026-12-31"
    said = f'[wage.17]\nvalues = [{{ {dated}, value = 21000, grade = "instruction", citation = "ACL" }}]'
    law, now = Law.load().amended({"a.toml": tomllib.loads(said)}), midnight(epoch_day(date(2026, 6, 10)))
    with nullcontext() if taken else pytest.raises(Misuse, match="last day of a month"):
        assert streaming._decided_by(law, begins_anew, lambda: now) is law


def test_mistakes_get_one_line(tmp_path: Path) -> None:
    write_container(tmp_path / "sheets.avro", "Timesheet", [])
    empty = tmp_path / "empty"
    empty.mkdir()
    for wrong, remedy in (
        ([], "--project"),
        (["--project=lab-project", "--until=soon"], "--until soon is no date"),
        (["--project=lab-project", f"--law={tmp_path}"], "holds no *.toml"),
        (["--project=lab-project", f"--catalog={tmp_path / 'sheets.avro'}"], "name an Avro file of CourseListing"),
        (["--project=lab-project", f"--catalog={tmp_path / 'none.avro'}"], "cannot be read"),
        (["--project=lab-project", "--resume-after=2026-01-20"], "name it with --journal"),
        (["--project=lab-project", f"--journal={tmp_path}"], "--journal needs --resume-after"),
        (["--project=lab-project", f"--journal={tmp_path}", "--resume_after=2199-01-20"], "2199-01-20 is not over"),
        (["--project=lab-project", f"--journal={empty}", "--resume_after=2026-01-20"], "holds no file of a journal"),
        (["--project=lab-project", f"--journal={empty / 'no'}", "--resume_after=2026-01-20"], "holds no file"),
    ):
        with pytest.raises(Misuse, match=remedy.replace("*", r"\*")) as said:
            streaming.pipeline_of(wrong)
        assert "\n" not in str(said.value)
