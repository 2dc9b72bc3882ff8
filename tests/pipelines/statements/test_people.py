"""Names on papers: on the papers of those who have an entry, and nowhere else."""

import csv
import os
import re
from pathlib import Path

import pypdf
import pytest

from pipelines.command.cli import main
from pipelines.export.run import paid_run
from pipelines.export.warrants import export_warrants
from pipelines.misuse import Misuse
from pipelines.people import PersonOnPaper, read_people
from rules.law import Law
from schemas import private
from tests.pipelines.export.export_world import DAY, instruction, pay_run, write_run
from tests.pipelines.statements.statement_world import fortnight, write_case

P1 = "fortnight.1.P1"
NAME, STREET = "Mar\u00eda O'Brien <b>", "1 First Street, Apt. 5"
HEAD = "id,name,address_1,address_2,language\n"
ONE = f'{P1},{NAME},"{STREET}","San Jos\u00e9, CA 95112",es\n'


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_case(tmp_path_factory.mktemp("fortnight") / "paid", fortnight())


def people(folder: Path, text: str = HEAD + ONE) -> Path:
    private.written(folder / "people.csv", text)
    return folder / "people.csv"


def asked(paid: Path, out: Path, *options: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["statement", "--paid", str(paid), "--out", str(out), *options])
    return int(ended.value.code or 0)


def test_a_name_stands_on_the_papers_of_its_owner_alone(
    paid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert asked(paid, out, "--run", "2026-01-16", "--format", "html", "--people", str(people(tmp_path))) == 0
    with (out / "index.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    mine = {f"{row['number']}.html" for row in rows if row["payee_id"] == P1}
    named = {path.name for path in out.glob("*.html") if "O&#39;Brien &lt;b&gt;" in path.read_text("utf-8")}
    assert named == mine and len(rows) > len(mine)
    assert {row["language"] for row in rows if row["payee_id"] == P1} == {"es"}
    assert {row["language"] for row in rows if row["payee_id"] != P1} == {"en"}
    assert f"{P1}</dd>" in (out / min(mine)).read_text("utf-8"), "the number stays"
    said = "".join(capsys.readouterr())
    assert not re.search("O'Brien|First Street", said + (out / "index.csv").read_text("utf-8"))


def test_the_address_stands_in_the_window_of_an_envelope(paid: Path, tmp_path: Path) -> None:
    """Of a No. 10 envelope: 2 to 3 inches from the top, 7/8 of an inch from the left."""
    one = ("--provider", P1, "--period", "2026-01-01", "--format", "pdf", "--people", str(people(tmp_path)))
    assert asked(paid, tmp_path / "out", *one) == 0
    page = pypdf.PdfReader(tmp_path / "out" / "0001.pdf").pages[0]
    found: list[tuple[float, float]] = []

    def look(text: str, drawn: list[float], line: list[float], *_: object) -> None:
        if "First Street" in text:  # both matrices, in points from below
            found.append(((drawn[4] + line[4] * drawn[0]) / 72, 11 - (drawn[5] + line[5] * drawn[3]) / 72))

    page.extract_text(visitor_text=look)
    [(left, top)] = found
    assert 0.875 <= left < 1.1 and 2.0 < top < 3.0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name,language\nAnn,en\n", "its first line must name the columns"),
        ("id,name,phone\nP1,Ann,5\n", "its first line must name the columns"),
        ("id,name,name\nP1,Ann,Ann\n", "its first line must name the columns"),
        ("id,name\nP1,Ann\nP1,Ann Secret\n", "line 3: its id stands there before"),
        ("id,name\nP1\n", "line 2: it has 1 columns, the first line 2"),
        ("id,name\nP1,\n", "line 2: id and name are needed"),
        ("id,name\nP1,Ann\x1b[2J\n", "nothing that cannot be printed"),
        ("id,name,language\nP1,Ann,fr\n", "line 2: language is en, es or nothing"),
        ('id,name\nP1,"Ann Secret" x\n', "its quotes or separators"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_without_its_words(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=re.escape(why)) as refused:
        read_people(people(tmp_path, text))
    assert "Ann" not in str(refused.value)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes("id,name\nP1,Mar\u00eda\n".encode("latin-1"))
    with pytest.raises(Misuse, match="not in UTF-8"):
        read_people(tmp_path / "p.csv")
    with pytest.raises(Misuse, match="cannot be read"):
        read_people(tmp_path / "none.csv")


def test_one_number_of_two_payees_is_told_apart(tmp_path: Path) -> None:
    known = read_people(people(tmp_path, "id,payee_type,name\n7,PROVIDER,Ann\n7,RECIPIENT,Bob\n8,,Cy\n"))
    names = [known.of(*each) for each in (("PROVIDER", "7"), ("RECIPIENT", "7"), ("PROVIDER", "8"), ("PROVIDER", "9"))]
    assert [each and each.name for each in names] == ["Ann", "Bob", "Cy", None]
    assert "Ann" not in repr(known) and "Ann" not in repr(names)
    assert isinstance(names[0], PersonOnPaper)


def test_a_file_that_others_may_read_is_told(paid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = people(tmp_path)
    os.chmod(path, 0o644)
    one = ("--provider", P1, "--period", "2026-01-01", "--format", "html", "--people", str(path))
    assert asked(paid, tmp_path / "out", *one) == 0
    assert f"chmod 600 {path}" in capsys.readouterr().err


def test_warrants_have_the_names_that_are_known(tmp_path: Path) -> None:
    paid = [instruction("P1", method="WARRANT"), instruction("P2", method="WARRANT")]
    write_run(tmp_path, paid, [pay_run(paid)])
    known = read_people(people(tmp_path, 'id,name,address_1,address_2\nP1,=Ann,1 First,"San Jose, CA"\n'))
    text, _ = export_warrants(paid_run(tmp_path, DAY), Law.load(), known)
    first, second = csv.DictReader(text.splitlines())
    assert [first[name] for name in ("payee_id", "payee_name", "address_1", "address_2")] == [
        "P1", "'=Ann", "1 First", "San Jose, CA",
    ]  # fmt: skip
    assert (second["payee_id"], second["payee_name"], second["address_1"]) == ("P2", "", "")
    bare, _ = export_warrants(paid_run(tmp_path, DAY), Law.load())
    assert "payee_name" not in bare
