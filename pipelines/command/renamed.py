"""Options that had another name before version 0.2: still read, with a hint; 0.3 will not know them any more."""

from collections.abc import Iterator, Sequence

from pipelines.harmless import complain

PLACES_AND_DAYS = {"--from": "--since", "--to": "--until"}
PAID_AND_RUN = {"--instructions": "--paid", "--date": "--run"}
RENAMED: dict[tuple[str, ...], dict[str, str]] = {
    ("diff",): {"--csv": "--out"},
    ("explain",): {"--html": "--out"},
    ("export", "ach"): PAID_AND_RUN,
    ("export", "warrants"): PAID_AND_RUN,
    ("report",): PLACES_AND_DAYS,
}
"""By command: the old name of an option, and the one that all commands share."""


def with_new_names(arguments: Sequence[str]) -> list[str]:
    """What was typed, with the options of today; says on standard error which to type from now on."""
    command = tuple(word for word in arguments[:2] if not word.startswith("-"))
    names = next((RENAMED[each] for each in (command, command[:1]) if each in RENAMED), {})
    hints: dict[str, str] = {}
    typed = list(_renamed(arguments, names, hints))
    for old, new in hints.items():
        complain(f"{old} is {new} now: the old name is read for one more version")
    return typed


def _renamed(arguments: Sequence[str], names: dict[str, str], hints: dict[str, str]) -> Iterator[str]:
    for at, word in enumerate(arguments):
        if word == "--":
            yield from arguments[at:]
            return
        name, equals, value = word.partition("=")
        if name in names:
            hints[name] = names[name]
        yield names.get(name, name) + equals + value
