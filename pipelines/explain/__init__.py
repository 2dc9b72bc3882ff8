"""Explain: why a payment is what it is, from the same rules run on the facts concerned."""
