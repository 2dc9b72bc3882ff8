"""The answer as tables: rows of plain values for CSV and JSON, and what each column is."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from pipelines.cells import Rows
from pipelines.what_if.answer import WhatIfAnswer
from pipelines.what_if.owed import BeforeAfter
from pipelines.what_if.people import OneMoved
from pipelines.what_if.scenario import Scenario
from pipelines.what_if.sums import Named
from pipelines.what_if.words import sentences
from rules.periods import iso
from schemas import private
from schemas.types import Json

COLUMNS: dict[str, tuple[str, ...]] = {
    "totals": ("figure", "before", "after", "difference"),
    "by_county": ("county", "before", "after", "difference"),
    "by_month": ("service_month", "before", "after", "difference"),
    "by_program": ("program", "before", "after", "difference"),
    "by_earning": ("earning", "before", "after", "difference"),
    "by_payer": ("payer", "kind", "before", "after", "difference"),
    "hours": ("minutes", "before", "after", "difference"),
    "findings": ("outcome", "code", "before", "after", "come", "go"),
    "benefits": ("county", "months_reached", "months_lost"),
    "people": ("payees", "gain", "lose", "gained_cents", "lost_cents", "middle_cents"),
    "tenths": ("tenth", "payees", "net_before", "difference"),
    "spread": ("least_cents", "most_cents", "payees"),
    "largest": ("rank", "payee_type", "payee_id", "net_before", "net_after", "difference", "minutes_before",
                "minutes_after"),
    "retroactive": ("service_month", "before", "after", "difference"),
}  # fmt: skip
"""Tables and their columns. Money in cents (gross, where net is not said), time in minutes, days as ISO dates."""
LEADING = ("scenario", "point")


def tables_of(answer: WhatIfAnswer, with_ids: bool) -> dict[str, list[Named]]:
    """Rows of each table of COLUMNS."""
    people = answer.people
    return {
        "totals": [*map(_row, _totals(answer)), *_counts(answer)],
        "by_county": [*map(_row, answer.by_county)],
        "by_month": [*map(_by_month, answer.by_month)],
        "by_program": [*map(_row, answer.by_program)],
        "by_earning": [*map(_row, answer.by_earning)],
        "by_payer": [*map(_row, answer.by_payer)],
        "hours": [*map(_row, answer.hours)],
        "findings": [tuple(each) for each in answer.findings],
        "benefits": [tuple(each) for each in answer.benefits],
        "people": [(people.people, people.gain, people.lose, people.gained, people.lost, people.middle)],
        "tenths": [tuple(each) for each in people.tenths],
        "spread": [tuple(each) for each in people.spread],
        "largest": [*_largest(people.most_gained, with_ids), *_largest(people.most_lost, with_ids)],
        "retroactive": [*map(_by_month, answer.retroactive.by_month)],
    }


def _totals(answer: WhatIfAnswer) -> list[BeforeAfter]:
    return [answer.gross, answer.advanced, answer.pay, answer.employer, answer.cost, answer.net, answer.owed]


def _row(each: BeforeAfter) -> Named:
    return (*each.name, each.before, each.after, each.difference)


def _by_month(each: BeforeAfter) -> Named:
    return (iso(each.name[0]), *_row(each)[1:])


def _counts(answer: WhatIfAnswer) -> Iterator[Named]:
    owed = answer.retroactive
    yield "retroactive_gross", 0, owed.gross, owed.gross
    yield "retroactive_net", 0, owed.net, owed.net
    yield "full_month", 0, answer.full_month or 0, answer.full_month or 0
    yield "months_of_share_of_cost", 0, answer.shares[0], answer.shares[1]
    yield "advances", 0, answer.advances[0], answer.advances[1]


def _largest(ones: list[OneMoved], with_ids: bool) -> Iterator[Named]:
    for rank, each in enumerate(ones, 1):
        name = each.id if with_ids else ""
        yield (
            rank, each.payee, name, each.before, each.after, each.difference, each.minutes_before, each.minutes_after,
        )  # fmt: skip


Answered = list[tuple[Scenario, list[WhatIfAnswer]]]


def told(answered: Answered, with_ids: bool) -> Json:
    """All of it as JSON."""
    return {"scenarios": [_scenario(scenario, each, with_ids) for scenario, each in answered]}


def _scenario(scenario: Scenario, each: list[WhatIfAnswer], with_ids: bool) -> Json:
    return {
        "scenario": scenario.path.stem,
        "name": scenario.name,
        "question": scenario.question,
        "adopted": None if scenario.adopted is None else iso(scenario.adopted),
        "range": scenario.axis or None,
        "variants": [
            {
                "point": answer.label or None,
                "sentences": sentences(scenario, answer),
                "decided_again": answer.decided_again,
                "keys": answer.keys,
                "tables": {
                    name: [dict(zip(COLUMNS[name], row, strict=True)) for row in rows]
                    for name, rows in tables_of(answer, with_ids).items()
                },
            }
            for answer in each
        ],
    }


def write_tables(answered: Answered, out: Path, with_ids: bool) -> list[Path]:
    """A CSV for each table, all scenarios below each other, and what-if.json. Raises OSError."""
    paths = []
    for name, columns in COLUMNS.items():
        path = out / f"{name}.csv"
        with private.text(path) as stream:
            rows = Rows(stream, (*LEADING, *columns))
            for scenario, each in answered:
                for answer in each:
                    rows.many((scenario.path.stem, answer.label, *row) for row in tables_of(answer, with_ids)[name])
        paths.append(path)
    text = msgspec.json.format(msgspec.json.encode(told(answered, with_ids)), indent=2)
    return [*paths, private.written(out / "what-if.json", text + b"\n")]
