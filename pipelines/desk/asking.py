"""The pages that ask what one person, or all of a county, would have been paid otherwise."""

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from pipelines.desk.county import CountyQuestion
from pipelines.desk.forms import WrongForm
from pipelines.desk.look import nothing
from pipelines.desk.pages import DeskView
from pipelines.desk.payments import paid_by
from pipelines.desk.people import person_page
from pipelines.desk.shelf import DeskShelf
from pipelines.desk.what_if import choices, choices_of_county, other_law, what_if
from pipelines.find.search import PROVIDER, RECIPIENT, FoundId
from rules.periods import iso, month_of
from schemas.ids import provider_key, recipient_key

SEE_OTHER, BUSY, UNUSABLE = 303, 409, 422
SECONDS_TO_LOOK_AGAIN = 3
KEYS = {PROVIDER: provider_key, RECIPIENT: recipient_key}


def otherwise(view: DeskView, shelf: DeskShelf) -> Response:
    """What may be otherwise; and once something was chosen, before and after by period."""
    side, id = view.request.path_params["side"], view.request.path_params["id"]
    named = FoundId(side, id)
    if side not in KEYS or not shelf.is_known(named):
        return nothing(view, shelf)
    view.note_access("what-if", [KEYS[side](id)])
    offered = choices(shelf, view.station.law, named, person_page(shelf, named).counties)
    asked, told, wrong = dict(view.request.query_params), None, {}
    chosen = next((each for each in offered if each.name == asked.get("what")), None)
    if chosen is not None and asked.get("value"):
        try:
            told = what_if(view.station, shelf, named, KEYS[side](id), asked, chosen)
        except WrongForm as refused:
            wrong = refused.wrong
    asked.setdefault("from", iso(month_of(shelf.run)))
    return view.answer(
        "what_if.html.j2", UNUSABLE if wrong else 200, shelf=shelf, named=named, offered=offered, asked=asked,
        chosen=chosen, told=told, wrong=wrong,
    )  # fmt: skip


def county(view: DeskView, shelf: DeskShelf) -> Response:
    """What may be otherwise in a county; what is being looked into; and what this session asked last."""
    if _county(view) not in shelf.counties:
        return nothing(view, shelf)
    return _county_page(view, shelf, {})


def ask_of_county(view: DeskView, shelf: DeskShelf, filled: Mapping[str, str]) -> Response:
    """Begin to look into it; one question at a time."""
    offered = choices_of_county(shelf, view.station.law, _county(view)) if _county(view) in shelf.counties else []
    chosen = next((each for each in offered if each.name == filled.get("what")), None)
    if chosen is None:
        return nothing(view, shelf)
    value, first = filled.get("value", ""), filled.get("from", "")
    try:
        law = other_law(view.station.law, filled, chosen)
    except WrongForm as refused:
        return _county_page(view, shelf, filled, UNUSABLE, refused.wrong)
    question = CountyQuestion(_county(view), chosen.name, value, first, shelf.run, shelf.on)
    if not view.station.counties.ask(_session(view), question, view.station.origin, (view.station.law, law)):
        return _county_page(view, shelf, filled, BUSY)
    return RedirectResponse(view.path, SEE_OTHER)


def stop_asking(view: DeskView, shelf: DeskShelf, filled: Mapping[str, str]) -> Response:
    """Look no further into what this session asked."""
    view.station.counties.stop(_session(view))
    return RedirectResponse(view.link("what-if", "county", _county(view)), SEE_OTHER)


def _county_page(
    view: DeskView,
    shelf: DeskShelf,
    filled: Mapping[str, str],
    status: int = 200,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    view.note_access("what-if", [])
    progress, answered = view.station.counties.progress, view.station.counties.answers.get(_session(view))
    is_own = progress is not None and (progress.who, progress.question.county) == (_session(view), _county(view))
    answer = view.answer(
        "what_if_county.html.j2", status, shelf=shelf, county=_county(view),
        offered=choices_of_county(shelf, view.station.law, _county(view)),
        asked={"from": iso(month_of(shelf.run)), **filled}, wrong=wrong or {}, progress=progress, is_own=is_own,
        answered=answered if answered and answered.question.county == _county(view) else None,
        other_law=paid_by(shelf) != view.station.law.version_at(shelf.on),
    )  # fmt: skip
    if is_own:
        answer.headers["Refresh"] = str(SECONDS_TO_LOOK_AGAIN)
    return answer


def _county(view: DeskView) -> str:
    return str(view.request.path_params["county"])


def _session(view: DeskView) -> str:
    return str(view.request.session.get("mark", ""))
