"""``ihss-payroll vectors``: the worked cases of the law, for anybody's engine."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.misuse import Misuse


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(vectors)


def vectors(
    out: Annotated[Path, typer.Option(help="Folder for the kit: one that is empty, or not there yet.")],
    answers: Annotated[
        Path | None, typer.Option(help="Also go through the kit's door with this engine, and write what it says here.")
    ] = None,
) -> int:
    """Write the conformance kit: every worked case as JSON (facts, law, pay runs, what must be said), JSON Schemas, and
    a judge of anybody's answers that needs Python alone.

    [bold]Examples[/]

        ihss-payroll vectors --out kit

        ihss-payroll vectors --out kit --answers answers && python kit/judge.py answers
    """
    from pipelines.vectors.engine import answer_all
    from pipelines.vectors.kit import stored_kit, write_kit

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Misuse(f"--out {out} is not empty: name a folder that is, or that is not there yet")
    if answers is not None and out.resolve() in (answers.resolve(), *answers.resolve().parents):
        raise Misuse(f"--answers {answers} lies in --out {out}: name a folder beside the kit, not in it")
    kit = stored_kit()
    write_kit(kit, out)
    print(f"Version {kit.version}, {len(kit.vectors):,} vectors, is in {out}; {out / 'README.md'} says how to use it")
    if answers is not None:
        print(f"{answer_all(out, answers):,} answers are in {answers}: python {out / 'judge.py'} {answers}")
    return 0
