"""Who may come in, what a browser may do with a page, and what is written down of it."""

import asyncio
import datetime
import logging
import ssl
import threading
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.testclient import TestClient

from pipelines.command import cli
from pipelines.desk import passwords, serve
from pipelines.desk.safety import WithoutPeople, lines_in, policy
from pipelines.desk.station import Station
from pipelines.desk.web import desk_app
from pipelines.loopback import is_loopback
from pipelines.misuse import Misuse
from tests.pipelines.desk.desk_world import HOST, TOKEN, client_of, hidden

PASSWORD = "correct horse battery"


def test_nobody_comes_in_without_the_token_of_this_start(station: Station) -> None:
    for address in ("/", "/held", "/runs", "/provider/P000001", "/find?q=P", "/nothing", "/decisions"):
        for query in ({}, {"token": "wrong"}, {"token": ""}):
            refused = client_of(station, enter=False).get(address, params=query)
            assert refused.status_code == 403 and "P0" not in refused.text, address
    for token in ("", "wrong", TOKEN[:-1], TOKEN + "x"):
        assert client_of(station, enter=False).get("/enter", params={"token": token}).status_code == 403


def test_the_token_does_not_stay_in_the_address(station: Station) -> None:
    answered = client_of(station, enter=False).get("/enter", params={"token": TOKEN}, follow_redirects=False)
    assert (answered.status_code, answered.headers["location"]) == (303, "/")
    cookie = answered.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "secure" not in cookie
    assert answered.headers["referrer-policy"] == "no-referrer"


def test_a_cookie_of_another_start_lets_nobody_in(station: Station) -> None:
    other = Station(station.origin, station.law, TOKEN)
    cookie = client_of(other).cookies["desk"]
    stranger = client_of(station, enter=False)
    stranger.cookies.set("desk", cookie)
    assert stranger.get("/").status_code == 403


def test_every_answer_has_the_headers(client: TestClient, station: Station) -> None:
    for address in ("/", "/static/desk.css", "/favicon.ico", "/nothing", "/enter", "/static/none"):
        for answered in (client.get(address), client_of(station, enter=False).get(address)):
            allowed = answered.headers["content-security-policy"]
            assert "default-src 'none'" in allowed and "unsafe" not in allowed and "http" not in allowed
            assert answered.headers["x-content-type-options"] == "nosniff"
            assert answered.headers["x-frame-options"] == "DENY" and "cache-control" in answered.headers


def test_no_page_asks_another_host_or_brings_style_or_script_of_its_own(client: TestClient) -> None:
    for address in ("/", "/held", "/runs", "/find?q=P0"):
        html = client.get(address).text
        assert "://" not in html.replace("http://www.w3.org/2000/svg", "") and " style=" not in html
        assert "<style" not in html and "<script>" not in html and "onclick" not in html


def test_a_page_with_its_own_style_is_allowed_that_one() -> None:
    assert "'sha256-" in policy("<style>p { color: red }</style>") and "'sha256-" not in policy("<p>")
    assert policy("<style>a</style>") != policy("<style>b</style>")


def test_a_name_that_is_not_the_machine_s_own_is_refused(client: TestClient) -> None:
    """A page of the internet whose name leads here (DNS rebinding) is answered nothing."""
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_form_of_another_page_is_refused(station: Station, tmp_path: Path) -> None:
    desk = Station(station.origin, station.law, TOKEN, deciders=("anna",), land=tmp_path)
    client = client_of(desk)
    mark = hidden(client.get("/decide/HoursException").text, "mark")
    filled = {"provider_id": "P1", "recipient_id": "R1", "workweek_start": "2024-01-07", "extra_minutes": "1:00"}
    for wrong in ({}, {"mark": "x"}, {"mark": ""}, {"mark": hidden(client_of(desk).get("/").text, "mark")}):
        assert client.post("/decide/HoursException", data=filled | wrong).status_code == 403
    cross = {"sec-fetch-site": "cross-site"}
    assert client.post("/decide/HoursException", data=filled | {"mark": mark}, headers=cross).status_code == 403
    assert client.post("/decide/HoursException", data=filled | {"mark": mark}).status_code == 200
    huge = client.post("/decide/HoursException", data={"mark": mark, "provider_id": "x" * (2 << 20)})
    assert huge.status_code == 403


def test_who_saw_whom_is_noted(station: Station, client: TestClient) -> None:
    with station.shelf() as shelf:
        provider, recipient, payment = shelf.rows("SELECT provider_id, recipient_id, instruction_id FROM payments")[0]
    for address in (f"/provider/{provider}", f"/payment/{payment}", "/held"):
        before = len(lines_in(station.accesses))
        client.get(address)
        [told] = lines_in(station.accesses)[before:]
        assert told["officer"] == "officer" and told["at"].endswith("+00:00")
        if address != "/held":
            assert f"P/{provider}" in told["people"]
    assert f"R/{recipient}" in lines_in(station.accesses)[-2]["people"]
    assert station.accesses.stat().st_mode & 0o077 == 0


def test_the_log_of_an_error_names_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    told = logging.StreamHandler()
    told.setFormatter(WithoutPeople("ihss-payroll: %(message)s"))
    logger = logging.getLogger("desk of a test")
    logger.handlers, logger.propagate = [told], False
    who = "P" + "000428"
    try:
        raise ValueError(f"{who} is in this text")
    except ValueError:
        logger.exception("Exception in ASGI application")
    said = capsys.readouterr().err
    assert "ValueError" in said and "test_desk_safety.py" in said and "P000428" not in said


def test_passwords_let_in_and_shut_the_door(station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 2**4)
    path = tmp_path / "passwords"
    passwords.put(path, "anna", PASSWORD)
    passwords.put(path, "ben", PASSWORD + "2")
    passwords.put(path, "anna", PASSWORD + "1")
    assert path.stat().st_mode & 0o077 == 0 and PASSWORD not in path.read_text()
    desk = Station(
        station.origin, station.law, passwords=passwords.PasswordDoor(path), deciders=("anna",), land=tmp_path
    )
    client = TestClient(desk_app(desk, [HOST], by_tls=True), base_url=f"https://{HOST}")
    assert client.get("/enter", params={"token": ""}).status_code == 403
    for name, password in (("anna", PASSWORD), ("nobody", PASSWORD), ("", "")):
        assert client.post("/enter", data={"name": name, "password": password}).status_code == 403
    right = {"name": "ben", "password": PASSWORD + "2"}
    assert client.post("/enter", data=right, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post("/enter", data=right).url.path == "/"
    assert "Signed in as ben" in client.get("/").text and client.get("/decide").status_code == 404
    assert client.post("/leave", data={"mark": hidden(client.get("/").text, "mark")}).status_code == 403
    assert client.get("/").status_code == 403
    cookie = client.post("/enter", data=right, follow_redirects=False).headers["set-cookie"].lower()
    assert "secure" in cookie
    for _ in range(5):
        client.post("/enter", data={"name": "anna", "password": "wrong"})
    assert client.post("/enter", data=right).status_code == 429, "it is shut for everybody"


def test_a_password_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    with pytest.raises(Misuse, match="is no file"):
        passwords.read(path)
    path.write_text("anna:secret\n")
    path.chmod(0o644)  # whatever the umask is
    with pytest.raises(Misuse, match="chmod 600"):
        passwords.read(path)
    path.chmod(0o600)
    with pytest.raises(Misuse, match="not what desk-password wrote"):
        passwords.read(path)
    with pytest.raises(Misuse, match="12 letters"):
        passwords.put(tmp_path / "new", "anna", "short")
    with pytest.raises(Misuse, match="no name"):
        passwords.put(tmp_path / "new", "An:na", PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name what to look at"),
        (["--journal", "."], "is no journal"),
        (["--host", "0.0.0.0"], "can be reached by others"),
        (["--host", "192.168.1.5", "--tls-cert", "c", "--tls-key", "k"], "is no file"),
        (["--tls-cert", "c"], "go together"),
        (["--passwords", "none"], "is no file"),
        (["--decide-as", "anna"], "needs --land"),
        (["--decide-as", "An na"], "is no name"),
        (["--decide-as", "anna", "--decide-as", "ben", "--land", "."], "give each a password"),
        (["--land", "."], "say who decides"),
        (["--clock", "none"], "must hold a date"),
    ],
)
def test_misuse_is_said_in_one_line(
    station: Station, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--events", str(station.origin.events), "--paid", str(station.origin.paid)]
    given = arguments if not arguments or "--journal" in arguments else [*where, *arguments]
    with pytest.raises(SystemExit) as ended:
        cli.main(["desk", *given])
    told = capsys.readouterr().err.strip()
    assert ended.value.code == 2 and words in told and "\n" not in told


def test_a_port_that_is_taken_is_said(station: Station) -> None:
    with serve.bound(HOST, 0) as taken, pytest.raises(Misuse, match="name another --port"):
        serve.bound(HOST, taken.getsockname()[1])


def test_a_certificate_that_is_none_is_said(station: Station, tmp_path: Path) -> None:
    for name in ("c", "k"):
        (tmp_path / name).write_text("no PEM")
    with pytest.raises(Misuse, match="name PEM files that fit"):
        serve.server_of(station, "192.168.1.5", serve.Tls(tmp_path / "c", tmp_path / "k"))


def test_it_speaks_tls(station: Station, tmp_path: Path) -> None:
    """With a certificate of its own, to a client that believes that one alone."""
    certificate, key = certified(tmp_path)
    with serve.bound(HOST, 0) as listening:
        server = serve.server_of(station, HOST, serve.Tls(certificate, key))
        running = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        running.start()
        address = serve.address_of(station, HOST, listening, serve.Tls(certificate, key))
        try:
            context = ssl.create_default_context(cafile=certificate)
            with httpx2.Client(verify=context, follow_redirects=True) as client:
                entered = client.get(address)
        finally:
            server.should_exit = True
            running.join()
    assert address.startswith("https://") and entered.status_code == 200 and "Does it add up" in entered.text
    assert "secure" in entered.history[0].headers["set-cookie"].lower()


def certified(folder: Path) -> tuple[Path, Path]:
    """Files of a certificate for this machine, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(since + datetime.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for path, content in ((folder / "c.pem", made.public_bytes(pem)), (folder / "k.pem", private)):
        path.write_bytes(content)
    return folder / "c.pem", folder / "k.pem"


def test_no_address_leads_to_another_host(client: TestClient) -> None:
    for path in ("//evil.example/", "//evil.example/held", "/\\evil.example"):
        html = client.get(f"http://{HOST}{path}").text
        assert 'href="//' not in html and 'action="//' not in html and 'action="/\\' not in html


@pytest.mark.parametrize(("host", "own"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)])
def test_what_this_machine_alone_can_reach(host: str, own: bool) -> None:
    assert is_loopback(host) == own
