"""What was shown of this commit, by which commands, and what was not run (``make certificate``)."""
