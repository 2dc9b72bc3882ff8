"""Receipts that somebody made up with care: several values changed at once, records encoded anew. Each is refused by
the check that is there for it."""

import base64
import hashlib
import io
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import fastavro
import pytest

from schemas.avro import physical_schema
from tests.case_files import case_files
from tests.pipelines.explain.receipt_world import Receipt, books, refused
from tests.pipelines.explain.test_true_receipts import hard, receipts_of

CASES = {"advance_pay": (8, 14), "documents_named": (1, 15), "incentives": (1,)}
DAY = 24 * 3_600_000


@pytest.fixture(scope="module")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> list[Receipt]:
    """All that hold, of the payments of a few cases."""
    found = []
    for file in case_files():
        for each in (each for each in file.cases if each.place in CASES.get(file.name, ())):
            made = books(each.facts, tmp_path_factory.mktemp("books"), file.law, each.cut_off)
            found += [made.receipt(payment["instruction_id"]) for payment in made.payments]
    for each, law in hard():
        found += receipts_of(each.facts, tmp_path_factory.mktemp("hard"), law, each.cut_off)
    assert [refused(receipt) for receipt in found] == [None] * len(found)
    return found


def sealed(part: Receipt, kind: str) -> None:
    """Encode a record that was changed, so that its bytes and digest are its own again."""
    body = io.BytesIO()
    fastavro.schemaless_writer(body, physical_schema(kind), part["record"])
    part["body"] = base64.b64encode(body.getvalue()).decode()
    part["sha256"] = hashlib.sha256(body.getvalue()).hexdigest()


def fact_changed(receipt: Receipt, kind: str, more: bool = False, **fields: Any) -> None:
    """One fact of a kind has other fields, or comes beside the true one (``more``)."""
    own = {name: receipt["instruction"]["record"][name] for name in ("recipient_id", "period_start")}
    own = own if kind == "Timesheet" else {}
    of_kind = [each for each in receipt["facts"] if each["document"].startswith(kind)]
    part = next(each for each in of_kind if each["record"] | own == each["record"])
    if more:
        part = deepcopy(part)
        receipt["facts"].append(part)
    part["record"] |= fields
    part["document"] = f"{kind}/{part['record']['document_id']}/{part['record']['revision']}"
    sealed(part, kind)


def instruction_changed(receipt: Receipt, **fields: Any) -> None:
    receipt["instruction"]["record"] |= fields
    sealed(receipt["instruction"], "PaymentInstruction")


def kind_of(receipt: Receipt) -> str:
    return str(receipt["instruction"]["record"]["kind"])


def own_week(receipt: Receipt) -> Any:
    """A workweek with work of the statement in its pay period."""
    whose = receipt["instruction"]["record"]["recipient_id"]
    days = {piece["day"] for piece in receipt["work"]}
    for week in receipt["weeks"]:
        if any(piece["recipient_id"] == whose and piece["day"] in days for piece in week["pieces"]):
            return week
    return None


def lost(receipt: Receipt) -> list[Any]:
    return [part for day in receipt["days"] for part in day["lost"]]


def a_later_revision(receipt: Receipt) -> None:
    """Approved, and named by the payment: the one that was paid does not stand."""
    name = receipt["days"][0]["document"]
    fact = next(each["record"] for each in receipt["facts"] if each["document"] == name)
    more = {"revision": fact["revision"] + 1, "event_id": "e999"}
    fact_changed(receipt, "Timesheet", more=True, **fact | more | {"minutes_worked": [0] * len(fact["minutes_worked"])})


def a_share_of_more(receipt: Receipt) -> None:
    share = receipt["share_of_cost"]
    own = next(
        each for each in share["charges"] if each["statement_id"] == receipt["instruction"]["record"]["statement_id"]
    )
    own["cents"] -= 1
    share["open_cents"] += 1


def hours(receipt: Receipt) -> bool:
    return kind_of(receipt) == "ARREARS" and bool(receipt["work"])


def advance(receipt: Receipt) -> bool:
    return kind_of(receipt) == "ADVANCE" and bool(receipt["advance"])


def travels(receipt: Receipt) -> Any:
    return next((piece for piece in receipt["work"] if piece["earning"] == "TRAVEL"), None)


def classes(receipt: Receipt) -> set[str]:
    """Of the pair's assignments; the first of them is of IHSS."""
    return {each["record"].get("relationship", "") for each in receipt["facts"]} if hours(receipt) else set()


def paid_as_travel(receipt: Receipt) -> None:
    """Hours of a day that are denied as service: no share of cost is taken of travel."""
    piece, now = receipt["work"][0], receipt["instruction"]["record"]
    day = next(day for day in receipt["days"] if (day["document"], day["day"]) == (piece["document"], piece["day"]))
    minutes, day["paid_minutes"], piece["earning"] = day["paid_minutes"], 0, "TRAVEL"
    day["lost"].append({"code": "X", "outcome": "DENIED", "minutes": minutes})
    paid, denied = now["paid_minutes"] - minutes, now["denied_minutes"] + minutes
    instruction_changed(receipt, paid_minutes=paid, denied_minutes=denied)


def late(receipt: Receipt) -> int:
    """The first instant that the pay run does not see."""
    return int(receipt["instruction"]["record"]["cut_off"])


def unclaimed(receipt: Receipt) -> None:
    """A day on which nothing was claimed, beside the true ones."""
    nothing = {"day": "2199-01-01", "claimed_minutes": 0, "paid_minutes": 0, "lost": []}
    receipt["days"].append(receipt["days"][0] | nothing)


def less_than_none(receipt: Receipt) -> None:
    """Minutes that one rule took and another gave back."""
    [part, *_] = lost(receipt)
    day = next(day for day in receipt["days"] if day["lost"])
    day["lost"] += [part | {"minutes": 60}, part | {"minutes": -60}]


def less_work(receipt: Receipt) -> None:
    piece = {"minutes": -60, "day": "2199-01-01", "earning": "TRAVEL"}
    receipt["work"].append(receipt["work"][0] | piece)


def doubled(part: str) -> Callable[[Receipt], None]:
    return lambda receipt: receipt[part].append(receipt[part][0])


def fact(kind: str, more: bool = False, **fields: Any) -> Callable[[Receipt], None]:
    return lambda receipt: fact_changed(receipt, kind, more, **fields)


FORGED: dict[str, tuple[Callable[[Receipt], Any], Callable[[Receipt], Any], str]] = {
    "a workweek twice": (own_week, lambda r: r["weeks"].append(own_week(r)), "workweeks that are shown twice"),
    "a workweek left out": (own_week, lambda r: r["weeks"].remove(own_week(r)), "the workweek to"),
    "a day left out": (lambda r: hours(r) and len(r["days"]) > 1, lambda r: r["days"].pop(0), "is not shown"),
    "a day twice": (hours, doubled("days"), "days that are shown twice"),
    "a day as nobody writes it": (
        hours, lambda r: r["days"][0].update(day=r["days"][0]["day"].replace("-", "")), "how a day is written",
    ),
    "a day on which nothing was claimed": (hours, unclaimed, "minutes lost"),
    "minutes lost less than none": (lost, less_than_none, "minutes lost"),
    "minutes lost that count as paid": (lost, lambda r: lost(r)[0].update(outcome="PAID"), "minutes lost"),
    "work of less than nothing": (hours, less_work, "work that"),
    "a later revision that stands": (hours, a_later_revision, "document of this payment"),
    "somebody else's fact": (hours, fact("Timesheet", provider_id="SOMEBODY"), "somebody else's"),
    "a fact of a later pay run": (
        hours, lambda r: fact_changed(r, "Timesheet", admitted_cut_off=late(r) + DAY), "came after the pay run",
    ),
    "a fact recorded too late": (
        hours, lambda r: fact_changed(r, "Timesheet", recorded_at=late(r)), "came after the pay run",
    ),
    "a fact twice": (hours, fact("Timesheet", more=True, channel="TTS"), "facts that are shown twice"),
    "a fact too many": (hours, fact("ServiceAuthorization", more=True, document_id="N"), "document of this payment"),
    "work of no document": (hours, lambda r: instruction_changed(r, documents=[]), "document of this payment"),
    "work that was taken back": (hours, fact("Timesheet", withdrawn=True), ""),
    "work of another program": (hours, fact("Timesheet", program="WPCS"), "is not shown"),
    "another recipient's county": (hours, fact("ServiceAuthorization", recipient_id="R-OTHER"), "the county of"),
    "a claim twice": (lambda r: r["claims"], doubled("claims"), "claims that are shown twice"),
    "a claim that was taken back": (lambda r: r["claims"], fact("IncentiveClaim", withdrawn=True), "taken back"),
    "claims of a payment of hours": (
        hours, lambda r: r["claims"].append({"document": r["days"][0]["document"], "cents": 50_000}), "does not have",
    ),
    "an advance covers a line twice": (lambda r: r["offset"], doubled("offset"), "covers that are shown twice"),
    "an advance without taxes": (
        lambda r: advance(r) and r["advance"]["taxes"], lambda r: r["advance"].update(taxes=[]), "pay of taxes",
    ),
    "an advance without share of cost": (
        lambda r: advance(r) and r["share_of_cost"], lambda r: r.update(share_of_cost=None), "is not shown",
    ),
    "an advance of another class": (advance, lambda r: r.update(relationship="PARENT"), "class of an advance"),
    "an advance for a provider": (advance, lambda r: instruction_changed(r, provider_id="P1"), "the instruction"),
    "less share of cost than can be": (
        lambda r: (r["share_of_cost"] or {}).get("charges") and r["share_of_cost"]["open_cents"],
        a_share_of_more, "bears less share of cost",
    ),
    "the class of another assignment": (
        lambda r: {"PARENT", "NON_RELATIVE"} <= classes(r), lambda r: r.update(relationship="PARENT"), "no assignment",
    ),
    "travel by the county of the enrolment": (
        lambda r: travels(r) and travels(r)["county"] == "17",
        lambda r: travels(r).update(county="43", rate_mills=20_440), "the county of",
    ),
    "a trip of another program": (travels, lambda r: travels(r).update(program="WPCS"), "work that"),
    "hours as travel": (hours, paid_as_travel, "work that"),
    "days of an advance left out": (
        advance, lambda r: r["advance"]["spans"].pop(), "the days of an authorization",
    ),
    "hours that nobody approved": (hours, fact("Timesheet", recipient_approved_at=None), "before it is approved"),
    "an authorization of long ago": (
        hours, fact("ServiceAuthorization", effective_from=-100, effective_to=0), "the county of",
    ),
    "an earlier payment of another id": (
        lambda r: r["earlier"], lambda r: r["earlier"][0]["record"].update(instruction_id="X") or
        sealed(r["earlier"][0], "PaymentInstruction"), "id, statement",
    ),
    "a pay run twice": (lambda r: r["chain"], lambda r: r["chain"].insert(0, r["chain"][0]), "does not follow"),
}  # fmt: skip
"""Which receipt is changed, how, and what the refusal says."""


@pytest.mark.parametrize("name", FORGED)
def test_what_is_forged_is_refused_by_the_check_for_it(receipts: list[Receipt], name: str) -> None:
    fits, change, says = FORGED[name]
    tried = [deepcopy(receipt) for receipt in receipts if fits(receipt)]
    assert tried, "no receipt for it"
    why = []
    for receipt in tried:
        change(receipt)
        why.append(refused(receipt))
    assert None not in why, tried[why.index(None)]["instruction"]["record"]["instruction_id"]
    assert any(says in str(each) for each in why), why
