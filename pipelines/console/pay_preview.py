"""What facts would change in money before they are sent, as a sender reads it; and as JSON, amounts in cents."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pipelines.console.tables import sections, signed_dollars, signed_hours, table
from pipelines.explain.pay_preview import PayPreview, TriedFact
from pipelines.explain.trial import DifferingPayment, TrialOutcome
from pipelines.harmless import as_line
from pipelines.report.wording import counted
from pipelines.wording import KINDS, in_words
from rules.money import dollars
from rules.periods import business_day_of, iso
from schemas.envelope import Fact
from schemas.finding import Finding
from schemas.types import Json

FIRST = 20


def told(seen: PayPreview) -> Json:
    """All of it as JSON."""
    payments, facts = [each for circle in seen.circles for each in circle.payments], map(_fact, seen.tried)
    return {"until": _day(seen.until), **_changed(payments, seen.circles), "facts": [*facts]} | {
        "not_previewed": [{"origin": each.origin, "kind": each.fact.KIND} for each in seen.aside]
    }


def _fact(tried: TriedFact) -> Json:
    fact: Fact = tried.placed.fact
    about: Json = {name: getattr(fact, name) for name in ("document_id", "revision", "withdrawn")}
    where: Json = {"origin": tried.placed.origin, "kind": fact.KIND, "pay_run": _day(tried.cut_off)}
    return where | about | _changed(tried.outcome.payments, [tried.outcome])


def _changed(payments: list[DifferingPayment], outcomes: Iterable[TrialOutcome]) -> Json:
    """Sums of differences, the payments by pay run and pay period, and findings that come and go."""
    outcomes = list(outcomes)
    return {
        "minutes": sum(each.minutes for each in payments),
        "gross_cents": sum(each.gross for each in payments),
        "net_cents": sum(each.net for each in payments),
        "by_run": _by_run(payments),
        "findings_come": _findings(each for one in outcomes for each in one.begins),
        "findings_go": _findings(each for one in outcomes for each in one.ends),
    }


def _by_run(payments: list[DifferingPayment]) -> list[Json]:
    """What a pay run pays for a pay period in payments that are otherwise: before, after, and the difference."""
    rows: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for each in payments:
        row = rows[each.instruction.cut_off, each.instruction.period_start]
        row["payments"] += 1
        row["minutes"] += each.minutes
        for part in ("gross", "net"):
            before, after = (getattr(one, f"{part}_cents", 0) for one in (each.before, each.after))
            row[f"{part}_before_cents"] += before
            row[f"{part}_after_cents"] += after
            row[f"{part}_cents"] += after - before
    days = ({"pay_run": _day(run), "pay_period": iso(period)} for run, period in sorted(rows))
    return [named | row for named, (_, row) in zip(days, sorted(rows.items()), strict=True)]


def _findings(findings: Iterable[Finding]) -> list[Json]:
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in findings:
        counts[each.outcome, each.code][0] += 1
        counts[each.outcome, each.code][1] += each.minutes or 0
    return [
        {"outcome": outcome, "code": code, "count": count, "minutes": minutes}
        for (outcome, code), (count, minutes) in sorted(counts.items())
    ]


def _day(cut_off: int) -> str:
    return iso(business_day_of(cut_off))


def render(pay: Json, console: Console, everything: bool) -> None:
    """Print what ``told`` says: the sentence, pay run by pay run, fact by fact the first or all."""
    console.print(_sentence(pay), "", sep="\n")
    sections(console, {
        "What pay runs would pay otherwise": _runs(pay["by_run"]),
        "Fact by fact, each on top of those before it": _facts(pay["facts"], everything),
        "Not looked at": _aside(pay["not_previewed"]),
    })  # fmt: skip


def _sentence(pay: Json) -> Text:
    looked = f"as known today, up to pay run {pay['until']}"
    if not pay["by_run"]:
        return Text(f"No payment would be otherwise, {looked}", style="bold")
    payments = counted(sum(row["payments"] for row in pay["by_run"]), "payment")
    money = f"{dollars(pay['gross_cents'])} gross, {dollars(pay['net_cents'])} net"
    return Text(f"{payments} would be otherwise: in all {money}, {looked}", style="bold")


def _runs(rows: list[Json]) -> Table | None:
    made = table("Pay run", "Pay period", "Hours", "Gross before", "after", "Gross", "Net", words=2)
    for row in rows:
        gross = dollars(row["gross_before_cents"]), dollars(row["gross_after_cents"])
        signed = signed_dollars(row["gross_cents"]), signed_dollars(row["net_cents"])
        made.add_row(row["pay_run"], row["pay_period"], signed_hours(row["minutes"]), *gross, *signed)
    return made if rows else None


def _facts(facts: list[Json], everything: bool) -> Group | None:
    made = table("Where", "Fact", "Seen by", "Gross", "Net", "Findings", words=3, folds=1)
    shown = facts if everything else facts[:FIRST]
    for each in shown:
        fact = f"{in_words(each['kind'], KINDS)} {as_line(each['document_id'])}"
        amounts = signed_dollars(each["gross_cents"]), signed_dollars(each["net_cents"])
        made.add_row(as_line(each["origin"]), fact, each["pay_run"], *amounts, _moves(each))
    rest = len(facts) - len(shown)
    more = [Text(f"and {rest:,} more: --all shows them", style="dim")] if rest else []
    return Group(made, *more) if facts else None


def _moves(each: Json) -> str:
    moves = (("+", row) for row in each["findings_come"]), (("-", row) for row in each["findings_go"])
    return " ".join(f"{sign}{row['code']}" for of_sign in moves for sign, row in of_sign)


def _aside(aside: list[Json]) -> Text | None:
    kinds = Counter(in_words(each["kind"], KINDS).lower() for each in aside)
    said = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    return Text(f"{said}: of reference data it is not looked at whose pay it would change") if aside else None
