"""Keep the catalogs of explanations up to date: ``python -m pipelines.explain.catalogs``.

Texts come from the calls of ``say`` in the code, from the page, and from tables of words and the symbols that are read
aloud.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from babel.messages.extract import extract_from_file

from pipelines.explain.language import FOLDER, catalog_path
from pipelines.explain.words import NO_WORDS, SYMBOLS, field_name, symbols_of_facts
from pipelines.law_notices import FAMILIES
from pipelines.statements.catalogs import Text, bring_up_to_date, county_texts, template_texts
from pipelines.wording import DEDUCTIONS, EARNINGS, KINDS, NOT_COVERED, PAID_FOR, REASONS, in_words
from rules.findings import catalog
from schemas import FACTS
from schemas.symbols import OUTCOMES, Incentive, Pathway, Relationship

ELSEWHERE = ("law_notices.py", "law_text.py", "console/explanation.py")
SAYING = (*sorted(FOLDER.glob("*.py")), *(FOLDER.parent / name for name in ELSEWHERE))
NOT_PAID = ("HELD", "CUT", "DENIED")


def texts() -> Iterator[Text]:
    """Every text that explanations are made of."""
    yield from (found for path in SAYING for found in said_in_code(path))
    yield from template_texts(FOLDER)
    for table in (EARNINGS, DEDUCTIONS, PAID_FOR):
        yield from (("words", text) for text in table.values())
    yield from (("kinds", in_words(kind, KINDS)) for kind in FACTS)
    yield from (("findings", in_words(code, REASONS)) for code in catalog())
    aloud = (
        *NOT_PAID,
        *OUTCOMES,
        *(symbol for kind in (Incentive, Pathway, Relationship) for symbol in get_args(kind)),
    )
    yield from (("symbols", in_words(symbol, NO_WORDS)) for symbol in aloud)
    of_facts = sorted({symbol for symbols in symbols_of_facts().values() for symbol in symbols})
    yield from (("symbols", in_words(symbol, SYMBOLS)) for symbol in of_facts)
    fields = sorted({str(field_name(name)) for kind in FACTS.values() for name in kind.model_fields})
    yield from (("fields", text) for text in fields)
    yield from (("law notices", family.short) for family in FAMILIES.values())
    yield "wording", NOT_COVERED
    yield from county_texts()


def said_in_code(path: Path) -> Iterator[Text]:
    """Texts that the code of a file says."""
    for _, text, _, _ in extract_from_file("python", path, keywords={"say": None}):
        yield path.name, text


if __name__ == "__main__":
    bring_up_to_date(catalog_path, texts)
