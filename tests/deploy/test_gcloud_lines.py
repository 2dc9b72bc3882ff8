"""Every line of gcloud that the pages tell people to type is one that gcloud takes: it says so without the cloud."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs").rglob("*.md"))
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="there is no gcloud on this machine")


def lines_in(text: str) -> list[str]:
    """Lines and spans that begin with gcloud, those of several lines as one."""
    written = [line for fence in FENCE.findall(text) for line in fence.replace("\\\n", " ").splitlines()]
    found = [re.sub(r"^[A-Z_]+=\S+ ", "", each) for each in [*written, *SPAN.findall(FENCE.sub("", text))]]
    return [" ".join(each.split("#")[0].split()) for each in found if re.match(r"gcloud \S+ (?!\.\.\.)", each)]


def refused(lines: list[str], folder: Path) -> list[str]:
    """What gcloud says against lines, by its own parser."""
    path = folder / "lines.json"
    path.write_text(json.dumps([{"command_string": line, "id": number} for number, line in enumerate(lines)]))
    command = ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={path}", "--quiet"]
    env = os.environ | {"CLOUDSDK_CONFIG": str(folder), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    answers: list[Any] = json.loads(ended.stdout)
    assert len(answers) == len(lines)
    return [f"{each['command_string']}: {each['error_message']}" for each in answers if not each["success"]]


@needs_gcloud
def test_lines_of_gcloud_are_understood(tmp_path: Path) -> None:
    lines = list(dict.fromkeys(line for page in PAGES for line in lines_in(page.read_text("utf-8"))))
    assert len(lines) > 10
    assert not refused(lines, tmp_path)


@needs_gcloud
def test_a_line_that_gcloud_refuses_is_seen(tmp_path: Path) -> None:
    text = "`gcloud dataflow jobs cancl X`\n```\ngcloud pubsub subscriptions seek \\\n  x --tim=2026\n```\n"
    assert len(refused(lines_in(text), tmp_path)) == 2
