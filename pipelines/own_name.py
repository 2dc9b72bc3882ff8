"""How this program is called from where its user is, so that the commands it prints work as they are pasted."""

import os
import re
import shlex
import shutil
import sys
from functools import cache
from pathlib import Path

NAME = "ihss-payroll"
COMMAND = re.compile(rf"(?<![\w./-]){NAME} (?=[a-z])")


def pasted(words: str) -> str:
    """Words with each command in them as it has to be typed here."""
    return COMMAND.sub(lambda found: f"{called()} ", words)


@cache
def called() -> str:
    """``ihss-payroll`` where the shell finds it, else its path, or the module that was run."""
    return called_as(sys.argv[0], shutil.which(NAME))


def called_as(program: str, found: str | None) -> str:
    """By the path of the program that runs (as argv has it), and what the shell finds under its name."""
    if Path(program).name in ("cli.py", "entry.py"):
        return f"{shlex.quote(_near(sys.executable))} -m pipelines.command.{Path(program).stem}"
    if Path(program).name != NAME or (found is not None and Path(found).resolve() == Path(program).resolve()):
        return NAME
    return shlex.quote(_near(program))


def _near(path: str) -> str:
    """From here, if it lies below."""
    near = os.path.relpath(path)
    return path if near.startswith(os.pardir) else near
