"""Where ``ihss-payroll`` begins: it may be stopped before the command line is imported, which takes a moment."""

from pipelines.stopping import listen


def main() -> None:
    """Run the command line and exit."""
    listen()
    from pipelines.command import cli

    cli.main()


if __name__ == "__main__":
    main()
