"""The desk knows paid sick leave: a provider's balance and why a claim was cut, a claim by form, what if more were
granted. One provider, who has 40:00 of leave and claims 22:00 twice."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipelines.desk import decisions
from pipelines.desk.forms import cents_of
from pipelines.desk.origins import PaidOrigin
from pipelines.desk.shelf import DeskShelf
from pipelines.desk.station import Station
from rules.law import Law
from rules.periods import cut_off_of, epoch_day, iso
from schemas.leave_balance import LeaveBalance
from tests.case_files import case_files
from tests.paid import replay_folder
from tests.pipelines.desk.desk_world import TOKEN, at, client_of, filed, hidden, previewed, text_of
from tests.pipelines.explain.explain_world import index, lay
from tests.pipelines.report.report_world import replayed, rewrite

CUT = next(
    one
    for file in case_files()
    if file.name == "sick_leave"
    for one in file.cases
    if one.sentence.startswith("What exceeds the balance is cut")
)
P1, R1 = f"{CUT.prefix}P1", f"{CUT.prefix}R1"
YEAR, BEFORE_THE_CLAIMS = "2025-07-01", "2026-03-31"
CLAIM = {
    "channel": "PAPER", "provider_id": P1, "recipient_id": R1, "program": "IHSS", "service_date": "2026-05-04",
    "minutes": "6:00",
}  # fmt: skip


def station_of_case(root: Path, until: str) -> Station:
    """A desk where anna decides, over the case as a replay paid it. ``until``: a business day, later facts are none."""
    facts = lay((fact for fact in CUT.facts if fact.recorded_at <= at(until)), root / "facts")
    paid = replayed(facts, root / "paid")
    index(facts, paid)
    land = root / "land"
    land.mkdir()
    clock = at(until) + 60_000
    station = Station(PaidOrigin(facts, paid), Law.load(), TOKEN, deciders=("anna",), land=land, clock=lambda: clock)
    station.make(lambda *_: None)
    return station


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Station:
    """Both claims came."""
    return station_of_case(tmp_path_factory.mktemp("whole"), "2026-05-08")


@pytest.fixture(scope="module")
def unclaimed(tmp_path_factory: pytest.TempPathFactory) -> Station:
    """No claim came yet."""
    return station_of_case(tmp_path_factory.mktemp("unclaimed"), "2026-04-10")


def section(html: str, title: str) -> str:
    """What a page says from a heading to the next section."""
    return text_of("<main" + html.partition(f'aria-labelledby="{title}"')[2].partition("</section>")[0])


# --- the balance ------------------------------------------------------------------------------------------------------


def test_the_page_says_how_much_from_when_and_why_a_claim_was_cut(whole: Station) -> None:
    html = client_of(whole).get(f"/provider/{P1}").text
    told = section(html, "leave-title")
    assert f"Apr 1, 2026 {R1} Paid sick leave" in section(html, "periods-title")
    assert "Jul 1, 2025 40:00 40:00 0:00 Jan 15, 2026 Mar 16, 2026 Jun 30, 2026" in told
    assert "Over a limit More sick leave than was left 4:00" in told and "S2" in told


def test_a_cut_claim_is_said_once(whole: Station) -> None:
    html = client_of(whole).get(f"/provider/{P1}").text
    assert html.count("<strong>More sick leave than was left</strong>") == 1


def test_the_balance_is_as_known_on_the_day_and_one_a_leave_year(whole: Station) -> None:
    client = client_of(whole)
    then = section(client.get(f"/provider/{P1}", params={"on": BEFORE_THE_CLAIMS}).text, "leave-title")
    assert "40:00 0:00 40:00 Jan 15, 2026" in then and "Over a limit" not in then
    assert "leave-title" not in client.get(f"/recipient/{R1}").text


def test_who_has_not_earned_it_sees_how_much_service_counts(station: Station, client: TestClient) -> None:
    with station.shelf() as shelf:
        first = {each.provider_id: each.cut_off for each in reversed(_balances(shelf))}
        last = max(first, key=lambda provider: first[provider])
        before = max(day for day in shelf.days if cut_off_of(day) < first[last])
    html = client.get(f"/provider/{last}", params={"on": iso(before)}).text
    assert "Nothing is told of it" in section(html, "leave-title")
    [address] = re.findall(r'href="(/sick-leave/[^"]+)"', html)
    told = text_of(client.get(address).text)
    assert re.search(r"Not earned yet: \d+:\d\d of paid service", told)


def test_a_balance_links_to_how_it_came_to_be_in_the_words_of_explain(whole: Station) -> None:
    client = client_of(whole)
    [address] = re.findall(r'href="(/sick-leave/[^"]+)"', client.get(f"/provider/{P1}").text)
    told = text_of(client.get(address).text)
    assert "40:00 granted on Thu 15 Jan 2026, 40:00 used, 0:00 left; usable from Mon 16 Mar 2026" in told
    assert "18:00 of 22:00 paid; not the rest: more sick leave than was left" in told
    assert "Earned: 105:00 reached on Thu 15 Jan 2026" in told and "Thu 15 7:00 (105:00)" in told
    then = text_of(client.get(address, params={"on": BEFORE_THE_CLAIMS}).text)
    assert "0:00 used, 40:00 left" in then and "22:00" not in then


def test_what_was_told_otherwise_is_not_explained(whole: Station, tmp_path: Path) -> None:
    assert whole.origin.paid is not None
    facts, paid = (shutil.copytree(path, tmp_path / path.name) for path in (whole.origin.events, whole.origin.paid))
    with whole.shelf() as shelf:
        told = [{name: getattr(each, name) for name in each.__struct_fields__} for each in _balances(shelf)]
    more = [each | {"used_minutes": each["used_minutes"] + 60} for each in told]
    rewrite(paid, "LeaveBalance", [*more, told[-1] | {"leave_year": epoch_day(date(2026, 7, 1))}])
    station = Station(PaidOrigin(facts, paid), Law.load(), TOKEN)
    station.make(lambda *_: None)
    client = client_of(station)
    page = text_of(client.get(f"/sick-leave/{P1}/{YEAR}").text)
    years = re.findall(r'href="/sick-leave/[^"]+/([^/"]+)"', client.get(f"/provider/{P1}").text)
    assert years == ["2026-07-01", YEAR]
    assert "it would not be true" in page and "granted on" not in page


def _balances(shelf: DeskShelf) -> list[LeaveBalance]:
    numbers = [row[0] for row in shelf.rows("SELECT id FROM records WHERE kind = 'LeaveBalance' ORDER BY cut_off")]
    return shelf.all_of(LeaveBalance, numbers)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "soon", "2025-13-01"])
def test_no_leave_year_no_page(whole: Station, day: str) -> None:
    client = client_of(whole)
    assert client.get(f"/sick-leave/{P1}/{day}").status_code == 404
    assert client.get(f"/sick-leave/NOBODY/{YEAR}").status_code == 404


def test_the_statement_at_the_desk_has_the_balance(whole: Station) -> None:
    client = client_of(whole)
    with whole.shelf() as shelf:
        [id] = shelf.rows("SELECT statement_id FROM payments WHERE kind = 'SICK_LEAVE' LIMIT 1")[0]
    for language, words in (("en", "Your paid sick leave"), ("es", "Sus horas de enfermedad pagadas")):
        assert words in client.get(f"/paper/{id}", params={"language": language}).text


# --- the claim --------------------------------------------------------------------------------------------------------


def test_a_claim_by_form_is_paid_as_the_preview_said_and_its_withdrawal_takes_it_back(
    unclaimed: Station, tmp_path: Path
) -> None:
    anna = client_of(unclaimed)
    claim = CLAIM | {"service_date": "2026-04-06"}
    page = previewed(anna, "SickLeaveClaim", **claim)
    told = text_of(page)
    said = re.search(r"This pays 6:00 = \$([\d,.]+) gross, \$([\d,.]+) net, in the pay run of", told)
    assert said and "Valid" in told, told
    assert "40:00 40:00 0:00 6:00 40:00 34:00" in told, "granted, used and left, before and after"
    filed(anna, page)
    assert _paid(unclaimed, tmp_path / "with") == [cents_of(said[1])]
    log = anna.get("/decisions").text
    [number] = [each.number for each in decisions.decided(unclaimed) if each.fact.KIND == "SickLeaveClaim"]
    undo = anna.post(f"/undo/{number}", data={"mark": hidden(log, "mark")})
    assert undo.status_code == 200 and "withdrawn" in text_of(undo.text)
    filed(anna, undo.text)
    assert [each.fact.withdrawn for each in decisions.decided(unclaimed)] == [False, True]
    assert _paid(unclaimed, tmp_path / "without") == []
    assert "Sick leave claim" in section(anna.get(f"/provider/{P1}").text, "filed-title")


def _paid(station: Station, folder: Path) -> list[int]:
    """Gross of sick leave, if what was filed is replayed beside what came before."""
    shutil.copytree(station.origin.events, folder)
    for path in (station.land or folder).glob("*.avro"):
        shutil.copy(path, folder)
    names = sorted(path.name for path in folder.glob("*.avro"))
    told = replay_folder(folder, names, station.law).records["PaymentInstruction"]
    return [each["gross_cents"] for each in told if each["kind"] == "SICK_LEAVE"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minutes", "6"), ("minutes", "25:01"), ("program", ""), ("program", "OTHER"), ("channel", "TTS"),
        ("service_date", "2026-02-30"), ("recipient_id", "a b"),
    ],
)  # fmt: skip
def test_a_claim_that_the_job_would_reject_is_not_previewed(unclaimed: Station, field: str, value: str) -> None:
    anna = client_of(unclaimed)
    mark = hidden(anna.get("/decide/SickLeaveClaim").text, "mark")
    sent = anna.post("/decide/SickLeaveClaim", data={"mark": mark, **CLAIM, field: value})
    assert sent.status_code == 422 and "draft" not in sent.text
    assert re.findall(r'id="wrong-(\w+)"', sent.text) == ["form", field]


def test_what_is_more_than_is_left_is_told_before_it_is_filed(whole: Station) -> None:
    """Nothing is left: the preview names the refusal in the words of the law's finding."""
    told = text_of(previewed(client_of(whole), "SickLeaveClaim", **CLAIM))
    assert "No payment changes" in told and "More sick leave than was left" in told


def test_the_claim_is_offered_to_who_decides(whole: Station) -> None:
    anna = client_of(whole)
    assert "/decide/SickLeaveClaim" in anna.get("/decide").text
    assert f"/decide/SickLeaveClaim?provider_id={P1}" in anna.get(f"/provider/{P1}").text
    form = anna.get("/decide/SickLeaveClaim", params={"lang": "es"}).text
    assert "Día de la licencia" in form and "En papel" in form and 'placeholder="5:00"' in form


# --- what if ----------------------------------------------------------------------------------------------------------


def test_what_if_more_leave_were_granted(whole: Station) -> None:
    """48:00 pay both claims whole: 4:00 more, to the cent what a replay under that law pays."""
    asked = {"what": "sick_leave.grant_minutes", "value": "48:00", "from": "2026-04-01"}
    told = text_of(client_of(whole).get(f"/what-if/provider/{P1}", params=asked).text)
    grant = {"grant_minutes": {"values": [{"from": date.fromisoformat(YEAR), "value": 48 * 60}]}}
    law = whole.law.amended({"more": {"sick_leave": grant}})
    more = _net(whole, law) - _net(whole, whole.law)
    assert more > 0 and f"${more / 100:,.2f}" in told
    assert "Jul 1, 2025 40:00 48:00 40:00 44:00 0:00 4:00" in told


def test_what_if_it_changes_no_payment_the_balance_is_said(unclaimed: Station) -> None:
    asked = {"what": "sick_leave.grant_minutes", "value": "48:00", "from": "2026-04-01"}
    told = text_of(client_of(unclaimed).get(f"/what-if/provider/{P1}", params=asked).text)
    assert "40:00 48:00 0:00 0:00 40:00 48:00" in told and "Nothing would be otherwise" not in told
    assert "Nothing would be otherwise" in text_of(
        client_of(unclaimed).get(f"/what-if/provider/{P1}", params=asked | {"value": "40:00"}).text
    )


def test_the_grant_is_asked_of_a_provider(whole: Station) -> None:
    mine = client_of(whole)
    assert 'value="sick_leave.grant_minutes"' in mine.get(f"/what-if/provider/{P1}").text
    assert 'value="sick_leave.grant_minutes"' not in mine.get(f"/what-if/recipient/{R1}").text
    odd = {"what": "sick_leave.grant_minutes", "value": "48:00", "from": "0001-01-01"}
    assert mine.get(f"/what-if/provider/{P1}", params=odd).status_code == 200


def _net(station: Station, law: Law) -> int:
    """What all statements come to under a law."""
    names = sorted(path.name for path in station.origin.events.glob("*.avro"))
    told = replay_folder(station.origin.events, names, law).records["PaymentInstruction"]
    return sum(each["net_cents"] for each in told)
