"""A worker process of Beam that ends with the process that began it: Beam itself sees to that only when it ends, so
that workers of a job that was killed would wait for ever.

``python -m pipelines.worker_life JOB``: the worker of the job with this process id.
"""

import os
import shlex
import sys

from apache_beam.runners.worker import sdk_worker_main
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from pipelines.watch import end_with


def workers_of_ours() -> SubprocessSDKEnvironment:
    """For a runner: worker processes that end when this process does."""
    words = (sys.executable, "-m", "pipelines.worker_life", str(os.getpid()))
    return SubprocessSDKEnvironment.from_command_string(f"exec {shlex.join(words)}")


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    sdk_worker_main.main(sys.argv)
