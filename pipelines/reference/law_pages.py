"""The law as implemented, as pages of Markdown: its text, one a section, the assumptions, the findings."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pipelines.county_names import county_name
from pipelines.law_text import LAW, RULE, authority_of, paragraphs
from pipelines.reference.law_book import Case, Family, Rule, families, modules
from rules.findings import catalog
from rules.law import Law, LawEntry, Parameter
from rules.money import dollars
from rules.periods import civil_date, hhmm, iso

MILLS_IN_CENT = 10
SINCE_EVER = date(1990, 1, 1)  # parameters say 1900 where the law names no beginning
ASSUMED = '<span class="assumed">assumption</span>'
CONTENTS = f"""\
# The law as implemented

Made from the rules, their parameters, the findings and the cases themselves. Nothing here is legal advice; no figure
is official until a person has checked it against the cited text.

How sure a value is stands beside it: `statute`, `regulation`, `instruction`, `secondary` (a page that cites no text),
`derived` (arithmetic), or {ASSUMED}: nobody's text, this project had to choose. [All assumptions](assumptions.md) on
one page; [all findings](findings.md) on another; [the law's text](text.md) is what the rules were written from.
"""
UNITS = {
    "mills_per_hour": "dollars an hour",
    "per_100000": "percent",
    "minutes": "hours and minutes",
    "cents": "dollars",
}
COLUMNS = ("value", "from", "to", "published", "grade", "citation")


def pages() -> Iterator[tuple[str, str]]:
    """Path below ``law/`` and text of every page."""
    law = families()
    yield "index.md", _lines(_contents(law))
    yield "text.md", _lines(_text(law))
    yield "assumptions.md", _lines(_assumptions())
    yield "findings.md", _lines(_findings())
    for family in law:
        yield f"{family.name.lower()}.md", _lines(_family(family))


def _lines(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _contents(law: tuple[Family, ...]) -> Iterator[str]:
    yield CONTENTS
    yield "| section | rules | values | assumptions | cases |\n|---|--:|--:|--:|--:|"
    for family in law:
        values = sum(len(each.entries) for rule in family.rules for each in rule.parameters.values())
        cases = len({case for rule in family.rules for case in rule.cases})
        counts = (len(family.rules), values, family.assumptions, cases)
        yield f"| [{family.title}]({family.name.lower()}.md) | {' | '.join(map(str, counts))} |"
    yield "\n## Every rule\n"
    for family in law:
        page = f"{family.name.lower()}.md"
        yield f"**[{family.title}]({page})**\n"
        yield from (f"* [{rule.id}]({page}#{rule.id.lower()}) {rule.title}" for rule in family.rules)
        yield ""
    yield "## The ground they stand on\n"
    for path, said in modules().items():
        if not any(path in family.modules for family in law):
            yield from _module(path, said)


def _text(law: tuple[Family, ...]) -> Iterator[str]:
    """LAW.md, each rule under a heading of its own that others can link to."""
    pages = {rule.id: f"{family.name.lower()}.md" for family in law for rule in family.rules}
    id = ""
    for line in LAW.read_text("utf-8").splitlines():
        if rule := RULE.match(line):
            id = rule[1]
            yield f"\n### {id} {{: #{id.lower()} }}\n\n{paragraphs()[id]}\n"
            yield f"[As implemented]({pages[id]}#{id.lower()})\n" if id in pages else "*Not implemented yet.*\n"
        elif line.startswith(("#", "---")):
            id = ""
            yield line
        elif not id:
            yield line


def _family(family: Family) -> Iterator[str]:
    yield f"# {family.title}\n"
    for rule in family.rules:
        yield from _rule(rule)
    yield "## Where it is decided\n"
    for path, said in family.modules.items():
        yield from _module(path, said)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"## {rule.id}: {rule.title} {{: #{rule.id.lower()} }}\n"
    yield from (f"> {line}" for line in paragraphs()[rule.id].splitlines())
    yield f"\n**Outside authority.** {authority_of(rule.id)}.\n"
    yield "Decided in " + ", ".join(f"`{path}`" for path in rule.modules) + ".\n" if rule.modules else ""
    wages = {name: each for name, each in rule.parameters.items() if name.removeprefix("wage.").isdigit()}
    for name, parameter in rule.parameters.items():
        if name not in wages:
            yield from parameter_table(name, parameter)
    if wages:
        yield from _wages(wages)
    if rule.findings:
        yield "**Findings**\n"
        yield from (f"* `{code}` ({entry['outcome']}): {entry['message']}" for code, entry in rule.findings.items())
        yield ""
    if rule.cases:
        yield f"**What it means** ({len(rule.cases)} cases)\n"
        yield from (
            f"* {case.sentence} <small>`{case.path.rpartition('/')[2]}`</small>" for case in _own_first(rule.cases)
        )
        yield ""
    else:
        yield "*No case can show it: it says what is written down, or what others do.*\n"


def _own_first(cases: tuple[Case, ...]) -> list[Case]:
    """By file, the one with most of them first: what the rule is about before what it touches."""
    files = Counter(case.path for case in cases)
    return sorted(cases, key=lambda case: (-files[case.path], case.path))


def _module(path: str, said: str) -> Iterator[str]:
    first, _, rest = said.partition("\n\n")
    yield f"**`{path}`** {first}\n"
    yield f"{rest}\n"


def parameter_table(name: str, parameter: Parameter) -> Iterator[str]:
    """A parameter's values with their dates and where they come from."""
    yield f"**`{name}`** ({UNITS.get(parameter.unit, parameter.unit)})\n"
    yield from _carried(parameter)
    yield from _table(COLUMNS, [_row(parameter.unit, entry) for entry in parameter.entries])


def _carried(parameter: Parameter) -> Iterator[str]:
    """How it goes on after its last known day (WAGE-2)."""
    if parameter.carried_by:
        yield f"After its last known day a value goes on until the next begins: `{parameter.carried_by}`.\n"


def _wages(wages: Mapping[str, Parameter]) -> Iterator[str]:
    """The wages of all counties in one table."""
    yield "**`wage.01` to `wage.58`** (dollars an hour, by county)\n"
    yield from _carried(next(iter(wages.values())))
    counties = {name: f"{name[-2:]} {county_name(name[-2:])}" for name in wages}
    rows = [(counties[name], *_row(each.unit, entry)) for name, each in wages.items() for entry in each.entries]
    yield from _table(("county", *COLUMNS), rows)


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    """A table without the columns in which nothing stands."""
    filled = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    for row in (columns, ("---",) * len(columns), *rows):
        yield f"| {' | '.join(row[place] for place in filled)} |"
    yield ""


def _row(unit: str, entry: LawEntry) -> tuple[str, ...]:
    begins = "always" if civil_date(entry.from_day) < SINCE_EVER else _date(entry.from_day)
    grade = ASSUMED if entry.grade == "assumption" else entry.grade
    citation = entry.citation.replace("|", "/")
    return _value(unit, entry), begins, _date(entry.until), _date(entry.published), grade, citation


def _date(day: int | None) -> str:
    return "" if day is None else f"<time>{iso(day)}</time>"


def _value(unit: str, entry: LawEntry) -> str:
    value: Any = entry.value
    if unit == "minutes":
        return hhmm(value)
    if unit == "cents":
        return f"${dollars(value)}"
    if unit == "mills_per_hour":
        return f"${dollars(value // MILLS_IN_CENT)}{value % MILLS_IN_CENT or ''}"
    if unit == "per_100000":
        return f"{value / 1000:g} %"
    if unit == "day":
        return _date(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value).replace("_", " ")


def _assumptions() -> Iterator[str]:
    yield "# Assumptions\n"
    yield "No source was found for these: this project had to choose. Each choice stands alone, can be laid over with"
    yield "`--law`, and every instruction and summary names those that touched its money.\n"
    assumed = [
        (parameter.law, _breakable(name), *_row(parameter.unit, entry)[:2], entry.citation)
        for name, parameter in sorted(Law.load().parameters.items())
        for entry in parameter.entries
        if entry.grade == "assumption"
    ]
    yield from _table(("rule", "parameter", *COLUMNS[:2], "why"), assumed)
    yield "What was chosen where the law is silent and no value decides: [decisions](../decisions/README.md)."


def _breakable(name: str) -> str:
    """A parameter's name that a narrow table may break."""
    return f"<code>{name.replace('.', '.<wbr>').replace('_', '_<wbr>')}</code>"


def _findings() -> Iterator[str]:
    yield "# Findings\n"
    yield "Every cut, hold, denial, warning and notice: what it says, to whom, under which rule. In braces: what the"
    yield "case fills in.\n"
    for code, entry in sorted(catalog().items()):
        yield f"## {code} {{: #{code.lower()} }}\n"
        yield f"{entry['outcome']}, {entry['rule']}, to the {entry['addressee'].lower()}. *{entry['authority']}*\n"
        yield from (f"> {sentence}\n" for sentence in (entry["message"], *entry.get("messages", {}).values()))
        yield f"**Next step.** {entry['next_step']}\n"
