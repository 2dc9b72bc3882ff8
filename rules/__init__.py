"""The law: pure functions of facts, one rule a file. No Beam, no clock, no network, no float.

Authority: LAW.md; each module names its own ids. In force: as each module says. The numbers stand in parameters/*.toml.
Does not cover: section 15 of LAW.md (sick leave, income tax, union and health deductions and more).
"""

from rules import compiled

compiled.find()
