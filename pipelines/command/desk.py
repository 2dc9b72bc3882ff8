"""``ihss-payroll desk`` and ``desk-password``: a local web page where a payroll officer works.

Exit code 0 when it ended, 1 when it must not go on, 2 on misuse, 130 by Ctrl-C.
"""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command.live import named_clock
from pipelines.command.options import Docs
from pipelines.misuse import Misuse
from pipelines.terminal import Terminal

if TYPE_CHECKING:
    from pipelines.desk.origins import DeskOrigin
    from pipelines.desk.passwords import PasswordDoor
    from pipelines.desk.serve import Tls
    from pipelines.desk.station import Station

PORT = 8017
Events = Annotated[Path | None, typer.Option(help="Folder of facts that was paid from.")]
PaidFrom = Annotated[Path | None, typer.Option(help="Folder that a replay or a live job wrote to.")]
JournalOf = Annotated[Path | None, typer.Option(help="Instead of both: the journal of a live job.")]
DecideAs = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Who may file facts; without it the desk only shows.")
]
Land = Annotated[Path | None, typer.Option(help="With it: the folder that the job, or a replay, takes facts from.")]
Overlay = Annotated[Path | None, typer.Option(help="The overlay that was paid by.")]
Contact = Annotated[Path | None, typer.Option(help="TOML: whom statements say to call.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: a free one.")]
Host = Annotated[str, typer.Option(help="Another address than this machine's own needs TLS and passwords.")]
TlsCert = Annotated[Path | None, typer.Option(help="Certificate, PEM.")]
TlsKey = Annotated[Path | None, typer.Option(help="Its key, PEM.")]
Passwords = Annotated[Path | None, typer.Option(help="File of officers' passwords (desk-password).")]
ClockFile = Annotated[Path | None, typer.Option(help="File that says what time it is: for tests and drills.")]
Open = Annotated[bool, typer.Option("--open", help="Open it in a browser.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the address alone.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(desk)
    app.command("desk-password")(desk_password)


def desk(
    events: Events = None,
    paid: PaidFrom = None,
    journal: JournalOf = None,
    decide_as: DecideAs = None,
    land: Land = None,
    law: Overlay = None,
    contact: Contact = None,
    port: Port = PORT,
    host: Host = "127.0.0.1",
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    passwords: Passwords = None,
    clock: ClockFile = None,
    docs: Docs = None,
    open_: Open = False,
    quiet: Quiet = False,
) -> int:
    """Open a page where a payroll officer works: find anybody, see why a payment is what it is, work held documents,
    look at pay runs; with --decide-as file a decision, with a preview of what it would pay (docs/desk.md).

    It serves this machine alone, to whoever has the address with its token.

    [bold]Examples[/]

        ihss-payroll desk --events sample --paid out

        ihss-payroll desk --journal /var/lib/ihss --decide-as anna --land /var/spool/ihss/in
    """
    tls, door = _tls(tls_cert, tls_key), _door(passwords)
    _safe_to_serve(host, tls, door)
    station = _station(_origin(events, paid, journal), law, contact)
    station.docs, station.passwords, station.clock = docs, door, named_clock(clock)
    station.deciders, station.land = _deciders(decide_as or [], door), _land(land, decide_as or [])
    _serve(station, host, port, tls, open_, quiet)
    return 0


def desk_password(
    name: Annotated[str, typer.Argument(help="The officer, such as anna.")],
    passwords: Annotated[Path, typer.Option(help="File of officers' passwords; made if need be.")],
) -> int:
    """Give an officer a password, for a desk that others on the network may reach.

    [bold]Example[/]

        ihss-payroll desk-password anna --passwords /etc/ihss/desk.passwords
    """
    from pipelines.desk.passwords import put

    put(passwords, name, typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    print(f"{name} has a password in {passwords}; start the desk again with it")
    return 0


def _serve(station: "Station", host: str, port: int, tls: "Tls | None", open_: bool, quiet: bool) -> None:
    from pipelines.console.progress import shown
    from pipelines.desk.serve import address_of, bound, serve

    station.token = "" if station.passwords else secrets.token_urlsafe(24)
    with shown(Terminal(stderr=True), quiet, {"index": "Making the index (KiB)"}) as beat:
        station.make(beat)
    listening = bound(host, port)
    address = address_of(station, host, listening, tls)
    print(address if quiet else f"The desk is open until Ctrl-C: {address}", flush=True)
    if open_:
        typer.launch(address)
    serve(station, host, listening, tls)


def _origin(events: Path | None, paid: Path | None, journal: Path | None) -> "DeskOrigin":
    from pipelines.desk.origins import JournalOrigin, PaidOrigin
    from pipelines.files_below import folder_of_facts, tell_unread
    from schemas.journal import is_journal

    if journal is not None:
        if events or paid:
            raise Misuse("--journal says it all: leave out --events and --paid")
        if not is_journal(journal):
            raise Misuse(f"--journal {journal} is no journal: name the folder that a job was given")
        return JournalOrigin(journal)
    if events is None or paid is None:
        raise Misuse("name what to look at: --events FACTS with --paid OUT, or the --journal of a live job")
    tell_unread(folder_of_facts(events, "--events"))
    return PaidOrigin(events, paid)


def _station(origin: "DeskOrigin", law: Path | None, contact: Path | None) -> "Station":
    from pipelines.command.pay import overlaid_law
    from pipelines.desk.station import Station
    from pipelines.statements.contact import Contacts

    return Station(origin, overlaid_law(law), contacts=Contacts(contact))


def _tls(certificate: Path | None, key: Path | None) -> "Tls | None":
    from pipelines.desk.serve import Tls

    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise Misuse("--tls-cert and --tls-key go together")
    for path, option in ((certificate, "--tls-cert"), (key, "--tls-key")):
        if not path.is_file():
            raise Misuse(f"{option} {path} is no file: name one in PEM")
    return Tls(certificate, key)


def _door(passwords: Path | None) -> "PasswordDoor | None":
    from pipelines.desk.passwords import PasswordDoor

    return None if passwords is None else PasswordDoor(passwords)


def _safe_to_serve(host: str, tls: "Tls | None", door: "PasswordDoor | None") -> None:
    from pipelines.loopback import is_loopback

    if not is_loopback(host) and (tls is None or door is None):
        raise Misuse(
            f"--host {host} can be reached by others: give --tls-cert, --tls-key and --passwords, or leave it out"
        )


def _deciders(names: list[str], door: "PasswordDoor | None") -> tuple[str, ...]:
    """Who may decide: without passwords one officer, who is whoever has the token."""
    from pipelines.desk.passwords import is_name

    for name in names:
        if not is_name(name):
            raise Misuse(f"--decide-as {name} is no name: small letters, digits, . _ - and a letter first")
        if door is not None and name not in door.known:
            raise Misuse(
                f"--decide-as {name} is not in --passwords: give them one with ihss-payroll desk-password {name}"
            )
    if door is None and len(names) > 1:
        raise Misuse(
            "--decide-as names several: give each a password (ihss-payroll desk-password NAME --passwords FILE)"
        )
    return tuple(names)


def _land(land: Path | None, names: list[str]) -> Path | None:
    if not names:
        if land is not None:
            raise Misuse("--land is where decisions go: say who decides with --decide-as NAME")
        return None
    if land is None or not land.is_dir() or not os.access(land, os.W_OK | os.X_OK):
        raise Misuse(
            "--decide-as needs --land, the folder that the job (--from folder:...) or a replay takes facts from"
        )
    return land
