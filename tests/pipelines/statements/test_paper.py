"""The paper itself: a tagged PDF of one page, the same bytes each time, HTML that everybody can use, whom to call."""

import builtins
import io
import re
import sys
from pathlib import Path
from typing import Any

import pypdf
import pytest

from pipelines.command.cli import main
from pipelines.statements import paper
from pipelines.statements.contact import Contacts
from tests.browser import PHONE, axe_violations, open_page, sideways
from tests.pipelines.statements.statement_world import every_case, fortnight, write_case

LETTER = (612, 792)
PERSON = ("--provider", "fortnight.1.P1", "--period", "2026-01-01")


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_case(tmp_path_factory.mktemp("fortnight") / "paid", fortnight())


def written(paid: Path, out: Path, *options: str) -> Path:
    with pytest.raises(SystemExit) as ended:
        main(["statement", "--paid", str(paid), "--out", str(out), *options])
    assert not ended.value.code
    return out


@pytest.fixture(scope="module")
def papers(paid: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for each language."""
    base = tmp_path_factory.mktemp("papers")
    return {code: written(paid, base / code, *PERSON, "--language", code) for code in ("en", "es")}


@pytest.mark.parametrize("code", ["en", "es"])
def test_an_ordinary_statement_is_one_page(tmp_path: Path, code: str) -> None:
    one = next(one for one, _ in every_case() if one.file == "share_of_cost")
    paid = write_case(tmp_path / "paid", one)
    person = ("--provider", f"{one.prefix}P1", "--period", "2026-01-01")
    out = written(paid, tmp_path / "out", *person, "--language", code)
    assert [len(pypdf.PdfReader(out / name).pages) for name in ("0001.pdf", "0002.pdf")] == [1, 1]


@pytest.mark.parametrize("code", ["en", "es"])
@pytest.mark.parametrize("name", ["0001", "0002"])
def test_the_pdf_is_tagged_and_letter(papers: dict[str, Path], code: str, name: str) -> None:
    document = pypdf.PdfReader(io.BytesIO((papers[code] / f"{name}.pdf").read_bytes()))
    for page in document.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == LETTER
    root: Any = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith(code)
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    assert document.metadata is not None
    assert document.metadata.title


def test_the_pdf_says_what_the_html_says(papers: dict[str, Path]) -> None:
    text = pypdf.PdfReader(io.BytesIO((papers["es"] / "0001.pdf").read_bytes())).pages[0].extract_text()
    assert "Detalle de su pago" in text
    assert "$981.12" in text


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_lines_of_the_head_are_apart(papers: dict[str, Path], code: str) -> None:
    """In print a word and its value once touched: Período de pagodel 1 ene."""
    page = pypdf.PdfReader(papers[code] / "0001.pdf").pages[0]
    lines = page.extract_text(extraction_mode="layout").splitlines()
    words = {"en": ("Pay period", "Payment sent"), "es": ("Período de pago", "Pago enviado")}[code]
    for word in words:
        assert [line for line in lines if re.search(rf"{word} {{2,}}\S", line)], lines[:5]


def test_the_same_html_gives_the_same_pdf(papers: dict[str, Path]) -> None:
    html = (papers["en"] / "0001.html").read_text("utf-8")
    assert paper.pdf_of(html) == (papers["en"] / "0001.pdf").read_bytes()


def test_many_papers_are_the_same_as_one_by_one(papers: dict[str, Path]) -> None:
    from pipelines.statements.output import FEW, _printers

    html = (papers["en"] / "0002.html").read_text("utf-8")
    with _printers(FEW + 1) as pdfs:
        assert set(pdfs([html] * (FEW + 1))) == {(papers["en"] / "0002.pdf").read_bytes()}


def test_without_pango_the_remedy_is_named_and_html_works(
    paid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        return given(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SystemExit) as ended:
        main(["statement", "--paid", str(paid), "--out", str(tmp_path / "pdf"), *PERSON])
    assert ended.value.code == 2
    assert "--format html" in capsys.readouterr().err
    assert (written(paid, tmp_path / "html", *PERSON, "--format", "html") / "0001.html").exists()


@pytest.mark.parametrize("code", ["en", "es"])
@pytest.mark.parametrize("name", ["0001", "0002"])
def test_everybody_can_use_the_html(papers: dict[str, Path], code: str, name: str) -> None:
    with open_page(papers[code] / f"{name}.html") as page:
        assert page.get_attribute("html", "lang") == code
        assert not axe_violations(page)
    with open_page(papers[code] / f"{name}.html", size=PHONE) as page:
        assert sideways(page) == 0


def test_a_county_says_whom_to_call(paid: Path, tmp_path: Path) -> None:
    contact = tmp_path / "county.toml"
    contact.write_text(
        '[default]\noffice = "IHSS of the State"\n[county.43]\noffice = "Santa Clara IHSS"\nphone = "408 555 0100"\n'
        '[county.43.es]\noffice = "IHSS de Santa Clara"\n'
    )
    contacts = Contacts(contact)
    assert (contacts.of("43", "en").office, contacts.of("43", "es").office) == (
        "Santa Clara IHSS",
        "IHSS de Santa Clara",
    )
    assert contacts.of("43", "es").phone == "408 555 0100"
    assert contacts.of("01", "en").office == contacts.of(None, "es").office == "IHSS of the State"
    page = written(paid, tmp_path / "out", *PERSON, "--format", "html", "--contact", str(contact)) / "0001.html"
    assert "Santa Clara IHSS" in page.read_text("utf-8")


@pytest.mark.parametrize("text", ["[default]\nfax = '1'\n", "[county.43]\nphone = 5\n", "office ="])
def test_a_wrong_contact_file_is_refused_with_the_remedy(
    paid: Path, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "county.toml").write_text(text)
    options = ["--contact", str(tmp_path / "county.toml"), *PERSON]
    with pytest.raises(SystemExit) as ended:
        main(["statement", "--paid", str(paid), "--out", str(tmp_path / "out"), *options])
    assert ended.value.code == 2
    assert "docs/statements.md" in capsys.readouterr().err
