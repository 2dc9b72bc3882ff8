"""A language that statements speak: its catalog, and how it writes money, time and days (Babel)."""

from decimal import Decimal
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency
from babel.units import format_unit
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rules.periods import civil_date, hhmm

LOCALES = {"en": "en_US", "es": "es_US"}
CATALOGS = Path(__file__).parent / "locale"
SOURCE = "en"  # what the templates are written in
MINUS = "−"


class Language:
    """``code`` is one of LOCALES. Cents, mills, minutes and epoch days in; text out."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.locale = Locale.parse(LOCALES[code])
        self.translations = translations(code)

    def templates(self, folder: Path) -> Environment:
        """The templates of a folder; their texts are the catalog's, and what others wrote is escaped."""
        jinja = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        jinja.install_gettext_translations(self.translations, newstyle=True)  # type: ignore[attr-defined]
        return jinja

    def say(self, text: str, /, **places: str) -> str:
        """A text of the catalog in this language, its places filled."""
        spoken = self.translations.gettext(text) if text else ""
        return spoken.format(**places) if places else spoken

    def quoted(self, text: str) -> str:
        """The law's own words, which stay English."""
        return text

    def money(self, cents: int) -> str:
        """``-1234`` is ``−$12.34``."""
        return _money(cents, self.locale)

    def rate(self, mills: int) -> str:
        """Per hour; half of an odd cent has a third decimal."""
        return format_currency(
            Decimal(mills) / 1000, "USD", "¤#,##0.00#", locale=self.locale, currency_digits=False
        ).replace("-", MINUS)

    def clock(self, minutes: int) -> str:
        """As on a timesheet: ``41:08``."""
        return hhmm(minutes).replace("-", MINUS)

    def duration(self, minutes: int) -> str:
        """In words: 41 hours and 8 minutes."""
        hours, rest = divmod(abs(minutes), 60)
        parts = [_unit(hours, "hour", self.locale)] if hours else []
        parts += [_unit(rest, "minute", self.locale)] if rest or not hours else []
        whole = self.say("{hours} and {minutes}", hours=parts[0], minutes=parts[1]) if len(parts) > 1 else parts[0]
        return MINUS * (minutes < 0) + whole

    def days(self, count: int) -> str:
        """90 days."""
        return _unit(count, "day", self.locale)

    def months(self, count: int) -> str:
        """12 months."""
        return _unit(count, "month", self.locale)

    def day(self, day: int) -> str:
        """January 4, 2026."""
        return format_date(civil_date(day), "long", self.locale)

    def dated(self, day: int, pattern: str) -> str:
        """As a pattern of CLDR has it: ``EEE d MMM y`` is Sun 4 Jan 2026."""
        return format_date(civil_date(day), pattern, self.locale)

    def short_day(self, day: int) -> str:
        """Jan 4, 2026."""
        return format_date(civil_date(day), "medium", self.locale)

    def month(self, day: int) -> str:
        """January 2026."""
        return format_skeleton("yMMMM", civil_date(day), locale=self.locale)


@lru_cache(maxsize=100_000)
def _money(cents: int, locale: Locale) -> str:
    """Kept: most of a paper's amounts are on many others, and Babel takes its time."""
    return format_currency(Decimal(cents) / 100, "USD", locale=locale).replace("-", MINUS)


@cache
def _unit(count: int, unit: str, locale: Locale) -> str:
    return format_unit(count, f"duration-{unit}", "long", locale=locale)


@cache
def translations(code: str) -> NullTranslations:
    """The catalog of a language."""
    return compiled(catalog_path(code), code)


def compiled(path: Path, code: str, behind: NullTranslations | None = None) -> NullTranslations:
    """A catalog compiled from its .po, and what is asked where it knows nothing; the language of the templates needs
    none."""
    if code == SOURCE:
        return NullTranslations()
    binary = BytesIO()
    with path.open("rb") as stream:
        write_mo(binary, read_po(stream, locale=code))
    binary.seek(0)
    made = GNUTranslations(binary)
    if behind is not None:
        made.add_fallback(behind)
    return made


def catalog_path(code: str) -> Path:
    """Where the catalog of a language lies."""
    return CATALOGS / code / "LC_MESSAGES" / "statements.po"


@cache
def language(code: str) -> Language:
    """The one Language of a code."""
    return Language(code)
