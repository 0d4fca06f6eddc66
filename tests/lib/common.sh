# Messages, counting, locks and packages: what every test script sources.
# shellcheck shell=bash

set -euo pipefail

# Where a user's shell doesn't look, and depmod and others are.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

Z2_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
Z2_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/zram2
mkdir -p "$Z2_CACHE"

# A script run by another one counts into its caller's tally, and leaves the
# totals to it.
if [ -z "${Z2_TALLY:-}" ]; then
	Z2_TALLY=$(mktemp "$Z2_CACHE/tally.XXXXXX")
	Z2_START=$(date +%s)
	export Z2_TALLY Z2_START
	Z2_OWNS_TALLY=1
fi

Z2_SCRATCH=$(mktemp -d "$Z2_CACHE/run.XXXXXX")
cleanup() {
	# All of it, and not only the script, is to end with us.
	[ -z "${Z2_BESIDE:-}" ] || kill -- "-$Z2_BESIDE" 2>/dev/null || true
	# timeout(1) moves to a process group of its own: nobody else ends it.
	[ -z "${Z2_VM_PID:-}" ] || kill "$Z2_VM_PID" 2>/dev/null || true
	rm -rf "$Z2_SCRATCH"
	[ -z "${Z2_OWNS_TALLY:-}" ] || rm -f "$Z2_TALLY"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

elapsed() { echo $(($(date +%s) - Z2_START)); }
# Progress goes to stderr: functions whose output is captured talk too.
say() { printf '[%4d s] %s\n' "$(elapsed)" "$*" >&2; }
die() { printf '[%4d s] error: %s\n' "$(elapsed)" "$*" >&2; exit 1; }

# pass TEXT, fail TEXT: one result, printed and counted.
pass() { printf '[%4d s] ok - %s\n' "$(elapsed)" "$*"; echo p >>"$Z2_TALLY"; }
fail() { printf '[%4d s] not ok - %s\n' "$(elapsed)" "$*"; echo "f $*" >>"$Z2_TALLY"; }
# check TEXT COMMAND...: the command's success is the result, its output is
# shown when it fails.
check() {
	local what=$1 out; shift
	if out=$("$@" 2>&1); then pass "$what"; else fail "$what"; because <<<"$out"; fi
}
indent() { sed 's/^/    /'; }
# because: stdin says more about what failed last. It is printed here, and the end of it
# again with the totals: of a long run that may be all that somebody gets to see.
BECAUSE_LINES=25
because() {
	local text
	text=$(indent)
	printf '%s\n' "$text"
	tail -n $BECAUSE_LINES <<<"$text" >>"$Z2_TALLY"
}
# part NAME [ARGUMENT...]: runs that script. It fails when it could not go on, and the
# others are still worth running: failures are counted where they happen.
part() { "$Z2_TOP/tests/$1.sh" "${@:2}" || fail "$1 ran to its end"; }

# beside COMMAND...: runs it meanwhile. beside_end waits for it and prints what it
# printed; its progress is seen meanwhile.
beside() {
	setsid "$@" >"$Z2_SCRATCH/beside" </dev/null &
	Z2_BESIDE=$!
}
beside_end() {
	local status=0
	wait "$Z2_BESIDE" || status=$?
	Z2_BESIDE=
	cat "$Z2_SCRATCH/beside"
	return $status
}
count() { grep -c "$1" "$Z2_TALLY" || true; }

# The last words of a script: what failed, once more, where a log's reader looks
# first; totals, and the exit status they mean. Nothing ran is no success either.
verdict() {
	[ -n "${Z2_OWNS_TALLY:-}" ] || return 0
	local passed failed
	passed=$(count '^p'); failed=$(count '^f')
	[ "$failed" -gt 0 ] || [ "$passed" -gt 0 ] || failed=1
	sed -n "s/^r /tried again: /p; s/^f /not ok - /p; /^    /p" "$Z2_TALLY"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# heavy TITLE COMMAND...: runs a long command quietly, says every 15 s that it
# is still at it, and shows the end of its output when it fails.
heavy() {
	local title=$1 log pid n=0 status=0; shift
	log=$(mktemp "$Z2_SCRATCH/log.XXXXXX")
	say "$title"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		sleep 0.2
		n=$((n + 1))
		[ $((n % 75)) -ne 0 ] ||
			say "  still: $title (last: $(tail -n 1 "$log" | tr -s '[:space:]' ' ' | cut -c 1-60))"
	done
	wait $pid || status=$?
	[ $status -eq 0 ] || { tail -n 40 "$log" | indent >&2; say "failed: $title"; }
	return $status
}

# works WHAT COMMAND...: as check, for what takes its time.
works() { if heavy "$@"; then pass "$1"; else fail "$1"; return 1; fi; }

# with_lock NAME COMMAND...: one at a time among all runs of this user.
with_lock() {
	local name=$1 fd status=0; shift
	exec {fd}>"$Z2_CACHE/$name.lock"
	flock -n $fd || { say "waiting for another run ($name)"; flock $fd; }
	"$@" || status=$?
	exec {fd}>&-
	return $status
}

# need_packages PACKAGE...: installs what is missing. The lists are fetched
# only when installing fails without it: most runs have nothing to install.
need_packages() {
	local p missing=()
	for p; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q ' installed$' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	with_lock packages install_packages "${missing[@]}"
}
install_packages() {
	local install=(as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends)
	if ! apt-get -s install --no-install-recommends "$@" >/dev/null 2>&1 ||
	   ! heavy "installing $*" "${install[@]}" "$@"; then
		heavy "fetching package lists" as_root apt-get update &&
		heavy "installing $*" "${install[@]}" "$@" ||
			die "cannot install $*"
	fi
}
