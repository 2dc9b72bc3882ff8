"""Standard streams that whoever began us closed (``2>&-``, some daemons): nobody hears us, and people are paid all the
same. Left closed, the next file that is opened would take the number, and get what is meant for nobody."""

import os
import sys

OTHERS = 0o077

NUMBERS = (0, 1, 2)


def open_closed_streams() -> None:
    """Standard input, output and error lead to /dev/null where they lead nowhere."""
    for number in NUMBERS:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
    sys.stdin = sys.stdin or os.fdopen(0, "r", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def only_own_eyes() -> None:
    """From now on this process, and those it begins, make nothing that others may read: all of it is about people."""
    os.umask(OTHERS)
