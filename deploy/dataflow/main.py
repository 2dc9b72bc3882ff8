"""What a Flex Template starts: the streaming pipeline, or a replay where there is a folder of facts to pay."""

import sys

if __name__ == "__main__":
    # The console sends an optional parameter that was left empty as an empty option.
    asked = [argument for argument in sys.argv[1:] if not argument.endswith("=")]
    if any(argument.startswith("--events=") for argument in asked):
        from pipelines.replay_job import run
    else:
        from pipelines.streaming import run
    run(asked)
