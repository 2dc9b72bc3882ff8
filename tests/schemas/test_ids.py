"""Ids come apart as they were made, whatever stands in them; what is none of ours names nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import ids
from schemas.symbols import PAYMENT_KINDS, UnknownSymbol
from schemas.types import FIRST_DAY, LAST_DAY

PERSON = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
DAY = st.integers(FIRST_DAY, LAST_DAY)
KIND = st.sampled_from(PAYMENT_KINDS)


@given(KIND, PERSON, st.none() | PERSON, DAY, DAY)
def test_an_instruction_names_its_statement_people_and_days(
    kind: str, payee: str, recipient: str | None, period: int, run: int
) -> None:
    statement = ids.statement_id(kind, payee, recipient, period)
    made = ids.instruction_id(statement, run)
    assert ids.is_instruction_id(made) and not ids.is_instruction_id(statement)
    assert (ids.statement_of(made), ids.day_of(made), ids.day_of(statement)) == (statement, run, period)
    for id in (statement, made):
        assert ids.payee_of(id) == (kind, payee, recipient)
        assert ids.payee_of(id).provider_id == (None if kind == "ADVANCE" else payee)
    assert ids.settlement_that_made(made) == ids.settlement_of(kind, payee, recipient)
    assert ids.statement_of_account(ids.account_id(statement)) == statement


@given(st.text(st.sampled_from("AR:-/.1"), max_size=12) | st.text(max_size=12))
def test_what_is_no_id_of_ours_names_nobody(text: str) -> None:
    assert not ids.is_instruction_id(text)
    assert ids.day_of(text) is None
    payee = ids.payee_of(text)
    assert payee.recipient_id not in ("", "-")
    assert ids.person_of(ids.settlement_that_made(text))[1] in (payee.payee_id, payee.recipient_id or "")


@given(PERSON, PERSON, st.integers(1, 99), st.none() | DAY)
def test_a_reference_and_a_finding_name_a_document(kind: str, number: str, revision: int, period: int | None) -> None:
    name = ids.reference(kind, number, revision)
    assert ids.referred(name) == (kind, number, revision)
    assert ids.document_of(name) == ids.document_name(kind, number)
    found = ids.finding_id("CODE", "COUNTY", ["P1", None, ids.document_name(kind, number, period), period])
    named = ids.document_named(found)
    assert named is not None and named[:2] == (kind, number)
    assert (named.period_start is None) == (period is None) and ids.code_of(found) == "CODE"
    assert ids.document_named(ids.finding_id("CODE", "COUNTY", ["P1", period])) is None


@given(PERSON)
def test_a_key_names_a_person(id: str) -> None:
    assert ids.person_of(ids.provider_key(id)) == (ids.PROVIDER, id)
    assert ids.person_of(ids.recipient_key(id)) == (ids.RECIPIENT, id)


def test_no_settlement_pays_an_unknown_kind() -> None:
    with pytest.raises(UnknownSymbol, match="BONUS"):
        ids.settlement_of("BONUS", "P1", "R1")


@pytest.mark.parametrize(
    ("origin", "source"),
    (("facts/a.avro:120", "facts/a.avro"), ("ihss.v1.timesheet/77", "ihss.v1.timesheet"), ("plain", "plain")),
)
def test_an_origin_names_its_source(origin: str, source: str) -> None:
    assert ids.source_of(origin) == source


def test_an_origin_is_made_as_it_is_read() -> None:
    assert ids.file_of(ids.origin_in("a:b.avro", "end")) == "a:b.avro"
    made = ids.origin_of_message("projects/p/subscriptions/s", "7")
    assert (made, ids.message_of_origin(made)) == ("s/7", "7")
