"""What may be asked of ``replay --engine`` and ``--cluster``, each mistake in one line."""

import sys
from pathlib import Path

import pytest

from pipelines.command import engines
from pipelines.command.engines import engine_asked, place_in
from pipelines.misuse import Misuse
from pipelines.work import Cluster, TlsFiles

HERE = "tcp://127.0.0.1:8786"


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(engines, "_installed", lambda: None)
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_cluster_by_its_address(tls: Path) -> None:
    files = TlsFiles(tls / "ca.pem", tls / "cert.pem", tls / "key.pem")
    for address, folder, cluster in (
        (HERE, None, Cluster(HERE, None, None)),
        ("tls://scheduler:8786", tls, Cluster("tls://scheduler:8786", files, None)),
        (None, None, None),
    ):
        assert engine_asked("auto", [], address, folder, None).cluster == cluster


@pytest.mark.parametrize(
    ("name", "beam", "address", "with_tls", "says"),
    [
        ("auto", [], "127.0.0.1:8786", False, "is no address"),
        ("auto", [], "tcp://127.0.0.1", False, "is no address"),
        ("auto", [], "tcp://:8786", False, "is no address"),
        ("auto", [], "tcp://127.0.0.1:99999999", False, "is no address"),
        ("auto", [], f"{HERE}/x", False, "is no address"),
        ("auto", [], "ucx://127.0.0.1:8786", False, "is no address"),
        ("auto", [], HERE, True, "go together"),
        ("auto", [], "tls://scheduler:8786", False, "go together"),
        ("auto", [], None, True, "--tls is for --cluster"),
        ("pool", [], HERE, False, "--cluster does the work itself"),
        ("auto", ["--direct_num_workers=2"], HERE, False, "--cluster does the work itself"),
        ("ray", [], None, False, "--engine ray is none"),
        ("pool", ["--direct_num_workers=2"], None, False, "takes no options of Beam"),
    ],
)
def test_what_does_not_go(
    name: str, beam: list[str], address: str | None, with_tls: bool, says: str, tls: Path
) -> None:
    with pytest.raises(Misuse, match=says) as said:
        engine_asked(name, beam, address, tls if with_tls else None, None)
    assert "\n" not in str(said.value)


def test_a_file_that_is_missing_is_named(tls: Path) -> None:
    (tls / "key.pem").unlink()
    with pytest.raises(Misuse, match=r"key\.pem is no file"):
        engine_asked("auto", [], "tls://scheduler:8786", tls, None)


def test_without_dask_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Misuse, match=r"pip install 'ihss-payroll\[cluster\]'"):
        engine_asked("auto", [], HERE, None, None)


@pytest.mark.parametrize("address", ["gs://bucket/folder", "gs://bucket", "memory://a/b c"])
def test_a_path_that_was_an_address_is_one_again(address: str) -> None:
    assert place_in(Path(address)) == address
    assert isinstance(place_in(Path("folder/gs:")), Path) and isinstance(place_in(Path("/a/b")), Path)
