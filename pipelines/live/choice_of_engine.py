"""Which engine folds a pay run: this process alone, or Beam with worker processes once these pay for their start."""

from pipelines.live.engine import AUTO, PLAIN, PayRunEngine, PlainEngine

WORTH_WORKERS = 8 << 20  # bytes of new entries from which two workers pay for their start
BYTES_OF_A_DUE_KEY = 1000  # what deciding a key again that nothing arrived for weighs, in bytes of entries


def engine_for(choice: str, size: int, due: int) -> PayRunEngine:
    """The engine for so many bytes of new entries and so many keys that are due by themselves."""
    if choice == PLAIN or (choice == AUTO and size + due * BYTES_OF_A_DUE_KEY < WORTH_WORKERS):
        return PlainEngine()
    from pipelines.live.beam_engine import BeamEngine  # a second to import: only where it folds

    return BeamEngine()
