"""Baseline and variants in one run: what a change of the law or of facts would pay, before anybody is paid by it."""
