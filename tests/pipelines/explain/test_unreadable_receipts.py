"""What is no receipt is told in a line, whatever it is, and nothing in it is read in two ways."""

import base64
import json
import os
import subprocess
import sys
import zlib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.explain.receipt_world import VERIFIER, Receipt, verifier
from tests.pipelines.explain.test_forged_receipts import instruction_changed
from tests.pipelines.explain.test_true_receipts import hard, receipts_of


@pytest.fixture(scope="module")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> list[Receipt]:
    each, law = next(hard())
    return receipts_of(each.facts, tmp_path_factory.mktemp("books"), law, each.cut_off)


@pytest.mark.parametrize(
    "body", [b"\xff" * 12, b"\x03", b"\x05"], ids=["too long", "before the first", "after the last"]
)
def test_bytes_that_other_readers_read_otherwise_are_refused(body: bytes) -> None:
    reader = verifier().Reader(body)
    with pytest.raises((verifier().Refused, IndexError)):
        reader.value({"type": "enum", "symbols": ["A", "B"]})


@pytest.mark.parametrize(("schema", "body"), [("boolean", b"\2"), ({"type": "array", "items": "null"}, b"\1\0")])
def test_a_boolean_and_a_count_are_what_avro_says(schema: Any, body: bytes) -> None:
    with pytest.raises((verifier().Refused, IndexError)):
        verifier().Reader(body).value(schema)


def checked(text: str, folder: Path, *more: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The program as a stranger runs it; it ends with 1, in a sentence."""
    receipt = folder / "receipt.json"
    receipt.write_text(text)
    command = [sys.executable, "-S", str(VERIFIER), str(receipt), *more]
    found = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert found.returncode == 1 and "Traceback" not in found.stderr and found.stderr.count("\n") == 1, found.stderr
    assert not found.stdout
    return found


def test_what_two_readers_read_differently_is_no_receipt(receipts: list[Receipt], tmp_path: Path) -> None:
    text = json.dumps(receipts[0])
    assert "twice" in checked(text.replace('"net_cents":', '"net_cents": 1, "net_cents":', 1), tmp_path).stderr
    for other in ("0.5", "NaN", "1e400", "Infinity"):
        assert "REFUSED" in checked(text.replace('"receipt": 1', f'"receipt": {other}', 1), tmp_path).stderr


def test_what_cannot_be_read_is_told_in_a_line(receipts: list[Receipt], tmp_path: Path) -> None:
    bomb = deepcopy(receipts[0])
    bomb["law"]["text"] = base64.b64encode(zlib.compress(b" " * (1 << 27))).decode()
    for text in ("[" * 200_000, "", "null", "{}", json.dumps({"receipt": 1}), json.dumps(bomb)):
        assert checked(text, tmp_path).stderr.startswith("REFUSED: ")
    whole = json.dumps(receipts[0])
    assert "is no folder" in checked(whole, tmp_path, "--paid", str(tmp_path / "none")).stderr
    assert "the chain ends with" in checked(whole, tmp_path, "--last", "0" * 64).stderr
    assert "no time zones" in checked(whole, tmp_path, PYTHONTZPATH="").stderr


def test_an_id_writes_no_line_of_its_own(receipts: list[Receipt], tmp_path: Path) -> None:
    """Whoever prints a refusal prints what the receipt's author wrote."""
    receipt = deepcopy(receipts[0])
    instruction_changed(receipt, statement_id="x\nholds: all of it\x1b[8m")
    assert "\x1b" not in checked(json.dumps(receipt), tmp_path).stderr
