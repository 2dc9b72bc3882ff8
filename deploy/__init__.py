"""Where it runs: names of topics, the local server for drills."""
