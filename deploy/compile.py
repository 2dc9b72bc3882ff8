"""``python -m deploy.compile``: compile the rules to C, for this Python and this machine (make setup FAST=1).

Needs a C compiler, mypy and setuptools; without a compiler it says so and the rules run as they are written. What a
decoder of msgspec makes is left as it is: a compiled class forgets the types of its fields. Takes a minute.
"""

import ast
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from rules.compiled import DIGEST, HERE, HOUSE, SUFFIX, USED, built, digest, digests, found
from schemas import private

BASES = {"Struct", "Conclusion", "ContractRecord", "ToProvider", "ToMethod"}
AS_WRITTEN = {"rules/parameters/values.py"}  # dataclasses with slots, which the compiler does not know
BESIDE_RULES = ("fold/news.py", "fold/remembered.py")
GROUP = "ihss_payroll_rules"  # the library that all compiled modules share
COMPILERS = ("cc", "gcc", "clang")


def modules() -> Iterator[str]:
    """Paths of what is compiled, from the root of the house."""
    for path in sorted((HOUSE / "rules").rglob("*.py")):
        name = path.relative_to(HOUSE).as_posix()
        if path.name != "__init__.py" and name not in AS_WRITTEN and not has_structs(path.read_text("utf-8")):
            yield name
    yield from BESIDE_RULES


def has_structs(text: str) -> bool:
    """Does a module make classes that msgspec fills?"""
    bases = (base for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef) for base in node.bases)
    return any(re.split(r"\W", ast.unparse(base))[-1] in BASES for base in bases)


def compiler() -> str | None:
    """The C compiler that setuptools would take."""
    return next(filter(None, map(shutil.which, (*os.environ.get("CC", "").split()[:1], *COMPILERS))), None)


def build(scratch: Path) -> None:
    """Compile in a folder that may be thrown away, then put what came of it beside `rules.compiled`."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    begun = digest()  # a source that somebody changes meanwhile makes the build stale, not wrong
    os.environ["MYPY_CACHE_DIR"] = str(scratch / "mypy")
    options = ["--config-file", "pyproject.toml", *modules()]
    extensions = mypycify(options, group_name=GROUP, multi_file=True, opt_level="2", target_dir=str(scratch / "c"))
    command = Distribution({"ext_modules": extensions}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(scratch / "lib"), str(scratch / "objects")
    command.parallel = os.cpu_count()
    command.ensure_finalized()
    command.run()
    put(scratch / "lib", begun)


def put(made: Path, of_sources: str) -> None:
    """Put modules in their place; the digests, of what they were made from and of themselves, go first and come
    last."""
    DIGEST.unlink(missing_ok=True)
    for old in built():
        old.unlink()
    for path in made.rglob(f"*{SUFFIX}"):
        private.written(HERE / ".".join(path.relative_to(made).parts), path.read_bytes(), private.EVERYBODY)
    private.written(DIGEST, digests(of_sources).encode("ascii"), private.EVERYBODY)


def main() -> int:
    """Exit code 0 also where there is no compiler: nothing needs what it would make."""
    if found() == USED:
        print("The compiled rules are of these sources, and as they were built")
    elif compiler() is None:
        print("No C compiler (apt-get install gcc): the rules run as they are written", file=sys.stderr)
    else:
        os.chdir(HOUSE)  # the compiler names modules from here
        with TemporaryDirectory() as scratch:
            build(Path(scratch))
        print(f"Compiled {len([*modules()])} modules into {HERE.relative_to(HOUSE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
