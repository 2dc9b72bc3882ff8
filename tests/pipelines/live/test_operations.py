"""docs/operations.md: what it says that people see, they see: each sentence is one that the product says."""

import errno
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
JOINED = re.compile(r'"\s*\n\s*(?:rf|f|r)?"')  # a sentence that is written in several strings
VALUES = r"\{[^{}\n]*\}|…|\b[DEN]\b|\bFILE\b|\d[\d,]*|[`*]"
NAMES = r"\S*\.(?:avro|json|toml)\b|\S*/lock\b|\bplausible\.\w+|\bwage\.\d+|\bihss_"
PLACES = re.compile(f"{NAMES}|{VALUES}")
ITALICS = re.compile(r"`([^`]+)`|(?<!\*)\*([^*]+)\*(?!\*)")
HEADS = ("you see", "sign")


def said() -> str:
    """All that the code can say, each place for a value as one sign."""
    paths = [path for folder in ("pipelines", "fold", "rules", "schemas") for path in (ROOT / folder).rglob("*.py")]
    text = "\n".join(path.read_text("utf-8") for path in paths)
    return JOINED.sub("", text) + os.strerror(errno.ENOSPC)


def seen() -> Iterator[str]:
    """What stands in the first columns of tables of what people see, and in italics at the head of a list's line."""
    lines = (ROOT / "docs" / "operations.md").read_text("utf-8").splitlines()
    inside = False
    for line, after in pairwise([*lines, ""]):
        if after.startswith("|---"):
            inside = line.strip("| ").split(" | ")[0] in HEADS
        elif inside and line.startswith("| "):
            yield from ITALICS.findall(line.strip("| ").split(" | ")[0])
        elif line.startswith("* *"):
            yield from ITALICS.findall(line.removeprefix("* ").split(":")[0])


SEEN = sorted({code or words for code, words in seen()})


def test_there_is_much_to_be_seen() -> None:
    assert len(SEEN) > 50


@pytest.fixture(scope="module")
def code() -> str:
    return PLACES.sub("\0", said()).lower()


@pytest.mark.parametrize("words", SEEN)
def test_what_it_says_is_seen_is_said(words: str, code: str) -> None:
    parts = [part.strip(" :,.;()") for part in PLACES.sub("\0", words).split("\0")]
    missing = [part for part in parts if part and part.lower() not in code]
    assert not missing, f"{missing} is said nowhere"
