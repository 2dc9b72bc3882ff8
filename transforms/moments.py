"""Instants of the streaming path's timers: a cut-off, plus a millisecond for each step in the order of the pipeline.

The milliseconds only put the steps in order. What is decided depends on the cut-off alone.
"""

from functools import lru_cache

from apache_beam.utils.timestamp import Timestamp

from fold.stages import STAGES

PASSED = "admit"  # the door learns that a pay run is closed
SUM, CLOSE = "sum", "close"
_ORDER = (PASSED, *STAGES, SUM, CLOSE)
MICROS_IN_MILLI = 1000


@lru_cache(maxsize=1024)
def wakes_at(step: str, cut_off: int) -> Timestamp:
    """The instant at which a step decides a cut-off: after all facts before it, and after the steps before it."""
    return Timestamp(micros=(cut_off + _ORDER.index(step)) * MICROS_IN_MILLI)


def decides(step: str, fired: Timestamp) -> int:
    """The cut-off until which a step may decide when a timer of it has fired."""
    return fired.micros // MICROS_IN_MILLI - _ORDER.index(step)


def instant(timestamp: Timestamp) -> int:
    """Milliseconds since 1970-01-01 UTC."""
    return timestamp.micros // MICROS_IN_MILLI


def timestamp(instant: int) -> Timestamp:
    """The instant as Beam has it."""
    return Timestamp(micros=instant * MICROS_IN_MILLI)
