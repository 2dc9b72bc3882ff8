"""Keep the desk's catalogs of translations up to date: ``python -m pipelines.desk.catalogs``.

Texts come from the templates and from the tables of words that pages use. What the catalogs of explanations say already
is left to these.
"""

from collections.abc import Iterator

from pipelines.desk.again import SENTENCES
from pipelines.desk.forms import SENTENCES as FORM_SENTENCES
from pipelines.desk.pages import FOLDER, WORDS, catalog_path
from pipelines.desk.written import written
from pipelines.explain.catalogs import said_in_code
from pipelines.explain.catalogs import texts as explanations
from pipelines.statements.catalogs import Text, bring_up_to_date, template_texts
from pipelines.wording import KINDS, in_words
from schemas.symbols import DECISIONS


def texts() -> Iterator[Text]:
    """Every text of the desk's own."""
    elsewhere = {text for _, text in explanations()}
    yield from ((where, text) for where, text in _texts() if text not in elsewhere)
    for where, text in (*written(), *(("forms", text) for text in FORM_SENTENCES)):
        yield f"{SENTENCES}{where}", text


def _texts() -> Iterator[Text]:
    yield from template_texts(FOLDER)
    for table in WORDS.values():
        yield from (("words", text) for text in table.values())
    yield from (("words", in_words(symbol, KINDS)) for symbol in DECISIONS)
    yield from said_in_code(FOLDER.parent / "report" / "wording.py")
    yield from (found for path in FOLDER.glob("*.py") for found in said_in_code(path))


if __name__ == "__main__":
    bring_up_to_date(catalog_path, texts)
