"""The desk's own words are in every language, and no page says what its catalog does not know."""

import re

import pytest

from pipelines.desk import catalogs
from pipelines.desk.pages import catalog_path, spoken
from pipelines.statements.catalogs import missing, updated
from pipelines.statements.language import LOCALES, SOURCE

PLACE = re.compile(r"\{\w+\}|%\(\w+\)s")
OTHERS = pytest.mark.parametrize("code", sorted(set(LOCALES) - {SOURCE}))


@OTHERS
def test_the_catalog_is_up_to_date_and_whole(code: str) -> None:
    path = catalog_path(code)
    assert path.read_bytes() == updated(code, path, catalogs.texts()), "run python -m pipelines.desk.catalogs"
    assert missing(path, code) == []


@OTHERS
def test_a_translation_has_the_places_of_its_text(code: str) -> None:
    for _, text in catalogs.texts():
        said = text if isinstance(text, str) else text[0]
        spoken_so = spoken(code).translations.gettext(said)
        assert sorted(PLACE.findall(said)) == sorted(PLACE.findall(spoken_so)), said


def test_what_the_statements_say_is_not_said_twice() -> None:
    assert spoken("es").say("Your hours") == "Sus horas"
