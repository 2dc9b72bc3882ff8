"""The desk as an officer meets it, in a real Chromium: by eye, key and ear; with and without scripts; while pay runs
are closed behind it."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from unicodedata import normalize

import pypdf
import pytest
from playwright.sync_api import Page, expect

from pipelines.desk import passwords
from pipelines.desk.station import Station
from rules.periods import iso
from schemas.avro import write_container
from schemas.ids import instruction_id, statement_id
from tests.browser import DESK, PHONE, axe_violations, open_address, sideways
from tests.pipelines.desk.desk_world import P1, R1, TOKEN, LiveDesk, client_of, served
from tests.pipelines.desk.every_page import pages_of, unseen
from tests.schemas.samples import changed

PASSWORD = "correct horse battery"
MOST = {"minor", "moderate", "serious", "critical"}
HOSTILE = "\"><script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">{{7*7}}"


@pytest.fixture(scope="module")
def county(station: Station) -> Iterator[str]:
    with served(station) as address:
        yield address


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> LiveDesk:
    return LiveDesk(tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="module")
def live(desk: LiveDesk) -> Iterator[str]:
    with served(desk.station) as address:
        yield address


def root(address: str) -> str:
    return address.partition("enter")[0]


def go(page: Page, address: str, path: str) -> None:
    page.goto(root(address) + path.removeprefix("/"))


@pytest.fixture(scope="module")
def deciding(station: Station, tmp_path_factory: pytest.TempPathFactory) -> Station:
    """The same county's desk, on which anna may decide."""
    land = tmp_path_factory.mktemp("land")
    return Station(station.origin, station.law, TOKEN, deciders=("anna",), land=land)


@pytest.fixture(scope="module")
def office(deciding: Station) -> Iterator[str]:
    with served(deciding) as address:
        yield address


def pages(desk: Station) -> list[str]:
    """A page of every route, and one with an answer."""
    client = client_of(desk)
    found = [*pages_of(client, 1)]
    assert unseen(client.app, found) <= {"/person/{id}"}
    with desk.shelf() as shelf:
        provider = shelf.one("SELECT provider_id FROM payments WHERE kind = 'ARREARS'")
    asked = f"/what-if/provider/{provider}?what=wage.17&value=30.00&from=2024-01-01"
    return [*(each.address for each in found if not each.route.startswith("/paper")), asked]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everybody_can_use_every_page(deciding: Station, office: str, dark: bool) -> None:
    """axe finds nothing, on a desk; in the dark, of some kinds of page."""
    with open_address(office, root(office), DESK, dark) as page:
        for path in pages(deciding)[: 4 if dark else None]:
            go(page, office, path)
            assert axe_violations(page, MOST) == [], path
            background = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (background == "rgb(16, 21, 27)") == dark


def test_nobody_scrolls_sideways_on_a_phone(deciding: Station, office: str) -> None:
    """In Spanish, whose words are longer."""
    with open_address(office, root(office), PHONE) as page:
        go(page, office, "/?lang=es")
        for path in pages(deciding):
            go(page, office, path)
            assert sideways(page) == 0, path
        go(page, office, "/held")
        assert axe_violations(page, MOST) == []


def test_with_the_keyboard_alone(station: Station, county: str) -> None:
    """From the start: to the find box, to a person, to a payment, back in time."""
    with station.shelf() as shelf:
        [paid] = shelf.rows("SELECT * FROM payments WHERE kind = 'ARREARS' AND sequence = 1 AND net > 0 LIMIT 1")
    with open_address(county, root(county)) as page:
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("/")
        page.keyboard.type(paid["provider_id"])
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(paid["provider_id"])
        net = page.locator(f"a[href*='/payment/{paid['instruction_id']}']").first
        net.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Why $")
        expect(page.locator("summary").first).to_have_css("cursor", "pointer")
        page.locator("summary").first.focus()
        page.keyboard.press("Space")
        expect(page.locator(".why details").first).not_to_have_attribute("open", re.compile(""))
        page.get_by_label("As known on").fill(iso(paid["run_date"]))
        page.keyboard.press("Enter")
        expect(page.locator(".as-of")).to_contain_text("what came later is left out")


def test_a_table_sorts_by_its_headings(county: str) -> None:
    with open_address(county, root(county)) as page:
        go(page, county, "/runs")
        table = page.locator("table", has=page.get_by_text("Newest first"))
        table.get_by_role("button", name="Net").click()
        expect(table.locator("th").nth(3)).to_have_attribute("aria-sort", "descending")
        nets = [float(text.strip("$").replace(",", "")) for text in table.locator("td:nth-child(4)").all_inner_texts()]
        assert nets == sorted(nets, reverse=True) and nets[0] > nets[-1]


def test_it_prints_with_all_that_is_folded(station: Station, county: str) -> None:
    with station.shelf() as shelf:
        paid = shelf.one("SELECT instruction_id FROM payments WHERE kind = 'ARREARS' AND sequence > 1")
    with open_address(county, root(county)) as page:
        go(page, county, f"/payment/{paid}")
        printed = pypdf.PdfReader(BytesIO(page.pdf(format="Letter")))
        text = normalize("NFKC", "\n".join(sheet.extract_text() for sheet in printed.pages))
    assert "Why $" in text and "Documents that decided it" in text and "Held work" not in text


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_approval_is_filed_and_the_next_pay_run_pays_it(
    tmp_path_factory: pytest.TempPathFactory, scripts: bool
) -> None:
    """Find the person, work the queue, a rejected form, the preview, the file; then the pay run is closed."""
    desk = LiveDesk(tmp_path_factory.mktemp("flow"))
    with served(desk.station) as address, open_address(address, root(address), scripts=scripts) as page:
        page.get_by_label("Find a provider").fill(P1)
        page.get_by_role("button", name="Find").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(P1)
        page.get_by_role("link", name="Held work").click()
        page.get_by_label("Reason").select_option("AWAITING_RECIPIENT_APPROVAL")
        page.get_by_role("button", name="Show").last.click()
        page.get_by_role("link", name="Awaiting recipient approval").last.click()
        page.get_by_role("link", name="Record an approval on paper").click()
        when = page.get_by_label("When the recipient approved")
        when.fill("2027-02-02T10:00")
        page.get_by_role("button", name="See what it would do").click()
        expect(page.locator("main")).to_contain_text("That is in the future.")
        expect(when).to_have_attribute("aria-invalid", "true")
        expect(page.locator("[role=alert]")).to_have_count(1)
        when.fill("2026-02-02T10:00")
        page.get_by_role("button", name="See what it would do").click()
        expect(page.locator(".answer")).to_contain_text("This pays 7:15 = $148.19 gross")
        net = page.locator(".total td").last.inner_text()
        page.get_by_role("button", name="File it").click()
        expect(page.locator("[role=status]").first).to_contain_text("Filed.")
        desk.close_run("2026-02-05")
        go(page, address, f"/statement/{statement_id('ARREARS', P1, R1, 20_469)}")
        expect(page.get_by_role("heading", level=1)).to_contain_text(net)


def test_an_exception_is_filed_and_the_next_pay_run_pays_by_it(desk: LiveDesk, live: str) -> None:
    """The county's approval of extra hours, recorded with the keyboard alone: a preview, the file; then the violation
    of the week is gone, and what the preview said is what the pay run tells."""
    with open_address(live, root(live)) as page:
        go(page, live, f"/provider/{P1}")
        expect(page.locator("main")).to_contain_text("Violations, and what they bring")
        page.get_by_role("link", name="Approve extra hours", exact=True).focus()
        page.keyboard.press("Enter")
        fill_by_key(page, {"Recipient": R1, "First day of the workweek, a Sunday": "2026-01-05", "Extra hours": "6:00"})
        expect(page.locator("main")).to_contain_text("A workweek starts on a Sunday.")
        fill_by_key(page, {"First day of the workweek, a Sunday": "2026-01-04"})
        expect(page.locator("main")).to_contain_text("No longer so")
        page.get_by_role("button", name="File it").focus()
        page.keyboard.press("Enter")
        expect(page.locator("[role=status]").first).to_contain_text("Filed.")
        desk.close_run("2026-02-05")
        go(page, live, f"/provider/{P1}")
        expect(page.locator("main")).not_to_contain_text("Violations, and what they bring")


def test_two_officers_in_two_browsers(tmp_path: Path) -> None:
    """Both look at the same week; Ben files first, Anna is told so, looks at the log and withdraws it."""
    desk = LiveDesk(tmp_path, deciders=("anna", "ben"))
    for name in desk.station.deciders:
        passwords.put(tmp_path / "passwords", name, PASSWORD)
    desk.station.token, desk.station.passwords = "", passwords.PasswordDoor(tmp_path / "passwords")
    with (
        served(desk.station) as address,
        open_address(address, root(address)) as anna,
        open_address(address, root(address)) as ben,
    ):
        for page, name in ((anna, "anna"), (ben, "ben")):
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Come in").click()
            go(page, address, f"/decide/HoursException?provider_id={P1}&recipient_id={R1}&workweek_start=2026-01-04")
            fill_by_key(page, {"Extra hours": "6:00" if name == "anna" else "5:00"})
            expect(page.get_by_role("heading", level=1)).to_have_text("What it would do")
        ben.get_by_role("button", name="File it").click()
        expect(ben.locator("[role=status]").first).to_contain_text("Filed.")
        anna.get_by_role("button", name="File it").click()
        expect(anna.locator("[role=alert]").first).to_contain_text("another revision came or was decided meanwhile")
        anna.get_by_role("alert").get_by_role("link", name="Decisions").click()
        row = anna.locator("tbody tr").first
        expect(row).to_contain_text("ben")
        row.get_by_role("button", name="Withdraw").click()
        anna.get_by_role("button", name="File it").click()
        expect(anna.locator("tbody tr").first).to_contain_text("anna")
        ben.reload()
        rows = ben.locator("tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("withdrawn")
        expect(rows.last).to_contain_text("undone")


def fill_by_key(page: Page, fields: dict[str, str]) -> None:
    """Fill in a form and send it from its last field."""
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(value)
    page.keyboard.press("Enter")


def test_the_journal_grows_while_the_page_is_open(desk: LiveDesk, live: str) -> None:
    """What came is decided at once, marked as not yet paid; when the pay run is closed, it is paid."""
    statement = statement_id("ARREARS", P1, R1, 20_454)
    with open_address(live, root(live)) as page:
        go(page, live, f"/statement/{statement}")
        before = page.get_by_role("heading", level=1).inner_text()
        sheet = next(path for path in (desk.world.inbox / "taken").glob("first-*") if b"desk.1.T1" in path.read_bytes())
        fact = next(fact for fact in _facts(desk) if fact["document_id"] == "desk.1.T1")
        more = fact | {"revision": 2, "event_id": "more", "recorded_at": desk.world.now, "minutes_worked": [240] * 15}
        write_container(desk.world.inbox / "more.avro", "Timesheet", [more])
        desk.round()
        page.get_by_role("link", name="As of now").click()
        expect(page.locator(".banner")).to_contain_text("not yet paid")
        expect(page.locator("main")).to_contain_text("revision 2")
        go(page, live, f"/statement/{statement}")
        expect(page.get_by_role("heading", level=1)).to_have_text(before)
        desk.close_run("2026-02-06", seen=False)  # the page finds it by itself, within the seconds between two looks
        for _ in range(20):
            page.reload()
            if page.get_by_role("heading", level=1).inner_text() != before:
                break
            page.wait_for_timeout(250)
        expect(page.get_by_role("heading", level=1)).not_to_have_text(before)
        assert sheet.exists()


def _facts(desk: LiveDesk) -> list[dict[str, object]]:
    from tests.pipelines.live.drill import records_below

    return [record for _, record in records_below(desk.world.inbox / "taken")]


def test_a_hostile_reason_is_shown_and_never_run(desk: LiveDesk, live: str) -> None:
    paid = instruction_id(statement_id("ARREARS", P1, R1, 20_454), 20_473)
    fields = {"event_id": "hostile", "instruction_id": paid, "outcome": "RETURNED", "reason": HOSTILE}
    fact = changed("PaymentOutcome", document_id="BANK-1", recorded_at=desk.world.now, **fields)
    write_container(desk.world.inbox / "hostile.avro", "PaymentOutcome", [fact])
    (desk.world.inbox / "bad.jsonl").write_text('{"kind": "Timesheet", "event_id": "<script>alert(1)</script>"}\n')
    desk.close_run("2026-02-09")
    with open_address(live, root(live)) as page:
        for path in ("/document/PaymentOutcome/BANK-1", f"/provider/{P1}", "/rejections", "/held", "/"):
            go(page, live, path)
            assert "broken" not in page.title(), path
        go(page, live, "/document/PaymentOutcome/BANK-1")
        expect(page.locator("main")).to_contain_text(HOSTILE)
        go(page, live, "/rejections")
        page.locator("main tbody a").first.click()
        expect(page.locator("pre")).to_contain_text("<script>alert(1)</script>")
