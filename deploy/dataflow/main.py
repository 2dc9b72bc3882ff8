"""What a Flex Template starts: the streaming pipeline, with the options that it was launched with."""

import sys

from pipelines.streaming import run

if __name__ == "__main__":
    # The console sends an optional parameter that was left empty as an empty option.
    run([argument for argument in sys.argv[1:] if not argument.endswith("=")])
