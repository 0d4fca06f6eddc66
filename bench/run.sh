#!/bin/bash
# Compares zram2 with the in-tree zram: make bench [QUICK=1] [KERNEL=6.12]
# [SCENARIO="io swap"]. Each file in bench/scenarios is a scenario. Its header,
# "# bench: name=value ...", says what machine it runs on:
#   cpus=1,2      a boot with each     mem=2500M   its memory
#   kernels=A,B   on these kernels when KERNEL doesn't name others; uml stands
#                 for the flavour of user-mode Linux that suits the CPUs
#   bins=A,B      programs of this machine that it uses
#   corpora=yes   pages of real memory and files, and the module that compresses them
#   named=yes     only if SCENARIO names it
# Scenarios that ask for the same machine share one boot.
. "$(dirname "$0")/../tests/lib/common.sh"
. "$Z2_TOP/tests/lib/vm.sh"

bench=$Z2_TOP/bench
out=$Z2_TOP/build/bench
# A quick run doesn't overwrite what a full one found.
results=$bench/results
[ -z "${QUICK:-}" ] || { results=$out/quick; rm -rf "$results"; }
mkdir -p "$out" "$results/raw"

option() {
	local value
	value=$(sed -n 's/^# bench: *//p' "$1" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1)
	echo "${value:-$3}"
}

# The machines that are wanted and what runs on them, one line each:
# kernel cpus mem|scenario
wanted() {
	local s name kernel cpus
	for s in "$bench"/scenarios/*.sh; do
		name=$(basename "$s" .sh)
		[[ " ${SCENARIO:-} " == *" $name "* ]] ||
			{ [ -z "${SCENARIO:-}" ] && [ "$(option "$s" named no)" = no ]; } || continue
		for kernel in $(tr ',' ' ' <<<"${KERNEL:-$(option "$s" kernels uml)}"); do
			for cpus in $(option "$s" cpus 1 | tr ',' ' '); do
				case $kernel-$cpus in
				uml-1) echo -n uml-up ;;
				uml-[0-9]*) echo -n uml-fast ;;
				uml-up-[2-9]*) continue ;;
				uml-*) echo -n "$kernel" ;;
				*)
					# No time to boot and emulate it.
					[ -z "${QUICK:-}" ] || [ -n "${KERNEL:-}" ] || continue
					echo -n "$kernel"
					;;
				esac
				echo " $cpus $(option "$s" mem 2500M)|$name"
			done
		done
	done
}

# wants_corpora SCENARIO...: does one of them?
wants_corpora() {
	local s
	for s; do [ "$(option "$bench/scenarios/$s.sh" corpora no)" = no ] || return 0; done
	return 1
}

build_load() {
	local target=$1 dir=$Z2_TOP/build/$1-load
	rm -rf "$dir"
	mkdir -p "$dir"
	rsync -a "$bench"/load/ "$bench"/{pages.h,clock.h} "$dir/"
	heavy "building the load generator for it" run_make "$target" "$dir" "$dir/.log" ||
		die "the load generator does not build"
}

build_codecs() {
	local target=$1 dir=$Z2_TOP/build/$1-codec
	rm -rf "$dir"
	mkdir -p "$dir/codec"
	rsync -a --exclude='*.o' "$Z2_TOP"/{dkms.conf,src,include} "$dir/"
	cp "$bench"/codec/* "$bench"/{pages.h,clock.h} "$dir/codec/"
	mv "$dir/codec/Makefile" "$dir/"
	heavy "building the codecs for it" run_make "$target" "$dir" "$dir/.log" || die "the codecs do not build"
}

build_programs() {
	local c
	mkdir -p "$out/progs"
	for c in "$bench"/progs/*.c; do
		[ -e "$c" ] || continue
		gcc -O2 -Wall -static -o "$out/progs/$(basename "$c" .c)" "$c" -lm || die "cannot compile $c"
	done
}

# bench_image TARGET OUT SCENARIO...: the test harness's image with a second
# archive behind it, which the kernel unpacks over the first.
bench_image() {
	local target=$1 image=$2 root s bins='' scripts=(); shift 2
	scripts=("${@/#/../bench/scenarios/}")
	for s; do bins+=" $(option "$bench/scenarios/$s.sh" bins '' | tr ',' ' ')"; done
	vm_image "$target" "$Z2_TOP/build/$target" "" "$image" "${scripts[@]/%/.sh}"
	root=$(mktemp -d "$Z2_SCRATCH/bench.XXXXXX")
	mkdir -p "$root/bench" "$root/usr/local/sbin"
	cp -r "$bench/guest.sh" "$bench/scenarios" "$root/bench/"
	cp "$Z2_TOP/build/$target-load/z2load.ko" "$root/bench/"
	cp "$out"/progs/* "$root/usr/local/sbin/" 2>/dev/null || true
	! wants_corpora "$@" || cp -r "$Z2_TOP/build/$target-codec/codec/z2codec.ko" "$out/corpora" "$root/bench/"
	# shellcheck disable=SC2086 # a list of names
	[ -z "${bins// /}" ] || vm_add_programs "$root" $bins
	cat >"$root/bench/settings" <<-EOF
		QUICK=${QUICK:-}
		ROUNDS=${ROUNDS:-$([ -n "${QUICK:-}" ] && echo 3 || echo 7)}
		KERNEL=$target
	EOF
	chmod +x "$root"/bench/scenarios/*.sh
	(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --owner=0:0) >>"$image"
	rm -rf "$root"
}

# Figures are kept, of each only the progress is shown.
progress() {
	local line scenario metric round last=''
	while IFS= read -r line; do
		case $line in
		'    R,'*)
			IFS=, read -r _ scenario _ metric _ _ round _ <<<"$line"
			line="$scenario: ${metric%% *}, round ${round%.*}"
			[ "$line" = "$last" ] || say "  $line"
			last=$line
			;;
		'    P,'*) ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
}

# flame_graphs KERNEL LOG: of the stacks that a boot's scenarios have seen.
flame_graphs() {
	local target=$1 log=$2 scenario cpus driver what name
	tr -d '\r' <"$log" | grep '^P,' >"$Z2_SCRATCH/stacks" || return 0
	cut -d , -f 2-5 "$Z2_SCRATCH/stacks" | sort -u | while IFS=, read -r scenario cpus driver what; do
		name=$scenario-$target-$cpus-$what-$driver
		sed -n "s/^P,$scenario,$cpus,$driver,$what,//p" "$Z2_SCRATCH/stacks" |
			"$flame_graph" --title "$what, $driver ($target)" --width 960 >"$results/$name.svg"
	done
}

# collect KERNEL LOG: the figures of a boot, a file for each scenario.
collect() {
	local target=$1 log=$2 scenario cpus file
	tr -d '\r' <"$log" | grep '^[RN],' >"$Z2_SCRATCH/figures" || return 0
	cut -d , -f 2,3 "$Z2_SCRATCH/figures" | sort -u | while IFS=, read -r scenario cpus; do
		file=$results/raw/$scenario-$target-$cpus.csv
		{
			echo "# $(target_about "$target") on $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
			sed -n "s/^N,$scenario,$cpus,/# /p" "$Z2_SCRATCH/figures"
			echo 'kernel,scenario,cpus,metric,unit,driver,round,value'
			sed -n "s/^R,$scenario,$cpus,/$target,$scenario,$cpus,/p" "$Z2_SCRATCH/figures"
		} >"$file"
	done
}

# run_machine KERNEL CPUS MEM SCENARIO...: with one CPU the whole machine is
# pinned to one of the host's, so that no system call goes from CPU to CPU.
run_machine() {
	local target=$1 cpus=$2 mem=$3 name="bench-$1-$2-$3" image fd pid; shift 3
	image=$Z2_SCRATCH/$name.cpio
	bench_image "$target" "$image" "$@"
	say "$(target_about "$target") with $cpus CPU(s), $mem: $*"
	[ "$cpus" != 1 ] || taskset -cp "${host_cpus##*[,-]}" $$ >/dev/null
	exec {fd}> >(progress)
	pid=$!
	vm_boot "$target" "$image" 7200 "$mem" "$cpus" >&$fd
	exec {fd}>&-
	wait $pid || true
	taskset -cp "$host_cpus" $$ >/dev/null
	collect "$target" "$Z2_TOP/build/logs/$target-$name.log.results"
	flame_graphs "$target" "$Z2_TOP/build/logs/$target-$name.log.results"
}

need_packages gcc libc6-dev rsync python3 gnuplot-nox util-linux fio linux-perf libdevel-nytprof-perl
flame_graph=/usr/share/perl5/Devel/NYTProf/flamegraph.pl
host_cpus=$(taskset -cp $$ | sed 's/.*: //')
wanted | sort >"$Z2_SCRATCH/wanted"
[ -s "$Z2_SCRATCH/wanted" ] || die "no such scenario: ${SCENARIO:-}"
build_programs
mapfile -t scenarios < <(cut -d '|' -f 2 "$Z2_SCRATCH/wanted" | sort -u)
corpora=
! wants_corpora "${scenarios[@]}" || { corpora=1; "$bench/corpora/make.sh" "$out/corpora" || die "no corpora"; }
for target in $(cut -d ' ' -f 1 "$Z2_SCRATCH/wanted" | sort -u); do
	target_get "$target"
	with_lock "build-$target" build_module "$target" "$Z2_TOP/build/$target" || die "zram2 does not build"
	build_load "$target"
	[ -z "$corpora" ] || build_codecs "$target"
done
while read -r -u 4 kernel cpus mem; do
	mapfile -t scenarios < <(sed -n "s/^$kernel $cpus $mem|//p" "$Z2_SCRATCH/wanted")
	run_machine "$kernel" "$cpus" "$mem" "${scenarios[@]}"
done 4< <(cut -d '|' -f 1 "$Z2_SCRATCH/wanted" | sort -u)

say "tables and charts"
python3 "$bench/report.py" "$bench/goals.txt" "$results"
(cd "$results" && gnuplot charts.gnuplot) || die "gnuplot fails"
say "results are in ${results#"$Z2_TOP"/}"
# Goals that are not reached are results; only a bench that broke fails.
[ "$(count '^f')" = 0 ] || die "something went wrong, see above: the figures may be incomplete"
