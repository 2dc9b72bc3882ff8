"""What statements say: every sentence in both languages, with the same places, in plain words."""

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from msgspec.structs import replace

from pipelines.statements import catalogs
from pipelines.statements.language import LOCALES, SOURCE, catalog_path, language
from pipelines.statements.points import can_be_said, outside_law, point_of
from pipelines.statements.sentences import earlier, wording
from pipelines.statements.sentences import said as said_again
from rules.findings import catalog
from schemas.avro import validate
from schemas.finding import Finding
from tests.pipelines.statements.readability import (
    english_syllables,
    fernandez_huerta_ease,
    flesch_kincaid_grade,
    spanish_syllables,
)
from tests.pipelines.statements.statement_world import every_case, said

TRANSLATED = sorted(set(LOCALES) - {SOURCE})
PLACE = re.compile(r"\{\w+\}|%\(\w+\)s")
GRADE, HARDEST_GRADE = 6.0, 11.5
EASE, HARDEST_EASE = 80, 50
WORDS_TO_JUDGE = 8
TIMES = ("minutes", "open_minutes", "claimed", "worked")
SAME_IN_BOTH = {"IHSS", "WPCS", "Career Pathways", "Medicare"}


def findings() -> list[Finding]:
    """What all cases of the law find."""
    found = {}
    for one, law in every_case():
        for record in said(one, law).get("Finding", []):
            found.setdefault((record["code"], record["cleared"], record["message"], record["next_step"]), record)
    return [validate("Finding", record) for record in found.values()]  # type: ignore[misc]


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_catalog_is_up_to_date(code: str) -> None:
    path = catalog_path(code)
    made = catalogs.updated(code, path, catalogs.texts())
    assert path.read_bytes() == made, "run python -m pipelines.statements.catalogs"


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_text_is_translated_with_the_same_places(code: str) -> None:
    with catalog_path(code).open("rb") as stream:
        known = {message.id: message.string for message in read_po(stream, locale=code)}
    texts = {text for _, text in catalogs.texts()}
    assert len(texts) > 250
    assert not {text for text in texts if not known.get(text)}
    assert not {text for text in texts if sorted(PLACE.findall(text)) != sorted(PLACE.findall(known[text]))}
    assert not {text for text in texts if text == known[text]} - SAME_IN_BOTH


def test_every_kind_of_text_is_drawn() -> None:
    """A sentence of findings.toml, of wording.toml, of a template, and a county's."""
    texts = {text for _, text in catalogs.texts()}
    assert catalog()["FILING_LIMIT"]["message"] not in texts, "the county reads English"
    assert {catalog()["SHARE_OF_COST_DUE"]["messages"]["to_recipient"], "Training class", "Your hours"} <= texts
    assert {"Your county IHSS office", "{day} a day"} <= texts


@pytest.mark.parametrize("code", sorted(LOCALES))
def test_every_finding_of_the_law_is_said_again(code: str) -> None:
    spoken = language(code)
    lost, codes = [], set()
    for finding in findings():
        if finding.addressee != "COUNTY":
            codes.add(finding.code)
            text = said_again(finding, spoken)
            if not text.own or (finding.document_id or "") not in text.message:
                lost.append((finding.code, finding.message, finding.next_step))
    assert not lost
    assert codes == {code for code, entry in catalog().items() if entry["addressee"] != "COUNTY"}


EARLIER = Path(__file__).with_name("earlier_findings.json")


@pytest.mark.parametrize("code", sorted(LOCALES))
def test_what_an_earlier_version_stored_is_said_in_words_of_today(code: str) -> None:
    """earlier_findings.json: as version 0.1 wrote them. A changed sentence belongs into earlier.toml."""
    spoken, stored = language(code), [validate("Finding", each) for each in json.loads(EARLIER.read_text("utf-8"))]
    lost = [each.message for each in stored if not said_again(each, spoken).own]  # type: ignore[arg-type]
    assert stored and not lost
    if code == "en":
        assert any(said_again(each, spoken).message != each.message for each in stored)  # type: ignore[arg-type]


def test_an_earlier_sentence_fills_every_place_of_today() -> None:
    of_today = {text for _, text in catalogs.texts()} | {
        text
        for entry in catalog().values()
        for part in ("message", "next_step", "messages", "next_steps")
        for text in ([entry[part]] if isinstance(entry.get(part), str) else entry.get(part, {}).values())
    }
    for now, before in earlier().items():
        assert now in of_today, "a sentence changed again: its `now` in earlier.toml too, and one more `before`"
        for each in before:
            assert each not in of_today and {*PLACE.findall(now)} <= {*PLACE.findall(each)}


def test_a_spanish_sentence_keeps_no_english() -> None:
    english = re.compile(r"\b(the|is|are|of|you|your|hours?|minutes?|and|week|county)\b")
    wrong = set()
    for finding in findings():
        for reader in ("PROVIDER", "RECIPIENT"):
            if can_be_said(finding, reader):
                point = point_of(finding, reader, language("es"))
                wrong |= {
                    text
                    for text in (point.title, point.message, point.next_step)
                    if english.search(text.replace(finding.document_id or "-", ""))
                }
    assert not wrong


def test_an_unknown_sentence_stays_in_english_and_is_counted() -> None:
    [finding] = [each for each in findings() if each.code == "OVERPAYMENT" and not each.cleared][:1]
    other = replace(finding, message="Something that no template of this version says.")
    point = point_of(other, "PROVIDER", language("es"))
    assert point.english
    assert point.message == other.message


def test_a_dispute_date_stands_only_where_it_can_be_used() -> None:
    """Not where the county has upheld or overturned the violation."""
    dated = [finding for finding in findings() if finding.due_by is not None and not finding.cleared]
    shown = {finding.next_step: point_of(finding, "PROVIDER", language("en")).due_by for finding in dated}
    assert {"If you disagree" in step for step in shown} == {True, False}
    assert all((due is not None) == ("If you disagree" in step) for step, due in shown.items())


@pytest.mark.parametrize("code", sorted(LOCALES))
def test_nothing_of_the_house_stands_in_a_letter(code: str) -> None:
    """No V1, no rule of this program, no assumption: what a person cannot look up is no authority to them."""
    inside = re.compile(r"\bV[1-4]\b|LAW|CONTRACT|assumption|\.md")
    points = [
        point_of(finding, reader, language(code))
        for finding in findings()
        for reader in ("PROVIDER", "RECIPIENT")
        if can_be_said(finding, reader)
    ]
    texts = {text for each in points for text in (each.title, each.message, each.next_step, each.authority, each.also)}
    assert not {text for text in texts if inside.search(text)}
    assert outside_law("LAW TIME-2; MPP 30-769") == "MPP 30-769", "as earlier versions stored it"
    assert outside_law("42 USC 1396b(l)(5); WIC 10836") == "42 USC 1396b(l)(5); WIC 10836"
    assert outside_law("LAW EVV-5 (judged by visits: assumption)") == ""


@pytest.mark.parametrize("minutes", [1, 60, 61, 180])
def test_english_agrees_with_any_time(minutes: int) -> None:
    """No sentence begins with a time, which may be 1 hour: 1 hour wait, 3 hours is."""
    spoken, wrong = language("en"), re.compile(r"(^|[.:] )\d+ (hours?|minutes?)\b[^.:]* (is|are|was|were|wait|have)\b")
    places = defaultdict(lambda: "X", {name: spoken.duration(minutes) for name in TIMES})
    said = {text: text.format_map(places) for _, text in catalogs.texts() if PLACE.search(text) and "%(" not in text}
    assert not [
        text for text, one in said.items() if any(f"{{{name}}}" in text for name in TIMES) and wrong.search(one)
    ]


def test_no_spelling_is_british() -> None:
    british = re.compile(r"\b(cheques?|enrolment|travelled|programme|labour|behaviour|put right|puts? the \w+ right)\b")
    county = {text for entry in catalog().values() for text in entry.values() if isinstance(text, str)}
    assert not {text for text in {text for _, text in catalogs.texts()} | county if british.search(text)}


def test_every_code_for_people_has_a_title() -> None:
    titles = {code for code, words in wording()["code"].items() if words["title"]}
    assert {code for code, entry in catalog().items() if entry["addressee"] != "COUNTY"} <= titles


def test_whatever_takes_hours_can_be_said_to_the_provider() -> None:
    """A provider learns why hours are not paid also where somebody else must act."""
    taking = {code for code, entry in catalog().items() if entry["outcome"] in ("HELD", "CUT", "DENIED")}
    to_provider = {code for code in taking if catalog()[code]["addressee"] == "PROVIDER"}
    own = {code for code in taking if "provider" in wording()["code"].get(code, {})}
    assert taking - to_provider - own == {"ADVANCE_REQUIRES_SEVERE_IMPAIRMENT"}


def test_money_time_and_days_are_written_as_people_do() -> None:
    english, spanish = language("en"), language("es")
    assert (english.money(-123456), spanish.money(123456)) == ("−$1,234.56", "$1,234.56")
    assert (english.rate(9485), english.rate(20440)) == ("$9.485", "$20.44")
    assert (english.duration(2468), spanish.duration(2468)) == ("41 hours and 8 minutes", "41 horas y 8 minutos")
    assert (english.duration(61), english.duration(0), spanish.duration(60)) == (
        "1 hour and 1 minute",
        "0 minutes",
        "1 hora",
    )
    assert (english.day(19726), spanish.day(19726)) == ("January 4, 2024", "4 de enero de 2024")
    assert (english.month(19723), spanish.month(19723)) == ("January 2024", "enero de 2024")


def by_source() -> dict[str, list[str]]:
    """Texts of several words, by the file they come from."""
    groups = defaultdict(list)
    for where, text in catalogs.texts():
        if len(PLACE.sub("x", text).split()) >= WORDS_TO_JUDGE:
            groups[where.split(":")[0]].append(text)
    return groups


def test_english_can_be_read_at_twelve() -> None:
    groups = by_source()
    assert {"findings.toml", "wording.toml", "templates/statement.html.j2"} <= set(groups)
    assert not {where: grade for where, texts in groups.items() if (grade := flesch_kincaid_grade(texts)) > GRADE}
    hard = {
        text: grade
        for texts in groups.values()
        for text in texts
        if (grade := flesch_kincaid_grade([text])) > HARDEST_GRADE
    }
    assert not hard


def test_spanish_can_be_read_at_twelve() -> None:
    spoken = language("es")
    groups = {where: [spoken.say(text) for text in texts] for where, texts in by_source().items()}
    assert not {where: ease for where, texts in groups.items() if (ease := fernandez_huerta_ease(texts)) < EASE}
    hard = {
        text: ease
        for texts in groups.values()
        for text in texts
        if (ease := fernandez_huerta_ease([text])) < HARDEST_EASE
    }
    assert not hard


def test_the_measures_see() -> None:
    assert [english_syllables(word) for word in ("the", "county", "recipient", "approved", "time")] == [1, 2, 4, 2, 1]
    assert [spanish_syllables(word) for word in ("día", "hora", "período", "que", "autorización", "cuida")] == [
        2,
        2,
        4,
        1,
        5,
        2,
    ]
    heavy = (
        "Notwithstanding applicable regulatory determinations, remuneration authorizations necessitate verification."
    )
    assert flesch_kincaid_grade([heavy]) > HARDEST_GRADE > flesch_kincaid_grade(["You are paid on Friday. Call us."])
    pesado = "La determinación administrativa correspondiente condicionará irrevocablemente la remuneración."
    assert (
        fernandez_huerta_ease([pesado])
        < HARDEST_EASE
        < fernandez_huerta_ease(["Le pagamos el lunes. Llame al condado."])
    )
