"""docs/adding.md: a toy deduction, finding, kind of fact and conclusion in a copy of the tree. With all files of the
list they hold; whichever single file is forgotten, a named check fails."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from fold.key_memory import NUMBERED

ROOT = Path(__file__).parents[1]
TREE = ("schemas", "rules", "fold", "pipelines", "transforms", "tests", "docs")
PO = "pipelines/statements/locale/es/LC_MESSAGES/statements.po"
LIMITS = {"deduction": 8, "finding": 5, "kind of fact": 12, "conclusion": 3}
AUTHORITY = '"""A toy.\n\nAuthority: none. In force: never. Does not cover: anything.\n"""\n'
NOTE_AVSC = json.dumps(
    json.loads((ROOT / "schemas" / "training_attendance.avsc").read_text()) | {"name": "ProviderNote"}
)
NOTE_PY = (ROOT / "schemas" / "training_attendance.py").read_text().replace("TrainingAttendance", "ProviderNote")


class Toy(NamedTuple):
    """What to write by hand: by path (before, after), or a new file; ``made``: what a command writes."""

    edits: dict[str, tuple[str, str] | str]
    checks: list[list[str]]
    made: Mapping[str, tuple[str, str]] = MappingProxyType({})


TRANSLATED = ["tests.pipelines.statements.test_words", "test_every_text_is_translated_with_the_same_places", "es"]
TOYS = {
    "deduction": Toy(
        {
            "schemas/symbols.py": ('"OVERPAYMENT_CARRIED"]', '"OVERPAYMENT_CARRIED", "GARNISHMENT"]'),
            "rules/garnishment.py": AUTHORITY + 'KIND = "GARNISHMENT"\n',
            "pipelines/wording.py": (
                '    "OVERPAYMENT_CARRIED": "Set against overpayments",\n}\n\nDEDUCED_BY = {\n',
                '    "OVERPAYMENT_CARRIED": "Set against overpayments",\n    "GARNISHMENT": "Garnished",\n}\n\n'
                'DEDUCED_BY = {\n    "GARNISHMENT": "TAX-3",\n',
            ),
            "pipelines/statements/wording.toml": (
                "[deduction.SDI]",
                '[deduction.GARNISHMENT]\nname = "Garnished"\nwhy = "A court said so."\n[deduction.SDI]',
            ),
            PO: (
                'msgid "Medicare"\n',
                'msgid "Garnished"\nmsgstr "Embargo"\n\nmsgid "A court said so."\nmsgstr "Por orden judicial."\n\n'
                'msgid "Medicare"\n',
            ),
            "docs/contract.md": ("PAID, OVERPAYMENT_CARRIED)", "PAID, OVERPAYMENT_CARRIED, GARNISHMENT)"),
            "tests/schemas/test_contract.py": ("OVERPAYMENT_CARRIED)", "OVERPAYMENT_CARRIED GARNISHMENT)"),
        },
        [
            ["tests.test_symbols", "test_schemas_hold_the_symbols_that_are_declared"],
            ["tests.test_symbols", "test_who_must_know_all_symbols_does"],
            ["tests.test_symbols", "test_a_rule_names_every_deduction_and_every_finding"],
            ["tests.test_symbols", "test_the_contract_lists_the_deductions"],
            ["tests.schemas.test_contract", "test_schema_says_what_the_contract_says", "PaymentInstruction"],
            TRANSLATED,
        ],
        {"schemas/payment_instruction.avsc": ('"OVERPAYMENT_CARRIED"', '"OVERPAYMENT_CARRIED", "GARNISHMENT"')},
    ),
    "finding": Toy(
        {
            "rules/findings.toml": (
                "[AWAITING_RECIPIENT_APPROVAL]",
                '[TOY_FOUND]\noutcome = "NOTED"\nrule = "TIME-2"\nauthority = "MPP 30-769"\naddressee = "PROVIDER"\n'
                'grain = ["document"]\nmessage = "A toy was found."\nnext_step = "Put it away."\n\n'
                "[AWAITING_RECIPIENT_APPROVAL]",
            ),
            "rules/toys.py": AUTHORITY + 'CODE = "TOY_FOUND"\n',
            "docs/contract.md": (
                "| CLAIMED_BEFORE_WORKED,",
                "| TOY_FOUND | NOTED | document | PROVIDER |\n| CLAIMED_BEFORE_WORKED,",
            ),
            "pipelines/statements/wording.toml": (
                "[code.CLAIMED_BEFORE_WORKED]",
                '[code.TOY_FOUND]\ntitle = "A toy"\n[code.CLAIMED_BEFORE_WORKED]',
            ),
            PO: (
                'msgid "Medicare"\n',
                'msgid "A toy"\nmsgstr "Un juguete"\n\nmsgid "A toy was found."\nmsgstr "Se encontró un juguete."\n\n'
                'msgid "Put it away."\nmsgstr "Guárdelo."\n\nmsgid "Medicare"\n',
            ),
        },
        [
            ["tests.rules.test_findings", "test_codes_outcomes_grains_and_addressees_are_those_of_the_contract"],
            ["tests.test_symbols", "test_a_rule_names_every_deduction_and_every_finding"],
            ["tests.pipelines.statements.test_words", "test_every_code_for_people_has_a_title"],
            TRANSLATED,
        ],
    ),
    "kind of fact": Toy(
        {
            "schemas/provider_note.avsc": NOTE_AVSC,
            "schemas/provider_note.py": NOTE_PY,
            "schemas/__init__.py": (
                '    "TravelClaim": TravelClaim,\n',
                '    "TravelClaim": TravelClaim,\n    "ProviderNote": ProviderNote,\n',
            ),
            "fold/stages.py": ('    "ProviderEnrollment", ', '    "ProviderNote", "ProviderEnrollment", '),
            "rules/price/case.py": (
                '        if arrival.kind == "TravelClaim":\n',
                '        if arrival.kind == "ProviderNote":\n            return []\n'
                '        if arrival.kind == "TravelClaim":\n',
            ),
            "docs/contract.md": ("### CourseListing\n", "### ProviderNote\nA toy.\n\n### CourseListing\n"),
            "tests/schemas/test_contract.py": (
                '    "CourseListing": """',
                '    "ProviderNote": """\n        provider_id string, course_id string, class_date date,'
                ' minutes_attended int, verified boolean\n    """,\n    "CourseListing": """',
            ),
            "tests/schemas/samples.py": (
                '    "EvvVisit": PAIR\n',
                '    "ProviderNote": {"provider_id": "P1", "course_id": "C1", "class_date": JANUARY_4,'
                ' "minutes_attended": 60, "verified": True},\n    "EvvVisit": PAIR\n',
            ),
            "tests/rules/test_findings.py": (
                '    "CourseListing": ("-',
                '    "ProviderNote": ("P1:-:-:-", "ProviderNote/D1"),\n    "CourseListing": ("-',
            ),
        },
        [
            ["tests.schemas.test_contract", "test_the_roll_is_the_contract"],
            ["tests.schemas.test_contract", "test_schema_says_what_the_contract_says", "ProviderNote"],
            ["tests.schemas.test_contract", "test_model_has_the_fields_of_its_schema", "ProviderNote"],
            ["tests.rules.test_findings", "test_a_finding_about_a_document_names_it_whole", "ProviderNote"],
            ["tests.fold.test_stages", "test_a_fact_is_admitted_where_it_goes", "ProviderNote"],
        ],
    ),
    "conclusion": Toy(
        {
            "rules/kept.py": (
                "class PaidIncentives(",
                'class Toy(Conclusion, frozen=True):\n    """A toy."""\n\n'
                f"    state_number = {len(NUMBERED)}\n    provider_id: str\n\n"
                "    @property\n    def to(self) -> Stop:\n        return Stop(PRICE, self.provider_id)\n\n\n"
                "class PaidIncentives(",
            ),
            "rules/authorize/case.py": (
                "        for provider in sorted({provider",
                '        decision.conclusions["toy"] = Toy("P1")\n        for provider in sorted({provider',
            ),
            "rules/price/case.py": (
                '        if arrival.kind == "TravelClaim":\n',
                '        if arrival.kind == "Toy":\n            return []\n        if arrival.kind == "TravelClaim":\n',
            ),
        },
        [
            ["tests.fold.test_stages", "test_a_conclusion_is_made_and_what_goes_on_is_read"],
        ],
    ),
}
IMPORTS = {  # a line more at the head of a file
    "schemas/__init__.py": ("kind of fact", "from schemas.provider_note import ProviderNote\n"),
    "rules/kept.py": ("conclusion", "from rules.conclusion import PRICE, Stop\n"),
    "rules/authorize/case.py": ("conclusion", "from rules.kept import Toy\n"),
}


def both(path: str, edit: tuple[str, str] | str, toy: str) -> tuple[str | None, str]:
    """The text before and after."""
    if isinstance(edit, str):
        return None, edit
    before = (ROOT / path).read_text("utf-8")
    assert edit[0] in before, (path, edit[0])
    after = before.replace(edit[0], edit[1], 1)
    whose, line = IMPORTS.get(path, ("", ""))
    return before, re.sub(r"(?m)^from ", line + "from ", after, count=1) if whose == toy else after


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for name in TREE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("old", "pictures", "cases"))
    return folder


@pytest.mark.parametrize("toy", TOYS)
def test_whatever_is_forgotten_is_noticed(toy: str, copy: Path) -> None:
    edits, checks, made = TOYS[toy]
    assert len(edits) <= LIMITS[toy]
    for path, edit in made.items():
        (copy / path).write_text(both(path, edit, toy)[1])
    asked = {"files": {path: both(path, edit, toy) for path, edit in edits.items()}, "checks": checks}
    command = [sys.executable, "-P", str(ROOT / "tests" / "forgetting.py"), str(copy)]
    ran = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False, cwd=copy)
    for path in (*made, *edits):
        shutil.copy(ROOT / path, copy / path) if (ROOT / path).exists() else (copy / path).unlink(missing_ok=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout)
    assert told.pop("") is None, ran.stderr[-2000:]
    assert told.keys() == edits.keys() and all(told.values()), told


def test_the_page_lists_the_files() -> None:
    page = (ROOT / "docs" / "adding.md").read_text("utf-8")
    sections = re.split(r"\n## A ", page)[1:]
    for toy in TOYS:
        [files] = [each for each in sections if each.startswith(f"{toy} (")]  # a record that leaves has no toy yet
        rows = [row for row in files.splitlines() if row.startswith("|")][2:]
        assert len(rows) == len(TOYS[toy].edits), toy
