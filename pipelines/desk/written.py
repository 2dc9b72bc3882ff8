"""Sentences that other rooms write into records, refusals and checks, read from their code: for the catalogs.

What is filled into a sentence there becomes a place: ``f"The pay run of {iso(day)} is missing."`` is the text ``The pay
run of {day} is missing.``
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from pipelines.desk.again import PLACE, is_sentence

PIPELINES = Path(__file__).parents[1]
ROOT = PIPELINES.parent
SAID_IN = {"Unreadable": 1, "contradiction": 1, "BadCell": 0, "RefusedFile": 1, "append": 0}
"""In which place a call says a sentence."""
CHECKED_IN = {"ControlCheck": (0, 1), "Agreement": (0, 1)}
REFUSING = (
    *sorted((ROOT / "schemas").glob("*.py")), *sorted((ROOT / "fold").glob("*.py")),
    *sorted((PIPELINES / "importing").glob("*.py")),
)  # fmt: skip
CHECKING = tuple(
    PIPELINES / name for name in ("report/control.py", "live/seals.py", "summary.py", "unchanged.py", "desk/origins.py")
)
ALL_OF = (PIPELINES / "importing" / "date_words.py", ROOT / "rules" / "parameters" / "plausible.py")
"""Files of which whatever is returned or kept is said."""
Known = dict[str, list[ast.expr]]
DEEPEST = 4  # names that stand for names
BEFORE = re.compile(r"^(?:\{(?:words|where)\}(?=\w)|(?:\{\w+\})+ (?=[A-Z]))")
LIBRARIES = (
    "Input should be a valid integer", "Input should be a valid string", "Input should be a valid boolean",
    "Input should be a valid list", "Input should be a valid dictionary or instance of {kind}", "Field required",
    "Input should be {symbols}", "Input should be greater than or equal to {number}",
    "Input should be less than or equal to {number}", "Input should be greater than {number}",
    "Input should be less than {number}", "String should match pattern {pattern}",
    "String should have at least {number} character", "String should have at most {number} characters",
    "List should have at most {number} items after validation, not {more}", "Extra inputs are not permitted",
    "expecting value", "expecting property name enclosed in double quotes", "expecting ',' delimiter",
    "expecting ':' delimiter", "unterminated string starting", "extra data", "invalid control character",
    "invalid \\escape", "illegal trailing comma before end of object", "illegal trailing comma before end of array",
)  # fmt: skip
"""What pydantic and json say."""
PHRASES = (
    "in line {line} at character {character}", "Column {column}: expected {expected}.", "Wrong too: {fields}.",
    "used + not yet due + rejected", "gross - deductions", "paid + held + cut + denied",
    "{first} or {last}", "{first} and {last}", "Not JSON: {what} in line {line} at character {character}.",
    "inputs", "net", "claimed", "the sheet {name}", "one sheet, or its name in the map (sheet = ...)",
    "{used} used + {not_yet_due} not yet due + {rejected} rejected = {total}",
)  # fmt: skip
"""What is put together of pieces."""


class WrittenText(NamedTuple):
    """A text and the file that says it."""

    where: str
    text: str


def written() -> Iterator[WrittenText]:
    """Every sentence, once."""
    by_hand = dict.fromkeys((*LIBRARIES, *PHRASES), "by_hand")
    yield from (WrittenText(where, text) for text, where in by_hand.items())
    seen = {*by_hand}
    paths = dict.fromkeys((*REFUSING, *CHECKING, *ALL_OF))
    trees = {path: ast.parse(path.read_text("utf-8")) for path in paths}
    shared = _constants(trees.values())
    for path, tree in trees.items():
        known = shared | _assigned(tree)
        for expression in _saying(path, tree):
            for text in _texts(expression, known, DEEPEST):
                said = _alone(text)
                if said not in seen and is_sentence(said):
                    seen.add(said)
                    yield WrittenText(path.name, said)


def _saying(path: Path, tree: ast.Module) -> Iterator[ast.expr]:
    """Expressions that are said."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node, path in CHECKING)
        elif path in CHECKING and isinstance(node, ast.Yield) and node.value is not None:
            yield node.value
        elif path in CHECKING and isinstance(node, ast.GeneratorExp | ast.ListComp):
            yield node.elt
        elif path in ALL_OF and isinstance(node, ast.Return | ast.Assign) and node.value is not None:
            yield node.value


def _of_call(call: ast.Call, checks: bool) -> Iterator[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    places: Sequence[int] = CHECKED_IN.get(name, ())
    if name in SAID_IN and (name != "append" or checks):
        places = (SAID_IN[name],)
    yield from (call.args[place] for place in places if len(call.args) > place)


def _constants(trees: Iterable[ast.Module]) -> Known:
    """What is kept under a name in capitals, in any of the files."""
    found: Known = {}
    for tree in trees:
        found |= {name: values for name, values in _assigned(tree).items() if name.isupper()}
    return found


def _assigned(tree: ast.Module) -> Known:
    found: Known = defaultdict(list)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name):
                found[target.id].append(node.value)
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=False)
                for name, value in ((name, value) for name, value in pairs if isinstance(name, ast.Name)):
                    found[name.id].append(value)
    return found


def _texts(node: ast.expr, known: Known, depth: int) -> list[str]:
    """Texts that an expression may be; what is not known here is a place."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return _joined([_part(part, known, depth) for part in parts])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([_texts(left, known, depth), _texts(right, known, depth)])
        case ast.IfExp(body=one, orelse=other):
            return [*_texts(one, known, depth), *_texts(other, known, depth)]
        case ast.Call(func=ast.Attribute(value=template, attr="format")):
            return [text.replace("{}", "{told}") for text in _texts(template, known, depth)]
        case ast.Call(func=ast.Name(id="counted"), args=[number, ast.Constant(value=str(one))]):
            return [f"1 {one}", f"{{{_name(number)}}} {one}s"]
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in known and depth:
            found = [text for value in known[name] for text in _texts(value, known, depth - 1)]
            return found or [f"{{{_name(node)}}}"]
    return [f"{{{_name(node)}}}"]


def _part(part: ast.expr, known: Known, depth: int) -> list[str]:
    """Of a text with places: itself, or what stands in the place where that is a constant."""
    if not isinstance(part, ast.FormattedValue):
        return _texts(part, known, depth)
    value = part.value
    name = getattr(value, "id", getattr(value, "attr", ""))
    texts = _texts(value, known, depth) if name.isupper() else []
    return [text for text in texts if is_sentence(text)] or [f"{{{_name(value)}}}"]


def _joined(parts: list[list[str]]) -> list[str]:
    return ["".join(each) for each in product(*parts)]


def _name(node: ast.expr) -> str:
    """What a place is called: the last thing that the expression names."""
    if isinstance(node, ast.Call):
        inner = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
        names = (_name(each) for each in inner)
        return next((name for name in names if name not in ("told", "self", "len")), "told")
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower()
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Subscript(value=value) | ast.BinOp(left=value) | ast.Starred(value=value):
            return _name(value)
    return "told"


def _alone(text: str) -> str:
    """Without other sentences, or a piece that may be empty, before it; each place by a name of its own."""
    text = BEFORE.sub("", text).strip()
    seen: Counter[str] = Counter()

    def numbered(place: re.Match[str]) -> str:
        seen[place[1]] += 1
        return f"{{{place[1]}_{seen[place[1]]}}}" if seen[place[1]] > 1 else place[0]

    return PLACE.sub(numbered, text)
