"""How decisions travel, without Beam: facts to stages, keys to shards, conclusions to records and back to memory."""

import rules  # which finds what is compiled of this folder too  # noqa: F401
