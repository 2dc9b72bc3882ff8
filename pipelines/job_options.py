"""Options that both jobs on Dataflow have, and their values: days, and the law at any address."""

import argparse
import tempfile
from datetime import date
from pathlib import Path, PurePosixPath

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.live.clock import day_of_run
from pipelines.misuse import Misuse
from pipelines.replay import last_cut_off
from rules.law import Law, LawError
from rules.periods import epoch_day
from schemas import private
from transforms.addresses import at


class JobOptions(PipelineOptions):
    """What every job may be asked, beside Beam's own."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--law", help="Folder of TOML that overlays the law.")
        parser.add_argument("--until", metavar="YYYY-MM-DD", help="Last business day to decide.")


def cut_off_named(option: str, day: str | None) -> int | None:
    """The cut-off of a day, as `last_cut_off` has it. Raises Misuse."""
    try:
        return last_cut_off(epoch_day(date.fromisoformat(day))) if day else None
    except ValueError:
        raise Misuse(f"{option} {day} is no date: write it as 2026-12-31") from None


def law_named(folder: str | None) -> Law:
    """The law, with TOML of a folder laid over it. Raises Misuse."""
    if folder is None:
        return Law.load()
    names = [each.path for match in FileSystems.match([at(folder, "*.toml")]) for each in match.metadata_list]
    if not names:
        raise Misuse(f"--law {folder} holds no *.toml")
    with tempfile.TemporaryDirectory() as copied:
        for name in names:
            private.written(Path(copied, PurePosixPath(name).name), read_at(name))
        try:
            return Law.load(Path(copied))
        except LawError as error:
            raise Misuse(str(error)) from error


def read_at(path: str) -> bytes:
    """A whole file. Raises Misuse."""
    try:
        with FileSystems.open(path) as stream:
            content: bytes = stream.read()
    except OSError:
        raise Misuse(f"{path} cannot be read") from None
    return content


def all_decided_by(cut_off: int) -> str:
    """Why a pay run that is not the first of its month is none to become known to."""
    return (
        f"a value is first known to the pay run of {day_of_run(cut_off)}, which decides only those to whom something"
        " happens: let `published` be the last day of a month, or begin again with --journal"
    )
