"""tamper.py RECEIPT PAID LAST: each number of cents of a receipt changed by one, each byte of its pay run's payments,
and bytes all over the PayRuns; how many of these verify.py refuses. Python alone, beside verify.py."""

import base64
import hashlib
import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

spec = spec_from_file_location("verify", Path(__file__).with_name("verify.py"))
verify = module_from_spec(spec)
spec.loader.exec_module(verify)


def cents(part, path=()):
    """Where an amount of cents stands."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if isinstance(value, dict | list):
            yield from cents(value, (*path, key))
        elif type(value) is int and "cents" in str(key):
            yield (*path, key)


def is_refused(receipt, last):
    try:
        return verify.Receipt(receipt).check()[1] != last
    except (verify.Refused, ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
        return True


def changed_amounts(text, last):
    """For each amount of the receipt, whether it changed by one is refused."""
    for path in list(cents(json.loads(text))):
        receipt = part = json.loads(text)
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] += 1
        yield is_refused(receipt, last)


def changed_bodies(text, folder, last):
    """For each payment of the pay run, whether the run's sum still holds with any one byte of it changed."""
    receipt = verify.Receipt(json.loads(text))
    runs, _ = receipt.check()
    run, bodies = runs[receipt.now["cut_off"]], {kind: set() for kind in verify.OF_RUN}
    for kind, records in map(verify.stored, sorted(Path(folder).rglob("*.avro"))):
        for record, body in records:
            if record["cut_off"] == run["cut_off"]:
                bodies[kind].add(body)
    whole = b"".join(len(b).to_bytes(4, "big") + b for kind in verify.OF_RUN for b in sorted(bodies[kind]))
    assert hashlib.sha256(whole).hexdigest() == run["content_sha256"], "the sum is another as it is"
    for body in sorted(bodies["PaymentInstruction"]):
        for place in range(len(body)):
            other = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            of_run = bodies | {"PaymentInstruction": bodies["PaymentInstruction"] - {body} | {other}}
            said = b"".join(len(b).to_bytes(4, "big") + b for kind in verify.OF_RUN for b in sorted(of_run[kind]))
            yield hashlib.sha256(said).hexdigest() != run["content_sha256"]


def changed_runs(text, last):
    """For bytes all over the PayRuns of the chain, whether the chain with that byte changed is refused."""
    for number, each in enumerate(json.loads(text)["chain"]):
        body = base64.b64decode(each["body"])
        for place in range(0, len(body), 97):
            receipt = json.loads(text)
            other = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            shown = {"body": base64.b64encode(other).decode(), "sha256": hashlib.sha256(other).hexdigest()}
            receipt["chain"][number] |= shown
            receipt["chain"][number].pop("record", None)
            yield is_refused(receipt, last)


def main():
    text, folder, last = Path(sys.argv[1]).read_text("utf-8"), sys.argv[2], sys.argv[3]
    assert not is_refused(json.loads(text), last), "it is refused as it is"
    for name, found in (
        ("cents changed by one", [*changed_amounts(text, last)]),
        ("bytes of payments of its pay run changed", [*changed_bodies(text, folder, last)]),
        ("bytes of PayRuns changed, their digests made anew", [*changed_runs(text, last)]),
    ):
        print(f"{name}: {sum(found)} of {len(found)} refused")
        if not found or not all(found):
            sys.exit(f"{name}: some were not noticed")


if __name__ == "__main__":
    main()
