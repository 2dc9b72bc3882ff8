"""What is made from the house is whole and true: the site, the law as implemented, record pages, AsyncAPI."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from pipelines.live.topics import topics_of_arrivals, topics_of_conclusions, topics_of_facts
from pipelines.reference import asyncapi, law_pages, records
from pipelines.reference.avro_words import as_json, fields_of
from pipelines.reference.law_book import families, ids_in, known_ids, modules
from pipelines.reference.ranges import ranges
from pipelines.reference.site import navigation
from pipelines.reference.story import examples
from rules.findings import catalog
from rules.law import Law
from schemas import KINDS
from schemas.avro import Unreadable, decode_message, encode_message, validate
from tests.browser import DESK, NODE, PHONE, Missing, axe_violations, node_package, open_page, sideways
from tests.schemas.models import defaults

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs" / "asyncapi.yaml"
PARSER, AVRO_PARSER = ("@asyncapi/parser", "3.6.3"), ("@asyncapi/avro-schema-parser", "3.0.24")
ERROR, WARNING = 0, 1  # severities of the parser; above them are hints
LOOKED_AT = ["index.html", "concepts.html", "law/ot.html", "law/assumptions.html", "records/payment-instruction.html"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as ``make docs`` builds it: any warning of MkDocs fails."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return folder


TAG = re.compile(r"<(\w+)\s([^<>]*)>")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


class Page:
    """What a page links to or shows, and where it can be linked to."""

    def __init__(self, html: str) -> None:
        tags = [(tag, dict(ATTRIBUTE.findall(given))) for tag, given in TAG.findall(html)]
        self.ids = {given[name] for _, given in tags for name in ("id", "name") if name in given}
        asked = (given.get("href" if tag in ("a", "link") else "src") for tag, given in tags)
        self.asked = [unescape(each) for each in asked if each]


def dead_ends(site: Path) -> Iterator[str]:
    """Links and images of every page that lead nowhere, or out of the site."""
    pages = {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html")}
    for path, page in pages.items():
        for asked in page.asked if path.name != "404.html" else ():
            parts = urlsplit(asked)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = not parts.scheme and target.is_file()
            if not there or (parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids):
                yield f"{path.relative_to(site)}: {asked}"


def test_every_link_of_the_site_leads_somewhere_on_it(site: Path) -> None:
    assert not list(dead_ends(site))


def test_a_dead_end_is_seen(tmp_path: Path) -> None:
    page = '<a href="b.html">b</a><a href="#here">h</a><img src="c.png"><a id="there" href="#there">t</a>'
    (tmp_path / "a.html").write_text(page + '<script src="https://example.org/x.js"></script>')
    assert [end.split(": ")[1] for end in dead_ends(tmp_path)] == [
        "b.html", "#here", "c.png", "https://example.org/x.js",
    ]  # fmt: skip


def test_every_page_of_docs_is_on_the_site(site: Path) -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        name = path.relative_to(ROOT / "docs").with_suffix(".html").as_posix().replace("README.html", "index.html")
        assert (site / name).is_file(), name


def test_a_page_that_comes_later_finds_its_place() -> None:
    found = navigation(["index.md", "law/ot.md", "report.md", "something_new.md"])
    assert found == [
        {"Start": ["index.md"]}, {"Use": ["report.md"]}, {"The law": ["law/ot.md"]}, {"More": ["something_new.md"]},
    ]  # fmt: skip


def test_every_law_id_has_a_title_and_no_other() -> None:
    assert {rule.id for family in families() for rule in family.rules} == known_ids()


def test_ids_in_a_text() -> None:
    assert ids_in("OT-1 to OT-3, TIME-6; 20 CFR 416.1112, WIC 12300-4") == {"OT-1", "OT-2", "OT-3", "TIME-6"}


def test_the_law_pages_leave_nothing_out() -> None:
    pages = dict(law_pages.pages())
    told = "\n".join(pages.values())
    assert not [path for path in modules() if f"**`{path}`**" not in told]
    wages = {name for name in Law.load().names() if re.fullmatch(r"wage\.\d\d", name)}
    assert not [name for name in set(Law.load().names()) - wages if f"**`{name}`**" not in told]
    assert not [code for code in catalog() if f"#{code.lower()} }}" not in pages["findings.md"]]
    for family in families():
        page = pages[f"{family.name.lower()}.md"]
        for rule in family.rules:
            assert f"{{: #{rule.id.lower()} }}" in page
            assert all(case.sentence in page for case in rule.cases)
    rates = [entry for name in wages for entry in Law.load().parameters[name].entries]
    assert len(re.findall(r"^\| \d\d [A-Z]", pages["wage.md"], re.MULTILINE)) == len(rates) > len(wages) == 58


def test_every_assumption_is_marked() -> None:
    pages = dict(law_pages.pages())
    assumed = [(p.law, e) for p in Law.load().parameters.values() for e in p.entries if e.grade == "assumption"]
    marked = {family.name: pages[f"{family.name.lower()}.md"].count(law_pages.ASSUMED) for family in families()}
    assert marked == {name: sum(law.split("-")[0] == name for law, _ in assumed) for name in marked}
    assert pages["assumptions.md"].count("<code>") == len(assumed) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_says_what_it_means(kind: str) -> None:
    silent = [field.name for field in fields_of(kind) if not field.doc]
    assert not silent


def outside(words: str) -> Any:
    """A value that the words do not allow."""
    if day := re.fullmatch(r"\d{4}-\d\d-\d\d to (\d{4}-\d\d-\d\d)", words):
        return date.fromisoformat(day[1])
    if "characters" in words:
        return "x" * (int(re.findall(r"[\d,]+", words)[-1].replace(",", "")) + 1)
    if number := re.fullmatch(r"[\d,]+ to ([\d,]+)", words):
        return int(number[1].replace(",", "")) + 1
    return int(words.split()[0].replace(",", "")) - 1 if words.endswith("or more") else "?"


def put(record: Any, path: str, wrong: Any) -> Any:
    """A copy of the record with a value in the place of another."""
    name, _, below = path.partition(".")
    if name.endswith("[]"):
        parts = record[name[:-2]]
        return record | {name[:-2]: [put(parts[0], below, wrong) if below else wrong(parts[0]), *parts[1:]]}
    return record | {name: wrong(record[name])}


@pytest.mark.parametrize("kind", KINDS)
def test_every_range_is_the_one_that_is_kept(kind: str) -> None:
    """One beyond what the page says is INVALID, and of that field."""
    example = examples()[kind]
    tried = 0
    for path, words in ranges(kind).items():
        if any(not example[part[:-2]] for part in path.split(".") if part.endswith("[]")):
            continue  # an empty list in the example
        beyond = outside(words)
        if isinstance(beyond, date):
            day = (beyond - date(1970, 1, 1)).days + 1
            beyond = day * 86_400_000 if path.endswith(("_at", "cut_off")) else day
        with pytest.raises(Unreadable) as refused:
            validate(kind, put(example, path, lambda _, beyond=beyond: beyond))
        assert refused.value.reason == "INVALID"
        assert re.sub(r"\[0]", "[]", refused.value.field or "") == path
        tried += 1
    assert tried and set(ranges(kind)) <= {field.name for field in fields_of(kind)}
    page = dict(records.pages())[records.page_of(kind)]
    assert all(words in page for words in ranges(kind).values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_is_valid_and_travels(kind: str) -> None:
    example = validate(kind, examples()[kind])
    assert decode_message(encode_message(example)) == example
    uncommented = re.sub(r"  // \S+$", "", as_json(kind, examples()[kind]), flags=re.MULTILINE)
    assert set(json.loads(uncommented)) == set(defaults(KINDS[kind]))


def test_record_pages() -> None:
    pages = dict(records.pages())
    assert len(pages) == len(KINDS) + 1
    timesheet = pages["timesheet.md"]
    for part in ("`ihss.v1.timesheet`", "AuthorizeTime, under `recipient_id`", "TIME-2", '"document_id": "T2"'):
        assert part in timesheet
    assert "`minutes_worked`: The pay period has … days, one entry each." in timesheet
    assert "`period_start`: A pay period starts on the 1st or the 16th of a month." in timesheet
    assert "19936,  // 2024-08-01" in timesheet


def test_the_asyncapi_document_is_that_of_the_schemas() -> None:
    assert DOCUMENT.read_text("utf-8") == asyncapi.text(), "renew it: python -m pipelines.reference"


def test_the_official_parser_reads_it() -> None:
    read = parsed(DOCUMENT)
    assert not [said for said in read["diagnostics"] if said["severity"] <= WARNING]
    every = topics_of_facts() | topics_of_conclusions() | topics_of_arrivals()
    assert sorted(read["channels"]) == sorted(every.values())
    assert sorted(read["fields"]) == sorted(len(defaults(KINDS[kind])) for kind in every)


def test_the_official_parser_refuses_a_wrong_one(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(DOCUMENT.read_text("utf-8").replace("action: receive", "action: take"), "utf-8")
    assert [said for said in parsed(wrong)["diagnostics"] if said["severity"] == ERROR]


def node_program() -> str:
    """Path of node. Raises Missing."""
    found = shutil.which("node")
    if found is None:
        raise Missing("node is not installed: apt-get install nodejs npm")
    return found


def parsed(document: Path) -> dict[str, Any]:
    """What AsyncAPI's own parser says: diagnostics, addresses of channels, fields by message."""
    try:
        node, folders = node_program(), [node_package(*PARSER), node_package(*AVRO_PARSER)]
    except Missing as missing:
        if "NEED_BROWSER" in os.environ:
            raise
        pytest.skip(str(missing))
    together = NODE / "asyncapi" / "node_modules" / "@asyncapi"
    together.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        with suppress(FileExistsError):  # from before, or from a faster worker
            (together / folder.name).symlink_to(folder)
    script = Path(__file__).with_name("asyncapi.mjs")
    command = [node, str(script), str(document), str(NODE / "asyncapi")]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


@pytest.mark.parametrize(("size", "dark"), [(DESK, False), (PHONE, True)], ids=["desk-light", "phone-dark"])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_everybody_can_read_it(site: Path, name: str, size: tuple[int, int], dark: bool) -> None:
    with open_page(site / name, size, dark, site=site) as page:
        assert not axe_violations(page)
        assert sideways(page) == 0


def test_it_can_be_searched_from_a_folder(site: Path) -> None:
    with open_page(site / "index.html", DESK, site=site) as page:
        page.get_by_label("Search").first.click()
        page.keyboard.type("probation")
        page.wait_for_selector(".md-search-result__link, .md-search__result a")
        assert "EVV" in page.locator(".md-search-result, .md-search").first.inner_text()
