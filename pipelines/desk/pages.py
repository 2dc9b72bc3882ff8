"""Pages as HTML: the templates, how they write days, hours and money, and the words of a language.

What a page says of its own is in the desk's catalog, explanations are in that of `explain`, and what people and the
county are told in that of the statements.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pipelines.county_names import county_name
from pipelines.desk.again import Repeater
from pipelines.desk.safety import noted, officer_of, policy, utc
from pipelines.desk.station import Station
from pipelines.explain.language import PageLanguage, explain_translations, marked
from pipelines.explain.page import rules_in, rules_named
from pipelines.explain.words import moment, next_step, reason
from pipelines.law_text import address_of, authority_of, authority_told, paragraphs, plain
from pipelines.report.wording import ADDRESSEES, METHODS, OUTCOMES, advance_clock, clock, consequence
from pipelines.spoken import Spoken, said_in
from pipelines.statements.language import LOCALES, SOURCE, Language, compiled
from pipelines.wording import DEDUCED_BY, DEDUCTIONS, EARNINGS, KINDS, PAID_FOR, in_words
from rules.periods import iso
from schemas.ids import referred
from schemas.symbols import PROGRAMS

FOLDER = Path(__file__).parent
PROGRAM_NAMES: dict[str, str] = {each: each for each in PROGRAMS}
WORDS = {
    "who": ADDRESSEES, "method": METHODS, "outcome": OUTCOMES, "kind": KINDS, "paid_for": PAID_FOR,
    "earning": EARNINGS, "deduction": DEDUCTIONS,
    "unusual": {
        "MUCH_MORE": "Twice the usual, or more",
        "TAKEN_BACK": "Takes back what was paid before",
        "LONG_AGO": "For work of more than three months ago",
        "NEW_PAYEE": "First payment to this payee",
        "BY_WARRANT": "By warrant, before by direct deposit",
    },
    "found": {
        "provider": "Providers", "recipient": "Recipients", "person": "Other people", "document": "Documents",
        "instruction": "Payments", "statement": "Statements", "finding": "Findings",
    },
    "field": {
        "provider_id": "Provider", "recipient_id": "Recipient", "workweek_start": "First day of the workweek, a Sunday",
        "extra_minutes": "Extra hours", "decision": "Decision", "instruction_id": "Payment", "outcome": "Outcome",
        "channel": "How it came", "program": "Program", "service_date": "Day of leave", "minutes": "Hours of leave",
        "cents": "Amount that came back", "reason": "Reason", "recipient_approved_at": "When the recipient approved",
    },
    "limit": {
        "violation.usual_weekly_minutes": "Usual weekly limit for a recipient",
        "limit.several_recipients_minutes": "Weekly limit for several recipients",
        "exemption.weekly_minutes": "Weekly limit with an exemption",
        "exemption.monthly_minutes": "Monthly limit with an exemption",
        "travel.weekly_minutes": "Weekly limit of travel",
        "sick_leave.grant_minutes": "Paid sick leave in a leave year",
    },
    "stage": {
        "read": "Facts are read", "authorize": "Time is authorized", "price": "Time is priced",
        "settle": "Payments are settled",
    },
    "rejected": {
        "UNREADABLE": "Cannot be read", "UNKNOWN_SCHEMA": "Of no schema that is known", "INVALID": "Invalid",
        "CONTRADICTORY": "Contradictory",
    },
    "any": {"ESP": "State's web portal (ESP)", "PAPER": "On paper", **PROGRAM_NAMES},
}  # fmt: skip
"""Tables of words for symbols, in English."""
LANGUAGES = {"en": "English", "es": "Español"}


def catalog_path(code: str) -> Path:
    """Where the desk's own catalog of a language lies."""
    return FOLDER / "locale" / code / "LC_MESSAGES" / "desk.po"


@cache
def spoken(code: str) -> PageLanguage:
    """A language as the desk speaks it: its own catalog, and behind it those of explanations and of statements."""
    return PageLanguage(code, compiled(catalog_path(code), code, explain_translations(code)))


@cache
def repeater(code: str) -> Repeater:
    """Says again what records and refusals hold in English."""
    return Repeater(catalog_path(code), spoken(code))


def said_again(text: str, code: str) -> Markup:
    """A sentence of a record, a refusal or a check; marked as English where it is said so alone."""
    if isinstance(text, Spoken) or code == SOURCE:
        return marked(said_in(text, spoken(code)))
    said = repeater(code).said(text)
    return Markup('<span lang="en">{}</span>').format(text) if said is None else escape(said)


@cache
def environment(code: str) -> Environment:
    """Templates that speak a language."""
    language = spoken(code)
    jinja = language.templates(FOLDER / "templates")
    jinja.filters |= {
        "money": language.money, "clock": clock, "rate": language.rate, "day": language.short_day,
        "month": language.month, "iso": iso, "svg": Markup, "count": "{:,}".format,
    }  # fmt: skip
    jinja.globals |= {
        "language": language, "languages": LANGUAGES, "plain": plain,
        "authority_of": authority_of, "authority_told": authority_told, "county_name": county_name,
        "rules": paragraphs, "deduced_by": DEDUCED_BY,
        "advance_clock": advance_clock, "consequence": consequence, "referred": referred, "rules_named": rules_named,
        "rules_in": rules_in,
    }  # fmt: skip
    jinja.globals["words"] = lambda table, symbol: language.say(in_words(symbol, WORDS[table]))
    jinja.globals["told"] = language.told
    jinja.globals["reason"] = lambda code: said_in(reason(code), language)
    jinja.globals["next_step"] = lambda node: said_in(next_step(node), language)
    jinja.filters["moment"] = lambda instant: said_in(moment(instant), language)
    jinja.filters["said"] = lambda text: marked(said_in(text, language))
    jinja.filters["again"] = lambda text: said_again(text, code)
    return jinja


class DeskView:
    """One answer to one request. ``on``: "", "now" or the day as of which all is shown."""

    def __init__(self, request: Request, station: Station, on: str = "") -> None:
        self.request, self.station, self.on = request, station, on
        asked = request.query_params.get("lang") or request.session.get("language")
        self.code = asked if asked in LOCALES else SOURCE
        request.session["language"] = self.code

    @property
    def language(self) -> Language:
        """What the page speaks."""
        return spoken(self.code)

    @property
    def officer(self) -> str:
        """Who asks."""
        return officer_of(self.request) or ""

    @property
    def is_alone(self) -> bool:
        """Did they come by the token of this start, without a name?"""
        return self.station.passwords is None and not self.station.deciders

    @property
    def decides(self) -> bool:
        """May they file facts?"""
        return self.officer in self.station.deciders

    def link(self, *parts: str, **asked: object) -> str:
        """An address of the desk, as of the same day: parts of its path, each of which may be anything."""
        path = "/" + "/".join(quote(part, safe=":") for part in parts)
        query = {"on": self.on, **asked}
        told = urlencode({name: value for name, value in query.items() if value not in ("", None, False)})
        return f"{path}?{told}" if told else path

    @property
    def path(self) -> str:
        """The address of this page, on this host, whatever was asked for."""
        return "/" + quote(self.request.url.path.lstrip("/\\"), safe="/:")

    def here(self, **changed: object) -> str:
        """This page with other questions."""
        query = {**self.request.query_params, **changed}
        query.pop("token", None)
        told = urlencode({name: value for name, value in query.items() if value not in ("", None, False)})
        return f"{self.path}?{told}" if told else self.path

    def note_access(self, page: str, people: Iterable[str]) -> None:
        """Who saw whom, in the access log. ``people``: keys."""
        told = {"at": utc(self.station.clock()), "officer": self.officer, "page": page, "people": [*people]}
        noted(self.station.accesses, told)

    def answer(self, template: str, status: int = 200, **about: Any) -> HTMLResponse:
        """The page."""
        law_address = f"{self.station.docs.rstrip('/')}/law/text.html" if self.station.docs else ""
        html = environment(self.code).get_template(template).render(
            view=self, station=self.station, request=self.request, mark=self.request.session.get("mark", ""),
            law_address=law_address, address_of=address_of, **about,
        )  # fmt: skip
        return HTMLResponse(html, status, {"Content-Security-Policy": policy(html)})
