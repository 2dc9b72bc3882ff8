"""The payment of the sample county with the most before it, and the SHA-256 of the newest PayRun's body."""

import hashlib
import sys
from pathlib import Path

from schemas.avro import encode, validate
from tests.pipelines.live.drill import records_below


def main() -> None:
    records = list(records_below(Path(sys.argv[1])))
    payments = [record for kind, record in records if kind == "PaymentInstruction"]
    most = max(payments, key=lambda each: (each["sequence"], each["net_cents"], each["instruction_id"]))
    last = max((record for kind, record in records if kind == "PayRun"), key=lambda run: run["cut_off"])
    print(most["instruction_id"], hashlib.sha256(encode(validate("PayRun", last))).hexdigest())


if __name__ == "__main__":
    main()
