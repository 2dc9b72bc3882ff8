"""A sample county: synthetic people, their papers and the things that go wrong, from a seed and nothing else."""
