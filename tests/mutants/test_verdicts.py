"""What ends a judge from outside is no notice of a mutant."""

import signal

import pytest

from tests.mutants.judge import BROKEN, KILLED, TIMEOUT, ended_by


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (signal.SIGPROF, TIMEOUT),
        (signal.SIGSEGV, KILLED),
        (signal.SIGKILL, BROKEN),  # no memory was left, or somebody ended it
        (signal.SIGTERM, BROKEN),
    ],
)
def test_a_signal_counts_only_where_the_mutant_caused_it(number: int, verdict: str) -> None:
    assert ended_by(number)[0] == verdict
