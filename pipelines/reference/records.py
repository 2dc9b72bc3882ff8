"""A page for every record: what it means, an example, who sends and reads it, and why one is rejected."""

import ast
import inspect
import re
from collections.abc import Iterator
from types import ModuleType

from fold.stages import routes
from pipelines.reference.avro_words import Field, as_json, fields_of, published_schema
from pipelines.reference.law_book import ROOT, ids_in, modules
from pipelines.reference.ranges import DAYS, ID, INSTRUCTION_ID, ranges
from pipelines.reference.story import examples
from schemas import CONCLUSIONS, FACTS, KINDS, types
from schemas.avro import fingerprint_of
from schemas.envelope import Crossing, Fact
from schemas.ids import person_of

STAGES = {"authorize": "AuthorizeTime", "price": "PriceTime", "settle": "SettlePayments"}
SAID_BY = {
    "PaymentInstruction": "SettlePayments and ChooseMethod",
    "Finding": "AuthorizeTime, PriceTime and SettlePayments",
    "AdvanceReconciliation": "SettlePayments",
    "LeaveBalance": "PriceTime",
    "BenefitHours": "PriceTime",
    "PayRun": "CloseRun",
    "Rejection": "DecodeEvents",
}
USUAL = {
    ID: ("an id", "An id"),
    INSTRUCTION_ID: ("an instruction's id", "An instruction's id"),
    DAYS: ("", "Dates and instants, where nothing else is said"),
}
"""Values that most fields have: how a table names them, and how the sentence before it begins."""
CONTENTS = """\
# Records

All that crosses the boundary: Avro, by Pub/Sub or in files. Every example is taken from one tiny month that was really
replayed. Minutes, cents and mills (tenths of a cent an hour) are whole numbers; a date is days since 1970-01-01, an
instant milliseconds since then, UTC; `UNKNOWN` is only what an old reader makes of a symbol it does not know. The same
for machines: [AsyncAPI](../asyncapi.yaml). How to read them: [a consumer](../consumer/README.md).
"""
ALWAYS = """The bytes are no Avro of a published schema (`UNREADABLE`, `UNKNOWN_SCHEMA`), a value is out of its range
or an enum says `UNKNOWN` (`INVALID`), or (`CONTRADICTORY`):
"""


def pages() -> Iterator[tuple[str, str]]:
    """Path below ``records/`` and text of every page."""
    yield "index.md", "\n".join(_contents()) + "\n"
    for kind in KINDS:
        yield f"{page_of(kind)}", "\n".join(_page(kind)) + "\n"


def page_of(kind: str) -> str:
    """``evv-visit.md``: named as its topic."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind).lower() + ".md"


def topic_of(kind: str) -> str:
    """The Pub/Sub topic of a kind."""
    return "ihss.v1." + page_of(kind).removesuffix(".md")


def _contents() -> Iterator[str]:
    yield CONTENTS
    others = [kind for kind in KINDS if kind not in FACTS and kind not in CONCLUSIONS]
    for title, kinds in (("Facts in", FACTS), ("Conclusions out", CONCLUSIONS), ("Of the journal", others)):
        yield f"## {title}\n\n| record | what it says |\n|---|---|"
        yield from (f"| [{kind}]({page_of(kind)}) | {published_schema(kind)['doc']} |" for kind in kinds)
        yield ""


def _page(kind: str) -> Iterator[str]:
    yield f"# {kind}\n\n{published_schema(kind)['doc']}\n"
    yield "| | |\n|---|---|"
    yield from (f"| {name} | {value} |" for name, value in _facts_about(kind))
    yield "\n## Fields\n"
    said = ranges(kind).values()
    yield from (f"{sentence}: {words}.\n" for words, (_, sentence) in USUAL.items() if words in said)
    yield "| field | type | meaning |\n|---|---|---|"
    yield from (f"| `{field.name}` | {_type(kind, field)} | {_meaning(field)} |" for field in fields_of(kind))
    yield f"\n## Example\n\n```json\n{as_json(kind, examples()[kind])}\n```\n"
    if kind in FACTS:
        yield f"## When one is rejected\n\n{ALWAYS}"
        yield from (f"* {said}" for said in contradictions(KINDS[kind]))


def _type(kind: str, field: Field) -> str:
    """``array of int; each 0 to 1,500``."""
    words = ranges(kind).get(field.name, "")
    values, _ = USUAL.get(words, (words, ""))
    return f"{field.type}; {'each ' * field.name.endswith('[]')}{values}" if values else field.type


def _meaning(field: Field) -> str:
    symbols = ", ".join(f"`{symbol}`" for symbol in field.symbols)
    return f"{field.doc} {symbols}".strip()


def _facts_about(kind: str) -> Iterator[tuple[str, str]]:
    yield "topic", f"`{topic_of(kind)}`"
    if kind in FACTS:
        yield "read by", _readers(kind)
        yield "one document", "`document_id` and " + ", ".join(f"`{name}`" for name in FACTS[kind].KEY_FIELDS)
    elif kind in SAID_BY:
        yield "said by", SAID_BY[kind]
    yield "law", ", ".join(_rules(kind)) or "none: it tells of the wire, not of pay"
    yield "schema", f"`schemas/{page_of(kind).replace('-', '_').replace('.md', '.avsc')}`"
    yield "fingerprint", f"`{fingerprint_of(kind).hex()}` (CRC-64-AVRO, as in a single-object message)"


def _readers(kind: str) -> str:
    fact = FACTS[kind].model_validate(examples()[kind])
    readers = [f"{STAGES[stop.stage]}, under `{_key(fact, stop.key)}`" for stop in routes(fact)]
    return "; ".join(dict.fromkeys(readers)) or "every stage, as reference data"


def _key(fact: Fact, key: str) -> str:
    """The field whose value is the key of a stage."""
    own = ("recipient_id", "provider_id", "instruction_id")
    return next((name for name in own if getattr(fact, name, None) == (person_of(key)[1] or key)), "instruction_id")


def _rules(kind: str) -> list[str]:
    """Law ids of the schema's own words, and of the rule modules that read the kind."""
    own = ids_in(str(published_schema(kind)) + str(inspect.getmodule(KINDS[kind]).__doc__))
    read = (said for path, said in modules().items() if _reads(path, kind)) if kind in FACTS else ()
    return sorted({*own, *(id for said in read for id in ids_in(said))}, key=_in_order)


def _reads(path: str, kind: str) -> bool:
    """Whether a leaf rule names the kind: what only puts rules together would name every rule."""
    text = (ROOT / path).read_text("utf-8")
    return bool(re.search(rf"^from schemas\.\w+ import .*\b{kind}\b", text, re.MULTILINE))


def _in_order(id: str) -> tuple[str, int]:
    name, _, number = id.rpartition("-")
    return name, int(number)


def contradictions(model: type[Crossing]) -> list[str]:
    """What cannot both be true in a record, in the words of its rejection."""
    module = inspect.getmodule(model)
    used = {node.id for node in ast.walk(_tree(module)) if isinstance(node, ast.Name)}
    checks = [node for node in ast.walk(_tree(types)) if isinstance(node, ast.FunctionDef) and node.name in used]
    found = [said for node in (_tree(module), *checks) for said in _said(node)]
    return [*dict.fromkeys(found), "`admitted_cut_off`: A cut-off at or after the first one that follows recorded_at."]


def _tree(module: ModuleType | None) -> ast.AST:
    return ast.parse(inspect.getsource(module)) if module else ast.Module([], [])


def _said(tree: ast.AST) -> Iterator[str]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "contradiction":
            field, message = (_words(argument) for argument in call.args)
            yield f"`{field}`: {message}"


def _words(argument: ast.expr) -> str:
    """A text as it stands in the code; what a place in it is filled with by its name."""
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    if isinstance(argument, ast.JoinedStr):
        return "".join(_words(part) for part in argument.values)
    return "…" if isinstance(argument, ast.FormattedValue) else ast.unparse(argument)
