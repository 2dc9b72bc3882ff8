"""Where ``ihss-payroll`` begins: it may be stopped before the command line is imported, which takes a moment."""

from pipelines.stopping import listen, listen_no_more


def main() -> None:
    """Run the command line and exit."""
    listen()
    try:
        from pipelines.command import cli

        cli.main()
    finally:
        listen_no_more()


if __name__ == "__main__":
    main()
