"""What is true of every history: order, doubles, prefixes, sums and bounds (issues 3, 4 and 5). On the plain fold.

`tests/pipelines/test_replay.py` holds Beam to the plain fold.
"""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from random import Random
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pipelines.came_back import ReversedPayments
from rules.law import Law
from rules.periods import (
    civil_day,
    cut_off_of,
    cut_offs,
    day_length_minutes,
    days_in_month,
    epoch_day,
    iso,
    month_end,
    month_of,
    next_business_day,
    year_of,
)
from schemas.avro import decode_plain, encode, outgoing, validate
from schemas.envelope import Fact
from schemas.ids import document_named
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction
from tests.case_files import case
from tests.histories import History, histories, outcomes_on
from tests.paid import Outcome, replay_plain

LAW = Law.load()
HARDER = int(os.environ.get("HARDER", "1"))  # HARDER=20 looks twenty times as long
MANY = settings(deadline=None, max_examples=80 * HARDER, suppress_health_check=list(HealthCheck))
CARRIED = "OVERPAYMENT_CARRIED"
REVERSING = ("RETURNED", "VOIDED", "STALE")
Records = dict[str, list[dict[str, Any]]]


def pay(history: History, until: int | None = None) -> Outcome:
    return replay_plain(history.facts, LAW, until or history.until)


def with_outcomes(data: st.DataObject, history: History) -> History:
    """The history and what became of the payments it makes."""
    made = pay(history).records.get("PaymentInstruction", [])
    return history._replace(facts=(*history.facts, *data.draw(outcomes_on(made))))


def accounted(outcome: Outcome) -> int:
    """Inputs that were used, refused or are not yet due."""
    tally = outcome.tally
    return sum(sum(counted.values()) for counted in (tally.used, tally.rejections, tally.not_yet_due))


def kinds(records: Records) -> Records:
    """Records by kind, without the kinds of which there are none."""
    return {kind: said for kind, said in records.items() if said}


# --- order, doubles, prefixes -----------------------------------------------------------------------------------------


@MANY
@given(st.data(), histories(), st.integers(0, 2**32))
def test_order_and_doubles_do_not_matter(data: st.DataObject, history: History, seed: int) -> None:
    history = with_outcomes(data, history)
    random = Random(seed)
    doubles = random.choices(history.facts, k=random.randrange(len(history.facts)))
    facts = [*history.facts, *doubles]
    random.shuffle(facts)
    expected, found = pay(history), replay_plain(facts, LAW, history.until)
    assert found.records == expected.records
    assert accounted(found) == accounted(expected) + len(doubles) == len(facts)


@MANY
@given(st.data(), histories())
def test_a_replay_until_an_earlier_date_is_the_prefix(data: st.DataObject, history: History) -> None:
    history = with_outcomes(data, history)
    whole = pay(history)
    seen = sorted({record["cut_off"] for said in whole.records.values() for record in said}) or [history.until]
    until = data.draw(st.sampled_from(seen))
    prefix = {kind: [one for one in said if one["cut_off"] <= until] for kind, said in whole.records.items()}
    earlier = pay(history, until)
    assert kinds(earlier.records) == kinds(prefix)
    assert accounted(earlier) == len(history.facts)


# --- sums -------------------------------------------------------------------------------------------------------------


def reversed_by(facts: Sequence[Fact], instruction: dict[str, Any], cut_off: int) -> bool:
    """RUN-4, told by the facts alone: had an outcome taken the instruction back by the cut-off?"""
    outcomes = [outcome for outcome, seen in outcomes_known(facts, cut_off) if _about(outcome, instruction, seen)]
    return instruction["net_cents"] > 0 and any(outcome.outcome in REVERSING for outcome in outcomes)


def recovered(facts: Sequence[Fact], instructions: Sequence[dict[str, Any]], cut_off: int) -> int:
    """Cents recovered of a statement's instructions by the cut-off."""
    known = list(outcomes_known(facts, cut_off))
    about = [o for one in instructions for o, seen in known if _about(o, one, seen) and o.outcome == "RECOVERED"]
    return sum(outcome.cents for outcome in about)


def _about(outcome: Any, instruction: dict[str, Any], seen: int) -> bool:
    return outcome.instruction_id == instruction["instruction_id"] and seen > instruction["cut_off"]


def outcomes_known(facts: Sequence[Fact], cut_off: int) -> Iterator[tuple[Any, int]]:
    """Outcomes that stand as of a cut-off, with the pay run that first saw them."""
    documents: dict[tuple[str, str], list[tuple[int, tuple[int, int, str, str], Any]]] = defaultdict(list)
    for fact in facts:
        if fact.KIND == "PaymentOutcome" and (seen := cut_off_of_fact(fact)) <= cut_off:
            order = (seen, fact.recorded_at, fact.source, fact.event_id)
            documents[fact.instruction_id, fact.document_id].append((-fact.revision, order, fact))
    for revisions in documents.values():
        _, order, standing = min(revisions, key=lambda revision: revision[:2])
        if not standing.withdrawn:
            yield standing, order[0]


def cut_off_of_fact(fact: Fact) -> int:
    return fact.admitted_cut_off or next(c for c in cut_offs(fact.recorded_at + 1, fact.recorded_at + 10**9))


def statements(records: Records) -> dict[str, list[dict[str, Any]]]:
    """Instructions by statement, in the order of their pay runs."""
    of_statement: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in sorted(records.get("PaymentInstruction", []), key=lambda one: one["cut_off"]):
        of_statement[one["statement_id"]].append(one)
    return of_statement


@MANY
@given(st.data(), histories())
def test_what_came_back_is_in_the_records(data: st.DataObject, history: History) -> None:
    """RUN-4: by the instructions that followed, or by the pay run alone; and the tally counts it."""
    history = with_outcomes(data, history)
    outcome = pay(history)
    instructions, told = outcome.records.get("PaymentInstruction", []), ReversedPayments()
    for one in instructions:
        told.instruction(outgoing(PaymentInstruction, one))
    for run in outcome.records.get("PayRun", []):
        told.pay_run(outgoing(PayRun, run))
    gone = [one for one in instructions if reversed_by(history.facts, one, history.until)]
    event(f"{len(gone)} came back, {sum(told.is_alone(one['instruction_id']) for one in gone)} alone")
    assert told.payments == sorted(one["instruction_id"] for one in gone)
    assert outcome.tally.came_back == (len(gone), sum(one["net_cents"] for one in gone))


@MANY
@given(st.data(), histories(kinds=("Timesheet", "Timesheet", "PaymentOutcome")))
def test_what_came_back_though_it_never_moved_changes_no_instruction(data: st.DataObject, history: History) -> None:
    """RUN-4: neither amounts nor, for anybody, the method."""
    history = with_outcomes(data, history)
    paid = pay(history).records.get("PaymentInstruction", [])
    moved = {one["instruction_id"]: one["cut_off"] for one in paid if one["net_cents"] > 0}
    made = {one["instruction_id"] for one in paid}

    latest: dict[Any, int] = defaultdict(int)  # of each document, the pay run that first saw its last fact
    recovers = set()  # documents of which a fact may count, if the one that it contradicts is left out
    for fact in history.facts:
        if fact.KIND == "PaymentOutcome":
            key = fact.instruction_id, fact.document_id
            latest[key] = max(latest[key], cut_off_of_fact(fact))
            if fact.outcome == "RECOVERED" and fact.instruction_id in made:
                recovers.add(key)

    def is_about_nothing(fact: Fact) -> bool:
        if fact.KIND != "PaymentOutcome" or (fact.instruction_id, fact.document_id) in recovers:
            return False
        named = fact.instruction_id
        return named not in moved or latest[named, fact.document_id] <= moved[named]

    without = replay_plain([fact for fact in history.facts if not is_about_nothing(fact)], LAW, history.until)
    event(f"{sum(map(is_about_nothing, history.facts))} about nothing, {len(moved)} moved")
    assert by_id(without.records.get("PaymentInstruction", [])) == by_id(paid)


def by_id(instructions: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["instruction_id"]: one for one in instructions}


def deducted(instructions: Sequence[dict[str, Any]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for one in instructions:
        for deduction in one["deductions"]:
            sums[deduction["kind"]] += deduction["cents"]
    return sums


def instructions_add_up(records: Records) -> None:
    for instructions in statements(records).values():
        for number, one in enumerate(instructions, 1):
            assert one["sequence"] == number
            assert one["instruction_id"] == f"{one['statement_id']}:{iso(one['run_date'])}"
            assert one["gross_cents"] == sum(line["cents"] for line in one["lines"])
            assert one["net_cents"] == one["gross_cents"] - sum(each["cents"] for each in one["deductions"]) >= 0
            assert one["net_cents"] == 0 or one["outstanding_cents"] == 0, (
                "a rise is first set against what is outstanding"
            )
            assert (one["method"] == "NONE") == (one["net_cents"] == 0)
            assert (one["method"] == "DIRECT_DEPOSIT") == (one["account_token"] is not None)
            parts = [one[f"{what}_minutes"] for what in ("paid", "held", "cut", "denied")]
            assert one["claimed_minutes"] == sum(parts) and min(parts) >= 0
            assert len({line_key(line) for line in one["lines"]}) == len(one["lines"])
            assert all(each["cents"] for each in one["deductions"])
            assert one["lines"] or one["deductions"], "an instruction that says nothing"


TAXES = {"FICA", "MEDICARE", "SDI"}
ELSEWHERE = {"SHARE_OF_COST", "ADVANCE_PAID", "OVERPAYMENT_CARRIED"}  # from the recipient, before, or not at all


def no_cent_of_a_month_is_lost(records: Records) -> None:
    """Per recipient and month: net to providers + taxes + share of cost + advance = gross; what is carried is said."""
    months: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for one in records.get("PaymentInstruction", ()):
        if one["kind"] == "ARREARS":
            of_month = months[one["recipient_id"], month_of(one["period_start"])]
            of_month.update({"gross": one["gross_cents"], "net": one["net_cents"]})
            of_month.update({each["kind"]: each["cents"] for each in one["deductions"]})
    for of_month in months.values():
        assert set(of_month) <= {"gross", "net"} | TAXES | ELSEWHERE
        assert of_month["gross"] == of_month["net"] + sum(of_month[kind] for kind in TAXES | ELSEWHERE)


def line_key(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["earning"], line["program"], line["county"], line["rate_mills"]


def what_is_to_date_is_what_stands(records: Records, history: History) -> None:
    """Over instructions that were not reversed: net and gross to date, outstanding, and minutes paid."""
    for instructions in statements(records).values():
        for number, one in enumerate(instructions, 1):
            known = instructions[:number]
            standing = [each for each in known if not reversed_by(history.facts, each, one["cut_off"])]
            event(f"{len(known)} said, {len(standing)} stand")
            gone = {each["instruction_id"] for each in known} - {each["instruction_id"] for each in standing}
            assert one["reversed"] == sorted(gone)
            assert one["net_to_date_cents"] == sum(each["net_cents"] for each in standing)
            assert one["gross_to_date_cents"] == sum(each["gross_cents"] for each in standing)
            carried = -deducted(standing)[CARRIED]
            assert one["outstanding_cents"] == max(0, carried - recovered(history.facts, known, one["cut_off"]))
            service = [line for each in standing for line in each["lines"] if line["earning"] == "SERVICE"]
            assert one["paid_minutes"] == sum(line["minutes"] for line in service)
            assert min(deducted(standing)[kind] for kind in ("SHARE_OF_COST", "ADVANCE_PAID")) >= 0


def worth(instructions: Sequence[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    """Sums by line, in cents and minutes."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for one in instructions:
        for line in one["lines"]:
            sums[*line_key(line), "cents"] += line["cents"]
            sums[*line_key(line), "minutes"] += line["minutes"]
    return Counter({key: value for key, value in sums.items() if value})


PAYS_BY_FACTS = ("ARREARS", "TRAINING")  # an incentive stays once instructed, an advance is settled once


@MANY
@given(histories(late=False))
def test_the_sum_over_runs_is_what_one_run_would_pay(history: History) -> None:
    """The same facts in the same order, but all of them first seen by the last pay run: the same worth."""
    once = [fact.model_copy(update={"admitted_cut_off": history.until}) for fact in history.facts]
    said, at_once = statements(pay(history).records), statements(replay_plain(once, LAW, history.until).records)
    for statement_id in {id for id in (*said, *at_once) if id.startswith(PAYS_BY_FACTS)}:
        runs, single = said.get(statement_id, []), at_once.get(statement_id, [])
        assert worth(runs) == worth(single), statement_id
        event(f"{len(runs)} runs")
        if len({year_of(one["run_date"]) for one in (*runs, *single)}) == 1:
            taxes = [deducted(each) for each in (runs, single)]
            for kind in ("FICA", "MEDICARE", "SDI"):
                assert taxes[0][kind] == taxes[1][kind], (statement_id, kind)


# --- bounds -----------------------------------------------------------------------------------------------------------


@MANY
@given(histories(kinds=("Timesheet", "ServiceAuthorization", "ProviderAssignment")))
def test_nobody_is_paid_beyond_the_authorization(history: History) -> None:
    paid: Counter[tuple[str, str, int]] = Counter()
    for instructions in statements(pay(history).records).values():
        for line in (line for one in instructions for line in one["lines"] if line["earning"] == "SERVICE"):
            one = instructions[0]
            paid[one["recipient_id"], line["program"], month_of(one["period_start"])] += line["minutes"]
    for (recipient, program, month), minutes in paid.items():
        authorized = authorized_minutes(history.facts, recipient, program, month)
        event("all used" if minutes == authorized else "some left")
        assert 0 <= minutes <= authorized


def authorized_minutes(facts: Sequence[Fact], recipient: str, program: str, month: int) -> int:
    """HOURS-7 told naively: each day's part of the month of whichever authorization is in force."""
    documents: dict[str, list[Any]] = defaultdict(list)
    for fact in sorted(facts, key=lambda fact: (cut_off_of_fact(fact), fact.recorded_at, fact.source, fact.event_id)):
        if fact.KIND == "ServiceAuthorization" and (fact.recipient_id, fact.program) == (recipient, program):
            documents[fact.document_id].append(fact)
    first = {document_id: place for place, document_id in enumerate(documents)}
    standing = [max(revisions, key=lambda fact: fact.revision) for revisions in documents.values()]
    days = 0
    for day in range(month, month_end(month) + 1):
        in_force = [
            fact
            for fact in standing
            if not fact.withdrawn
            and fact.effective_from <= day <= (day if fact.effective_to is None else fact.effective_to)
        ]
        if in_force:
            days += limited(max(in_force, key=lambda fact: (fact.effective_from, first[fact.document_id])))
    return days // days_in_month(month)


def limited(authorization: Any) -> int:
    """HOURS-1 by its table."""
    minutes = authorization.monthly_minutes
    if authorization.program == "WPCS":
        return minutes
    if not authorization.severely_impaired and authorization.funding in ("PCSP", "CFCO"):
        minutes -= max(0, min(minutes, authorization.protective_supervision_minutes) - 195 * 60)
    severe = authorization.severely_impaired or authorization.funding in ("PCSP", "CFCO")
    return max(0, min(minutes, (283 if severe else 195) * 60))


WORK = st.tuples(st.sampled_from(("R1", "R2")), st.sampled_from(("IHSS", "WPCS")), st.integers(0, 1500))
DAYS = st.sampled_from(((2026, 3, 8), (2026, 3, 9), (2026, 11, 1)))  # 23, 24 and 25 hours


@MANY
@given(DAYS, st.lists(WORK, min_size=1, max_size=4), st.integers(0, 1440))
def test_no_day_is_longer_than_it_is(day: tuple[int, int, int], work: list[tuple[str, str, int]], trip: int) -> None:
    """TIME-5 over all recipients, programs and travel; what is beyond is held, and nothing else is."""
    period, place = date(*day).replace(day=1), day[2] - 1
    minutes = [[worked if index == place else 0 for index in range(15)] for _, _, worked in work]
    sheets = [
        {"kind": "Timesheet", "period": period, "recipient": recipient, "program": program, "minutes_worked": worked}
        for (recipient, program, _), worked in zip(work, minutes, strict=True)
    ]
    travel = {"kind": "TravelClaim", "period": period, "trips": [{"to": "R1", "date": date(*day), "minutes": trip}]}
    told = case("day", 1, {"sentence": "", "law": [], "expect": {}, "facts": [*sheets, travel]})
    said = statements(replay_plain(told.facts, LAW, told.cut_off).records)
    paid: Counter[str] = Counter()
    for one in (one for instructions in said.values() for one in instructions):
        for line in one["lines"]:
            paid[line["earning"]] += line["minutes"]
    length = day_length_minutes(epoch_day(date(*day)))
    assert paid["SERVICE"] + paid["TRAVEL"] <= length
    assert paid["SERVICE"] >= min(length - trip, sum(worked for _, _, worked in work))


# --- findings and pay runs --------------------------------------------------------------------------------------------


def findings_are_said_before_they_are_cleared_and_never_twice(records: Records) -> None:
    said: dict[str, dict[str, Any]] = {}
    for finding in sorted(records.get("Finding", []), key=lambda finding: finding["cut_off"]):
        before = said.get(finding["finding_id"])
        assert before is None or before["cut_off"] < finding["cut_off"]
        if finding["cleared"]:
            assert before is not None and not before["cleared"]
        elif before is not None:
            assert before | {"cut_off": 0} != finding | {"cut_off": 0}
        said[finding["finding_id"]] = finding


def a_finding_is_about_one_document(records: Records) -> None:
    """Whatever stands in its fields, one id speaks of one document and person; of one month too, but where a revision
    may name another day (a class)."""
    about: dict[str, Any] = {}
    for finding in records.get("Finding", []):
        named = document_named(finding["finding_id"])
        assert named is None or named.document_id == finding["document_id"]
        month = finding["service_month"] if named and named.kind != "TrainingClaim" else None
        people = [finding["provider_id"], finding["document_id"], month]
        assert about.setdefault(finding["finding_id"], people) == people or named is None


def overdue_pay_is_what_is_held(records: Records, history: History) -> None:
    """RUN-1: once a document, all that any rule holds of it but for the approval, after ten business days."""
    last = {finding["finding_id"]: finding for finding in _by_cut_off(records.get("Finding", []))}
    held: Counter[Any] = Counter()
    overdue: dict[Any, int] = {}
    for finding in (each for each in last.values() if not each["cleared"]):
        if finding["code"] == "PAY_OVERDUE":
            overdue[_document(finding)] = finding["minutes"]
        elif finding["outcome"] == "HELD" and finding["code"] != "AWAITING_RECIPIENT_APPROVAL":
            held[_document(finding)] += finding["minutes"] or 0
    assert {document: held[document] for document in overdue} == overdue
    payable = _payable_at_last(history)
    for document in (document for document in held if held[document] and document in payable):
        day = civil_day(payable[document])
        for _ in range(LAW.value("pay_run.pays_within_business_days", day)):
            day = next_business_day(day)
        assert document in overdue or cut_off_of(day) > history.until
        event("overdue" if document in overdue else "held, not yet overdue")


def _by_cut_off(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(findings, key=lambda finding: finding["cut_off"])


def _document(finding: dict[str, Any]) -> tuple[Any, ...]:
    named = document_named(finding["finding_id"])
    assert named is not None
    whose = [finding[name] for name in ("recipient_id", "program")] if named.kind == "Timesheet" else []
    return (*named, finding["provider_id"], *whose)


def _payable_at_last(history: History) -> dict[tuple[Any, ...], int]:
    """When each timesheet or claim can at the latest have first become payable: its last approved revision."""
    found: dict[tuple[Any, ...], int] = {}
    for fact in history.facts:
        if fact.KIND not in ("Timesheet", "TravelClaim", "TrainingClaim") or fact.withdrawn:
            continue
        if fact.KIND == "Timesheet" and fact.recipient_approved_at is None:
            continue
        period = iso(fact.period_start) if hasattr(fact, "period_start") else None
        whose = [fact.recipient_id, fact.program] if fact.KIND == "Timesheet" else []
        document = (fact.KIND, fact.document_id, period, fact.provider_id, *whose)
        found[document] = max(fact.recorded_at, found.get(document, 0))
    return found


def pay_runs_are_complete(records: Records, history: History) -> None:
    instructions, findings, runs = (records.get(kind, []) for kind in ("PaymentInstruction", "Finding", "PayRun"))
    if runs:
        assert [run["cut_off"] for run in runs] == cut_offs(runs[0]["cut_off"], history.until)
    assert {one["cut_off"] for one in instructions} <= {run["cut_off"] for run in runs}
    ids = [one["instruction_id"] for one in instructions]
    assert len(set(ids)) == len(ids)
    for run in runs:
        of_run = sorted((one for one in instructions if one["cut_off"] == run["cut_off"]), key=_id_bytes)
        ids = [one["instruction_id"].encode() + b"\n" for one in of_run]
        assert run["instructions_sha256"] == hashlib.sha256(b"".join(ids)).hexdigest()
        assert run["findings"] == sum(finding["cut_off"] == run["cut_off"] for finding in findings)
        for total in run["totals"]:
            of_kind = [one for one in of_run if (one["kind"], one["method"]) == (total["kind"], total["method"])]
            sums = [len(of_kind), *(sum(one[name] for one in of_kind) for name in ("gross_cents", "net_cents"))]
            assert [total["count"], total["gross_cents"], total["net_cents"]] == sums
        assert sum(total["count"] for total in run["totals"]) == len(of_run)


def _id_bytes(one: dict[str, Any]) -> bytes:
    return one["instruction_id"].encode()


def records_keep_the_contract(records: Records) -> None:
    for kind, said in records.items():
        for record in said if kind != "PayRun" else said[:1] + said[-1:]:
            model = validate(kind, record)
            assert decode_plain(kind, encode(model)) == model


@MANY
@given(st.data(), histories())
def test_the_books_of_every_history_balance(data: st.DataObject, history: History) -> None:
    history = with_outcomes(data, history)
    records = pay(history).records
    records_keep_the_contract(records)
    instructions_add_up(records)
    no_cent_of_a_month_is_lost(records)
    what_is_to_date_is_what_stands(records, history)
    findings_are_said_before_they_are_cleared_and_never_twice(records)
    a_finding_is_about_one_document(records)
    overdue_pay_is_what_is_held(records, history)
    pay_runs_are_complete(records, history)
