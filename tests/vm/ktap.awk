# Turns what a suite left in debugfs (KTAP) into results, one for a test case: awk -v
# suite=NAME -f ktap.awk FILE. What a case printed before it failed is shown with it.
# Where all that failed is what the case itself calls a timeout (Z2T_TIMEOUT as the
# message of an expectation), the result is called one, too.

function name(line) { sub(/^ *(not )?ok [0-9]+ (- )?/, "", line); return line }

/^    1\.\.[0-9]+/ { sub(/.*\.\./, ""); planned = $0; next }

/^    (not )?ok [0-9]+ / {
	seen++
	if ($0 ~ /# SKIP/) skipped++
	else if ($0 ~ /^    ok/) passed++
	if ($0 ~ /^    ok/) print "ok - " suite ": " name($0)
	else {
		print "not ok - " suite ": " (failed && failed == late ? "timeout: " : "") name($0)
		printf "%s", said
	}
	said = ""
	failed = late = 0
	next
}

/ (EXPECTATION|ASSERTION) FAILED at / { failed++ }
/^ *timeout$/ { late++ }
/^    / && !/^    (KTAP version|# Subtest:|# module:)/ { said = said "    " $0 "\n" }

END {
	if (seen < planned || !seen) print "not ok - " suite ": all of its " planned + 0 " cases ran"
	printf "%s: %d passed, %d failed, %d skipped\n", suite, passed, seen - passed - skipped, skipped
}
