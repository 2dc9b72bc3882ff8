"""The pages on which an officer decides: a form, a preview, and then the fact is filed. Nothing else can be changed.

What is filed is what was previewed: the preview's page carries the fact, signed for this start of the desk. If another
revision of its document came or was filed meanwhile, the preview is shown anew: nobody decides over what they have not
seen.
"""

from collections.abc import Mapping
from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.responses import RedirectResponse, Response

from pipelines.check.rejections import as_text
from pipelines.desk import decisions
from pipelines.desk.forms import (
    APPROVAL,
    FILED,
    IN_FUTURE,
    FormField,
    WrongForm,
    envelope,
    fields_of_kind,
    filed_fact,
    instant_of,
    kind_is_filed,
    read_form,
)
from pipelines.desk.look import nothing
from pipelines.desk.pages import DeskView
from pipelines.desk.preview import preview
from pipelines.desk.shelf import DeskShelf
from pipelines.explain.words import said_fields
from pipelines.find.search import DOCUMENT, FoundId
from pipelines.importing.json_lines import fact_of_line
from pipelines.spoken import say
from pipelines.what_if.variant import revised
from schemas import FACTS
from schemas.avro import Unreadable
from schemas.envelope import Fact
from schemas.ids import document_name
from schemas.rejection import Rejection
from schemas.timesheet import Timesheet
from schemas.types import Json

UNUSABLE, OVERTAKEN, SEE_OTHER = 422, 409, 303
APPROVED_AT = "recipient_approved_at"
REPAIR = "repair"
Filled = Mapping[str, str]


class DecisionForm(NamedTuple):
    """A form: what it files, its fields and what stands in them; ``about``: the document, or of a rejection the field;
    ``message``: why it was rejected."""

    what: str
    fields: list[FormField]
    filled: dict[str, str]
    about: list[tuple[str, str]]
    message: str = ""


def choose(view: DeskView, shelf: DeskShelf) -> Response:
    """Which decision?"""
    return view.answer("decide.html.j2", shelf=shelf, kinds=FILED)


def form(view: DeskView, shelf: DeskShelf) -> Response:
    """The form of a decision, with what is known already."""
    made = _form(view, shelf, view.request.path_params["what"], dict(view.request.query_params))
    return nothing(view, shelf) if made is None else view.answer("form.html.j2", shelf=shelf, form=made, wrong={})


def _form(view: DeskView, shelf: DeskShelf, what: str, filled: dict[str, str]) -> DecisionForm | None:
    """None: there is nothing like it."""
    if what == APPROVAL:
        sheet = _sheet(shelf, filled)
        fields = [each for each in fields_of_kind("Timesheet") if each.name == APPROVED_AT]
        about = [] if sheet is None else [(say("document"), sheet.document_id), *said_fields(sheet)]
        return DecisionForm(what, fields, filled, about) if sheet else None
    if what == REPAIR:
        number = filled.get("number", "")
        record = shelf.record(Rejection, int(number)) if number.isdigit() and len(number) < 12 else None
        if record is None:
            return None
        filled.setdefault("text", as_text(record.raw) or "{}")
        about = [(say("field"), record.field)] if record.field else []
        return DecisionForm(what, [], filled, about, record.message)
    return DecisionForm(what, fields_of_kind(what), filled, []) if kind_is_filed(what) else None


def _sheet(shelf: DeskShelf, filled: Filled) -> Timesheet | None:
    """The newest revision of the timesheet that is named with its people."""
    named = FoundId(DOCUMENT, document_name("Timesheet", filled.get("document", "")))
    about = filled.get("provider_id"), filled.get("recipient_id")
    facts = [fact for _, fact in shelf.facts(named) if isinstance(fact, Timesheet)]
    own = [fact for fact in facts if (fact.provider_id, fact.recipient_id) == about]
    return max(own, key=lambda fact: fact.revision, default=None)


def decide(view: DeskView, shelf: DeskShelf, filled: Filled) -> Response:
    """A form that was filled in: its preview, or what is wrong with it."""
    what = view.request.path_params["what"]
    made = _form(view, shelf, what, {**filled})
    if made is None:
        return nothing(view, shelf)
    try:
        fact = _drafted(view, shelf, what, filled)
    except WrongForm as refused:
        return view.answer("form.html.j2", UNUSABLE, shelf=shelf, form=made, wrong=refused.wrong)
    return _previewed(view, shelf, fact, view.link("decide", what))


def _previewed(view: DeskView, shelf: DeskShelf, fact: Fact, back: str, meanwhile: bool = False) -> Response:
    """``meanwhile``: it was to be filed, and another revision was faster."""
    fact = revised(fact, {"revision": decisions.next_revision(view.station, shelf, fact)})
    told = preview(view.station, shelf, fact)
    about = [(key, value) for key, value in said_fields(fact)]
    draft = _signer(view).dumps(fact.model_dump() | {"kind": fact.KIND})
    return view.answer(
        "preview.html.j2", OVERTAKEN if meanwhile else 200, shelf=shelf, fact=fact, preview=told, about=about,
        draft=draft, back=back, meanwhile=meanwhile,
    )  # fmt: skip


def _drafted(view: DeskView, shelf: DeskShelf, what: str, filled: Filled) -> Fact:
    """The fact of a form. Raises WrongForm."""
    source, now = decisions.source_of(view.officer), view.station.clock()
    if what == REPAIR:
        try:
            fact = fact_of_line(filled.get("text", "").encode())
        except Unreadable as wrong:
            raise WrongForm({"text": f"{wrong.field}: {wrong.message}" if wrong.field else wrong.message}) from None
        return revised(fact, envelope(source, now, fact.document_id))
    if what == APPROVAL:
        sheet = _sheet(shelf, filled)
        assert sheet is not None, "the form was of one"
        try:
            at = instant_of(filled.get(APPROVED_AT, ""))
        except ValueError as wrong:
            raise WrongForm({APPROVED_AT: str(wrong)}) from None
        if at > now:
            raise WrongForm({APPROVED_AT: IN_FUTURE})
        changed = {APPROVED_AT: at, "channel": "PAPER"}
        return revised(sheet, envelope(source, now, sheet.document_id) | changed)
    return filed_fact(what, read_form(what, filled), source, now)


def file(view: DeskView, shelf: DeskShelf, filled: Filled) -> Response:
    """File what was previewed."""
    try:
        told: Json = _signer(view).loads(filled.get("draft", ""))
    except BadSignature:
        return nothing(view, shelf)
    fact = FACTS[told.pop("kind")].model_validate(told)
    if not decisions.file(view.station, shelf, view.officer, fact):
        changed = envelope(fact.source, view.station.clock(), fact.document_id) | {"withdrawn": fact.withdrawn}
        return _previewed(view, shelf, revised(fact, changed), view.link("decisions"), meanwhile=True)
    return RedirectResponse(view.link("decisions", filed=fact.event_id), SEE_OTHER)


def undo(view: DeskView, shelf: DeskShelf, filled: Filled) -> Response:
    """The preview of a decision's withdrawal."""
    number = view.request.path_params["number"]
    found = next((each for each in decisions.decided(view.station) if each.number == number), None)
    if found is None or found.undone:
        return nothing(view, shelf)
    source, now = decisions.source_of(view.officer), view.station.clock()
    changed = envelope(source, now, found.fact.document_id) | {"withdrawn": True}
    return _previewed(view, shelf, revised(found.fact, changed), view.link("decisions"))


def log(view: DeskView, shelf: DeskShelf) -> Response:
    """All that was decided here, newest first."""
    told = decisions.decided(view.station)[::-1]
    open_ones = {each.number for each in decisions.waiting(view.station, shelf)}
    view.note_access("decisions", [])
    return view.answer(
        "decisions.html.j2", shelf=shelf, told=told, waiting=open_ones, said=said_fields,
        filed=view.request.query_params.get("filed", ""),
    )  # fmt: skip


def _signer(view: DeskView) -> URLSafeSerializer:
    """Signs for the session's officer: what one previewed another cannot file."""
    return URLSafeSerializer(view.station.secret, salt=f"draft of {view.officer}")
