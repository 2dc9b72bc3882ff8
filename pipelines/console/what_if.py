"""A what-if on a terminal: the question, the answer in sentences, and of a range a line for each of its points."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.console.tables import signed_count, signed_dollars, table
from pipelines.what_if.answer import WhatIfAnswer
from pipelines.what_if.tables import Answered
from pipelines.what_if.words import sentences


def render(answered: Answered, console: Console) -> None:
    """Print each scenario."""
    for scenario, answers in answered:
        console.print(Text(scenario.name, style="bold"), Text(scenario.question, style="italic"), sep="\n")
        if scenario.axis:
            console.print(Text(f"Values of {scenario.axis}, and what each would change:"), _points(answers), sep="\n")
        for sentence in sentences(scenario, answers[-1]):
            console.print(Text(f"  {sentence}" if not scenario.axis else f"  {answers[-1].label}: {sentence}"))
        console.print()


def _points(answers: list[WhatIfAnswer]) -> Table:
    made = table("Value", "Pay", "Net", "Gain", "Lose", "Past periods", "Violations")
    for answer in answers:
        amounts = (signed_dollars(each.difference) for each in (answer.pay, answer.net))
        people = f"{answer.people.gain:,}", f"{answer.people.lose:,}"
        owed, violations = signed_dollars(answer.retroactive.gross), signed_count(answer.violations)
        made.add_row(answer.label, *amounts, *people, owed, violations)
    return made
