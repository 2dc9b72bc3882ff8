"""A worker process of Beam that ends with the process that began it: Beam itself sees to that only when it ends, so
that workers of a job that was killed would wait for ever.

``python -m pipelines.worker_life JOB``: the worker of the job with this process id.
"""

import os
import shlex
import sys
import threading
import time

from apache_beam.runners.worker import sdk_worker_main
from apache_beam.transforms.environments import SubprocessSDKEnvironment

SECONDS_BETWEEN_LOOKS = 1.0
KILLED = 1  # exit code


def workers_of_ours() -> SubprocessSDKEnvironment:
    """For a runner: worker processes that end when this process does."""
    words = (sys.executable, "-m", "pipelines.worker_life", str(os.getpid()))
    return SubprocessSDKEnvironment.from_command_string(f"exec {shlex.join(words)}")


def _watch(job: int) -> None:
    while _lives(job):
        time.sleep(SECONDS_BETWEEN_LOOKS)
    os._exit(KILLED)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    threading.Thread(target=_watch, args=(int(sys.argv[1]),), daemon=True).start()
    sdk_worker_main.main(sys.argv)
