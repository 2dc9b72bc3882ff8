"""Graphs of the versions that landed, by which an operator's running job is known: ``python -m deploy.graphs`` adds the
one of this code when it is another than the last, and names the last by this version when it is not. The oldest of many
goes."""

from pathlib import Path

FOLDER = Path(__file__).parent / "graphs"
KEPT = 6


def stored() -> list[Path]:
    """The files, the newest last."""
    return sorted(FOLDER.glob("*.json"))


BATCH = FOLDER / "batch" / "replay.json"
"""Of the replay's job, which is never replaced in place: so that a change of its steps is seen."""


def main() -> None:
    """Add the graph of this code."""
    from pipelines.launch.batch import batch_graph
    from pipelines.launch.graph import as_text, graph_in, translated

    BATCH.write_text(as_text(batch_graph()), "utf-8")
    here, files = translated("--project=any-project", "--region=us-west2"), stored()
    last = graph_in(files[-1]) if files else None
    same = last is not None and (last.steps, last.state) == (here.steps, here.state)
    number = int(files[-1].stem) if files else 0
    (FOLDER / f"{number if same else number + 1:04}.json").write_text(as_text(here), "utf-8")
    for old in stored()[:-KEPT]:
        old.unlink()


if __name__ == "__main__":
    main()
