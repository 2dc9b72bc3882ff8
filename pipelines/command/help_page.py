"""The command line as its own help says it, on one page of the docs site: a hook of MkDocs (mkdocs.yml), apart from
`site` because it alone knows the commands."""

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from pipelines.command.cli import app


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    files.append(File.generated(config, "reference/commands.md", content=page()))
    return files


def page() -> str:
    """Every command with its arguments, options and examples."""
    import typer
    from typer.cli import get_docs_for_click

    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="ihss-payroll")
    text = get_docs_for_click(obj=command, ctx=context, name="ihss-payroll", title="Every command")
    return re.sub(r"\[/?(?:bold|dim|cyan|green|yellow|red)?\]", "", text)
