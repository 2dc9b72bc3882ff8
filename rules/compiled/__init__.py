"""The rules compiled to C, where somebody built them from these very sources (`deploy.compile`); else they run as they
are written. What is paid is the same either way.

Authority: none of its own. In force: always. Does not cover: how they are built.

Compiled modules lie in this folder, never beside their sources, and a digest of all that they were made from lies with
them. If a source is another by a byte they are not used, so that none is ever stale. IHSS_PAYROLL_COMPILED says
otherwise: ``no``, run from source; ``yes``, do not start without them.
"""

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
HOUSE = HERE.parents[1]
FOLDERS = ("schemas", "rules", "fold")  # what they were made from, and what those import of ours
SUFFIX = EXTENSION_SUFFIXES[0]  # names Python's version and the machine
DIGEST = HERE.joinpath("digest")
WISH = "IHSS_PAYROLL_COMPILED"
USED, NONE, STALE, NOT_WANTED = "compiled", "as written", "as written: the compiled ones are of other sources", (
    f"as written: {WISH} says so"
)  # fmt: skip


class CompiledFinder(MetaPathFinder):
    """Finds a module among those that were built, by its whole name."""

    def __init__(self) -> None:
        self.built = {path.name.removesuffix(SUFFIX): str(path) for path in HERE.glob(f"*{SUFFIX}")}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:  # fmt: skip
        """Where it is, or None: whoever finds it next."""
        place = self.built.get(fullname)
        return (place and spec_from_file_location(fullname, place, loader=ExtensionFileLoader(fullname, place))) or None


def sources() -> Iterator[Path]:
    """All files that the compiled modules depend on, sorted."""
    for folder in FOLDERS:
        yield from sorted(HOUSE.joinpath(folder).rglob("*.py"))


def digest() -> str:
    """SHA-256 (hex) of the sources, and of what Python and machine they are compiled for."""
    found = hashlib.sha256(SUFFIX.encode())
    for path in sources():
        text = path.read_bytes()
        found.update(f"{path.relative_to(HOUSE)} {len(text)} ".encode() + text)
    return found.hexdigest()


def state() -> str:
    """How the rules are to run: one of USED, NONE, STALE, NOT_WANTED."""
    wish = os.environ.get(WISH, "")
    if wish == "no":
        return NOT_WANTED
    if not DIGEST.is_file():
        return NONE
    return USED if DIGEST.read_text("ascii") == digest() else STALE


def find() -> None:
    """Have compiled modules imported in place of their sources, if they are of these. Raises ImportError if they must
    be and are not."""
    global how
    how = state()
    if how == USED:
        sys.meta_path.insert(0, CompiledFinder())
    elif os.environ.get(WISH) == "yes":
        raise ImportError(f"the rules run {how}, and {WISH} asks for compiled ones: make setup FAST=1")


how = NONE
"""How the rules run in this process."""
