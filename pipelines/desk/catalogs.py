"""Keep the desk's catalogs of translations up to date: ``python -m pipelines.desk.catalogs``.

Texts come from the templates and from the tables of words that pages use. What the statements' catalogs say already is
left to these.
"""

from collections.abc import Iterator

from pipelines.desk.forms import SENTENCES
from pipelines.desk.pages import FOLDER, WORDS, catalog_path
from pipelines.statements.catalogs import Text, bring_up_to_date, template_texts
from pipelines.statements.sentences import wording
from pipelines.wording import KINDS, REASONS, in_words
from rules.findings import catalog
from schemas import FACTS
from schemas.symbols import DECISIONS, OUTCOMES


def texts() -> Iterator[Text]:
    """Every text of the desk's own."""
    yield from template_texts(FOLDER)
    for table in WORDS.values():
        yield from (("words", text) for text in table.values())
    yield from (("words", in_words(symbol, KINDS)) for symbol in (*DECISIONS, *OUTCOMES, *FACTS))
    titled = {code for code, words in wording()["code"].items() if words.get("title")}
    yield from (("findings", in_words(code, REASONS)) for code in catalog() if code not in titled)
    yield from (("forms", text) for text in SENTENCES)


if __name__ == "__main__":
    bring_up_to_date(catalog_path, texts)
