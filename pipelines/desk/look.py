"""The pages that only show: each reads the index as of the day asked for, notes who saw whom, and is put into words."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any

from starlette.responses import HTMLResponse, RedirectResponse, Response

from fold.places import keys_of
from pipelines.check.rejections import as_text
from pipelines.desk import decisions
from pipelines.desk.documents import document_page, rejected_rows
from pipelines.desk.held import HeldAsked, held_page
from pipelines.desk.leave import leave_page
from pipelines.desk.pages import DeskView
from pipelines.desk.payments import paper, payment_page
from pipelines.desk.people import person_page
from pipelines.desk.runs import net_chart, run_page, run_rows
from pipelines.desk.safety import policy
from pipelines.desk.shelf import DeskShelf
from pipelines.find.search import DOCUMENT, FINDING, INSTRUCTION, PEOPLE, PROVIDER, RECIPIENT, STATEMENT, FoundId
from rules.periods import epoch_day, iso
from rules.sick_leave import next_leave_year
from schemas.envelope import Fact
from schemas.finding import Finding
from schemas.ids import document_name, document_named, kind_and_number, payee_of, provider_key, recipient_key
from schemas.payment_instruction import PaymentInstruction
from schemas.rejection import Rejection

NOT_FOUND, SEE_OTHER = 404, 303
RUNS_ON_A_PAGE, RUNS_IN_CHART, ROWS_OF_TIME_LINE = 60, 250, 40
BOTH_SIDES = (PROVIDER, RECIPIENT)
Named = PaymentInstruction | Finding | Fact


def home(view: DeskView, shelf: DeskShelf) -> Response:
    """Where the day begins: is it right, what is held and who acts next, what looks unusual."""
    runs = run_rows(shelf, RUNS_IN_CHART)
    last = next((row.day for row in runs if row.number), shelf.run)
    run = run_page(shelf, last, view.language)
    view.note_access("home", _people(paid for paid, _ in run.unusual) if run else ())
    wrong = [sentence for each in shelf.agreements() for sentence in each.wrong]
    return view.answer(
        "home.html.j2", run=run, wrong=wrong, checks=shelf.agreements(), held=held_page(shelf, HeldAsked()),
        rejected=shelf.rejected, chart=net_chart(runs, view.language), shelf=shelf,
        last_unusual=next((row for row in runs if row.unusual), None),
    )  # fmt: skip


def find(view: DeskView, shelf: DeskShelf) -> Response:
    """What a text means; what means one thing alone is shown at once."""
    text = view.request.query_params.get("q", "").strip()
    found = shelf.found(text) if text else []
    rejected = rejected_rows(shelf, FoundId("", text)) if text and not found else []
    if len(found) == 1 and (address := address_of(view, shelf, found[0])):
        return RedirectResponse(address, SEE_OTHER)
    view.note_access("find", [_key(each) for each in found if each.kind in PEOPLE])
    return view.answer("found.html.j2", shelf=shelf, text=text, found=found, rejected=rejected, address=address_of)


def address_of(view: DeskView, shelf: DeskShelf, named: FoundId) -> str:
    """The page of something that was found; of a finding that of its document, its statement or its person."""
    if named.kind == DOCUMENT:
        return view.link("document", *kind_and_number(named.id))
    if named.kind in (INSTRUCTION, STATEMENT):
        return view.link("payment" if named.kind == INSTRUCTION else "statement", named.id)
    if named.kind != FINDING:
        return view.link(named.kind, named.id)
    told = [*shelf.records(Finding, named, shelf.newest)]
    return address_of_finding(view, told[-1])


def address_of_finding(view: DeskView, told: Finding) -> str:
    """Where somebody sees what a finding is about."""
    named = document_named(told.finding_id)
    if named is not None:
        return view.link("document", named.kind, named.document_id)
    if told.statement_id is not None:
        return view.link("statement", told.statement_id)
    if told.provider_id is not None:
        return view.link(PROVIDER, told.provider_id)
    return view.link(RECIPIENT, told.recipient_id or "")


def person(view: DeskView, shelf: DeskShelf, side: str) -> Response:
    """Everything about a provider or a recipient."""
    named = FoundId(side, view.request.path_params["id"])
    if not shelf.is_known(named):
        return nothing(view, shelf)
    view.note_access(side, [_key(named)])
    page = person_page(shelf, named)
    most = None if view.request.query_params.get("all") else ROWS_OF_TIME_LINE
    filed = [each for each in decisions.about(view.station, _key(named)) if side in BOTH_SIDES]
    return view.answer(
        "person.html.j2", shelf=shelf, page=page, most=most, filed=filed, rejected=rejected_rows(shelf, named),
        law=view.station.law, finding_address=address_of_finding,
    )  # fmt: skip


def leave(view: DeskView, shelf: DeskShelf) -> Response:
    """A provider's paid sick leave of the leave year that a day is in, explained."""
    named, day = FoundId(PROVIDER, view.request.path_params["id"]), _day_of(view)
    if day is None or not 0 <= day <= next_leave_year(shelf.run) or not shelf.is_known(named):
        return nothing(view, shelf)
    view.note_access("sick-leave", [_key(named)])
    page = leave_page(view.station, shelf, named, day, view.on == "now")
    return view.answer("leave.html.j2", shelf=shelf, page=page)


def _day_of(view: DeskView) -> int | None:
    with suppress(ValueError):
        return epoch_day(date.fromisoformat(view.request.path_params["day"]))
    return None


def payment(view: DeskView, shelf: DeskShelf, what: str) -> Response:
    """A payment, or a statement whatever was paid of it, explained."""
    id = view.request.path_params["id"]
    named = FoundId(what, id)
    payee = payee_of(id)
    whose = FoundId(PROVIDER, payee.payee_id) if payee.provider_id else FoundId(RECIPIENT, payee.payee_id)
    if not shelf.is_known(named) and not (what == STATEMENT and shelf.is_known(whose)):
        return nothing(view, shelf)
    keys = [provider_key(payee.provider_id)] if payee.provider_id else []
    view.note_access(what, [*keys, *([recipient_key(payee.recipient_id)] if payee.recipient_id else [])])
    as_of = "now" if view.on == "now" else "run" if view.on or what == STATEMENT else ""
    page = payment_page(view.station, shelf, id, as_of)
    return view.answer("payment.html.j2", shelf=shelf, page=page, payee=payee)


def paper_of(view: DeskView, shelf: DeskShelf) -> Response:
    """The statement as its payee gets it, in a language of theirs."""
    id, language = view.request.path_params["id"], view.request.query_params.get("language", "en")
    payee = payee_of(id)
    html = paper(view.station, shelf, id, "es" if language == "es" else "en")
    if html is None:
        return nothing(view, shelf)
    view.note_access("paper", [provider_key(payee.payee_id) if payee.provider_id else recipient_key(payee.payee_id)])
    return HTMLResponse(html, headers={"Content-Security-Policy": policy(html)})


def document(view: DeskView, shelf: DeskShelf) -> Response:
    """A document: its revisions, what was found about it, what it paid."""
    kind, id = view.request.path_params["kind"], view.request.path_params["id"]
    known = FoundId(DOCUMENT, document_name(kind, id))
    if not shelf.is_known(known):
        return nothing(view, shelf)
    page = document_page(shelf, known.id)
    about: list[Finding | Fact] = [*page.standing, *page.past, *(row.fact for row in page.revisions)]
    view.note_access("document", _people(about))
    return view.answer("document.html.j2", shelf=shelf, page=page, kind=kind, id=id)


def held(view: DeskView, shelf: DeskShelf) -> Response:
    """The queue of held work."""
    query = view.request.query_params
    number = query.get("page", "1")
    asked = HeldAsked(
        query.get("acts", ""), query.get("reason", ""), query.get("county", ""), bool(query.get("overdue")),
        query.get("sort", "hours"), int(number) if number.isdigit() and len(number) < 6 else 1,
    )  # fmt: skip
    page = held_page(shelf, asked)
    view.note_access("held", _people(row.finding for row in page.rows))
    return view.answer("held.html.j2", shelf=shelf, page=page, asked=asked, finding_address=address_of_finding)


def runs(view: DeskView, shelf: DeskShelf) -> Response:
    """All pay runs."""
    number = view.request.query_params.get("page", "1")
    at = int(number) if number.isdigit() and len(number) < 6 else 1
    rows = run_rows(shelf, RUNS_ON_A_PAGE, (max(1, at) - 1) * RUNS_ON_A_PAGE)
    count = sum(day <= shelf.run for day in shelf.days)
    chart = net_chart(run_rows(shelf, RUNS_IN_CHART), view.language)
    pages = max(1, -(-count // RUNS_ON_A_PAGE))
    return view.answer(
        "runs.html.j2", shelf=shelf, rows=rows, pages=pages, at=at, count=count, chart=chart, counties=shelf.counties,
    )  # fmt: skip


def run(view: DeskView, shelf: DeskShelf) -> Response:
    """One pay run."""
    day = _day_of(view)
    page = None if day is None else run_page(shelf, day, view.language)
    if page is None or day is None:
        return nothing(view, shelf)
    view.note_access("run", _people([*page.greatest, *(paid for paid, _ in page.unusual)]))
    wrong = [each for each in shelf.agreements() if any(iso(day) in sentence for sentence in each.wrong)]
    return view.answer("run.html.j2", shelf=shelf, page=page, wrong=wrong, day=day)


def rejections(view: DeskView, shelf: DeskShelf) -> Response:
    """What could not be used: no bytes, which may be about anybody."""
    return view.answer("rejections.html.j2", shelf=shelf, rows=rejected_rows(shelf))


def rejection(view: DeskView, shelf: DeskShelf) -> Response:
    """One of them, with its bytes."""
    number = view.request.path_params["number"]
    record = shelf.record(Rejection, number)
    if record is None:
        return nothing(view, shelf)
    view.note_access("rejection", [str(number)])
    return view.answer("rejection.html.j2", shelf=shelf, record=record, number=number, text=as_text(record.raw))


def nothing(view: DeskView, shelf: DeskShelf) -> Response:
    """There is nothing at that address."""
    return view.answer("nothing.html.j2", NOT_FOUND, shelf=shelf)


def _key(named: FoundId) -> str:
    return (recipient_key if named.kind == RECIPIENT else provider_key)(named.id)


def _people(about: Iterable[Named]) -> list[str]:
    """Keys of all whom records or facts name."""
    return sorted({key for each in about for key in keys_of(type(each).KIND, _named(each))})


def _named(each: Named) -> dict[str, Any]:
    return {name: getattr(each, name, None) for name in ("provider_id", "recipient_id", "instruction_id", "trips")}
