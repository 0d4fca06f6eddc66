#!/bin/bash
# wklz in user space, with sanitizers: the codec's own sources in a stub of a kernel
# (tests/fuzz/). First tests that are the same each time: pages of 4, 16 and 64 KiB,
# with the kernel's reader of LZ4 (liblz4 stands in for it) and with our own, and
# machines of 32 bits and big-endian ones. Then, for MINUTES, libFuzzer looks for
# more; 0 leaves that out. What it has found lies in build/fuzz.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/stubs.sh"
cd "$Z2_TOP"

minutes=${MINUTES:-10}
[[ $minutes =~ ^[0-9]+$ ]] || die "MINUTES is a number: $minutes"
need_packages gcc libc6-dev liblz4-dev gcc-i686-linux-gnu libc6-dev-i386-cross \
	gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user-static
[ "$minutes" = 0 ] || need_packages clang

dir=$Z2_SCRATCH/fuzz
kept=$Z2_TOP/build/fuzz
codec=(src/codec_wklz.c src/wklz_words.c src/wklz_lz.c kunit/fill.c kunit/wklz_pages.c kunit/wklz_answers.c)
mkdir -p "$dir" "$kept"
stubs_make "$dir" "${codec[@]}" include/compat/compat.h include/zram2/{codec,params,wklz_words,wklz_lz}.h \
	kunit/{fill,wklz_pages,wklz_answers}.h

# compiled COMPILER SHIFT READER OUTPUT ARGUMENT...: with pages of that shift; READER is
# lz4 for the library's, own for ours.
compiled() {
	local compiler=$1 shift=$2 lz4=() reader=0 output=$4
	[ "$3" != lz4 ] || { reader=1; lz4=(-llz4); }
	"$compiler" -std=gnu11 -g -O2 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-pointer-sign \
		-Wno-missing-field-initializers -Wno-type-limits -Werror -DPAGE_SHIFT="$shift" \
		-DCONFIG_LZ4_DECOMPRESS=$reader -include tests/fuzz/kernel.h -include include/compat/compat.h \
		-I "$dir" -I include -o "$dir/$output" "${@:5}" "${codec[@]}" -pthread "${lz4[@]}"
}
sanitizers=(-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all)

# program NAME ARGUMENT...: runs it, in an emulator if it has to.
program() {
	local name=$1; shift
	case $name in
	s390x-*) timeout 300 qemu-s390x-static "$dir/$name" "$@" ;;
	*) timeout 300 "$dir/$name" "$@" ;;
	esac
}

# build KIND SHIFT TEST...: compiled for these pages, and each test with its own result.
# No sanitizer's memory fits into an emulator.
i686=/usr/i686-linux-gnu/lib
build() {
	local kind=$1 shift=$2 title options=() compiler=gcc reader=own test; shift 2
	title="$kind, pages of $(kib "$shift")"
	case $kind in
	lz4) reader=lz4 ;;
	racing) options=(-DSTUB_RACE) ;;
	i686) compiler=i686-linux-gnu-gcc options=("-Wl,--dynamic-linker=$i686/ld-linux.so.2,-rpath=$i686") ;;
	s390x) compiler=s390x-linux-gnu-gcc options=(-static -fsanitize=undefined -fsanitize-undefined-trap-on-error) ;;
	esac
	[ "$kind" = s390x ] || options+=("${sanitizers[@]}")
	check "fuzz: $title: it compiles" compiled "$compiler" "$shift" "$reader" "$kind-$shift" tests/fuzz/algorithm.c "${options[@]}"
	[ -e "$dir/$kind-$shift" ] || return 0
	for test; do check "fuzz: $title: $test" program "$kind-$shift" "$test"; done
}
kib() { echo "$((1 << ($1 - 10))) KiB"; }

# lz4 and own are who reads LZ; in racing ones the page is another at each look.
while read -r kind shift tests; do
	# shellcheck disable=SC2086 # a list of names
	build "$kind" "$shift" $tests
done <<'END'
lz4 12 levels trips shares program answers limits words crafted damage noise race both
lz4 14 levels trips shares program answers limits words crafted damage noise race
lz4 16 levels trips shares program answers limits words crafted damage noise race both
own 12 trips shares program damage noise race
own 16 trips shares program damage noise
racing 12 race-each-read
racing 16 race-each-read
i686 12 levels trips shares program answers limits words crafted noise race both
i686 16 trips answers limits damage noise
s390x 12 levels trips shares program answers limits words crafted noise race both
s390x 14 trips answers words
s390x 16 answers words
END

# What any of them has packed, each can unpack.
for shift in 12 14 16; do
	for from in lz4 i686 s390x; do
		[ -e "$dir/$from-$shift" ] || continue
		check "fuzz: $from packs pages of $(kib $shift)" program $from-$shift write "$dir/packed"
		for to in lz4 own i686 s390x; do
			[ $to = $from ] || [ ! -e "$dir/$to-$shift" ] || check "fuzz: and $to unpacks them" program $to-$shift read "$dir/packed"
		done
	done
done
[ "$minutes" != 0 ] || { verdict; exit; }

# fuzzed SHIFT READER SECONDS: with what was found before, if there is some.
fuzzed() {
	local name=$1-$2 corpus=$kept/corpus-$1
	mkdir -p "$corpus"
	"$dir/fuzz-$name" -max_total_time="$3" -max_len=$(((1 << $1) + 1)) -timeout=20 -detect_leaks=0 \
		-print_final_stats=1 -artifact_prefix="$kept/$name-" "$corpus" "$dir/seeds-$1"
}
rounds=("12 own" "12 lz4" "14 own" "16 own")
for round in "${rounds[@]}"; do
	read -r shift reader <<<"$round"
	mkdir -p "$dir/seeds-$shift"
	check "fuzz: seeds of $(kib "$shift")" program "lz4-$shift" seeds "$dir/seeds-$shift"
	check "fuzz: clang compiles it ($round)" compiled clang "$shift" "$reader" "fuzz-$shift-$reader" tests/fuzz/fuzz.c \
		-fsanitize=fuzzer "${sanitizers[@]}"
done
# Two at a time, each for half of it.
seconds=$((minutes * 60 / 2))
for first in 0 2; do
	for round in "${rounds[@]:first:2}"; do
		read -r shift reader <<<"$round"
		works "fuzz: $seconds s of pages of $(kib "$shift"), $reader" fuzzed "$shift" "$reader" $seconds &
	done
	wait
done
verdict
