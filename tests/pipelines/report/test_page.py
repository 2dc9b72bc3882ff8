"""The page as people meet it: in a real Chromium, light and dark, on a desk, a phone and paper, by eye, key and ear."""

from io import BytesIO
from pathlib import Path
from unicodedata import normalize

import pypdf
import pytest
from playwright.sync_api import Page

from pipelines.command import cli
from tests.browser import DESK, PHONE, axe_violations, open_page, sideways
from tests.pipelines.report.report_world import county, records, rewrite

MOST = {"minor", "moderate", "serious", "critical"}
HELD = "//table[caption='Held documents, most hours first']"


def made(facts: Path, paid: Path, out: Path) -> Path:
    options = ["--paid", paid, "--events", facts, "--with-ids", "--quiet", "--out", out]
    with pytest.raises(SystemExit):
        cli.main(["report", *map(str, options)])
    return out


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return county(tmp_path_factory.mktemp("county"), recipients=40, months=3)


@pytest.fixture(scope="module")
def html(world: tuple[Path, Path]) -> Path:
    return made(*world, world[0].parent / "report.html")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_everybody_can_use_it(html: Path, size: tuple[int, int], dark: bool) -> None:
    with open_page(html, size, dark) as page:
        assert axe_violations(page, MOST) == []
        assert sideways(page) == 0
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(16, 21, 27)") == dark


def test_what_does_not_add_up_is_heard_and_seen_first(world: tuple[Path, Path], tmp_path: Path) -> None:
    facts, paid = world
    spoilt = tmp_path / "paid"
    spoilt.mkdir()
    for path in paid.iterdir():
        (spoilt / path.name).write_bytes(path.read_bytes())
    rewrite(spoilt, "PaymentInstruction", records(spoilt, "PaymentInstruction")[1:])
    with open_page(made(facts, spoilt, tmp_path / "report.html")) as page:
        box = page.get_by_role("alert").bounding_box()
        assert box and box["y"] < 100
        assert "Do not pay from this" in page.get_by_role("alert").inner_text()
        assert axe_violations(page, MOST) == []


def column(page: Page, number: int) -> list[float]:
    cells = page.locator(f"{HELD}/tbody/tr/td[{number}]")
    return [float(value or "nan") for value in cells.evaluate_all("cells => cells.map(cell => cell.dataset.v)")]


def test_a_table_sorts_by_its_headings_with_the_keyboard(html: Path) -> None:
    with open_page(html) as page:
        hours = page.locator(f"{HELD}//th[4]")
        before = column(page, 5)
        hours.get_by_role("button").focus()
        page.keyboard.press("Enter")
        assert hours.get_attribute("aria-sort") == "descending"
        page.keyboard.press("Enter")
        assert hours.get_attribute("aria-sort") == "ascending"
        assert column(page, 4) == sorted(column(page, 4)) and len(column(page, 4)) > 3
        page.locator(f"{HELD}//th[5]").get_by_role("button").click()
        assert hours.get_attribute("aria-sort") is None
        assert column(page, 5) == sorted(before, reverse=True) != before


def test_a_total_stays_last(html: Path) -> None:
    with open_page(html) as page:
        table = page.locator("//table[caption='What was paid, by kind and method']")
        for _ in range(2):
            table.locator("th").nth(4).get_by_role("button").click()
            assert table.locator("tbody tr").last.locator("td").first.inner_text() == "All"


def test_without_scripts_everything_is_there(html: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.html"
    text = html.read_text("utf-8")
    bare.write_text(text[: text.index("<script>")] + "</body></html>", "utf-8")
    with open_page(html) as scripted, open_page(bare) as page:
        assert page.locator("tbody tr").count() == scripted.locator("tbody tr").count() > 50
        assert page.locator("th button").count() == 0 and page.locator("figure svg:visible").count() >= 4


def test_a_chart_says_in_words_what_it_shows(html: Path) -> None:
    with open_page(html) as page:
        charts = page.get_by_role("img")
        assert charts.count() == page.locator("figure").count() >= 4
        told = charts.evaluate_all("charts => charts.map(chart => chart.getAttribute('aria-label'))")
        assert all(len(says) > 40 and any(letter.isdigit() for letter in says) for says in told)
        assert page.locator("figure path[fill^='var(--ink']:visible").count() > 10


def test_on_a_phone_rows_are_cards_and_the_first_few_come_first(html: Path) -> None:
    with open_page(html, PHONE) as page:
        table = page.locator("//table[caption='Findings that stand']")
        rows = table.locator("tbody tr")
        total = rows.count()
        assert total > 12 and rows.locator("visible=true").count() == 4
        assert rows.first.locator("td").nth(0).evaluate("c => getComputedStyle(c, '::before').content") == '"What"'
        page.get_by_role("button", name=f"Show all {total}").first.click()
        assert rows.locator("visible=true").count() == total
    with open_page(html) as page:
        assert table_rows(page) == 10
    with open_page(html, print_media=True) as page:
        assert table_rows(page) == total


def test_a_box_of_words_filters_held_work(html: Path) -> None:
    """All words must be in a row, in any order, also in what is folded; without words all are there again."""
    with open_page(html) as page:
        rows = page.locator(f"{HELD}/tbody/tr")
        provider = rows.nth(2).locator("td").first.inner_text()
        box = page.get_by_label("Filter")
        box.fill(f"Next: {provider.lower()}")
        shown = rows.locator("visible=true")
        told = shown.evaluate_all("rows => rows.map(row => row.textContent)")
        assert 0 < len(told) < rows.count() and all(provider in text for text in told)
        assert page.locator(".find output").inner_text() == f"{len(told)} of {rows.count()}"
        box.fill("nobody")
        assert shown.count() == 0
        box.fill("")
        assert shown.count() == rows.count() and page.locator(".find output").inner_text() == ""


def test_reasons_are_folded_and_open_by_key(html: Path) -> None:
    with open_page(html) as page:
        reason = page.locator(f"{HELD}//details").first
        step = reason.locator("b", has_text="Next:")
        assert not step.is_visible()
        reason.locator("summary").focus()
        page.keyboard.press("Enter")
        assert step.is_visible() and reason.locator("code").is_visible()
        rule = reason.locator("a")
        text = page.locator(f"{rule.get_attribute('href')} >> xpath=ancestor::details/p").first
        assert not text.is_visible()
        rule.click()
        assert text.is_visible(), "a link to a rule opens it"


def test_money_fits_on_a_telephone(html: Path) -> None:
    """No table has to be pushed sideways, and no amount is broken."""
    with open_page(html, PHONE) as page:
        wider = "boxes => boxes.filter(b => b.scrollWidth > b.clientWidth).map(b => b.getAttribute('aria-label'))"
        assert page.locator(".scroll").evaluate_all(wider) == []
        assert page.locator("td.n").count() > 100
        broken = "cells => cells.filter(cell => getComputedStyle(cell).whiteSpace != 'nowrap').length"
        assert page.locator("table:not(.wide) td.n").evaluate_all(broken) == 0


def table_rows(page: Page) -> int:
    rows = "//table[caption='Findings that stand']/tbody/tr"
    return page.locator(rows).locator("visible=true").count()


def test_it_prints(html: Path) -> None:
    with open_page(html, dark=True, print_media=True) as page:
        assert not page.locator("nav").is_visible() and not page.locator(".unfold").first.is_visible()
        reasons = page.locator(".story b").count()
        printed = pypdf.PdfReader(BytesIO(page.pdf(format="Letter")))
    # A font's ligature is one letter to a reader of PDF files.
    text = normalize("NFKC", "\n".join(sheet.extract_text() for sheet in printed.pages))
    assert text.count("Next:") == reasons > 10, "what is folded is unfolded on paper"
    assert "Does it add up?" in text and "Held documents, most hours first" in text and "All findings" in text


def test_nothing_can_be_asked_of_the_network(html: Path) -> None:
    with pytest.raises(AssertionError, match="Content Security Policy"), open_page(html) as page:
        assert page.evaluate("() => fetch('https://example.org/').then(() => 'asked', () => 'refused')") == "refused"
