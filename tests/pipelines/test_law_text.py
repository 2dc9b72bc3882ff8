"""The law's text is in the repository, and text, code and cases name the same rules; no rule is its own authority."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.law_text import CITATION, LAW, RULE, address_of, authority_of, paragraphs, plain
from pipelines.reference.law_book import families, ids_in, known_ids
from rules.findings import catalog
from rules.law import Law

ROOT = LAW.parents[1]
SHARED = ROOT.parent / "shared"
COPIES = {"rules/LAW.md": "law/LAW.md", "docs/contract.md": "CONTRACT.md"}
MUTATIONS = tomllib.loads((ROOT / "tests" / "mutations.toml").read_text("utf-8"))
NO_OUTSIDE_TEXT = "No outside text: "
OWN = re.compile(rf"{NO_OUTSIDE_TEXT}(?:this project's (?:rule|assumption)|arithmetic|the record contract), (.+)")
TEXT = {".py", ".toml", ".md", ".avsc"}


@pytest.mark.parametrize("copy", COPIES)
def test_the_text_is_the_one_that_was_agreed(copy: str) -> None:
    agreed = SHARED / COPIES[copy]
    if not agreed.is_file():
        pytest.skip(f"{agreed} is not here")
    assert (ROOT / copy).read_bytes() == agreed.read_bytes(), f"copy it: cp {agreed} {copy}"


def family_of(id: str) -> str:
    return id.partition("-")[0]


FAMILIES = {family_of(id) for id in paragraphs()}


def test_text_code_and_cases_have_the_same_rules() -> None:
    written = set(paragraphs())
    implemented = {id for id in written if family_of(id) not in MUTATIONS["awaited"]}
    assert known_ids() == implemented, "parameters, findings, docstrings of rules, cases"
    assert {rule.id for family in families() for rule in family.rules} == implemented, "titles on the site"
    assert set(MUTATIONS["ids"]) == implemented, "mutations"
    cases = {id for family in families() for rule in family.rules if rule.cases for id in [rule.id]}
    assert implemented - cases == set(MUTATIONS["without_behaviour"]), "cases"


def named(path: Path) -> Iterator[tuple[str, str]]:
    """Law ids that a file names: those with the front of a family of the text."""
    for id in ids_in(path.read_text("utf-8")):
        if family_of(id) in FAMILIES:
            yield id, path.relative_to(ROOT).as_posix()


def sources() -> Iterator[Path]:
    tops = ("schemas", "rules", "fold", "transforms", "pipelines", "deploy", "bench", "tests", "docs")
    files = (
        path for top in tops for path in (ROOT / top).rglob("*") if path.suffix in (".py", ".toml", ".md", ".avsc")
    )
    yield from (path for path in files if "node_modules" not in path.parts and path != Path(__file__))


def test_no_file_names_a_rule_that_the_text_has_not() -> None:
    strangers = [(id, where) for path in sources() for id, where in named(path) if id not in paragraphs()]
    assert not strangers


def test_a_rule_that_the_text_has_not_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.pipelines.test_law_text.ROOT", tmp_path)
    (tmp_path / "a.py").write_text('"""Authority: OT-1 to OT-9, WIC 12300-4, COVID-19."""')
    assert {id for id, _ in named(tmp_path / "a.py")} - set(paragraphs()) == {"OT-7", "OT-8", "OT-9"}


def test_every_rule_of_the_text_has_its_paragraph() -> None:
    written = re.findall(r"^- \*\*([A-Z]+-\d+)\*\*", LAW.read_text("utf-8"), re.MULTILINE)
    assert list(paragraphs()) == written and len(set(written)) == len(written) > 80
    for id, paragraph in paragraphs().items():
        assert paragraph and not RULE.search(paragraph) and "## " not in paragraph, id
        assert "**" not in plain(id) and "`" not in plain(id)
    assert "The assessment in force on the 1st of the service month" in paragraphs()["SOC-3"]
    assert paragraphs()["LIMIT-4"].count("\n- `V") == 4


def is_outside(authority: str) -> bool:
    return bool(CITATION.search(authority))


def own_rules(authority: str) -> bool:
    """Says plainly that there is no outside text, and whose rule it is then."""
    own = OWN.fullmatch(authority)
    return own is not None and (own[1].startswith("docs/contract.md (") or bool(ids_in(own[1]) & set(paragraphs())))


@pytest.mark.parametrize("code", catalog())
def test_no_finding_is_its_own_authority(code: str) -> None:
    authority = catalog()[code]["authority"]
    assert is_outside(authority) != own_rules(authority), authority
    assert own_rules(authority) or not re.search(r"\bLAW\b|CONTRACT", authority)


@pytest.mark.parametrize(
    "authority", ["LAW WHO-6", "WHO-6", "CONTRACT PaymentOutcome", "No outside text: LAW WHO-6", "practice"]
)
def test_a_rule_that_is_its_own_authority_is_seen(authority: str) -> None:
    assert not is_outside(authority) and not own_rules(authority)


@pytest.mark.parametrize("id", paragraphs())
def test_what_a_rule_cites_stands_in_the_text(id: str) -> None:
    authority = authority_of(id)
    assert is_outside(authority) != own_rules(authority)
    text = " ".join(LAW.read_text("utf-8").split())
    assert own_rules(authority) or all(cited in text for cited in authority.split("; "))


def test_what_is_cited() -> None:
    assert authority_of("OT-1") == "WIC 12300.4; 29 CFR 778"
    assert authority_of("RUN-1") == "Gov. Code 19853(a), (b)"
    assert authority_of("HOURS-3") == "ACL 16-01", "what another text says is not what this rule follows"
    assert authority_of("INC-4") == "WIC 12316.1", "of its section"
    assert authority_of("WHO-6") == "No outside text: this project's rule, LAW.md WHO-6"
    with pytest.raises(KeyError):
        authority_of("WHO-99")


def test_no_parameter_is_its_own_authority() -> None:
    citations = [(name, entry.citation) for name, each in Law.load().parameters.items() for entry in each.entries]
    assert not [each for each in citations if re.fullmatch(r"(?:LAW(?:\.md)? )?[A-Z]+-\d+", each[1])]


def test_where_a_paragraph_is() -> None:
    assert (
        address_of("WHO-6", "https://docs.example.org/payroll/")
        == "https://docs.example.org/payroll/law/text.html#who-6"
    )
    assert address_of("WHO-6", None) == "#law-WHO-6"
