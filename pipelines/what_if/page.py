"""The page of a what-if: the answer in words and figures first, a curve for a range, then who pays, who gains and what
moves. It works offline, on a phone, in light and dark, and on paper, and names nobody unless asked to."""

from pathlib import Path

from markupsafe import Markup

from pipelines.report import page as report_page
from pipelines.what_if.answer import WhatIfAnswer
from pipelines.what_if.scenario import Scenario
from pipelines.what_if.sections import sections_of, signed_money
from pipelines.what_if.tables import Answered
from pipelines.what_if.words import sentences
from schemas.types import Json

OWN_FOLDER = Path(__file__).parent


def page(answered: Answered, fine_print: str, with_ids: bool) -> str:
    """One page for all scenarios; the same answers give the same bytes."""
    template = report_page.environment(None, OWN_FOLDER).get_template("what_if.html.j2")
    parts = [_scenario(number, scenario, answers, with_ids) for number, (scenario, answers) in enumerate(answered, 1)]
    return template.render(
        scenarios=parts,
        fine_print=fine_print,
        with_ids=with_ids,
        style=Markup((report_page.OWN_FOLDER / "report.css").read_text("utf-8")),
        script=Markup((report_page.OWN_FOLDER / "report.js").read_text("utf-8")),
    )


def _scenario(number: int, scenario: Scenario, answers: list[WhatIfAnswer], with_ids: bool) -> Json:
    last = answers[-1]
    return {
        "id": f"s{number}",
        "name": scenario.name,
        "question": scenario.question,
        "point": f"{scenario.axis} {last.label}" if scenario.axis else "",
        "sentences": sentences(scenario, last),
        "cards": _cards(scenario, last),
        "sections": sections_of(number, scenario, answers, with_ids),
    }


def _cards(scenario: Scenario, answer: WhatIfAnswer) -> list[tuple[str, str, str]]:
    """Title, figure, and what it is."""
    people, owed = answer.people, answer.retroactive
    adopted = scenario.adopted is not None
    return [
        (
            "What does it cost?",
            signed_money(answer.pay.difference),
            f"in pay before taxes; {signed_money(answer.cost.difference)} with the employer's part of the taxes",
        ),
        (
            "Who gains, who loses?",
            f"{people.gain:,} / {people.lose:,}",
            f"of {people.people:,} payees; the middle one {signed_money(people.middle)} net",
        ),
        (
            "What is owed for past periods?",
            signed_money(owed.gross),
            "before taxes, from the first run that knows it"
            if adopted
            else "before taxes, if it were adopted only now",
        ),
        (
            "What does a full month cost?",
            "–" if answer.full_month is None else signed_money(answer.full_month),
            "in pay, on average, where all of it holds"
            + ("" if answer.year is None else f"; twelve of them {signed_money(answer.year)}"),
        ),
    ]
