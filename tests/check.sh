#!/bin/bash
# Everything: lint, unit tests, functional tests on each kernel. Sets itself up
# on a fresh Debian 12; the last line says how it went.
. "$(dirname "$0")/lib/common.sh"

# Failures are counted where they happen; one of these fails when it could not
# go on, and the others are still worth running.
for part in lint kunit vmtest; do
	"$Z2_TOP/tests/$part.sh" || fail "$part ran to its end"
done
verdict
