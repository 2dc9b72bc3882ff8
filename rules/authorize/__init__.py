"""AuthorizeTime's decision for one recipient: case.py, its months in month.py, and their parts.

Authority: each module names its own ids. In force: as each module says. Does not cover: the provider's side.
"""
