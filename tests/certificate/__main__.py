"""``python -m tests.certificate``: runs the commands of rows.toml, writes certificate.html and certificate.json.

They go into build/certificate. QUICK=1: the quick ones alone; ONLY=text: rows that say it, others only if they were
made before. A row that held at this commit, of which no file is changed, is not run again, so a run that was stopped
goes on; AGAIN=1 runs all. Exit code 1 if a row failed; what was not run is no failure, and said."""

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

import jinja2

from tests.certificate.rows import (
    FAILED,
    HOLDS,
    NOT_RUN,
    ROOT,
    Made,
    Making,
    Outcome,
    changed_files,
    commit_of_tree,
    git,
    groups,
    now,
    outcomes,
)

OUT = ROOT / "build/certificate"


def main() -> int:
    quick = _asked("QUICK")
    OUT.mkdir(parents=True, exist_ok=True)
    told = {"quick": quick, "began": now(), "commit": git("rev-parse", "HEAD"), "machine": _machine()}
    if _asked("AGAIN"):
        (OUT / "made.jsonl").unlink(missing_ok=True)
    making = Making(OUT, quick, os.environ.get("ONLY", ""), Made(OUT, commit_of_tree))
    known: dict[str, Outcome] = {}
    found: list[dict[str, Any]] = []
    for group in groups():
        found.append({"title": group.title, "lead": group.lead, "rows": []})
        for each in outcomes(group.rows, making, known):
            found[-1]["rows"].append(each.as_json())
            print(f"{each.state:8} {each.says}: {each.shows or each.why}", flush=True)
    if not any(making.only in says for says in known):
        print(f"no row says {making.only!r}", file=sys.stderr)
        return 2
    states = [each.state for each in known.values()]
    told["changed_files"] = len(changed_files())
    told |= {"ended": now(), "groups": found, "count": {each: states.count(each) for each in (HOLDS, FAILED, NOT_RUN)}}
    (OUT / "certificate.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    (OUT / "certificate.html").write_text(page(told), "utf-8")
    print(", ".join(f"{number} {state}" for state, number in told["count"].items()))
    if told["changed_files"]:
        print(f"{told['changed_files']} files differ from the commit: this says nothing of it")
    print(f"The certificate: {(OUT / 'certificate.html').relative_to(ROOT)}")
    return int(told["count"][FAILED] > 0)


def page(told: dict[str, Any]) -> str:
    """The certificate as a page that is whole in itself, in the look of the report."""
    place = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=place, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    style = (ROOT / "pipelines/report/report.css").read_text("utf-8")
    return environment.get_template("certificate.html.j2").render(style=style, **told)


def _asked(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0")


def _machine() -> dict[str, Any]:
    return {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}


if __name__ == "__main__":
    sys.exit(main())
