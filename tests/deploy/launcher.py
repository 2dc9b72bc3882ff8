"""The way of Google's Flex Template launcher: deploy/dataflow/main.py in a process of its own, with the options that it
gives, against as much of Dataflow and Cloud Storage as that asks, over HTTP. Nothing of Beam is replaced.
"""

import http.server
import json
import os
import re
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

MAIN = Path(__file__).resolve().parents[2] / "deploy" / "dataflow" / "main.py"
BUCKET = "lab-bucket"
OPTIONS = (
    "--runner=DataflowRunner", "--project=lab-project", "--region=us-west2", "--job_name=ihss-payroll",
    f"--template_location=gs://{BUCKET}/staging/template_launches/2026-12-07/job_object",
    f"--staging_location=gs://{BUCKET}/staging", f"--temp_location=gs://{BUCKET}/tmp", "--labels={'steps': '0123'}",
    "--service_account_email=ihss-worker@lab-project.iam.gserviceaccount.com", "--max_num_workers=4",
    "--machine_type=n2-standard-4", "--subnetwork=regions/us-west2/subnetworks/ihss-payroll", "--no_use_public_ips",
    "--sdk_container_image=us-west2-docker.pkg.dev/lab-project/ihss-payroll/worker:0.1.0", "--law=",
    "--until=2026-12-31",
)  # fmt: skip
"""As a launch of `launch dataflow` becomes options of the pipeline; the console sends what was left empty too."""
MOST = 25  # calls of one kind, after which the service refuses: whoever asks for ever ends


class Service:
    """``calls``: how often what was asked; ``files``: what was uploaded, by name; ``jobs``: what runs."""

    def __init__(self, jobs: Sequence[dict[str, Any]] = ()) -> None:
        self.calls, self.files, self.jobs = Counter[str](), dict[str, bytes](), list(jobs)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """What the service says; anything but a listing is refused to an account that may only look."""
        what = f"{method} {re.sub(r'[?].*', '', path)}"
        self.calls[what] += 1
        if self.calls[what] > MOST:
            return 403, {"error": {"message": "enough"}}
        if what == "POST /token":
            return 200, {"access_token": "t", "token_type": "Bearer", "expires_in": 3600}
        if what == "GET /v1b3/projects/lab-project/locations/us-west2/jobs":
            return 200, {"jobs": self.jobs}
        if what == f"GET /storage/v1/b/{BUCKET}":
            return 200, {"name": BUCKET, "softDeletePolicy": {"retentionDurationSeconds": "0"}}
        if "/upload/storage/v1/" in path:
            name = parse_qs(urlsplit(path).query).get("name", [""])[0]
            if method == "PUT":
                self.files[name] = self.files.get(name, b"") + body
            return 200, {"name": name or json.loads(body)["name"], "bucket": BUCKET, "size": str(len(body))}
        return 404, {"error": {"message": "not found"}}


class Ended(NamedTuple):
    """How the launcher ended, what it asked, and the template it left: the job, and its graph's bytes."""

    code: int
    said: str
    calls: Counter[str]
    job: dict[str, Any] | None
    graph: bytes | None


def launched(python: str, jobs: Sequence[dict[str, Any]] = (), *more: str, seconds: int = 180) -> Ended:
    """Run the launcher's way with a Python that has Beam."""
    service = Service(jobs)
    with serving(service) as address, tempfile.NamedTemporaryFile("w", suffix=".json") as account:
        account.write(json.dumps(_account(address)))
        account.flush()
        command = [python, str(MAIN), *OPTIONS, f"--dataflow_endpoint={address}", *more]
        known = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        env = known | {"STORAGE_EMULATOR_HOST": address, "GOOGLE_APPLICATION_CREDENTIALS": account.name}
        ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=seconds, check=False)
    job = next((json.loads(each) for name, each in service.files.items() if name.endswith("job_object")), None)
    graph = next((each for name, each in service.files.items() if name.endswith("pipeline.pb")), None)
    return Ended(ended.returncode, ended.stdout + ended.stderr, service.calls, job, graph)


def _account(address: str) -> dict[str, str]:
    """The worker's account, with a key made here that nobody else takes."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    email = "ihss-worker@lab-project.iam.gserviceaccount.com"
    named = {"type": "service_account", "project_id": "lab-project", "client_email": email, "private_key_id": "1"}
    return named | {"private_key": pem, "client_id": "1", "token_uri": f"{address}/token"}


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """The service's address, while it is up."""

    class Answering(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            code, said = service.answer(self.command, self.path, body)
            text = json.dumps(said).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Location", f"http://{self.headers['Host']}{self.path}&name={quote(said.get('name', ''))}")
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("localhost", 0), Answering) as here:
        threading.Thread(target=here.serve_forever, daemon=True).start()
        yield f"http://localhost:{here.server_port}"
        here.shutdown()
