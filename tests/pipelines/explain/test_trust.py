"""What explain does with folders that are not as a replay left them: it answers truly, or refuses in one line."""

import json
import os
import shlex
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipelines.command.cli import main
from pipelines.command.pay import next_steps
from pipelines.explain.answer import Answer, Question, Sources, answer
from pipelines.explain.paid import ExplainRefusal, Paid
from schemas.avro import write_container
from schemas.payment_instruction import PaymentInstruction
from tests.pipelines.explain.explain_world import LAW, Instruction, explained, index, lay, paid_in, pay
from tests.pipelines.explain.test_explain import JANUARY, sheet, world
from tests.pipelines.test_cloud_journal import arrivals, published, stamped
from tests.schemas.samples import SAMPLES
from tests.schemas.writers import encoded, file_with
from tests.schemas.writers import published as schema_of

FACTS = world(
    sheet("T1", "2026-01-16 12:00:00"),
    sheet("T2", "2026-01-16 13:00:00", provider="P2", recipient="R2"),
    sheet("T1", "2026-01-22 12:00:00", revision=2, days={"5": "9:00"}),
)
OTHERWISE: dict[str, Any] = {"kind": "TRAINING", "payee_type": "RECIPIENT", "method": "WARRANT", "lines": []}
FIELDS = [name for name in PaymentInstruction.__struct_fields__ if name != "law_version"]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Facts, and what was paid from them, with an index."""
    folder = tmp_path_factory.mktemp("honest")
    events, out = lay(FACTS, folder / "facts"), pay(FACTS, folder / "paid")
    index(events, out)
    return events, out


@pytest.fixture
def spoiled(honest: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """The same to be spoiled; files keep their times, as an archive keeps them."""
    events, out = honest
    return shutil.copytree(events, tmp_path / "facts"), shutil.copytree(out, tmp_path / "paid")


def asked_of(out: Path) -> Instruction:
    """The second payment of the statement that was corrected."""
    return max(paid_in(out), key=lambda each: each["sequence"])


def told(events: Path, out: Path) -> Answer:
    return explained(asked_of(out)["instruction_id"], events, out)


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_was_tampered_with_is_refused(spoiled: tuple[Path, Path], field: str) -> None:
    events, out = spoiled
    asked = asked_of(out)
    assert told(events, out).statements
    records = paid_in(out)
    for record in records:
        if record["instruction_id"] == asked["instruction_id"]:
            record[field] = OTHERWISE[field] if field in OTHERWISE else _otherwise(record[field], field)
    write_container(out / "payment_instruction-settle-0000.avro", "PaymentInstruction", records)
    with pytest.raises(ExplainRefusal) as refusal:
        explained(asked["instruction_id"], events, out)
    assert "\n" not in str(refusal.value) and "x.1." not in str(refusal.value).replace(str(out), "")


def test_nulls_of_another_writer_stop_no_explanation(spoiled: tuple[Path, Path]) -> None:
    """Whose facts lie where is asked of records that nobody has looked at yet."""
    events, out = spoiled
    claim, heard = schema_of("TravelClaim"), schema_of("PaymentOutcome")
    of = {field["name"]: field for field in (*claim["fields"], *heard["fields"])}
    of["trips"]["type"]["items"] = ["null", of["trips"]["type"]["items"]]
    of["instruction_id"]["type"] = ["null", "string"]
    travel, paid = SAMPLES["TravelClaim"] | {"trips": [None]}, SAMPLES["PaymentOutcome"] | {"instruction_id": None}
    (events / "travel.avro").write_bytes(file_with(claim, encoded(claim, travel)))
    (events / "outcome.avro").write_bytes(file_with(heard, encoded(heard, paid)))
    assert told(events, out).statements


def _otherwise(said: Any, field: str) -> Any:
    if isinstance(said, bool):
        return not said
    if isinstance(said, int):
        return said + 1
    if isinstance(said, str):
        return f"{said}0"
    return said[1:] if said else ["x"] if said == [] and field != "deductions" else _of_nothing(field)


def _of_nothing(field: str) -> Any:
    return {"account_token": "t", "spend_by": 20_500, "deductions": [{"kind": "FICA", "cents": 1}]}[field]


def test_facts_of_the_same_size_with_an_old_date_are_noticed(spoiled: tuple[Path, Path]) -> None:
    """Somebody wrote other hours over the file and set its date back."""
    events, out = spoiled
    path = events / "Timesheet.avro"
    raw, before = path.read_bytes(), path.stat()
    others = [
        fact.model_copy(update={"minutes_worked": [0] * 4 + [600] + [0] * 10}) if fact.revision == 2 else fact
        for fact in FACTS
    ]
    lay(others, events)
    assert len(path.read_bytes()) == len(raw)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ExplainRefusal, match=r"(_minutes|lines|_cents) of the instruction"):
        told(events, out)
    path.write_bytes(bytes(len(raw)))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ExplainRefusal):
        told(events, out)


@pytest.mark.parametrize("kept", [0, 5, 20, 30, 0.5, 0.9, -1])
def test_half_an_index_is_none(spoiled: tuple[Path, Path], kept: float) -> None:
    """A replay was killed while it wrote the index."""
    events, out = spoiled
    whole = (out / "facts.index").read_bytes()
    (out / "facts.index").write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    found = told(events, out)
    assert found.statements and "No index" in " ".join(found.notes)


def test_a_deleted_index_is_told(spoiled: tuple[Path, Path]) -> None:
    events, out = spoiled
    (out / "facts.index").unlink()
    assert "No index" in " ".join(told(events, out).notes)


def test_facts_in_folders_within_folders_are_found(spoiled: tuple[Path, Path]) -> None:
    events, out = spoiled
    below = events / "2026" / "january"
    below.mkdir(parents=True)
    (events / "Timesheet.avro").rename(below / "sheets.avro")
    found = told(events, out)
    assert found.statements and "read wholly: 1 file" in " ".join(found.notes)


@pytest.mark.parametrize("who", [{"provider_id": "x.1.P7"}, {"recipient_id": "x.1.R7"}])
def test_somebody_whom_no_fact_names_is_no_answer(honest: tuple[Path, Path], who: dict[str, str]) -> None:
    """A mistyped id must not read as: nothing was claimed."""
    events, out = honest
    question = Question(None, who.get("provider_id"), who.get("recipient_id"), JANUARY, None)
    with pytest.raises(ExplainRefusal, match="no fact names this") as refusal:
        answer(question, Sources(events, Paid(out), LAW))
    assert "x.1" not in str(refusal.value).replace(str(events), "")


def test_a_replay_names_the_next_steps_with_its_folders() -> None:
    """Copied into a shell they are what they seem, also where a folder's name has a space."""
    asked = next_steps(Path("my facts"), Path("paid"), Path("what-if"))
    for line in asked[1:]:
        command, *options = shlex.split(line)[1:]
        assert command in ("report", "explain") and options[options.index("--events") + 1] == "my facts"
    assert "--law what-if" in asked[-1] and "--paid paid" in asked[-1]


# --- journals ---------------------------------------------------------------------------------------------------------


def test_a_live_job_is_explained_as_of_its_newest_pay_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What came after it waits in the journal for a pay run that has not been."""
    facts = world(
        sheet("T1", "2026-01-16 12:00:00"), sheet("T1", "2026-01-16 13:00:00", revision=2, days={"5": "9:00"})
    )
    job = ["run", "--settle", "0", "--from", f"folder:{tmp_path / 'in'}", "--to", f"folder:{tmp_path / 'out'}"]
    job += ["--journal", str(tmp_path / "journal"), "--close-run"]
    (tmp_path / "out").mkdir()
    lay([fact for fact in facts if fact.revision == 1], tmp_path / "in")
    typed(*job, "2026-01-16")
    lay([fact for fact in facts if fact.revision == 2], tmp_path / "in")
    typed(*job, "2026-01-16")
    folders = ["--events", str(tmp_path / "journal"), "--paid", str(tmp_path / "out")]
    question = ["explain", "--provider", "x.1.P1", "--period", "2026-01-01", *folders, "--json"]
    for day, hours in (("2026-01-16", "8:00"), ("2026-01-20", "9:00")):
        typed(*job, day)
        capsys.readouterr()
        typed(*question)
        found = json.loads(capsys.readouterr().out)
        assert found["as_of"] == day
        assert f"Of {hours} of service claimed, {hours} are paid." in found["statements"][0]["parts"][0]["text"]


def typed(*words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert not ended.value.code


def test_a_journal_that_the_cloud_kept_is_explained(tmp_path: Path) -> None:
    """Messages in their delivery order, mixed, some twice; the pay runs follow from when they arrived."""
    arriving = arrivals(list(FACTS), Random(7))
    events = published(tmp_path / "facts", arriving, Random(7))
    out = pay(stamped(arriving), tmp_path / "paid")
    without = [explained(each["instruction_id"], events, out) for each in paid_in(out)]
    index(events, out)
    assert len(without) > 2
    for each, told_before in zip(paid_in(out), without, strict=True):
        assert explained(each["instruction_id"], events, out).statements == told_before.statements
