"""Tasks on all cores of this machine, by processes that know the law and every module at once. If one dies, the replay
fails as a whole.
"""

from pipelines.processes import processes
from pipelines.tasks import Replay, pay
from pipelines.work import Work
from rules.law import Law


def run(work: Work, law: Law, number: int) -> None:
    """By so many processes: records, parts of the index and the tally below ``work.out``. Raises BrokenProcessPool if a
    process dies, OSError if the disk is full."""
    replay = Replay(work, law)
    with processes(replay, number) as each:
        pay(replay, each)
