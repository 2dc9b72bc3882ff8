"""``--quiet`` for every command that has not its own: nothing is said of how it went; errors are, and the exit code
tells."""

import inspect
import os
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import wraps

import typer

from pipelines.command.options import Quiet
from pipelines.harmless import HUSHED

SCRIPT = "completion"  # what it prints is all that it does


def every_command_can_be_quiet(app: typer.Typer) -> None:
    """Give ``--quiet`` to the commands of an app, and of its groups, that have none. ``--json`` is printed all the
    same."""
    for group in app.registered_groups:
        if group.typer_instance is not None:
            every_command_can_be_quiet(group.typer_instance)
    for each in app.registered_commands:
        command = each.callback
        if command is not None and command.__name__ != SCRIPT and "quiet" not in inspect.signature(command).parameters:
            each.callback = _with_quiet(command)


def _with_quiet(command: Callable[..., int]) -> Callable[..., int]:
    @wraps(command)
    def quietly(quiet: bool = False, **named: object) -> int:
        if not quiet or named.get("as_json"):
            return command(**named)
        with os.fdopen(os.open(os.devnull, os.O_WRONLY), "w") as nowhere, redirect_stdout(nowhere):
            hushed = HUSHED.set(True)
            try:
                return command(**named)
            finally:
                HUSHED.reset(hushed)

    known = inspect.signature(command)
    more = inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet)
    quietly.__signature__ = known.replace(parameters=[*known.parameters.values(), more])  # type: ignore[attr-defined]
    quietly.__annotations__ = command.__annotations__ | {"quiet": Quiet}
    return quietly
