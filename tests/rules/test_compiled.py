"""Compiled rules are used only if they are of these very sources; what they pay the tests of `make compiled` see."""

import os
import sys
from pathlib import Path

import pytest

from deploy.compile import has_structs, main, modules, put
from pipelines.check.doctor import _builds
from rules import compiled, overtime

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A house of one rule, with what was compiled of it."""
    for folder in compiled.FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "rules" / "tithe.py").write_text("TENTH = 10\n")
    built = tmp_path / "built" / "rules"
    built.mkdir(parents=True)
    (built / f"tithe{compiled.SUFFIX}").write_bytes(b"\x7fELF")
    for name, place in {"HOUSE": tmp_path, "HERE": tmp_path, "DIGEST": tmp_path / "digest"}.items():
        monkeypatch.setattr(compiled, name, place)
        monkeypatch.setattr(f"deploy.compile.{name}", place)
    monkeypatch.delenv(compiled.WISH, raising=False)
    put(tmp_path / "built", compiled.digest())
    return tmp_path


def test_what_was_built_from_these_sources_is_used(house: Path) -> None:
    assert compiled.state() == compiled.USED
    found = compiled.CompiledFinder().find_spec("rules.tithe")
    assert found is not None and found.origin == str(house / f"rules.tithe{compiled.SUFFIX}")
    assert compiled.CompiledFinder().find_spec("rules.other") is None


@pytest.mark.parametrize("change", [lambda rule: rule.write_text("TENTH = 11\n"), lambda rule: rule.unlink()])
def test_what_was_built_from_others_is_not(house: Path, change) -> None:
    change(house / "rules" / "tithe.py")
    assert compiled.state() == compiled.STALE


def test_a_source_that_came_since_makes_it_stale(house: Path) -> None:
    (house / "schemas" / "new.py").write_text("")
    assert compiled.state() == compiled.STALE


def test_a_source_that_changed_during_the_build_makes_it_stale(house: Path) -> None:
    begun = compiled.digest()
    (house / "rules" / "tithe.py").write_text("TENTH = 11\n")
    put(house / "built", begun)
    assert compiled.state() == compiled.STALE


def flipped(built: Path) -> None:
    content = bytearray(built.read_bytes())
    content[-1] ^= 1
    built.write_bytes(content)


CHANGES = {
    "gone": Path.unlink,
    "one_bit": flipped,
    "cut_off": lambda built: built.write_bytes(built.read_bytes()[:-1]),
    "another_name": lambda built: built.rename(built.with_name(f"rules.tithing{compiled.SUFFIX}")),
    "one_more": lambda built: built.with_name(f"rules.more{compiled.SUFFIX}").write_bytes(b"\x7fELF"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_not_as_it_was_built_is_not_used(change: str, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said by doctor, refused where compiled rules are asked for, and made anew by the next build."""
    CHANGES[change](house / f"rules.tithe{compiled.SUFFIX}")
    monkeypatch.setattr(compiled, "how", compiled.NONE)
    before = [*sys.meta_path]
    compiled.find()
    assert compiled.how == compiled.CHANGED and sys.meta_path == before
    rules = next(check for check in _builds() if check.name == "Rules")
    assert (rules.found, rules.remedy, rules.fine) == (compiled.CHANGED, "make setup FAST=1", None)
    monkeypatch.chdir(house)  # from where it is built
    monkeypatch.setattr("deploy.compile.compiler", lambda: "cc")
    monkeypatch.setattr("deploy.compile.build", lambda scratch: put(house / "built", compiled.digest()))
    assert main() == 0 and compiled.state() == compiled.USED
    assert [path.name for path in compiled.built()] == [f"rules.tithe{compiled.SUFFIX}"]
    CHANGES[change](house / f"rules.tithe{compiled.SUFFIX}")
    monkeypatch.setenv(compiled.WISH, "yes")
    with pytest.raises(ImportError, match=r"not as it was built.*make setup FAST=1"):
        compiled.find()


def test_a_digest_that_nobody_can_read_is_of_other_sources(house: Path) -> None:
    (house / "digest").write_bytes(b"\xff" * 64)
    assert compiled.state() == compiled.STALE
    (house / "digest").write_text(compiled.digest())  # as a version before this one wrote it
    assert compiled.state() == compiled.CHANGED


def test_a_build_that_was_interrupted_is_none(house: Path) -> None:
    (house / "digest").unlink()
    assert compiled.state() == compiled.NONE


def test_a_wish_is_obeyed_or_refused(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compiled.WISH, "no")
    assert compiled.state() == compiled.NOT_WANTED
    monkeypatch.setenv(compiled.WISH, "yes")
    assert compiled.state() == compiled.USED
    (house / "rules" / "tithe.py").write_text("TENTH = 11\n")
    with pytest.raises(ImportError, match=r"of other sources.*make setup FAST=1"):
        compiled.find()


def test_a_class_that_msgspec_fills_is_left_as_written() -> None:
    chosen = {*modules()}
    assert {"rules/overtime.py", "rules/price/month.py", "rules/restatement.py", "rules/law.py"} <= chosen
    assert not chosen & {"rules/conclusion.py", "rules/conclusions.py", "rules/kept.py", "rules/findings.py"}
    assert all(not has_structs((ROOT / name).read_text("utf-8")) for name in chosen)
    assert has_structs("class A(msgspec.Struct, frozen=True): ...") and not has_structs("class A(NamedTuple): ...")


def test_tests_that_ask_for_compiled_rules_have_them() -> None:
    asked = os.environ.get(compiled.WISH) == "yes"
    assert not asked or str(overtime.__file__).endswith(compiled.SUFFIX)


def test_what_is_compiled_is_never_committed() -> None:
    assert {"/rules/compiled/*.so", "/rules/compiled/digest"} <= {*(ROOT / ".gitignore").read_text().split()}
