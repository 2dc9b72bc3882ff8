"""The words of explanations are in every language."""

import re

import pytest

from pipelines.explain import catalogs
from pipelines.explain.language import catalog_path, explain_language
from pipelines.statements.catalogs import missing, updated
from pipelines.statements.language import LOCALES, SOURCE

OTHERS = pytest.mark.parametrize("code", sorted(set(LOCALES) - {SOURCE}))
PLACE = re.compile(r"\{\w+\}|%\(\w+\)s")


@OTHERS
def test_the_catalog_is_up_to_date_and_whole(code: str) -> None:
    path = catalog_path(code)
    assert path.read_bytes() == updated(code, path, catalogs.texts()), "run python -m pipelines.explain.catalogs"
    assert missing(path, code) == []


@OTHERS
def test_a_translation_has_the_places_of_its_text(code: str) -> None:
    texts = [text if isinstance(text, str) else text[0] for _, text in catalogs.texts()]
    assert len({*texts}) > 400
    for text in texts:
        said = explain_language(code).translations.gettext(text)
        assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(said)), text
