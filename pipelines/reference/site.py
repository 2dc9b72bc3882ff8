"""The docs site: a hook of MkDocs (mkdocs.yml) that adds what is made from the code, and makes links of what is named.

Pages in docs/ and those of the generators stand in ROLL; whatever comes later finds its place under *More*.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from pipelines.law_text import address_of, paragraphs
from pipelines.reference import law_pages, records
from pipelines.reference.law_book import LAW_IDS, ROOT, families
from rules.findings import catalog
from schemas import KINDS

ROLL: dict[str, list[str]] = {
    "Start": ["index.md", "concepts.md", "tour.md", "advance_month.md"],
    "Use": [
        "command_line.md",
        "desk.md",
        "explain.md",
        "receipts.md",
        "trust.md",
        "proof.md",
        "report.md",
        "statements.md",
        "tables.md",
        "payment_files.md",
    ],
    "Change": [
        "law_as_data.md",
        "what_if.md",
        "other_states.md",
        "add_a_rule.md",
        "adding.md",
        "cases.md",
        "vectors.md",
        "decisions/README.md",
        "contributing.md",
        "changelog.md",
    ],
    "Operate": ["one_machine.md", "operations.md", "dataflow.md", "scale.md", "measured.md", "security.md"],
    "Connect": ["consumer/README.md", "contract.md", "records/*"],
    "The law": ["law/*"],
    "Reference": ["architecture.md", "reference/*"],
}
FROM_ELSEWHERE = {
    "changelog.md": "CHANGELOG.md", "cases.md": "tests/cases/README.md",
    "contributing.md": "CONTRIBUTING.md", "security.md": "SECURITY.md",
}  # fmt: skip
MADE = {
    "the law as implemented": "law/index.html", "the law's text": "law/text.html", "records": "records/index.html",
}  # fmt: skip
"""Pages that are only on the site: pages in docs/ name them in italics, for a link would be dead in the repository."""
LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\((?![a-z]+:|#)([^)\s]+)\)")
TAG = re.compile(r"(<[^>]+>)")
QUIET = ("a", "pre", "h1", "h2", "h3", "svg", "button")  # within them nothing becomes a link
DRAWING = re.compile(r'<img alt="([^"]*)" src="([^"]*?pictures/[\w-]+\.svg)"\s*/?>')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages and those that live elsewhere in the house, and give each its place in the navigation."""
    there = sorted(file.src_uri for file in files.documentation_pages())
    made = dict(_pages())
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    config.nav = navigation([*there, *made])
    return files


def navigation(paths: list[str]) -> list[dict[str, list[str]]]:
    """Sections with their pages; every path stands somewhere."""
    sections = {title: [each for name in names for each in _found(name, paths)] for title, names in ROLL.items()}
    placed = {path for section in sections.values() for path in section}
    sections["More"] = [path for path in paths if path not in placed]
    return [{title: section} for title, section in sections.items() if section]


def _found(name: str, paths: list[str]) -> list[str]:
    return [path for path in paths if PurePosixPath(path).match(name)] if "*" in name else [name] * (name in paths)


def _pages() -> Iterator[tuple[str, str]]:
    yield from ((path, (ROOT / source).read_text("utf-8")) for path, source in FROM_ELSEWHERE.items())
    yield from ((f"records/{path}", text) for path, text in records.pages())
    yield from ((f"law/{path}", text) for path, text in law_pages.pages())


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links into the house lead to their page on the site; where there is none, the words stay."""
    here = page.file.src_uri
    source = ROOT / FROM_ELSEWHERE.get(here, f"docs/{here}")
    return LINK.sub(lambda link: moved(link, source, here, files), markdown) if source.exists() else markdown


def moved(link: re.Match[str], source: Path, here: str, files: Files) -> str:
    """A link of the file ``source`` as it reads on the page ``here`` of the site."""
    words, (path, _, anchor) = str(link[1]), str(link[2]).partition("#")
    target = source.parent.joinpath(path).resolve()
    named = target.relative_to(ROOT).as_posix() if target.is_relative_to(ROOT) else ""
    page = _page_of(named, files)
    if page is None:
        return words if target.exists() else link[0]
    return f"[{words}]({'../' * here.count('/')}{page}{'#' if anchor else ''}{anchor})"


def _page_of(named: str, files: Files) -> str | None:
    """The source of the page that shows a file or folder of the house."""
    moved_here = {elsewhere: page for page, elsewhere in FROM_ELSEWHERE.items()} | {"rules/LAW.md": "law/text.md"}
    below = named.removeprefix("docs/")
    wanted = (moved_here.get(named), moved_here.get(f"{named}/README.md"), below, f"{below}/README.md")
    return next((path for path in wanted if path and files.get_file_from_path(path)), None)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Law ids, findings and records that are named become links; drawings stand in the page and take its colours."""
    return _linked(DRAWING.sub(_drawn, html), page.url)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """The theme's search dialog gets the name that a screen reader says."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def _drawn(image: re.Match[str]) -> str:
    path = ROOT / "docs" / "pictures" / PurePosixPath(image[2]).name
    svg = path.read_text("utf-8") if path.exists() else ""
    if 'class="drawing"' not in svg:
        return image[0]
    return svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(image[1])}"', 1)


def _linked(html: str, here: str) -> str:
    depth = dict.fromkeys((*QUIET, "code", "em"), 0)
    parts = TAG.split(html)
    for place, part in enumerate(parts):
        name = re.match(r"</?(\w+)", part)
        if name and name[1] in depth and not part.endswith("/>"):
            depth[name[1]] += -1 if part.startswith("</") else 1
        elif not name and not any(depth[tag] for tag in QUIET):
            named = depth["code"] or (depth["em"] and part in _words())
            parts[place] = _word_linked(part, here) if named else _ids_linked(part, here)
    return "".join(parts)


def _word_linked(word: str, here: str) -> str:
    """A whole code span that names a finding or a record, or words in italics that name a page."""
    address = _words().get(word)
    return f'<a href="{get_relative_url(address, here)}">{word}</a>' if address else word


def _ids_linked(text: str, here: str) -> str:
    return LAW_IDS.sub(lambda found: _id_linked(found, here), text)


def _id_linked(found: re.Match[str], here: str) -> str:
    id = f"{found[1]}-{found[2]}"
    address = _rules().get(id)
    return f'<a class="id" href="{get_relative_url(address, here)}">{found[0]}</a>' if address else found[0]


@cache
def _rules() -> dict[str, str]:
    """Where each rule is shown: as implemented, or if it is not yet, its text."""
    implemented = {
        rule.id: f"law/{family.name.lower()}.html#{rule.id.lower()}" for family in families() for rule in family.rules
    }
    return {id: address_of(id, ".").removeprefix("./") for id in paragraphs()} | implemented


@cache
def _words() -> dict[str, str]:
    records_ = {kind: f"records/{records.page_of(kind)[:-3]}.html" for kind in KINDS}
    return records_ | {code: f"law/findings.html#{code.lower()}" for code in catalog()} | MADE
