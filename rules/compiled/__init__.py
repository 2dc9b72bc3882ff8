"""The rules compiled to C, where somebody built them from these very sources (`deploy.compile`); else they run as they
are written. What is paid is the same either way.

Authority: none of its own. In force: always. Does not cover: how they are built.

Compiled modules lie in this folder, never beside their sources, and with them a digest of all that they were made from
and one of themselves. If a source or a module is another by a byte none is used, so that none is ever stale and a disk
that rots pays nobody. IHSS_PAYROLL_COMPILED says otherwise: ``no``, run from source; ``yes``, do not start without.
"""

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
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
USED, NONE, STALE = "compiled", "as written", "as written: the compiled ones are of other sources"
CHANGED, NOT_WANTED = "as written: a compiled one is not as it was built", f"as written: {WISH} says so"


class CompiledFinder(MetaPathFinder):
    """Finds a module among those that were built, by its whole name."""

    def __init__(self) -> None:
        self.built = {path.name.removesuffix(SUFFIX): str(path) for path in built()}

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


def built() -> list[Path]:
    """All compiled modules that are there, sorted."""
    return sorted(HERE.glob(f"*{SUFFIX}"))


def digest() -> str:
    """SHA-256 (hex) of the sources, and of what Python and machine they are compiled for."""
    return _digest(sources(), HOUSE)


def digests(of_sources: str) -> str:
    """What lies with the modules that are there: of which sources they are, and a SHA-256 (hex) of themselves."""
    return f"{of_sources} {_digest(built(), HERE)}"


def _digest(paths: Iterable[Path], folder: Path) -> str:
    whole = hashlib.sha256(SUFFIX.encode())
    for path in paths:
        content = path.read_bytes()
        whole.update(f"{path.relative_to(folder)} {len(content)} ".encode() + content)
    return whole.hexdigest()


def found() -> str:
    """What there is to run, whatever is wished: USED, NONE, STALE or CHANGED. Reads every module: 9 MB, some 15 ms."""
    if not DIGEST.is_file():
        return NONE
    told, of_these = DIGEST.read_text("ascii", "replace"), digest()
    if told.split(" ")[0] != of_these:
        return STALE
    return USED if told == digests(of_these) else CHANGED


def state() -> str:
    """How the rules are to run: one of USED, NONE, STALE, CHANGED, NOT_WANTED."""
    return NOT_WANTED if os.environ.get(WISH) == "no" else found()


def find() -> None:
    """Have compiled modules imported in place of their sources, if they are of these and whole. Raises ImportError if
    they must be and are not."""
    global how
    how = state()
    if how == USED:
        sys.meta_path.insert(0, CompiledFinder())
    elif os.environ.get(WISH) == "yes":
        raise ImportError(f"the rules run {how}, and {WISH} asks for compiled ones: make setup FAST=1")


how = NONE
"""How the rules run in this process."""
