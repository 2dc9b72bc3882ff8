"""A receipt holds; changed by one in any number it is refused, by a program that imports nothing of ours.

RECEIPTS=1 tries every payment of every case, and each number of each (`make receipts`).
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.command.cli import main
from pipelines.explain.paid import ExplainRefusal
from pipelines.misuse import Misuse
from schemas.avro import Container, write_container
from tests.case_files import Case, CaseFile, case_files
from tests.pipelines.explain.receipt_world import (
    VERIFIER,
    Books,
    Changed,
    Place,
    Receipt,
    books,
    numbers,
    refused,
    verifier,
)

EVERYTHING = bool(os.environ.get("RECEIPTS"))
OF_ALL_KINDS = {
    "advance_pay": (14, 18, 34), "documents_named": (11, 13, 15, 16), "limits": (14,), "outcomes": (9,),
    "training": (25,), "sick_leave": (24,), "overtime": (8,), "worked_example_3": (4,),
}  # fmt: skip
"""Cases that together show each kind of payment, earning and deduction, both ways, and payments that came back."""
NOT_SEEN = {"limits.5.": [("weeks", 2, "pieces", 11, "day")], "travel.14.": [("work", 1, "day")]}
"""A day of work in another pay period, moved onto one as long that a rule cut whole; a trip moved onto one of the same
claim as long that was held (TRAVEL-3, by whom else the provider served): nothing tells them apart."""


def chosen() -> Iterator[tuple[CaseFile, Case]]:
    for file in case_files():
        for each in file.cases:
            if EVERYTHING or each.place in OF_ALL_KINDS.get(file.name, ()):
                yield file, each


def unseen(receipt: Receipt) -> Iterator[Place]:
    """Numbers of a receipt that can be changed by one, and it still holds."""
    for place, value in list(numbers(receipt)):
        with Changed(receipt, place, value):
            if refused(receipt) is None:
                yield place


@pytest.mark.parametrize(("file", "each"), [*chosen()], ids=lambda part: str(part) if isinstance(part, Case) else "")
def test_every_payment_has_a_receipt_that_holds(file: CaseFile, each: Case, tmp_path: Path) -> None:
    made = books(each.facts, tmp_path, file.law, each.cut_off)
    for payment in made.payments:
        receipt = made.receipt(payment["instruction_id"])
        assert refused(receipt) is None
        if EVERYTHING or payment is made.payments[-1]:
            assert list(unseen(receipt)) in ([], NOT_SEEN.get(each.prefix))


@pytest.fixture(scope="module")
def advance(tmp_path_factory: pytest.TempPathFactory) -> Books:
    [(file, each)] = [pair for pair in chosen() if str(pair[1]).startswith("advance_pay-34-")]
    return books(each.facts, tmp_path_factory.mktemp("books"), file.law, each.cut_off)


def checked(receipt: Path, *more: object) -> "subprocess.CompletedProcess[str]":
    """The program as a stranger runs it: isolated, so that nothing of ours can be imported."""
    command = [sys.executable, "-I", str(VERIFIER), str(receipt), *map(str, more)]
    return subprocess.run(command, capture_output=True, text=True, cwd=receipt.parent, check=False)


def test_a_stranger_checks_a_payment_against_the_last_pay_run(advance: Books, tmp_path: Path) -> None:
    asked = tmp_path / "receipt.json"
    id = advance.payments[-1]["instruction_id"]
    of = ["--events", str(advance.events), "--paid", str(advance.out)]
    with pytest.raises(SystemExit, match="0"):
        main(["explain", id, *of, "--receipt", str(asked)])
    assert asked.stat().st_mode & 0o777 == 0o600
    last = json.loads(asked.read_text())["chain"][-1]["sha256"]
    found = checked(asked, "--paid", advance.out, "--last", last)
    assert found.returncode == 0 and "NOT CHECKED" not in found.stdout and "taken as shown" in found.stdout
    assert "NOT CHECKED (--paid)" in checked(asked).stdout
    other = checked(asked, "--last", "0" * 64)
    assert other.returncode == 1 and "the chain ends with" in other.stderr


def test_a_receipt_is_written_where_it_was_asked_for_or_told_in_a_line(
    advance: Books, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        "explain",
        advance.payments[-1]["instruction_id"],
        "--events",
        str(advance.events),
        "--paid",
        str(advance.out),
    ]
    with pytest.raises(SystemExit, match="0"):
        main([*asked, "--receipt", str(tmp_path / "new" / "receipt.json")])
    assert refused(json.loads((tmp_path / "new" / "receipt.json").read_text())) is None
    capsys.readouterr()
    with pytest.raises(SystemExit, match="2"):
        main([*asked, "--receipt", str(tmp_path / "new")])
    assert "new cannot be written (Is a directory)" in (said := capsys.readouterr().err) and said.count("\n") == 1


@pytest.mark.parametrize("kind", ["PaymentInstruction", "BenefitHours"])
def test_a_cent_or_a_minute_changed_in_its_pay_run_is_seen(advance: Books, kind: str, tmp_path: Path) -> None:
    payment = advance.payments[-1]
    receipt = advance.receipt(payment["instruction_id"])
    runs, _ = verifier().Receipt(receipt).check()
    folder = tmp_path / "paid"
    folder.mkdir()
    for path in advance.out.glob("*.avro"):
        with path.open("rb") as stream:
            container = Container(stream)
            records = [record for _, record in container]
        if container.kind == kind:
            own = next(record for record in records if record["cut_off"] == payment["cut_off"])
            name = "net_cents" if "net_cents" in own else "paid_minutes"
            own[name] += 1
        write_container(folder / path.name, container.kind, records)
    with pytest.raises(verifier().Refused, match="content_sha256"):
        verifier().Receipt(receipt).check_paid(runs, folder)
    with pytest.raises((ExplainRefusal, Misuse), match=r"content_sha256|net_cents"):
        Books(advance.events, folder, advance.law, []).receipt(payment["instruction_id"])


def test_bytes_that_are_not_those_are_seen(advance: Books) -> None:
    receipt = advance.receipt(advance.payments[-1]["instruction_id"])
    for part in (receipt["instruction"], receipt["facts"][0], receipt["chain"][0]):
        with Changed(
            part, ("sha256",), part["sha256"].translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
        ):
            assert "SHA-256" in (refused(receipt) or "")
    with Changed(receipt, ("law", "text"), receipt["law"]["text"].replace("a", "b", 1)):
        assert refused(receipt)
    with Changed(receipt, ("law", "used", 0, "citation"), "a page that nobody wrote"):
        assert "numbers of the law" in (refused(receipt) or "")


def test_a_receipt_needs_a_payment_and_what_was_paid(advance: Books, capsys: pytest.CaptureFixture[str]) -> None:
    who = ["explain", "--provider", "P1", "--period", "2026-01-01", "--events", str(advance.events)]
    with pytest.raises(SystemExit, match="2"):
        main([*who, "--receipt", "r.json"])
    assert "--receipt is of one payment" in capsys.readouterr().err


def test_the_verifier_is_short_and_of_the_standard_library() -> None:
    text = VERIFIER.read_text("utf-8")
    assert text.count("\n") < 600
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    assert imported <= set(sys.stdlib_module_names)
