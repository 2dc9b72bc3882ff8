"""What a command does not need it does not import: a start takes a quarter of a second, not seconds."""

import json
import subprocess
import sys
from pathlib import Path

from pipelines.sample.simulate import simulate

HEAVY = ("apache_beam", "google", "pymongo", "numpy", "duckdb", "pyarrow", "weasyprint", "altair", "openpyxl", "jinja2")
ASKED = """
import contextlib, io, json, sys
from pipelines.command import cli
imported = {}
for line in json.loads(sys.argv[1]):
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        cli.main(line.split())
    imported[line.split()[0]] = sorted(sys.modules)
print(json.dumps(imported))
"""


def test_without_beam_nothing_of_beam_is_imported(tmp_path: Path) -> None:
    """One process after the other in one: `--help`, a pay run alone, on all cores, the live job, explain and find."""
    simulate(tmp_path / "facts", "17", 2, 1, "2024-01", 17, 0)
    lines = (
        "--help",
        "replay --events facts --out paid --quiet",
        "replay --events facts --out paid --quiet --engine pool",
        "find P000001 --paid paid",
        "run --from folder:facts --to folder:said --journal journal --close-run 2024-01-31 --engine plain",
        "journal health --journal journal",
    )
    command = [sys.executable, "-c", ASKED, json.dumps(lines)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    imported = json.loads(ended.stdout)
    assert (tmp_path / "paid" / "summary.json").exists() and any((tmp_path / "said").iterdir())
    for line, modules in imported.items():
        assert not set(HEAVY) & set(modules), line
    assert not {"schemas", "pydantic", "rules.law"} & set(imported["--help"])
