"""How decisions travel, without Beam: facts to stages, keys to shards, conclusions to records and back to memory."""
