"""PriceTime's decision for one provider: case.py, its months in month.py, and their parts.

Authority: each module names its own ids. In force: as each module says. Does not cover: taxes, what was paid before.
"""
