"""Which engine folds a pay run: this process alone, or processes on all cores once these pay for their start."""

import os

from pipelines.live.engine import AUTO, BEAM, PLAIN, PayRunEngine, PlainEngine

WORTH_WORKERS = 4 << 20  # bytes of new entries from which processes pay for their start
BYTES_OF_A_DUE_KEY = 1000  # what deciding a key again that nothing arrived for weighs, in bytes of entries


def engine_for(choice: str, size: int, due: int) -> PayRunEngine:
    """The engine for so many bytes of new entries and so many keys that are due by themselves."""
    small = size + due * BYTES_OF_A_DUE_KEY < WORTH_WORKERS or os.cpu_count() == 1
    if choice == PLAIN or (choice == AUTO and small):
        return PlainEngine()
    if choice == BEAM:
        from pipelines.live.beam_engine import BeamEngine  # a second to import: only where it folds

        return BeamEngine()
    from pipelines.live.pool_engine import PoolEngine

    return PoolEngine()
