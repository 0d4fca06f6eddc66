#!/bin/sh
# bench: cpus=1 mem=1500M corpora=yes
# The codec alone: wklz against the kernel's lz4, as the in-tree driver calls it, on
# pages of each kind, in random order, all codecs in turn. Times are CPU time; a page
# that would be stored raw counts with its 4096 bytes, and with a copy when it is
# read. Every page is compared after each round. Those that are there for information
# take part in each fourth round only.
. /bench/guest.sh

CODEC=/sys/module/z2codec/parameters
ROUNDS=$(full 3 31)

# taking_part CORPUS
taking_part() {
	echo lz4 wklz
	[ $((round % 4)) = 3 ] || return 0
	echo lzo-rle zstd-1
	case $1 in page-like | heap-*) echo wklz-1 wklz-3 ;; esac
}

# one_round CORPUS
one_round() {
	local compress decompress bytes
	taking_part "$1" | tr '\n' ' ' >$CODEC/codecs
	echo "$round" >$CODEC/run || { problem "$1: round $round"; dmesg | tail -n 1; return; }
	cat $CODEC/run >/tmp/round
	while IFS=, read -r driver compress decompress bytes; do
		echo "$driver $bytes" >>/tmp/stored
		put "$1 compress" ns/page "$compress"
		# As a disk, none of them would ever decompress it.
		[ "$1" != random ] || continue
		put "$1 decompress" ns/page "$decompress"
		put "$1 stored" bytes/page "$bytes"
	done </tmp/round
}

begin
insmod /bench/z2codec.ko || { problem "the codecs load"; finish; }
note "$(cat $CODEC/huge_size) compressed bytes and more are stored as the page they were"
for path in /bench/corpora/*; do
	corpus=${path##*/}
	echo "$path" >$CODEC/corpus || problem "$corpus is read"
	: >/tmp/stored
	for round in $(seq 0 "$ROUNDS"); do one_round "$corpus"; done
	[ "$(sort -u /tmp/stored | wc -l)" = "$(cut -d ' ' -f 1 /tmp/stored | sort -u | wc -l)" ] ||
		problem "$corpus: the same pages take another room from round to round"
done
rmmod z2codec
finish
