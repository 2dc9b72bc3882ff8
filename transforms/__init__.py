"""What Beam carries: one PTransform a file, named as the verb. What it does is in `rules` and `fold`."""
