"""Compiled rules are used only if they are of these very sources; what they pay the tests of `make compiled` see."""

import os
from pathlib import Path

import pytest

from deploy.compile import has_structs, modules, put
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
