"""The doctor finds what is missing, says what it is needed for, and fails only where nothing could be paid."""

import json
import os
import socket
import tomllib
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.check import doctor
from pipelines.check.doctor import DoctorCheck
from pipelines.command import cli
from pipelines.console.doctor import render

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as exit:
        cli.main(["doctor", *arguments])
    return exit.value.code or 0


@pytest.fixture
def told(capsys: pytest.CaptureFixture) -> Callable[..., dict[str, DoctorCheck]]:
    def ask(code: int = 0) -> dict[str, DoctorCheck]:
        assert run("--json") == code
        said = json.loads(capsys.readouterr().out)
        assert said["able_to_replay"] is (code == 0)
        return {check["name"]: DoctorCheck(**check) for check in said["checks"]}

    return ask


def test_a_machine_that_runs_the_tests_can_pay(told) -> None:
    found = told()
    needed = [check for check in found.values() if check.required]
    assert {"Python", "Time zones", "apache-beam", "fastavro", "pydantic"} <= {check.name for check in needed}
    assert all(check.fine for check in needed)
    assert all(check.remedy for check in found.values() if not check.fine)
    assert all(check.needed_for for check in found.values())


@pytest.mark.parametrize(("configured", "found"), [("'--enable-optimizations'", "yes"), ("", "cannot be told")])
def test_a_python_that_does_not_say_so_may_be_tuned(told, monkeypatch, configured: str, found: str) -> None:
    """Debian's is, and says nothing of it."""
    monkeypatch.setattr(doctor.sysconfig, "get_config_var", {"CONFIG_ARGS": f"'--prefix=/usr' {configured}"}.get)
    check = told()["Python tuned by profile"]
    assert (check.found, check.fine, not check.remedy) == (found, configured != "" or None, configured != "")


def test_every_package_asked_for_is_looked_for(told) -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    named = {name for group in doctor.words()["packages"].values() for name in group["names"]}
    assert named <= set(doctor.requirements()) <= set(told())
    assert len(asked) == len(doctor.requirements())
    assert doctor.requirements()["apache-beam"] == "==2.77.*"


def test_a_missing_package_is_a_failure_only_if_replay_needs_it(told, monkeypatch) -> None:
    real = doctor.version

    def without(name: str) -> Callable[[str], str]:
        def version(asked: str) -> str:
            if asked == name:
                raise doctor.PackageNotFoundError(asked)
            return real(asked)

        return version

    monkeypatch.setattr(doctor, "version", without("weasyprint"))
    assert told()["weasyprint"][2:4] == (False, "not installed")
    monkeypatch.setattr(doctor, "version", without("fastavro"))
    assert told(code=1)["fastavro"].remedy == "make setup"


def test_where_a_wheel_was_installed_no_make_is_named(told, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(doctor, "PROJECT", tmp_path / "pyproject.toml")
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (3, 99))
    said = told(code=1)
    assert "apache-beam" in said, "the packages that the wheel asks for are looked at"
    assert "ihss_payroll-*.whl" in said["Python"].remedy and "make" not in said["Python"].remedy


def test_a_wrong_version_is_a_failure(told, monkeypatch) -> None:
    real = doctor.version
    monkeypatch.setattr(doctor, "version", lambda name: "2.60.0" if name == "apache-beam" else real(name))
    assert told(code=1)["apache-beam"].found == "2.60.0, but ==2.77.* is needed"


def test_an_old_python_is_a_failure(told, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (3, 99))
    assert "make setup PYTHON=python3.99" in told(code=1)["Python"].remedy


def test_missing_time_zones_are_a_failure(told, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "ZONE", "America/Nowhere")
    assert told(code=1)["Time zones"].fine is False


def test_a_missing_program_is_a_remark(told, monkeypatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    found = told()
    assert (found["Go"].fine, found["Chromium"].found) == (None, "not found")
    assert found["npm"].remedy


def test_a_full_disk_and_a_folder_that_is_not_ones_own_are_remarks(told, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "FREE_MIB", 1 << 40)
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    found = told()
    assert found["Free disk here"].fine is False
    assert found["This folder"].found == "not writable"


def test_what_fits_is_reckoned_from_what_was_measured(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "usable_memory_mib", lambda: 785)
    # 62,420 timesheets took 785 MB (docs/measured.md).
    assert "a month of about 24,000 recipients" in doctor._capacity().needed_for
    monkeypatch.setattr(doctor, "usable_memory_mib", lambda: 200)
    assert doctor._capacity().fine is False


def test_the_cloud_is_asked_for_only_where_it_is_named(told, monkeypatch, tmp_path) -> None:
    for name in (doctor.EMULATOR, doctor.CREDENTIALS):
        monkeypatch.delenv(name, raising=False)
    assert told()["Pub/Sub"].fine is None
    monkeypatch.setenv(doctor.CREDENTIALS, str(tmp_path / "nowhere.json"))
    assert told()["Credentials"].fine is False
    (tmp_path / "key.json").write_text("secret words")
    monkeypatch.setenv(doctor.CREDENTIALS, str(tmp_path / "key.json"))
    assert told()["Credentials"][2:4] == (True, "named")
    with socket.socket() as server:
        server.bind(("localhost", 0))
        server.listen()
        monkeypatch.setenv(doctor.EMULATOR, f"localhost:{server.getsockname()[1]}")
        assert told()[doctor.EMULATOR].fine is True
    assert told()[doctor.EMULATOR].fine is False
    monkeypatch.setenv(doctor.EMULATOR, "nonsense")
    assert told()[doctor.EMULATOR].fine is False


def test_what_is_missing_stands_out(capsys) -> None:
    found = [
        DoctorCheck("Machine", "Python", False, "3.9", "replay", "install Python 3.11", required=True),
        DoctorCheck("Programs", "Pango", False, "not found", "PDF", "apt-get install it"),
        DoctorCheck("Programs", "Go", None, "not found", "make live", "leave it out"),
    ]
    console = Console(file=StringIO(), width=100)
    render(found, console)
    shown = console.file.getvalue()
    assert "MISSING" in shown
    assert "install Python 3.11" in shown
    assert "Nothing can be paid on this machine yet: Python." in shown
    console = Console(file=StringIO(), width=100)
    render(found[1:], console)
    assert "This machine can pay; 1 remarks in yellow." in console.file.getvalue()
    assert run("--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert run() == 0
    assert "This machine can pay" in capsys.readouterr().out
    assert os.environ.get("HOME", "~") not in shown
