"""The streaming job as Dataflow would get it, held to a golden list (issue 8, part 3)."""

import inspect
import os
from datetime import date
from pathlib import Path

import pytest

from pipelines import payroll, streaming
from pipelines.live.topics import topics_of_conclusions, topics_of_facts
from pipelines.misuse import Misuse
from rules.periods import epoch_day, midnight
from schemas.avro import write_container
from tests.pipelines.translation import Translated, lines, translate, what_would_break

DAY = 24 * 3_600_000
GOLDEN = Path(__file__).with_name("dataflow_golden.txt")
"""Made anew by GOLDEN=write, when a job may be cancelled and resumed: never to make a red test green."""


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Translated:
    return translate(tmp_path_factory.mktemp("translated"))


def test_a_running_job_could_be_updated(translated: Translated) -> None:
    found = lines(translated.graph)
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text("\n".join(found) + "\n")
    golden = GOLDEN.read_text().splitlines()
    broken = what_would_break(golden, found)
    assert not broken, "\n".join(["", *broken])
    assert found == golden, "steps were added, which an update allows: GOLDEN=write"


def test_a_step_that_is_renamed_loses_its_state_and_the_test_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drill: the very story, with another name for one step."""
    story = inspect.getsource(payroll.build)
    renamed = story.replace('"PriceTime" >>', '"PriceWork" >>')
    assert renamed != story
    scope = dict(vars(payroll))
    exec(renamed, scope)
    monkeypatch.setattr(streaming, "build", scope["build"])
    words = what_would_break(GOLDEN.read_text().splitlines(), lines(translate(tmp_path).graph))
    lost = [word for word in words if "loses its state" in word]
    assert len(lost) == 1 and lost[0].startswith("PriceTime/")
    assert "resume from the journal" in words[-1]


def test_state_is_found_again_under_keys_that_are_strings(translated: Translated) -> None:
    keys = [line.rpartition("key ")[2] for line in lines(translated.graph) if " | key " in line]
    assert len(keys) == 6 and set(keys) == {"string_utf8:v1"}


def test_each_kind_has_a_subscription_and_each_record_a_topic(translated: Translated) -> None:
    """Event ids of two sources may be the same, so ``ce-id`` may not tell a message sent again; event time is the
    publish time, so no attribute names one."""
    text = "\n".join(lines(translated.graph))
    for kind, topic in topics_of_facts().items():
        line = f"subscriptions/{topic}.payroll | id - | timestamp -"
        assert (line in text) == (kind != "CourseListing"), kind
    for topic in (*topics_of_conclusions().values(), "ihss.v1.admission"):
        assert f"projects/lab-project/topics/{topic} |" in text


def test_it_is_a_streaming_job_on_the_streaming_engine(translated: Translated) -> None:
    assert translated.job["type"] == "JOB_TYPE_STREAMING"
    assert "enable_streaming_engine" in translated.job["environment"]["experiments"]


def test_the_graph_holds_no_person_and_no_file_of_this_machine(translated: Translated) -> None:
    assert str(Path(__file__).parents[2]).encode() not in translated.graph.SerializeToString()


def test_a_job_that_begins_from_its_journal_has_the_steps_of_any_other(tmp_path: Path, translated: Translated) -> None:
    """So that it can be updated in place without naming the journal again."""
    write_container(tmp_path / "sheets.avro", "Timesheet", [])
    begun = translate(tmp_path, f"--journal={tmp_path}", "--resume_after=2026-01-20")
    assert lines(begun.graph) == lines(translated.graph)


def test_doors_open_before_all_that_pub_sub_keeps() -> None:
    now = midnight(epoch_day(date(2026, 2, 2)))
    assert now - 33 * DAY < streaming.beginning_of(None, None, lambda: now).opens <= now - 30 * DAY


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
