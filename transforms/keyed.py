"""What the steps of the unbounded path hand on: a key and bytes, of which the coder says so.

Beam derives no type for tagged outputs; without one it would send keys through pickle, and an update of a job that has
state could not count on finding them again.
"""

import apache_beam as beam
from apache_beam.typehints import typehints

_HINT = typehints.Tuple[str, bytes]


def typed(outputs: beam.pvalue.DoOutputsTuple, *tags: str) -> beam.pvalue.DoOutputsTuple:
    """The outputs, those of ``tags`` known as (key, bytes)."""
    for tag in tags:
        outputs[tag].element_type = _HINT
    return outputs
