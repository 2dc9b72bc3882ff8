"""The page that asks what one person would have been paid otherwise."""

from starlette.responses import Response

from pipelines.desk.forms import WrongForm
from pipelines.desk.look import nothing
from pipelines.desk.pages import DeskView
from pipelines.desk.people import person_page
from pipelines.desk.shelf import DeskShelf
from pipelines.desk.what_if import choices, what_if
from pipelines.find.search import PROVIDER, RECIPIENT, FoundId
from rules.periods import iso, month_of
from schemas.ids import provider_key, recipient_key

UNUSABLE = 422
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
