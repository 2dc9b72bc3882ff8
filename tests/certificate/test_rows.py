"""Rows of the certificate: what was run is said, what was not claims nothing, and no row is run twice at a commit."""

from pathlib import Path

from tests.certificate.rows import FAILED, HOLDS, NOT_RUN, Made, Making, Outcome, Row, outcomes


def made(tmp_path: Path, rows: tuple[Row, ...], commit: str, only: str = "") -> list[Outcome]:
    return [*outcomes(rows, Making(tmp_path, False, only, Made(tmp_path, lambda: commit)), {})]


def row(tmp_path: Path, says: str, end: int = 0) -> Row:
    """Its command counts how often it was run."""
    command = f"echo 1 >> {tmp_path}/{says}; echo ran $(wc -l < {tmp_path}/{says}) times; exit {end}"
    return Row(says, command, (r"ran (?P<times>\d+) times",), "{times}")


def test_a_row_that_held_is_not_run_again_at_its_commit(tmp_path: Path) -> None:
    rows = row(tmp_path, "good"), row(tmp_path, "bad", end=3)
    first, again, of_another = (made(tmp_path, rows, commit) for commit in ("a", "a", "b"))
    assert [each.state for each in first] == [HOLDS, FAILED]
    assert [each.state for each in again] == [HOLDS, FAILED]
    assert (first[0].shows, again[0].shows, of_another[0].shows) == ("1", "1", "2")
    assert again[0] == first[0] and first[0].ran_at
    assert (tmp_path / "bad").read_text().count("1") == 3
    assert made(tmp_path, (row(tmp_path, "good"),), "a")[0].figures == {"times": "1"}


def test_of_a_tree_with_changes_nothing_is_kept(tmp_path: Path) -> None:
    rows = (row(tmp_path, "good"),)
    assert [made(tmp_path, rows, "")[0].shows for _ in range(2)] == ["1", "2"]
    commits = iter(["a", "other"])  # committed while the row ran
    making = Making(tmp_path, False, "", Made(tmp_path, lambda: next(commits)))
    assert next(outcomes(rows, making, {})).shows == "3"
    assert made(tmp_path, rows, "a")[0].shows == "4"


def test_rows_that_were_not_asked_for_claim_nothing_unless_they_were_made(tmp_path: Path) -> None:
    rows = row(tmp_path, "good"), row(tmp_path, "other")
    assert [each.state for each in made(tmp_path, rows, "a", only="oo")] == [HOLDS, NOT_RUN]
    assert [each.state for each in made(tmp_path, rows, "a", only="other")] == [HOLDS, HOLDS]
    assert (tmp_path / "good").read_text().count("1") == 1
