"""The command ``ihss-payroll completion``, and what a shell proposes for the word that is being typed: commands and
options by themselves, people, payments and days of the folder that ``--paid`` names.

Whoever types does not wait: people come from the folder's index alone, payments from its records, and neither from
what takes long to read.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer

from pipelines.misuse import Misuse

PROGRAM = "ihss-payroll"
VARIABLE = "_IHSS_PAYROLL_COMPLETE"
"""By which a shell asks. It is said to whoever answers: else it would follow from the path by which we were called."""
MOST = 200  # a longer list helps nobody
LARGEST_INDEX = 32 << 20  # bytes: a fifth of a second
LARGEST_PAID = 4 << 20  # bytes of payments: as long
BASH, COLON = "complete_bash", ":"


class Shell(StrEnum):
    """Shells that can ask."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(completion)


def completion(shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")]) -> int:
    """Print what makes a shell complete commands, options, people, payments and days: typed once, or from its start-up
    file.

    [bold]Examples[/]

        eval "$(ihss-payroll completion bash)"

        ihss-payroll completion fish > ~/.config/fish/completions/ihss-payroll.fish
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    print(get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell.value))
    return 0


def providers(context: typer.Context, incomplete: str) -> list[str]:
    """Providers of the folder."""
    from schemas.ids import PROVIDER

    return _people(context, incomplete, PROVIDER)


def recipients(context: typer.Context, incomplete: str) -> list[str]:
    """Recipients of the folder."""
    from schemas.ids import RECIPIENT

    return _people(context, incomplete, RECIPIENT)


def people(context: typer.Context, incomplete: str) -> list[str]:
    """Everybody in the folder."""
    from schemas.ids import PROVIDER, RECIPIENT

    return _people(context, incomplete, PROVIDER, RECIPIENT)


def payments(context: typer.Context, incomplete: str) -> list[str]:
    """Ids of the folder's payments."""
    from pipelines.paid_records import records_in
    from schemas.payment_instruction import PaymentInstruction

    paid = _paid(context)
    paths = sorted(paid.glob("payment_instruction*.avro")) if paid else []
    if sum(path.stat().st_size for path in paths) > LARGEST_PAID:
        return []
    found = set[str]()
    with suppress(Misuse):
        found = {each.instruction_id for path in paths for each in records_in(path, PaymentInstruction)}
    return sorted(id for id in found if id.startswith(incomplete))[:MOST]


@contextmanager
def words_of_bash() -> Iterator[None]:
    """To bash a colon ends a word: the words that it took apart are whole here, and of what is proposed for the last it
    gets what follows the last colon, since it leaves the rest as it is."""
    if os.environ.get(VARIABLE) != BASH:
        yield
        return
    last = _joined_at_colons()
    told, before = StringIO(), last[: last.rfind(COLON) + 1]
    try:
        with redirect_stdout(told):
            yield
    finally:
        print(*(line.removeprefix(before) for line in told.getvalue().splitlines()), sep="\n")


def _joined_at_colons() -> str:
    """The word that is being typed, once all are whole."""
    words, at = os.environ.get("COMP_WORDS", "").split("\n"), int(os.environ.get("COMP_CWORD", "0"))
    joined, places = words[:1], [0]
    for word in words[1:]:
        if word.startswith(COLON) or joined[-1].endswith(COLON):
            joined[-1] += word
        else:
            joined.append(word)
        places.append(len(joined) - 1)
    place = places[at] if at < len(places) else at - len(words) + len(joined)
    os.environ |= {"COMP_WORDS": "\n".join(joined), "COMP_CWORD": str(place)}
    return joined[place] if place < len(joined) else ""


def pay_runs(context: typer.Context, incomplete: str) -> list[str]:
    """Business days of the folder's pay runs."""
    return _begun(incomplete, _runs(context))


def pay_periods(context: typer.Context, incomplete: str) -> list[str]:
    """First days of the pay periods that the folder's pay runs were in, and of those that had just ended."""
    from rules.periods import period_of

    periods = {period_of(day) for day in _runs(context)}
    return _begun(incomplete, sorted(periods | {period_of(period - 1) for period in periods}))


def _begun(incomplete: str, days: list[int]) -> list[str]:
    from rules.periods import iso

    return [day for day in map(iso, days) if day.startswith(incomplete)][-MOST:]


def _people(context: typer.Context, incomplete: str, *sides: str) -> list[str]:
    from fold.places import FOR_ALL, INDEX, index_at
    from schemas.ids import person_of

    paid = _paid(context)
    path = paid / INDEX if paid else None
    if path is None or not path.is_file() or path.stat().st_size > LARGEST_INDEX:
        return []
    index = index_at(path)
    known = map(person_of, (key for key in index.everybody() if key != FOR_ALL)) if index else ()
    return sorted(id for side, id in known if side in sides and id.startswith(incomplete))[:MOST]


def _runs(context: typer.Context) -> list[int]:
    from pipelines.statements.paid_folder import pay_runs as runs_in

    paid = _paid(context)
    with suppress(Misuse):
        return runs_in(paid) if paid else []
    return []


def _paid(context: typer.Context) -> Path | None:
    """The folder that was named on the line before the word."""
    named = context.params.get("paid")
    return Path(named) if named and Path(named).is_dir() else None
