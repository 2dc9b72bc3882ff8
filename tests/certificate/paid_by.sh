#!/bin/sh
# paid_by.sh FOLDER ENGINE [BEAM_OPTION ...]: pays the sample county, and says what the bytes of all files come to.
set -eu
out=$1/paid-$2-$#
engine=$2
shift 2
rm -rf "$out"
.venv/bin/ihss-payroll replay --events sample --out "$out" --engine "$engine" --quiet -- "$@" >/dev/null
cd "$out"
find . -name '*.avro' | LC_ALL=C sort | xargs sha256sum >../files.txt
echo "$(wc -l <../files.txt) files, sha256 $(sha256sum <../files.txt | cut -d ' ' -f 1)"
