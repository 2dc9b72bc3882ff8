"""Types of what the streaming steps pass on: (key, bytes).

Beam infers no type for tagged outputs. Without one it would pickle the keys, and a job that is updated in place might
not find its state again.
"""

import apache_beam as beam
from apache_beam.typehints import typehints

_HINT = typehints.Tuple[str, bytes]


def typed(outputs: beam.pvalue.DoOutputsTuple, *tags: str) -> beam.pvalue.DoOutputsTuple:
    """The outputs, those of ``tags`` known as (key, bytes)."""
    for tag in tags:
        outputs[tag].element_type = _HINT
    return outputs
