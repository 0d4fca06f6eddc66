#!/bin/bash
# Tests of the tests: what is tried again, what is said of failures, which cases run
# where, and what the include rules find. Takes a second; lint runs it.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/vm.sh"

expect() { check "$1" [ "$2" = "$3" ] || true; }

# report LINE...: sets $failed and $again to what becomes of what a machine says, and
# $why to what the totals say of it. With stops=1 it says no more then.
tally=$Z2_SCRATCH/tally
report() {
	local ending=('VM END')
	[ -z "${stops:-}" ] || ending=()
	: >"$tally"; : >"$Z2_SCRATCH/doubts"
	printf '%s\n' 'VM START 7.2' '# case 10-a start -' "$@" "${ending[@]}" |
		Z2_TALLY=$tally VM_DOUBTS=${doubts-$Z2_SCRATCH/doubts} vm_report fake "$Z2_SCRATCH/log" last >"$Z2_SCRATCH/said" 2>&1
	failed=$(sed -n 's/^f fake: //p' "$tally" | paste -sd '|')
	again=$(cut -d : -f 1 "$Z2_SCRATCH/doubts" | paste -sd '|')
	why=$( (Z2_OWNS_TALLY=1 Z2_TALLY=$tally verdict || true) | sed -n 's/^    //p' | paste -sd '|')
}
end='# case 10-a end rc=1 seconds=1'

report 'ok - 10-a: a' 'not ok - 10-a: every page is right' "$end"
expect "data has no second try" "$failed,$again" "10-a: every page is right,"
report 'not ok - 10-a: timeout: memory is swapped out' "$end"
expect "a timeout has one" "$failed,$again" ",10-a"
expect "its log is named" "$(grep -c 'to be tried again - fake: 10-a: timeout: memory' "$Z2_SCRATCH/said")" 1
doubts='' report 'not ok - 10-a: timeout: memory is swapped out' "$end"
expect "and no third" "$failed,$again" "10-a: timeout: memory is swapped out,"
report 'not ok - 10-a: no memory is leaked' 'not ok - 10-a: the kernel has nothing to complain about' "$end"
expect "nor have leaks, and what the kernel says" "$failed,$again" \
	"10-a: no memory is leaked|10-a: the kernel has nothing to complain about,"
report 'not ok - 10-a: zstd: timeout: of something' "$end"
expect "only the test itself can say so" "$failed,$again" "10-a: zstd: timeout: of something,"
report 'not ok - 10-a: timeout: a' 'not ok - 10-a: b' "$end"
expect "one does not excuse the other" "$failed,$again" "10-a: b,10-a"
report "$end"
expect "a case that ends badly fails" "$failed,$again" "10-a ends well (rc=1 seconds=1),"

report 'not ok - 10-a: a' "# got 'x'" '# and more' 'ok - 10-a: b' '# of b' "$end"
expect "the totals say why" "$why" "# got 'x'|# and more"
seq 1 50 >"$Z2_SCRATCH/log"
stops=1 report 'ok - 10-a: a'
expect "a machine that stops fails" "$failed" "the machine runs to the end (it stopped in: 10-a; log: $Z2_SCRATCH/log)"
expect "with its last words" "$why" "$(seq 26 50 | paste -sd '|')"
{ seq 1 50; echo 'BUG: unable to handle page fault'; seq 1 5000; } >"$Z2_SCRATCH/log"
stops=1 report 'ok - 10-a: a'
expect "or what the kernel complained of first" "$why" "BUG: unable to handle page fault|$(seq 1 24 | paste -sd '|')"

# hangs SECONDS: whether a machine is ended that has said nothing for longer than its
# case may take, which is SECONDS.
hangs() {
	sleep 4 &
	{ printf '%s\n' 'VM START 7.2' "# case 10-a start $1"; tail --pid=$! -f /dev/null; } |
		Z2_TALLY=$tally VM_DOUBTS='' VM_QUIET_SECONDS=1 VM_PID=$! vm_report fake "$Z2_SCRATCH/log" last >"$Z2_SCRATCH/said" 2>&1
	grep -c 'fake: 10-a hangs' "$Z2_SCRATCH/said" || true
}
expect "a machine that hangs is ended" "$(hangs -60)" 1
expect "one whose case may go on is not" "$(hangs 60)" 0

# said COMMAND: what a case prints for it.
said() {
	DRIVER=none DISK=none sh -c '. "$1/tests/functional/lib.sh"; trap - EXIT; rm -rf "$WORK"; eval "$2"' 10-a "$Z2_TOP" "$1" |
		grep -v '^#'
}
expect "cases declare it: what is waited for" "$(said 'ok_in_time b 0 false')" "not ok - 10-a: timeout: b"
expect "what takes too long" "$(said 'took=1000000; took_within b 1')" "not ok - 10-a: timeout: b"
expect "and nothing else" "$(said 'ok_if b eventually 0 false')" "not ok - 10-a: b"

# suite LINE...: what the guest makes of a suite's case.
suite() {
	printf '    %s\n' 1..1 "$@" 'not ok 1 a' | awk -v suite=s -f "$Z2_TOP/tests/vm/ktap.awk" | sed -n 's/^not ok - s: //p'
}
late='# a: EXPECTATION FAILED at x.c:1'
expect "suites declare it" "$(suite "$late" 'Expected z2t_join(t) to be true, but is false' '' 'timeout')" "timeout: a"
expect "for all that failed" "$(suite "$late" timeout '# a: EXPECTATION FAILED at x.c:2' 'Expected b == 1')" a
expect "or it is a failure" "$(suite '# a: ASSERTION FAILED at x.c:2' 'Expected b == 1')" a

# Each long case comes to each kernel, to the newest one every time.
runs() {
	local round case
	for ((round = 100; round < 100 + VM_ROUNDS; round++)); do
		for case in $(grep -l '^# vm:.*long=yes' "$Z2_TOP"/tests/functional/[0-9]*.sh); do
			! VM_ROUND=$round vm_due "$case" "$1" || basename "$case"
		done
	done | sort | uniq -c | awk '{ print $1 }' | sort -u
}
unset QUICK
expect "long cases go round the older kernels" "$(runs "${Z2_SERIES[0]}") $(runs "${Z2_SERIES[1]}")" "1 1"
expect "and run on the newest one each time" "$(runs "${Z2_SERIES[-1]}")" "$VM_ROUNDS"
expect "but not in a hurry" "$(QUICK=1; runs uml)" ""

# fixed_limits FILE...: lines with a limit of time that doesn't follow the machine.
fixed_limits() { grep -hE '(^|[^a-z_])timeout [0-9]' "$@"; }
echo 'timeout 60 bash zram.sh' >"$Z2_SCRATCH/fixed"
expect "a limit that is fixed is seen" "$(fixed_limits "$Z2_SCRATCH/fixed")" "timeout 60 bash zram.sh"
expect "no case has one" "$(fixed_limits "$Z2_TOP"/tests/functional/*.sh)" ""

# rules LINE: what the include rules say with one line more in layers.txt.
rules() {
	{ cat "$Z2_TOP/tests/layers.txt"; echo "$1"; } >"$Z2_SCRATCH/layers.txt"
	(cd "$Z2_TOP" && gawk -f tests/include-rules.awk "$Z2_SCRATCH/layers.txt" src/*.c include/zram2/*.h) | sed 's/.*txt:[0-9]*: //'
}
expect "include rules: all is well" "$(rules '')" ""
expect "a unit that isn't there" "$(rules 'layer edge nosuch')" "there is no unit nosuch"
expect "a collaborator that isn't used" "$(rules 'with slot pattern')" "slot does not include pattern"
expect "a line that is neither" "$(rules 'wiht slot pattern')" "is neither a layer nor a with line"
verdict
