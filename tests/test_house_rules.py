"""The style guide, executed. Each rule comes with a snippet that breaks it, so that every rule is seen to fail."""

import ast
import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("schemas", "rules", "fold", "transforms", "pipelines", "deploy")
"""Imports point at the same layer or one before it."""
STORIES = {
    "payroll", "plain", "stepwise", "replay", "streaming", "file_edges", "topic_edges", "work", "pool", "on_beam",
    "tasks", "on_worker", "cluster",
    "facts_at", "publishing_at", "replay_job", "job_options",
}  # fmt: skip
ROOMS = (
    ("own_name", "spoken"),
    ("harmless",),
    (
        "misuse",
        "cells",
        "stopping",
        "terminal",
        "wording",
        "county_names",
        "law_text",
        "watch",
        "worker_log",
        "loopback",
    ),
    (
        "files_below",
        "people",
        "law_notices",
        "came_back",
        "paid_records",
        "paid_year",
        "worker_life",
        "blocks",
        "processes",
    ),
    ("importing",),
    ("summary", "unchanged"),
    ("live",),
    ("stories",),
    ("sample", "report", "statements", "check", "export", "launch", "vectors"),
    ("explain",),
    ("find", "overlays"),
    ("what_if",),
    ("console", "tables"),
    ("reference",),
    ("desk",),
    ("command",),
)
"""Of `pipelines`, folders and flat modules: each knows itself and rows before its own. Stories know no command, no
printer and no page; nobody knows a command."""
OUTSIDE = {".git", ".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "out", "sample", "build"}
TEXT = {"", ".avsc", ".cfg", ".ini", ".json", ".lock", ".md", ".py", ".sh", ".tf", ".toml", ".txt", ".yaml", ".yml"}

FOUNDATIONS = {
    "law", "periods", "money", "documents", "conclusion", "conclusions", "to_provider", "kept", "worked",
    "restatement", "findings",
}  # fmt: skip
COMPOSITIONS = {"authorize", "price", "settle"}
"""A stage's decision puts the rules together: the folder price, with case.py, month.py and their parts."""
READ_PARAMETERS = {
    "rules/law.py", "rules/parameters/__init__.py", "rules/parameters/plausible.py", "rules/parameters/publishing.py",
}  # fmt: skip
PURE = {
    "__future__", "bisect", "collections", "dataclasses", "datetime", "difflib", "enum", "fractions", "functools",
    "hashlib", "heapq", "itertools", "json", "msgspec", "operator", "pathlib", "pydantic", "re", "rules", "schemas",
    "tomllib", "types", "typing", "zoneinfo",
}  # fmt: skip
"""What a rule may import: nothing here knows an engine, a network or the time of day."""
FINDS_RULES = {"rules/__init__.py", "rules/compiled/__init__.py"}
"""Where Python is shown the compiled rules: no rules themselves."""
CLOCKS = {"now", "today", "utcnow", "time", "time_ns", "monotonic", "perf_counter", "gmtime", "localtime"}
NUMBERS = {0, 1, 60}
CARRIERS = {f"fold/{name}.py" for name in ("closing", "key", "key_memory", "opening", "rows", "shelves", "stages")}
CONCLUDED = r"(?m)^class (\w+)\((?:Conclusion|ToProvider|ToMethod), frozen=True\)"
TAKES_APART = {"split", "rsplit", "partition", "rpartition", "join", "startswith"}
AN_ID = r"^(\w+[:/])?\0([:/](-|\w+|\0))+$|^\w[:/]\0$"
MARKED = {
    "pipelines/check/doctor.py": "a host and its port",
    "pipelines/desk/pages.py": "an address",
    "pipelines/desk/passwords.py": "a line of a file",
    "pipelines/importing/json_text.py": "a line and a column",
    "pipelines/command/rejections.py": "an argument: kind and place",
    "pipelines/console/live.py": "time on the clock",
    "pipelines/launch/backlog.py": "an address",
    "pipelines/launch/graph.py": "names of Beam and of the cloud",
    "pipelines/launch/options.py": "a path of the cloud",
    "pipelines/launch/plan.py": "paths of the cloud",
    "pipelines/live/edges.py": "an argument: kind and place",
    "pipelines/live/pubsub.py": "a path of the cloud",
    "pipelines/live/segments.py": "a file's name and its folder's",
    "pipelines/reference/law_pages.py": "a file's name",
    "pipelines/reference/ranges.py": "a name in a JSON Schema",
    "pipelines/report/wording.py": "hours and minutes",
    "pipelines/sample/homes.py": "a seed",
    "pipelines/sample/simulate.py": "a seed",
    "pipelines/statements/sentences.py": "hours and minutes",
    "pipelines/topic_edges.py": "paths of the cloud",
    "pipelines/wording.py": "hours and minutes",
    "pipelines/vectors/judge.py": "a place in JSON",
    "schemas/cloud_journal.py": "a path of the cloud",
    "schemas/resolution.py": "a type and what it stands for",
    "transforms/addresses.py": "an address",
    "transforms/journal_folders.py": "paths of the cloud",
}
"""Files in which another text than an id has ``:`` or ``/`` between its parts, and what it is."""
UNIT_CONSTANTS = {"rules/periods.py", "rules/money.py"}
FORBIDDEN_WORDS = {
    "process", "processor", "handle", "handler", "manage", "manager", "data", "info", "helper", "helpers", "flag",
    "flags", "util", "utils",
}  # fmt: skip
FRAMEWORK_OVERRIDES = {"process", "process_batch"}
LONGEST_FUNCTION, MEDIAN_FUNCTION, LONGEST_FILE = 40, 10, 250
MOST_ANY = 4  # in 1,000 lines
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("crates", "io"), ("proxy", "golang", "org"), ("npmjs", "org"),
        ("maven", "apache", "org"), ("maven", "org"), ("deb", "debian", "org"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A text file of the house: its path from the root with ``/`` between, and what stands in it."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def layer(self) -> str:
        return self.path.split("/")[0]

    @property
    def stem(self) -> str:
        return PurePosixPath(self.path).stem

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def imports(self) -> Iterator[str]:
        """Dotted names, ``from rules import law`` as ``rules.law``."""
        for node in self.nodes(ast.Import):
            yield from (alias.name for alias in node.names)
        for node in self.nodes(ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def house() -> list[Source]:
    """Every text file that belongs to the project, whether or not git knows it yet."""
    own = (path for top in sorted(ROOT.iterdir()) if top.name not in OUTSIDE for path in (top, *sorted(top.rglob("*"))))
    texts = (path for path in own if path.suffix in TEXT and path.is_file())
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in texts]


SOURCES = house()
Check = Callable[[Source], Iterator[str]]
CHECKS: list[tuple[Check, Source]] = []


def rule(*broken: tuple[str, str]) -> Callable[[Check], Check]:
    """Register a check with files (path, text) that break it. A check yields one sentence for each breach."""

    def register(check: Check) -> Check:
        CHECKS.extend((check, Source(path, text)) for path, text in broken)
        return check

    return register


def is_code(source: Source, *layers: str) -> bool:
    return source.path.endswith(".py") and source.layer in (layers or LAYERS)


@rule(
    ("schemas/a.py", "from rules.law import Law"),
    ("rules/a.py", "import transforms.restate"),
    ("transforms/a.py", "def late():\n    from pipelines.command import cli"),
    ("pipelines/a.py", "from tests.cases import case"),
    ("bench/a.py", "import tests"),
    ("rules/a.py", "from . import law"),
)
def imports_point_up(source: Source) -> Iterator[str]:
    if not is_code(source, *LAYERS, "bench"):
        return
    above = {*LAYERS[LAYERS.index(source.layer) + 1 :], "bench"} if source.layer in LAYERS else set()
    yield from (f"imports {name}" for name in source.imports() if name.split(".")[0] in above | {"tests"})
    yield from (f"line {node.lineno}: relative import" for node in source.nodes(ast.ImportFrom) if node.level)


@rule(
    ("rules/overtime.py", "from rules.wages import rate"),
    ("rules/overtime.py", "from rules import wages"),
    ("rules/law.py", "import rules.price.case"),
    ("rules/overtime.py", "from rules.parameters import read"),
    ("rules/authorized_time.py", "from rules.wages import rate"),
)
def a_rule_knows_no_other_rule(source: Source) -> Iterator[str]:
    if is_code(source, "rules") and source.path.split("/")[1] not in COMPOSITIONS | {"__init__.py"}:
        named = (name.split(".")[1] for name in source.imports() if name.startswith("rules."))
        known = FOUNDATIONS | {"parameters"} if source.path in READ_PARAMETERS else FOUNDATIONS
        yield from (f"imports rules.{name}" for name in named if name not in known)


@rule(
    ("rules/price/month.py", "from rules.settle import draft"),
    ("rules/settle/case.py", "def late():\n    import rules.price.month"),
)
def a_composition_knows_no_other(source: Source) -> Iterator[str]:
    if is_code(source, "rules") and (own := source.path.split("/")[1]) in COMPOSITIONS:
        named = {name.split(".")[1] for name in source.imports() if name.startswith("rules.")}
        yield from (f"imports rules.{name}" for name in named & COMPOSITIONS - {own})


def room_of(name: str) -> str:
    """The room of a module or path of `pipelines`, given by its parts."""
    part = name.replace("/", ".").removesuffix(".py").split(".")[1]
    return "stories" if part in STORIES else part


RANKS = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}


@rule(
    ("pipelines/payroll.py", "from pipelines.command import pay"),
    ("pipelines/replay.py", "def late():\n    from pipelines.console.progress import shown"),
    ("pipelines/plain.py", "import pipelines.report.page"),
    ("pipelines/live/job.py", "from pipelines.replay import replay"),
    ("pipelines/report/page.py", "from pipelines.explain.answer import answer"),
    ("pipelines/reference/site.py", "def late():\n    from pipelines.command.cli import app"),
    ("pipelines/heap.py", ""),
)
def a_room_knows_those_before_it(source: Source) -> Iterator[str]:
    if not is_code(source, "pipelines"):
        return
    own = room_of(source.path)
    if own not in RANKS:
        yield f"is in no room: say in ROOMS where {own} belongs"
        return
    for name in source.imports():
        other = room_of(name) if name.startswith("pipelines.") else own
        if other != own and RANKS.get(other, len(ROOMS)) >= RANKS[own]:
            yield f"imports {name}"


@rule(
    ("rules/a.py", "import apache_beam as beam"),
    ("rules/a.py", "from urllib.request import urlopen"),
    ("rules/a.py", "import time"),
    ("rules/a.py", "import random"),
)
def a_rule_is_pure(source: Source) -> Iterator[str]:
    if is_code(source, "rules") and source.path not in FINDS_RULES:
        yield from (f"imports {name}" for name in source.imports() if name.split(".")[0] not in PURE)


@rule(
    ("schemas/a.py", "import apache_beam"),
    ("schemas/a.py", "from apache_beam.io import avroio"),
    ("fold/a.py", "def late():\n    import apache_beam as beam"),
)
def only_steps_and_stories_know_an_engine(source: Source) -> Iterator[str]:
    if is_code(source, "schemas", "fold"):
        yield from (f"imports {name}" for name in source.imports() if name.split(".")[0] == "apache_beam")


@rule(
    ("rules/a.py", "day = date.today()"),
    ("transforms/a.py", "from time import time\nseen = time()"),
    ("schemas/a.py", "seen = datetime.now(UTC)"),
)
def time_is_an_argument(source: Source) -> Iterator[str]:
    if is_code(source, "schemas", "rules", "fold", "transforms"):
        for call in source.nodes(ast.Call):
            name = getattr(call.func, "attr", getattr(call.func, "id", None))
            if name in CLOCKS:
                yield f"line {call.lineno}: asks the clock"


@rule(
    ("rules/a.py", "rate = 18.5"),
    ("rules/a.py", "def pay(cents: float): ..."),
    ("rules/a.py", "cents = minutes * rate / 600"),
    ("rules/a.py", "cents /= 1"),
    ("rules/a.py", "cents = round(amount)"),
    ("rules/money.py", "half = 0.5"),
)
def no_float_in_a_rule(source: Source) -> Iterator[str]:
    if not is_code(source, "rules"):
        return
    for node in source.nodes(ast.Constant, ast.Name, ast.BinOp, ast.AugAssign):
        written = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
        named = isinstance(node, ast.Name) and node.id in {"float", "round"}
        if written or named or isinstance(getattr(node, "op", None), ast.Div):
            yield f"line {node.lineno}: float, round() or true division"


@rule(
    ("rules/a.py", "DAY_MINUTES = 1440"),
    ("rules/a.py", "def pay(minutes, cap=2400): ..."),
    ("rules/periods.py", "def week(day):\n    return day // 7"),
    ("rules/periods.py", "days = 7"),
    ("rules/a.py", "state_number = 7"),
    ("rules/a.py", "class A(Conclusion):\n    days = 7"),
)
def no_number_of_the_law_in_code(source: Source) -> Iterator[str]:
    if not is_code(source, "rules"):
        return
    units = set(_unit_constants(source)) if source.path in UNIT_CONSTANTS else set()
    units |= set(_state_numbers(source))
    for node in source.nodes(ast.Constant):
        if type(node.value) is int and node.value not in NUMBERS and node not in units:
            yield f"line {node.lineno}: the number {node.value}"


def _unit_constants(source: Source) -> Iterator[ast.AST]:
    """Nodes of module-level assignments to a name in capitals."""
    for node in source.tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id.isupper():
            yield from ast.walk(node)


def _state_numbers(source: Source) -> Iterator[ast.AST]:
    """By which a conclusion's class is known in bytes of state."""
    for node in source.nodes(ast.ClassDef):
        for part in node.body:
            if isinstance(part, ast.Assign) and getattr(part.targets[0], "id", None) == "state_number":
                yield part.value


@rule(
    ("fold/closing.py", "from rules.kept import Tail"),
    ("fold/rows.py", "from rules import method"),
    ("fold/key.py", "from rules.kept import WeeksJudged"),
)
def a_conclusion_is_named_in_no_list(source: Source) -> Iterator[str]:
    """Where it goes and what is kept of it stands in its class: who carries and forgets knows none by name."""
    if source.path in CARRIERS:
        yield from (f"imports {name}" for name in source.imports() if name in conclusions())


@cache
def conclusions() -> set[str]:
    """Dotted names of classes of conclusions, and of modules that have some."""
    rules = [source for source in SOURCES if is_code(source, "rules")]
    found = {(module_of(source.path), name) for source in rules for name in re.findall(CONCLUDED, source.text)}
    return {module for module, _ in found} | {f"{module}.{name}" for module, name in found}


@rule(
    ("rules/law.py", '"""Decides something."""'),
    ("rules/overtime.py", '"""Decides premium.\n\nAuthority: OT-1 (29 CFR 778.110). In force: always.\n"""'),
    ("rules/overtime.py", "x = 1"),
)
def a_rule_names_its_authority(source: Source) -> Iterator[str]:
    if not is_code(source, "rules") or not source.text.strip():
        return
    stated = ast.get_docstring(source.tree) or ""
    needed = ["Authority: "] if source.stem in FOUNDATIONS else ["Authority: ", "In force: ", "Does not cover: "]
    yield from (f"docstring lacks {part!r}" for part in needed if not re.search(rf"{part.strip()}\s+\S", stated))


@rule(
    ("rules/utils.py", ""),
    ("pipelines/beam_helpers.py", ""),
    ("transforms/a.py", "def process_sheet(): ..."),
    ("transforms/a.py", "def process(): ..."),
    ("schemas/a.py", "class FileManager: ..."),
    ("schemas/a.py", "class A:\n    def handle(self): ..."),
)
def names_say_something(source: Source) -> Iterator[str]:
    if not is_code(source, *LAYERS, "bench", "tests"):
        return
    names = [source.stem]
    overrides = set(_overrides(source))
    for node in source.nodes(ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef):
        if node not in overrides:
            names.append(node.name)
    yield from (f"the name {name}" for name in names if FORBIDDEN_WORDS & set(_words(name)))


def _overrides(source: Source) -> Iterator[ast.AST]:
    """Methods whose name a framework's base class chose."""
    for node in source.nodes(ast.ClassDef):
        if node.bases:
            yield from (method for method in node.body if getattr(method, "name", None) in FRAMEWORK_OVERRIDES)


def _words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


@rule(
    ("rules/a.py", 'kind, payee, *_ = instruction_id.split(":")'),
    ("fold/a.py", 'named = reference.rpartition("/")[0]'),
    ("pipelines/a.py", 'id = f"{statement_id}:{run}"'),
    ("rules/a.py", 'id = f"ARREARS:{provider}:{recipient}"'),
    ("fold/a.py", 'key = f"R/{recipient}"'),
    ("transforms/a.py", 'id = ":".join(parts)'),
    ("pipelines/a.py", 'own = id.startswith("ADVANCE:")'),
)
def ids_are_made_in_one_place(source: Source) -> Iterator[str]:
    """And taken apart there: what has a mark between its parts is an id, or it is listed what else it is."""
    if is_code(source) and source.path not in MARKED and source.path != "schemas/ids.py":
        yield from (f"line {line}: an id belongs to schemas/ids.py" for line in _marked(source))


def _marked(source: Source) -> Iterator[int]:
    for call in source.nodes(ast.Call):
        given = [call.func.value] if getattr(call.func, "attr", "") == "join" else call.args
        if getattr(call.func, "attr", "") in TAKES_APART and any(_is_mark(each) for each in given):
            yield call.lineno
    for text in source.nodes(ast.JoinedStr):
        whole = "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in text.values)
        if re.search(AN_ID, whole):
            yield text.lineno


def _is_mark(node: ast.AST) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and bool(re.fullmatch(r"[A-Z]*[:/]", text))


@rule(("rules/a.py", "def long():\n" + "    x = 0\n" * LONGEST_FUNCTION))
def functions_are_short(source: Source) -> Iterator[str]:
    if is_code(source, *LAYERS, "bench"):
        for name, lines in _lengths(source):
            if lines > LONGEST_FUNCTION:
                yield f"{name} has {lines} lines"


def _lengths(source: Source) -> list[tuple[str, int]]:
    functions = source.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
    return [(node.name, node.end_lineno - node.lineno + 1) for node in functions]


@rule(("transforms/a.py", "x = 0\n" * LONGEST_FILE))
def files_are_short(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if is_code(source, *LAYERS, "bench") and lines >= LONGEST_FILE:
        yield f"{lines} lines"


@rule(
    ("pipelines/a.py", "try:\n    x()\nexcept Exception:\n    pass"),
    ("pipelines/a.py", "try:\n    x()\nexcept:\n    pass"),
    ("tests/a.py", "try:\n    x()\nexcept (OSError, BaseException) as e:\n    pass"),
    ("schemas/a.py", "with suppress(Exception):\n    x()"),
)
def a_bug_crashes(source: Source) -> Iterator[str]:
    if not is_code(source, *LAYERS, "bench", "tests"):
        return
    caught = [node.type for node in source.nodes(ast.ExceptHandler)]
    caught += [call for call in source.nodes(ast.Call) if getattr(call.func, "id", call.func) == "suppress"]
    for node in caught:
        names = {getattr(part, "id", None) for part in ast.walk(node)} if node else {"Exception"}
        if names & {"Exception", "BaseException"}:
            yield f"line {getattr(node, 'lineno', '?')}: catches everything"


@rule(
    ("pipelines/a.py", 'open(path, "w")'),
    ("pipelines/a.py", 'path.open("ab")'),
    ("pipelines/a.py", 'path.open(mode="x")'),
    ("fold/a.py", "path.write_text(name)"),
    ("schemas/a.py", "path.write_bytes(name)"),
    ("pipelines/command/a.py", "out.mkdir(parents=True)"),
    ("pipelines/a.py", "path.touch()"),
    ("pipelines/a.py", "shutil.copy2(path, out)"),
    ("transforms/a.py", "os.makedirs(out)"),
)
def what_is_written_is_private(source: Source) -> Iterator[str]:
    """All files are made by schemas/private.py, for their owner's eyes alone."""
    if not is_code(source, "schemas", "rules", "fold", "transforms", "pipelines") or source.path in MAKE_FILES:
        return
    for call in source.nodes(ast.Call):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        modes = [each.value for each in (*call.args, *(word.value for word in call.keywords)) if _is_mode(each)]
        if name in WRITING or (name == "open" and modes):
            yield f"line {call.lineno}: {name} makes a file that others may read: use schemas/private.py"


@rule(
    ("pipelines/export/a.py", "rows = csv.writer(stream)"),
    ("pipelines/console/a.py", "csv.DictWriter(stream, COLUMNS)"),
)
def what_a_spreadsheet_opens_is_harmless(source: Source) -> Iterator[str]:
    if is_code(source, "pipelines") and source.path not in WRITE_ROWS:
        for call in source.nodes(ast.Call):
            if ast.unparse(call.func) in ("csv.writer", "csv.DictWriter", "DictWriter"):
                yield f"line {call.lineno}: rows of CSV are written by pipelines/cells.py"


IMPORTING = ("ledger", "previous", "templates", "text_facts")
WRITE_ROWS = {"pipelines/cells.py", *(f"pipelines/importing/{name}.py" for name in IMPORTING)}
"""Those that write CSV; in importing: bad cells, made safe there, what is our own, and a sender's row as it was."""


def _is_mode(argument: ast.expr) -> bool:
    """Is it a mode of open() that writes?"""
    value = getattr(argument, "value", None)
    return isinstance(value, str) and bool(re.fullmatch(r"(?=.*[wax])[rwabxt+]{1,3}", value))


WRITING = {"write_text", "write_bytes", "mkdir", "makedirs", "touch", "copy2", "copyfile", "copytree", "copy_file"}
MAKE_FILES = {"schemas/private.py", "pipelines/reference/__main__.py", "pipelines/statements/catalogs.py"}
"""Those that make files; of the last two, about nobody."""


@rule(("docs/a.md", f"see https://{REGISTRY_HOSTS[0]}/simple"), ("pip.txt", f"files.{REGISTRY_HOSTS[1]}"))
def no_file_names_a_registry(source: Source) -> Iterator[str]:
    yield from (f"names {host}" for host in REGISTRY_HOSTS if host in source.text)


@rule(("schemas/a.py", "class Law: ..."), ("bench/a.py", "def f():\n    class Statement: ..."))
def a_class_name_stands_once(source: Source) -> Iterator[str]:
    """Who reads or searches for a name finds one class, whatever file they begin in."""
    if is_code(source, *LAYERS, "bench"):
        for name in _classes(source):
            yield from (f"class {name} is in {path} too" for path in sorted(homes()[name] - {source.path}))


@cache
def homes() -> dict[str, set[str]]:
    """The files of each class that others may name."""
    found: dict[str, set[str]] = defaultdict(set)
    for source in SOURCES:
        for name in _classes(source) if is_code(source, *LAYERS, "bench") else ():
            found[name].add(source.path)
    return found


def _classes(source: Source) -> set[str]:
    return {node.name for node in source.nodes(ast.ClassDef) if not node.name.startswith("_")}


@rule(
    ("pipelines/a.py", "class A:\n    def send(self):\n        raise NotImplementedError"),
    ("tests/a.py", "def f():\n    raise NotImplementedError('later')"),
)
def nothing_is_there_for_show(source: Source) -> Iterator[str]:
    """What nobody calls is not there; what somebody must bring is a Protocol or abstract."""
    if source.path.endswith(".py"):
        names = (node for node in source.nodes(ast.Name) if isinstance(node, ast.Name))
        yield from (f"line {node.lineno}: {node.id}" for node in names if node.id == "NotImplementedError")


@rule(("schemas/nobody.avsc", '{"type": "record", "name": "Nobody", "fields": []}'))
def every_schema_has_its_model(source: Source) -> Iterator[str]:
    if not re.fullmatch(r"schemas/\w+\.avsc", source.path):
        return
    model = f"schemas/{source.stem}.py"
    name = json.loads(source.text)["name"]
    classes = {node.name for other in SOURCES if other.path == model for node in other.nodes(ast.ClassDef)}
    if name not in classes:
        yield f"{model} has no class {name}"


@pytest.mark.parametrize("check", dict.fromkeys(check for check, _ in CHECKS), ids=lambda check: check.__name__)
def test_the_house_keeps(check: Check) -> None:
    breaches = [f"{source.path}: {breach}" for source in SOURCES for breach in check(source)]
    assert not breaches, "\n".join(["", *breaches])


@pytest.mark.parametrize(("check", "broken"), CHECKS, ids=lambda part: getattr(part, "__name__", ""))
def test_the_check_sees(check: Check, broken: Source) -> None:
    assert list(check(broken))


CITED = '"""Decides.\n\nAuthority: OT-1. In force: always.\nDoes not cover: x.\n"""\n'
KEPT = {
    "rules/price/case.py": CITED + "from rules.overtime import premium\nbefore = -1 * 60",
    "rules/price/month.py": CITED + "from rules.overtime import premium",
    "rules/periods.py": CITED + "DAYS_IN_WEEK = 7\n\ndef week(day):\n    return day // DAYS_IN_WEEK",
    "transforms/a.py": "import apache_beam as beam\nclass A(beam.DoFn):\n    def process(self, element): ...",
    "pipelines/wording.py": "from datetime import datetime\nseen = datetime.now()\nhalf = 1 / 2\ndatabase = 7",
}
"""What is allowed, so that no check is merely always angry."""


@pytest.mark.parametrize("path", KEPT)
def test_the_check_is_not_always_angry(path: str) -> None:
    source = Source(path, KEPT[path])
    assert not [breach for check, _ in CHECKS for breach in check(source)]


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def circles(sources: list[Source]) -> list[list[str]]:
    """Modules that import each other in a ring, imports inside functions included."""
    code = {module_of(source.path): source for source in sources if is_code(source, *LAYERS, "bench")}
    asked = {
        name: {found for each in source.imports() if (found := _module(each, code))} for name, source in code.items()
    }
    while settled := [name for name, others in asked.items() if not others & asked.keys()]:
        for name in settled:
            del asked[name]
    return [[name, *sorted(others & asked.keys())] for name, others in sorted(asked.items())]


def _module(name: str, code: dict[str, Source]) -> str | None:
    """The module that an import means: ``a.b.name`` is in a/b.py, or is a/b/name.py."""
    return next((found for found in (name, name.rpartition(".")[0]) if found in code), None)


def test_no_list_of_marks_is_too_long() -> None:
    sources = {source.path: source for source in SOURCES}
    assert not [path for path in MARKED if path not in sources or not [*_marked(sources[path])]]


def test_no_modules_import_each_other() -> None:
    assert not circles(SOURCES)


def test_a_circle_is_seen() -> None:
    ring = [
        Source("fold/a.py", "from fold import b"),
        Source("fold/b.py", "def late():\n    from fold.c.d import x"),
        Source("fold/c/d.py", "import fold.a"),
        Source("fold/e.py", "from fold.f import y"),
        Source("fold/f.py", ""),
    ]
    assert circles(ring) == [["fold.a", "fold.b"], ["fold.b", "fold.c.d"], ["fold.c.d", "fold.a"]]


def drawn_rooms(page: str) -> tuple[list[str], list[list[str]]]:
    """Layers and, within `pipelines`, rows of rooms, as a page draws them."""
    drawing = page.partition("## The rooms")[2].partition("```\n")[2].partition("```")[0]
    lines = [re.split(r" {2,}", line.rstrip()) for line in drawing.splitlines()]
    layers = [parts[0] for parts in lines if parts[0]]
    return layers, [parts[1].split(", ") for parts in lines if not parts[0]]


def test_the_drawing_of_the_rooms_is_true() -> None:
    [page] = [source.text for source in SOURCES if source.path == "docs/architecture.md"]
    assert drawn_rooms(page) == (list(LAYERS), [list(rooms) for rooms in ROOMS])


def test_the_one_page_shows_the_case_file_as_it_is():
    """docs/architecture.md: the three questions that a case file answers, word for word."""
    [page] = [source.text for source in SOURCES if source.path == "docs/architecture.md"]
    [code] = [source for source in SOURCES if source.path == "rules/restatement.py"]
    [protocol] = [each for each in code.nodes(ast.ClassDef) if each.name == "CaseFile"]
    for method in (each for each in protocol.body if isinstance(each, ast.FunctionDef)):
        assert f"def {method.name}({ast.unparse(method.args)}) -> {ast.unparse(method.returns)}: ..." in page


def median_length(sources: list[Source]) -> float:
    return median(length for source in sources if is_code(source) for _, length in _lengths(source))


def test_functions_are_mostly_very_short() -> None:
    assert median_length(SOURCES) < MEDIAN_FUNCTION


def test_the_median_sees() -> None:
    assert median_length([Source("rules/a.py", "def a():\n" + "    x\n" * 9)]) >= MEDIAN_FUNCTION


def knows_an_engine(source: Source) -> bool:
    return any(name.split(".")[0] == "apache_beam" for name in source.imports())


def any_in_a_thousand_lines(sources: list[Source]) -> float:
    """How often code that knows no engine says that a type may be anything; of an engine's own types nothing better
    is known."""
    code = [source for source in sources if is_code(source) and not knows_an_engine(source)]
    found = sum(node.id == "Any" for source in code for node in source.nodes(ast.Name))
    return 1000 * found / sum(source.text.count("\n") for source in code)


def test_types_say_something() -> None:
    assert any_in_a_thousand_lines(SOURCES) <= MOST_ANY


def test_the_count_of_any_sees() -> None:
    plain, of_beam = "x: Any\ny: list[Any]\n", "import apache_beam\nx: Any\n"
    assert any_in_a_thousand_lines([Source("rules/a.py", plain), Source("transforms/a.py", of_beam)]) == 1000


def test_only_what_knows_an_engine_is_typed_loosely() -> None:
    """mypy is strict but for the modules that pyproject.toml names, and those are the ones that import Beam."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]["overrides"]
    loose = [each for each in overrides if "disallow_untyped_calls" in each]
    assert sorted(loose[0]["module"]) == sorted(
        module_of(source.path) for source in SOURCES if is_code(source) and knows_an_engine(source)
    )
    assert len(loose) == 1 and "disallow_untyped_defs" not in loose[0]


def test_the_house_was_found() -> None:
    """Without this, an empty list of files would keep every rule."""
    assert {"pyproject.toml", "pipelines/command/cli.py", "rules/periods.py", ".ci/run"} <= {
        source.path for source in SOURCES
    }
