"""Beam's steps: one PTransform a file, named as a verb. The decisions are in `rules`, the plain twins in `fold`."""
