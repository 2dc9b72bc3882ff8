"""Mutants of the rules: what cosmic-ray changes, one place at a time."""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/mutants"
# what runs the worked cases and the dense histories
JUDGED_BY = ("paid", "case_files", "case_world", "case_comparison", "dense_histories", "histories")
JUDGING = {".py", ".toml", ".avsc", ".json"}
COMPARISONS = ("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt")
ARITHMETIC = ("Add_Sub", "Sub_Add", "Mul_FloorDiv", "FloorDiv_Mul", "Mod_FloorDiv", "BitOr_BitAnd", "BitAnd_BitOr")
OPERATORS = (
    *(f"ReplaceComparisonOperator_{name}" for name in (*COMPARISONS, "Is_IsNot", "IsNot_Is")),
    *(f"ReplaceBinaryOperator_{name}" for name in ARITHMETIC),
    *(f"ReplaceUnaryOperator_{name}" for name in ("USub_UAdd", "Delete_Not")),
    *(f"Replace{name}" for name in ("TrueWithFalse", "FalseWithTrue", "AndWithOr", "OrWithAnd")),
    *(f"Replace{name}" for name in ("BreakWithContinue", "ContinueWithBreak")),
    "AddNot", "ExceptionReplacer", "NumberReplacer", "RemoveDecorator", "ZeroIterationForLoop",
)  # fmt: skip
"""Of each token the nearest other one, and of an order its opposite too. Every pair of operators would be three times
as many, most of which any test kills (a sum turned into a shift), and the score would flatter."""


class Mutant(NamedTuple):
    """One change: ``occurrence`` counts the places of an operator in a file. ``id`` says it in words that stay when
    other lines come and go."""

    file: str
    operator: str
    occurrence: int
    line: int
    id: str

    def source(self) -> str:
        """The file with the change."""
        text = (ROOT / self.file).read_text("utf-8")
        changed = mutate_code(text, get_operator(f"core/{self.operator}")(), self.occurrence)
        assert changed is not None, f"{self.id}: no such place"
        return str(changed)

    def shown(self) -> str:
        """The changed lines as they were and as they are."""
        before, after = (text.splitlines() for text in ((ROOT / self.file).read_text("utf-8"), self.source()))
        pairs = ((old.strip(), new.strip()) for old, new in zip(before, after, strict=False) if old != new)
        return next((f"{old}  ->  {new}" for old, new in pairs), "a line less")


def rule_files() -> list[str]:
    """The rules, their compositions and the reader of the numbers; not what finds compiled ones."""
    found = (path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "rules").rglob("*.py")))
    return [path for path in found if path not in {"rules/__init__.py", "rules/compiled/__init__.py"}]


@cache
def mutants() -> list[Mutant]:
    """All of them, by file and line."""
    return [mutant for file in rule_files() for mutant in sorted(_of(file), key=lambda each: each[3:])]


def _of(file: str) -> Iterator[Mutant]:
    text = (ROOT / file).read_text("utf-8")
    lines, nodes, left_out = text.splitlines(), list(ast_nodes(get_ast(text))), _unpaid(text)
    names, seen = _functions(text), Counter[str]()
    for operator in OPERATORS:
        made = get_operator(f"core/{operator}")()
        places = (start for node in nodes for start, _ in made.mutation_positions(node))
        for occurrence, (line, column) in enumerate(places):
            if (line, column) in left_out or (operator == "ExceptionReplacer" and "except (" in lines[line - 1]):
                continue  # of several exceptions cosmic-ray replaces none
            id = f"{file} {names.get(line, '-')}: {operator}: {lines[line - 1].strip()}"
            seen[id] += 1
            mutant = Mutant(file, operator, occurrence, line, f"{id} #{seen[id]}" if seen[id] > 1 else id)
            if ":=" not in lines[line - 1] or _is_python(mutant.source()):
                yield mutant


def _is_python(source: str) -> bool:
    """``if not found := …`` is none."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


class _Span(NamedTuple):
    """A stretch of text, both ends within."""

    first: tuple[int, int]
    last: tuple[int, int]


class _Spans(list[_Span]):
    def __contains__(self, place: object) -> bool:
        return any(span.first <= place <= span.last for span in self)  # type: ignore[operator]


def _unpaid(text: str) -> _Spans:
    """What pays nobody otherwise whatever it is: types, which no run of the program reads; caches and their sizes; that
    a record may not be changed, is packed as an array, or that two lists which are as long must be."""
    spans = _Spans()
    for node in ast.walk(ast.parse(text)):
        parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.keyword) and node.arg in {"frozen", "array_like", "strict", "maxsize"}:
            parts.append(node.value)
        if isinstance(node, ast.FunctionDef):
            parts += [each for each in node.decorator_list if "cache" in ast.unparse(each)]
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "REMEMBERED":
            parts.append(node.value)
        spans += [_span(part) for part in parts if part is not None]
    return spans


def _span(node: ast.expr) -> _Span:
    """With the sign before a decorator."""
    return _Span((node.lineno, max(0, node.col_offset - 1)), (node.end_lineno or 0, node.end_col_offset or 0))


def _functions(text: str) -> dict[int, str]:
    """Line -> the innermost function or class that it stands in."""
    names: dict[int, str] = {}

    def walk(node: ast.AST, name: str) -> None:
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.FunctionDef | ast.ClassDef):
                own = f"{name}.{part.name}" if name else part.name
                first = min([part.lineno, *(each.lineno for each in part.decorator_list)])
                names.update(dict.fromkeys(range(first, (part.end_lineno or first) + 1), own))
                walk(part, own)
            else:
                walk(part, name)

    walk(ast.parse(text), "")
    return names


def digest(tests: Iterable[str], house: Iterable[str] = ("rules", "schemas", "fold")) -> str:
    """SHA-256 (hex) of the sources that a verdict hangs on."""
    found = hashlib.sha256()
    for path in (path for folder in (*house, *tests) for path in _below(ROOT / folder)):
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def _below(path: Path) -> list[Path]:
    return [path] if path.is_file() else [each for each in sorted(path.rglob("*")) if each.suffix in JUDGING]
