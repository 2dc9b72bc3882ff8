"""The views by GoogleSQL's own analyzer, names and types and all (package zetasql: Google's program as WebAssembly).

``python -m tests.deploy.google_sql`` (part of ``make cloud``) installs it into build/zetasql and runs this file there:
it takes half a minute to load, and nothing else needs it. DuckDB, which runs the views in the tests, takes what
BigQuery may not, such as a QUALIFY alone.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "deploy" / "terraform"
PACKAGES = ("zetasql==0.1.5", "wasmtime==50.0.1", "protobuf==7.36.2", "grpcio==1.85.3")
VIEWS = ("pay_runs", "instructions", "findings", "missing_pay_runs", "watch")
"""Each may name those before it."""
WRONG = (
    ("pay_runs", "WHERE TRUE", "", "QUALIFY"),
    ("pay_runs", "said.run_date", "said.run_day", "run_day"),
    ("instructions", "line.minutes", "line.hours", "hours"),
    ("findings", "SAFE_ORDINAL(outcome + 1)", "SAFE_ORDINAL(code)", "INT64"),
)
"""What must be seen: the view, a text in it, what is put there, and a word of the refusal."""


def main() -> int:
    """Exit code 0 if every view is understood, and what is wrong is not."""
    if "analyze" in sys.argv:
        return analyzed()
    folder = ROOT / "build" / "zetasql"
    python = folder / "bin" / "python"
    if not (folder / "lib").exists() or subprocess.run([python, "-c", "import zetasql"], check=False).returncode:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True
        )
    return subprocess.run([python, __file__, "analyze"], check=False).returncode


def analyzed() -> int:
    """In the environment that has the analyzer."""
    from zetasql.api import CatalogBuilder  # type: ignore[import-not-found]
    from zetasql.types import LanguageOptions, ZetaSQLBuiltinFunctionOptions  # type: ignore[import-not-found]

    language = LanguageOptions.maximum_features()
    known = CatalogBuilder("here").with_builtin_functions(ZetaSQLBuiltinFunctionOptions(language_options=language))
    for table in roll()["tables"].values():
        columns = json.loads((TERRAFORM / "bigquery" / f"{table['name']}.json").read_text("utf-8"))
        known.add_table(
            table_of(f"project.messages.{table['name']}", [(each["name"], type_of(each)) for each in columns])
        )
    wrong = []
    for name in VIEWS:
        known.add_table(table_of(f"project.payroll.{name}", columns_of(text_of(name), known, language)))
    for name, right, other, word in WRONG:
        assert right in text_of(name), right
        said = refusal(text_of(name).replace(right, other), known, language)
        wrong += [f"{name} with {other or 'nothing'} for {right}: {said}"] * (word not in said)
    print("\n".join(wrong) or f"GoogleSQL understands the views {', '.join(VIEWS)}")
    return len(wrong)


def columns_of(text: str, known: Any, language: Any) -> list[tuple[str, Any]]:
    """Names and types of what a query gives."""
    from zetasql.api import Analyzer
    from zetasql.types import AnalyzerOptions

    statement = Analyzer(AnalyzerOptions(language_options=language), known.build()).analyze_statement(text)
    return [(column.name, column.column.type) for column in statement.output_column_list]


def refusal(text: str, known: Any, language: Any) -> str:
    """What the analyzer says against a query."""
    from zetasql.core.exceptions import ZetaSQLError  # type: ignore[import-not-found]

    try:
        columns_of(text, known, language)
    except ZetaSQLError as refused:
        return str(refused)
    return "is understood"


def table_of(name: str, columns: list[tuple[str, Any]]) -> Any:
    from zetasql.api import TableBuilder

    table = TableBuilder(name)
    for column, of_type in columns:
        table.add_column(column, of_type)
    return table.build()


def type_of(column: dict[str, Any]) -> Any:
    """A column's type."""
    from zetasql.api.type_factory import TypeFactory  # type: ignore[import-not-found]
    from zetasql.types import TypeKind

    kinds = {"INTEGER": "INT64", "BOOLEAN": "BOOL", "FLOAT": "DOUBLE"}
    if column["type"] == "RECORD":
        one = TypeFactory.create_struct_type([(each["name"], type_of(each)) for each in column["fields"]])
    else:
        one = TypeFactory.create_simple_type(getattr(TypeKind, f"TYPE_{kinds.get(column['type'], column['type'])}"))
    return TypeFactory.create_array_type(one) if column["mode"] == "REPEATED" else one


def text_of(view: str) -> str:
    """A view as Terraform fills it in."""
    text = (TERRAFORM / "views" / f"{view}.sql").read_text("utf-8")
    named = {"messages": "project.messages", "payroll": "project.payroll", "first": "2026-12-07", "hours": "3"}
    named |= {"holidays": str(roll()["days_without_pay_run"])}
    named |= {f"symbols.{name}": str(symbols) for name, symbols in roll()["enums"].items()}
    return re.sub(r"\$\{([\w.]+)\}", lambda found: named[found[1]], text)


def roll() -> Any:
    """What Terraform knows of the house."""
    return json.loads((TERRAFORM / "roll.auto.tfvars.json").read_text("utf-8"))


if __name__ == "__main__":
    sys.exit(main())
