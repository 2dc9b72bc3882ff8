#!/bin/sh
# stranger.sh FOLDER: the county pays and writes a receipt; whoever has Python and verify.py alone verifies it against the
# digest of the last PayRun, which the county says apart; then every cent of the receipt and of its pay run is changed.
set -eu
out=$1/stranger
rm -rf "$out"
mkdir -p "$out/away"
.venv/bin/ihss-payroll replay --events sample --out "$out/paid" --quiet >/dev/null
.venv/bin/python -m tests.certificate.county_says "$out/paid" >"$out/says.txt"
read -r payment last <"$out/says.txt"
.venv/bin/ihss-payroll explain "$payment" --events sample --paid "$out/paid" --receipt "$out/away/receipt.json" >/dev/null
cp docs/verify/verify.py tests/certificate/tamper.py "$out/away"
cd "$out/away"
env -i PATH="$PATH" python3 -I verify.py receipt.json --paid ../paid --last "$last"
env -i PATH="$PATH" python3 -I tamper.py receipt.json ../paid "$last"
