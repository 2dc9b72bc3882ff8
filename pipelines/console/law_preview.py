"""What a change of law would pay in the next pay run, as an officer reads it before it is confirmed; and as JSON."""

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.console.tables import sections, signed_count, signed_dollars, table
from pipelines.harmless import as_line
from pipelines.live.clock import day_of_run
from pipelines.report.wording import counted
from pipelines.what_if.publishing import LawPreview
from rules.money import dollars
from rules.periods import iso
from schemas.types import Json

MORE, LESS = "get more", "get less"


def people(seen: LawPreview) -> Counter[str]:
    """Payees who get more, and who get less."""
    nets = (net for _, net, *_ in seen.sums.people.values() if net)
    return Counter(MORE if net > 0 else LESS for net in nets)


def render(seen: LawPreview, with_ids: bool, console: Console) -> None:
    """Print it: the sentence, money by service month and by county and earning, findings, payments if asked."""
    console.print(_sentence(seen), "", sep="\n")
    sections(console, {
        "By service month": _by_month(seen),
        "By county and earning": _by_earning(seen),
        "Findings of the pay run": _findings(seen),
        "Payments": _payments(seen) if with_ids else None,
    })  # fmt: skip


def _sentence(seen: LawPreview) -> Text:
    run, gets = day_of_run(seen.cut_off), people(seen)
    if not seen.payments:
        return Text(f"Pay run {run} would pay nobody otherwise than without it", style="bold yellow")
    moved = " and ".join(f"{counted(gets[which], 'payee')} {which}" for which in (MORE, LESS) if gets[which])
    money = f"{dollars(seen.gross_cents)} gross, {dollars(seen.net_cents)} net"
    return Text(f"Pay run {run}: {moved or 'nobody gets another net'}; in all {money}", style="bold")


def _by_month(seen: LawPreview) -> Table | None:
    made = table("Payee", "Service month", "Gross", "Net", words=2)
    for (payee, month), (gross, net) in sorted(seen.sums.paid.items()):
        if gross or net:
            made.add_row(payee.capitalize(), iso(month)[:7], signed_dollars(gross), signed_dollars(net))
    return made if made.row_count else None


def _by_earning(seen: LawPreview) -> Table | None:
    sums: dict[tuple[str, str], int] = Counter()
    for (county, _, _, earning), (_, cents) in seen.sums.lines.items():
        sums[county, earning] += cents
    made = table("County", "Earning", "Gross", words=2)
    for (county, earning), cents in sorted(sums.items()):
        if cents:
            made.add_row(county or "-", earning.replace("_", " ").capitalize(), signed_dollars(cents))
    return made if made.row_count else None


def _findings(seen: LawPreview) -> Table | None:
    made = table("Outcome and code", "More")
    for code in sorted({*seen.came, *seen.gone}):
        made.add_row(as_line(code), signed_count(seen.came.get(code, 0) - seen.gone.get(code, 0)))
    return made if made.row_count else None


def _payments(seen: LawPreview) -> Table | None:
    made = table("Instruction", "Net without it", "Net with it", folds=1)
    for each in seen.payments:
        made.add_row(as_line(each.instruction_id), dollars(each.net_before), dollars(each.net_after))
    return made if seen.payments else None


def told(seen: LawPreview, with_ids: bool, confirmed: bool = True) -> Json:
    """The same as JSON; amounts in cents. ``confirmed``: it is published by its digest."""
    gets = people(seen)
    found: Json = {"confirm": seen.digest[:16], "digest": seen.digest} if confirmed else {}
    found |= {
        "pay_run": day_of_run(seen.cut_off),
        "effective": iso(seen.change.effective), "payments": len(seen.payments), "gain": gets[MORE],
        "lose": gets[LESS], "gross_cents": seen.gross_cents, "net_cents": seen.net_cents,
        "findings_come": seen.came, "findings_go": seen.gone,
    }  # fmt: skip
    names = "instruction_id", "gross_before", "gross_after", "net_before", "net_after"
    rows = [{name: getattr(each, name) for name in names} for each in seen.payments]
    return found | ({"rows": rows} if with_ids else {})
