"""The command line as its own help says it, on one page."""

import re

from pipelines.cli import app


def page() -> str:
    """Every command with its arguments, options and examples."""
    import typer
    from typer.cli import get_docs_for_click

    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="ihss-payroll")
    text = get_docs_for_click(obj=command, ctx=context, name="ihss-payroll", title="Every command")
    return re.sub(r"\[/?(?:bold|dim|cyan|green|yellow|red)?\]", "", text)
