"""The law: pure functions of facts, one rule a file. No Beam, no clock, no network, no float.

Authority: LAW.md; each module names its own ids. The numbers stand in parameters/*.toml.
"""
