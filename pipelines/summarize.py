"""summary.json: the tally of a replay in the words of a payroll officer."""

from collections.abc import Sequence

from fold.tally import Tally, hours
from pipelines.files_below import printable
from pipelines.wording import clock
from rules.law import Law
from rules.money import dollars
from rules.periods import business_day_of, cut_offs, iso
from schemas.types import Json

NAMES = ("count", "gross_cents", "net_cents")


def summary_of(tally: Tally, law: Law, until: int | None, ignored: Sequence[str] = ()) -> Json:
    """The summary; ``until`` is the last cut-off asked for, None: the latest that a fact names. ``ignored``: files that
    were not read."""
    last = until or tally.latest_cut_off
    instructions = {
        kind: dict(zip(NAMES, amounts, strict=True)) for kind, amounts in sorted(tally.instructions.items())
    }
    return {
        "law_version": law.version,
        "law_overlay": {"parameters": list(law.overlaid)} if law.overlaid else None,
        "until": iso(business_day_of(last)) if last else None,
        "counties": sorted(tally.counties),
        "inputs": _inputs(tally) | {"ignored_files": list(map(printable, ignored))},
        "pay_runs": _pay_runs(tally, last),
        "payees": {"providers": len(tally.providers), "recipients": len(tally.recipients)},
        "instructions": instructions,
        "money": {
            "gross_cents": sum(kind["gross_cents"] for kind in instructions.values()),
            "deductions": dict(sorted(tally.deductions.items())),
            "net_cents": sum(kind["net_cents"] for kind in instructions.values()),
            "came_back": dict(zip(("count", "net_cents"), tally.came_back, strict=True)),
            "outstanding_cents": _outstanding(tally),
        },
        "hours": hours(tally),
        "findings": _findings(tally),
        "assumptions": {
            name: {"instructions": count, "gross_cents": gross}
            for name, (count, gross) in sorted(tally.assumptions.items())
        },
    }


def _inputs(tally: Tally) -> Json:
    kinds = sorted({*tally.used, *tally.not_yet_due})
    used, later, rejected = (sum(each.values()) for each in (tally.used, tally.not_yet_due, tally.rejections))
    return {
        "total": tally.inputs,
        "used": used,
        "duplicates": tally.duplicates,
        "not_yet_due": later,
        "rejected": rejected,
        "by_kind": {
            kind: {"used": tally.used.get(kind, 0), "not_yet_due": tally.not_yet_due.get(kind, 0)} for kind in kinds
        },
        "rejections": dict(sorted(tally.rejections.items())),
        "rejected_files": [
            {"origin": origin, "reason": reason, "message": message}
            for origin, reason, message in sorted(tally.rejected_files)
        ],
    }


def _pay_runs(tally: Tally, last: int) -> Json:
    if tally.first_claim is None:
        return {"count": 0, "paying": 0, "first": None, "last": None}
    runs = cut_offs(tally.first_claim, last)
    paying = sum(1 for run in tally.runs.values() if run.ids)
    return {
        "count": len(runs),
        "paying": paying,
        "first": iso(business_day_of(runs[0])),
        "last": iso(business_day_of(runs[-1])),
    }


def _findings(tally: Tally) -> list[Json]:
    return [
        dict(zip(("code", "outcome", "rule", "addressee"), name.split(), strict=True))
        | dict(zip(("count", "minutes", "cents"), amounts, strict=True))
        for name, amounts in sorted(tally.findings.items())
    ]


def _outstanding(tally: Tally) -> int:
    """What the overpayments that stand at the end come to."""
    return sum(cents for name, (_, _, cents) in tally.findings.items() if name.startswith("OVERPAYMENT "))


Summary = Json


def faults(summary: Summary) -> list[str]:
    """What does not add up, a sentence each; none in a right summary.

    Facts: used + not yet due + rejected = inputs. Money: gross - deductions = net. Hours: paid + held + cut + denied
    = claimed.
    """
    inputs, money, hours = summary["inputs"], summary["money"], summary["hours"]
    ended = inputs["used"] + inputs["not_yet_due"] + inputs["rejected"]
    net = money["gross_cents"] - sum(money["deductions"].values())
    told = sum(hours[f"{outcome}_minutes"] for outcome in ("paid", "held", "cut", "denied"))
    checks = (
        ("used + not yet due + rejected", ended, "inputs", inputs["total"], "{:,}".format),
        ("gross - deductions", net, "net", money["net_cents"], dollars),
        ("paid + held + cut + denied", told, "claimed", hours["claimed_minutes"], clock),
    )
    return [
        f"{parts} = {written(summed)}, but {whole} = {written(said)}"
        for parts, summed, whole, said, written in checks
        if summed != said
    ]
