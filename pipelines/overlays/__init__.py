"""Law laid over the law in force: where the two differ, what is wrong with it or unusual, which worked cases change."""
