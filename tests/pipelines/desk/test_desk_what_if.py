"""The desk's question about one person follows a chain of people to its end: what it says is what replays say."""

from datetime import date
from typing import Any

import pytest

from pipelines.desk.origins import PaidOrigin
from pipelines.desk.station import Station
from pipelines.desk.what_if import WhatIfTold, choices, what_if
from pipelines.find.search import PROVIDER, RECIPIENT, FoundId
from pipelines.what_if.variant import FactChange
from rules.law import Law
from schemas.ids import provider_key, recipient_key
from tests.case_files import Case
from tests.paid import replay_plain
from tests.pipelines.desk.desk_world import TOKEN
from tests.pipelines.explain.explain_world import LAW, chain, index, lay
from tests.pipelines.report.report_world import replayed

KEYS = {PROVIDER: provider_key, RECIPIENT: recipient_key}
Money = dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def asked_of() -> Case:
    return chain()


@pytest.fixture(scope="module")
def station(asked_of: Case, tmp_path_factory: pytest.TempPathFactory) -> Station:
    root = tmp_path_factory.mktemp("chain")
    facts = lay(asked_of.facts, root / "facts")
    paid = replayed(facts, root / "paid")
    index(facts, paid)
    made = Station(PaidOrigin(facts, paid), LAW, TOKEN)
    made.make(lambda *_: None)
    return made


def told(station: Station, named: FoundId, what: str, **asked: str) -> WhatIfTold:
    with station.shelf() as shelf:
        chosen = next(each for each in choices(shelf, LAW, named, ["43"]) if each.name.endswith(what))
        return what_if(station, shelf, named, KEYS[named.kind](named.id), asked, chosen)


def worth(station: Station, asked_of: Case, law: Law, change: FactChange | None = None) -> Money:
    """Net to date of each statement, by a whole replay."""
    with station.shelf() as shelf:
        facts = [change.of(fact) if change else fact for fact in asked_of.facts]
        paid: list[Any] = replay_plain(facts, law, shelf.on).records["PaymentInstruction"]
    in_order = sorted(paid, key=lambda each: each["sequence"])
    return {each["statement_id"]: (each["gross_to_date_cents"], each["net_to_date_cents"]) for each in in_order}


def moved(before: Money, after: Money) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    nothing = 0, 0
    both = {id: (before.get(id, nothing), after.get(id, nothing)) for id in {**before, **after}}
    return {id: each for id, each in both.items() if each[0] != each[1]}


def said(found: WhatIfTold) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    return {
        each.statement_id: ((each.gross[0], each.net[0]), (each.gross[1], each.net[1])) for each in found.rows
    }  # fmt: skip


def test_fewer_hours_of_one_change_the_overtime_paid_for_another(station: Station, asked_of: Case) -> None:
    """What R1 is no longer authorized P2 no longer works there: the overtime of P2's week falls, also for R2."""
    one, other = (FoundId(RECIPIENT, f"{asked_of.prefix}{id}") for id in ("R1", "R2"))
    number = next(fact.document_id for fact in asked_of.facts if getattr(fact, "monthly_minutes", 0) == 60 * 60)
    fewer = FactChange("ServiceAuthorization", "monthly_minutes", {"recipient_id": one.id}, set=10 * 60)

    found = told(station, one, number, value="10:00")

    expected = moved(worth(station, asked_of, LAW), worth(station, asked_of, LAW, fewer))
    assert said(found) == expected
    assert any(f":{other.id}:" in f":{id}:" for id in expected), "R2's is another"


@pytest.mark.parametrize(("kind", "name"), [(PROVIDER, "P1"), (PROVIDER, "P2"), (RECIPIENT, "R2")])
def test_another_law_is_answered_for_the_person_alone(station: Station, asked_of: Case, kind: str, name: str) -> None:
    named = FoundId(kind, f"{asked_of.prefix}{name}")
    higher = {"x": {"wage": {"43": {"values": [{"from": date(2026, 1, 1), "value": 30_000}]}}}}

    found = told(station, named, "wage.43", value="30.00", **{"from": "2026-01-01"})

    whole = moved(worth(station, asked_of, LAW), worth(station, asked_of, LAW.amended(higher)))
    own = {id: each for id, each in whole.items() if f":{named.id}:" in f":{id}:"}
    assert said(found) == own and 0 < len(own) < len(whole)
