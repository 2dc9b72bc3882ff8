"""The five questions of docs/what_if.md are answered as the page says."""

from pathlib import Path

import pytest

from tests.walkthrough import BLOCK, renewed
from tests.what_if_gallery import PAGE, printed


@pytest.mark.engines
def test_the_gallery_says_what_the_program_prints(tmp_path: Path) -> None:
    page = PAGE.read_text("utf-8")
    found = printed(page, tmp_path)
    assert {block[1] for block in BLOCK.finditer(page)} == set(found)
    assert renewed(page, found) == page, "stale: run python -m tests.what_if_gallery, read, commit"
