"""What the program prints into the pages of ``docs/``: between ``<!-- printed: name -->`` and ``<!-- end -->``.

``python -m tests.walkthrough`` renews the pages; test_docs.py fails while one is stale.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.sample.simulate import simulate
from rules.law import Law
from rules.money import dollars
from rules.periods import business_day_of, hhmm, iso
from tests.case_comparison import said_of
from tests.case_files import CASES, read_case_file
from tests.paid import replay_folder, replay_plain

DOCS = Path(__file__).resolve().parents[1] / "docs"
ADVANCE_MONTH, LAW_AS_DATA = DOCS / "advance_month.md", DOCS / "law_as_data.md"
BLOCK = re.compile(r"(?<=<!-- printed: )([\w-]+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
FENCED_TOML = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)
METHODS = {"DIRECT_DEPOSIT": "by direct deposit", "WARRANT": "by warrant", "NONE": "no money moves"}
MINUTES = ("paid", "held", "cut", "denied")
COLUMNS = (("FICA", "MEDICARE", "SDI"), ("SHARE_OF_COST",), ("ADVANCE_PAID",))
MILLS_IN_CENT = 10
Record = Mapping[str, Any]


def renewed(page: str, blocks: Mapping[str, str]) -> str:
    """The page with every block as the program prints it today. Raises KeyError for a block nobody prints."""
    return BLOCK.sub(lambda found: found[1] + found[2] + blocks[found[1]], page)


def blocks_of(page: Path) -> dict[str, str]:
    """What the program prints for a page, by the name of the block."""
    return advance_month() if page == ADVANCE_MONTH else {"what-if": what_if(overlays(page.read_text("utf-8")))}


def advance_month() -> dict[str, str]:
    """A block for each business day on which anything was said (named by it), and one for the sums."""
    file = read_case_file(CASES / "advance_month.toml")
    [case] = file.cases
    said = said_of(case, replay_plain(case.facts, file.law, case.cut_off).records)
    told: dict[str, str] = {}
    for kind, told_as in TOLD_AS.items():
        for record in said[kind]:
            day = iso(business_day_of(record["cut_off"]))
            told[day] = told.get(day, "") + "".join(f"{line}\n" for line in told_as(record)) + "\n"
    return told | {"sums": "".join(f"{line}\n" for line in _sums(said["PaymentInstruction"]))}


def _instruction(said: Record) -> Iterator[str]:
    net = dollars(said["net_cents"])
    yield f"**`{said['instruction_id']}`**: {said['payee_id']} gets **{net}**, {METHODS[said['method']]}."
    yield from ("", "| | hours | rate | dollars | law |", "|---|--:|--:|--:|---|")
    for line in sorted(said["lines"], key=lambda line: -line["cents"]):
        earning, rate = line["earning"].lower().replace("_", " "), dollars(line["rate_mills"] // MILLS_IN_CENT)
        yield f"| {earning} | {hhmm(line['minutes'])} | {rate} | {dollars(line['cents'])} | {line['rule']} |"
    yield f"| gross | | | {dollars(said['gross_cents'])} | |"
    for deduction in said["deductions"]:
        yield f"| `{deduction['kind']}` | | | {dollars(-deduction['cents'])} | |"
    yield f"| **net** | | | **{net}** | |"
    if said["spend_by"]:
        yield from ("", f"Spend by {iso(said['spend_by'])}.")
    if said["claimed_minutes"]:
        parts = " + ".join(f"{name} {hhmm(said[f'{name}_minutes'])}" for name in MINUTES if said[f"{name}_minutes"])
        yield from ("", f"Claimed so far: {hhmm(said['claimed_minutes'])} = {parts}.")


def _finding(said: Record) -> Iterator[str]:
    to = said["recipient_id"] if said["addressee"] == "RECIPIENT" else said["provider_id"]
    cleared = "No longer holds: " if said["cleared"] else ""
    yield f"> To {to}, `{said['code']}` ({said['outcome']}, {said['rule']}). {cleared}{said['message']}"
    if not said["cleared"]:
        yield f"> *{said['next_step']}*"


def _reconciled(said: Record) -> Iterator[str]:
    yield f"Reconciliation of {iso(said['service_month'])}: **`{said['status']}`**"
    yield from ("", "| | hours | dollars |", "|---|--:|--:|")
    yield f"| advanced | {hhmm(said['advanced_minutes'])} | {dollars(said['advanced_cents'])} |"
    yield f"| accounted for | {hhmm(said['reconciled_minutes'])} | {dollars(said['accounted_cents'])} |"
    yield f"| open | {hhmm(said['open_minutes'])} | |"


TOLD_AS = {"PaymentInstruction": _instruction, "Finding": _finding, "AdvanceReconciliation": _reconciled}


def _sums(instructions: Iterable[Record]) -> Iterator[str]:
    """Where the gross of each provider went, over all pay runs."""
    yield "| provider | gross | taxes | share of cost | advance paid | from the State (net) |"
    yield "|---|--:|--:|--:|--:|--:|"
    arrears = [said for said in instructions if said["kind"] == "ARREARS"]
    for payee in sorted({said["payee_id"] for said in arrears}):
        yield _sum(payee, [said for said in arrears if said["payee_id"] == payee])
    yield _sum("both", arrears)


def _sum(name: str, said: list[Record]) -> str:
    taken = [deduction for each in said for deduction in each["deductions"]]
    by_kind = [sum(each["cents"] for each in taken if each["kind"] in kinds) for kinds in COLUMNS]
    cents = [sum(each["gross_cents"] for each in said), *by_kind, sum(each["net_cents"] for each in said)]
    return f"| {name} | {' | '.join(dollars(each) for each in cents)} |"


def overlays(page: str) -> list[dict[str, Any]]:
    """The TOML examples of a page, parsed, in their order."""
    return [tomllib.loads(text) for text in FENCED_TOML.findall(page)]


def what_if(examples: list[dict[str, Any]]) -> str:
    """The county of the page's commands, paid by the law as it is and with the page's last example laid over it."""
    law = Law.load()
    other = law.amended({"lake.toml": examples[-1]})
    with TemporaryDirectory() as folder, redirect_stderr(StringIO()):
        events = Path(folder)
        simulate(events, "17", 8, 2, "2024-01", 17, 0.01)
        rows = [_paid(name, events, each) for name, each in (("as-is", law), ("what-if", other))]
    return "\n".join(("| folder | overlaid | gross | net |", "|---|---|--:|--:|", *rows, ""))


def _paid(name: str, events: Path, law: Law) -> str:
    names = sorted(path.relative_to(events).as_posix() for path in events.rglob("*.avro"))
    said = replay_folder(events, names, law).records["PaymentInstruction"]
    gross, net = (sum(each[field] for each in said) for field in ("gross_cents", "net_cents"))
    overlaid = ", ".join(f"`{parameter}`" for parameter in law.overlaid) or "nothing"
    return f"| {name} | {overlaid} | {dollars(gross)} | {dollars(net)} |"


if __name__ == "__main__":
    for page in (ADVANCE_MONTH, LAW_AS_DATA):
        page.write_text(renewed(page.read_text("utf-8"), blocks_of(page)), "utf-8")
