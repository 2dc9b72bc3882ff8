"""What a user asked wrongly, and how it is said: one line with the remedy, exit code 2."""

import re
from contextlib import suppress
from datetime import date

from typer.exceptions import TyperException


class Misuse(TyperException):
    """What the user asked cannot be done; the message is one line with the remedy."""


def day_asked(text: str, option: str, asked: str | None = None) -> int:
    """The epoch day of YYYY-MM-DD. Raises Misuse, with the words of ``asked`` if given."""
    from rules.periods import epoch_day

    # fromisoformat alone would take 20260228 and 2026-W09-6 too, which nobody means.
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        with suppress(ValueError):
            return epoch_day(date.fromisoformat(text))
    raise Misuse(asked or f"{option} {text} is not a day: write YYYY-MM-DD, such as 2026-02-28")
