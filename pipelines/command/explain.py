"""``ihss-payroll explain``: why a payment is what it is, or why there is none."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command.completion import payments
from pipelines.command.options import Docs, LastRun, PayPeriod, Provider, Recipient
from pipelines.harmless import complain, remark
from pipelines.misuse import Misuse, day_asked, file_written

if TYPE_CHECKING:
    from pipelines.explain.answer import Answer, Question
    from pipelines.explain.paid import Paid

SHAPE = "kind:payee:recipient:period:run, such as ARREARS:P000428:R000108:2024-01-01:2024-01-08"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(explain)


def explain(
    instruction: Annotated[
        str | None, typer.Argument(metavar="INSTRUCTION_ID", help="A payment, by its id.", autocompletion=payments)
    ] = None,
    events: Annotated[Path | None, typer.Option(help="Folder of facts (or a journal) that was paid from.")] = None,
    paid: Annotated[Path | None, typer.Option(help="The replay's output folder: makes it fast, and sure.")] = None,
    provider: Provider = None,
    recipient: Recipient = None,
    period: PayPeriod = None,
    until: LastRun = None,
    law: Annotated[Path | None, typer.Option(help="The overlay that the replay was given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (docs/explain.md).")] = False,
    html: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write a page, whole in itself.")] = None,
    receipt: Annotated[Path | None, typer.Option(metavar="FILE", help="Write what others can check (docs).")] = None,
    docs: Docs = None,
    language: Annotated[str, typer.Option(help="en or es.")] = "en",
) -> int:
    """Why a payment is what it is, or why there is none: from net to lines to days, and every hour not paid.

    It runs the rules of the payroll on the facts concerned, and answers only if they make the payment to the cent.

    [bold]Examples[/]

        ihss-payroll explain ARREARS:P000428:R000108:2024-01-01:2024-01-08 --events sample --paid out

        ihss-payroll explain --provider P000428 --paid out       # which pay periods are there?

        ihss-payroll explain --provider P000428 --period 2024-01-01 --events sample --paid out --out why.html
    """
    _spoken(language)
    if receipt is not None and (instruction is None or paid is None):
        raise Misuse("--receipt is of one payment that was made: name its id, and --paid")
    if instruction is None and period is None and (provider or recipient):
        if html is not None or until is not None:
            raise Misuse("--period is missing: name it, or leave out --out and --until to list the pay periods")
        return _periods(provider, recipient, events, paid, as_json)
    output = _paid(paid)
    question = _as_of(_question(instruction, provider, recipient, period), until, output)
    answer = _answer(question, _facts(events), output, law, receipt, language)
    return 1 if answer is None else _told(answer, as_json, html, docs, language, silent=receipt is not None)


def _spoken(language: str) -> None:
    from pipelines.statements.language import LOCALES

    if language not in LOCALES:
        raise Misuse(f"--language {language} is not spoken here: take en or es")


def _periods(provider: str | None, recipient: str | None, events: Path | None, paid: Path | None, as_json: bool) -> int:
    """The pay periods that can be asked for; exit code 1 if there are none."""
    from pipelines.console.explanation import explain_console
    from pipelines.console.found import show_periods
    from pipelines.find.periods import periods_as_json, periods_of_person
    from pipelines.report.asked import ReportAsked

    if paid is None:
        raise Misuse("--period is missing: with --paid, the folder that a replay wrote to, all pay periods are listed")
    if events is not None:
        _facts(events)
    who, id = ("provider", provider) if provider else ("recipient", recipient)
    found = periods_of_person(paid, who, id or "")
    if as_json:
        print(periods_as_json(found))
    else:
        show_periods(found, who, id or "", ReportAsked(paid, events), explain_console())
    return 0 if found else 1


def _answer(
    question: "Question", events: Path, paid: "Paid | None", law: Path | None, receipt: Path | None, language: str
) -> "Answer | None":
    from pipelines.command.pay import law_of_facts
    from pipelines.explain.answer import Sources, answered, look
    from pipelines.explain.language import explain_language
    from pipelines.explain.paid import ExplainRefusal
    from pipelines.explain.receipt import receipt_json, receipt_of
    from pipelines.files_below import files_of_facts
    from pipelines.spoken import said_in

    try:
        looked = look(question, Sources(events, paid, law_of_facts(law, files_of_facts(events))))
        if receipt is not None and paid is not None:
            made = receipt_json(receipt_of(question.instruction_id or "", looked, paid.folder))
            file_written(receipt, made, "--receipt")
            remark(f"The receipt is in {receipt}: anybody can check it (docs/verify/verify.py)")
        return answered(looked)
    except ExplainRefusal as refusal:
        complain(said_in(refusal.words, explain_language(language)))
        return None


def _told(answer: "Answer", as_json: bool, html: Path | None, docs: str | None, language: str, silent: bool) -> int:
    from pipelines.console.explanation import ExplainReader, explain_console, render
    from pipelines.explain.language import explain_language

    if html is not None:
        from pipelines.explain.page import page

        file_written(html, page(answer, docs, language), "--out")
        remark(f"The explanation is in {html}")
    speaker = explain_language(language)
    if as_json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(answer.said_in(speaker)), indent=2).decode())
    elif html is None and not silent:
        render(answer, explain_console(), ExplainReader(docs, speaker))
    return 0


def _question(instruction: str | None, provider: str | None, recipient: str | None, period: str | None) -> "Question":
    from pipelines.explain.answer import Question, question_of
    from rules.periods import period_of

    if instruction is not None:
        if provider or recipient or period:
            raise Misuse("an instruction id says it all: leave out --provider, --recipient and --period")
        try:
            return question_of(instruction)
        except ValueError:
            raise Misuse(f"{instruction} is no instruction id: it reads {SHAPE}") from None
    if period is None or not (provider or recipient):
        raise Misuse("name what to explain: an instruction id, or --provider or --recipient with --period")
    asked = f"--period {period} is no pay period: write its first day, such as 2024-03-01 or 2024-03-16"
    day = day_asked(period, "--period", asked)
    if not re.search(r"-(01|16)$", period) or period_of(day) != day:
        raise Misuse(asked)
    return Question(None, provider, recipient, day, None)


def _as_of(question: "Question", until: str | None, paid: "Paid | None") -> "Question":
    last = _last(until, paid)
    if question.until is None:
        return question._replace(until=last)
    if until is not None:
        raise Misuse("--until goes with --provider or --recipient: a payment is explained as of its own pay run")
    return question


def _facts(events: Path | None) -> Path:
    if events is None:
        raise Misuse("--events is missing: name the folder of facts that was paid from, such as --events sample")
    from pipelines.files_below import files_below, tell_unread

    found = files_below(events) if events.is_dir() else None
    if found is None or not found.files:
        raise Misuse(f"--events {events} holds no file of facts: name the folder that holds the facts")
    tell_unread(found)
    return events


def _paid(folder: Path | None) -> "Paid | None":
    from pipelines.explain.paid import Paid

    if folder is None:
        return None
    if not folder.is_dir() or not any(folder.rglob("*payment_instruction*.avro")):
        raise Misuse(f"--paid {folder} has no payment_instruction*.avro: name the folder that a replay wrote to")
    return Paid(folder)


def _last(until: str | None, paid: "Paid | None") -> int | None:
    """The last cut-off to look at: the one asked for, else the last that was replayed, else (of a live job, whose
    journal holds what no pay run has seen yet) the newest pay run."""
    from rules.periods import cut_off_of, is_business_day, previous_business_day

    text = until or (paid.summary.until if paid and paid.summary else None)
    if text is None:
        return paid.last_pay_run if paid and not paid.summary else None
    day = day_asked(text, "--until")
    return cut_off_of(day if is_business_day(day) else previous_business_day(day))
