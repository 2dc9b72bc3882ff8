"""SettlePayments' decision for one recipient, or a provider's training and incentives: case.py, month.py, their parts.

Authority: each module names its own ids. In force: as each module says. Does not cover: what work earns.
"""
