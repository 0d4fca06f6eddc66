#!/bin/sh
# bench: cpus=1
# Making and taking away a disk of 64 GiB, empty and with data in it.
. /bench/guest.sh

PAGES=$(full 16384 65536)

# ms FILE TEXT: how long writing it takes.
ms() { calc "$(timed "$1" "$2") / 1000000"; }

one_round() {
	local sys
	sys=$(sys_of $driver)
	echo 1 >$sys/reset
	echo lz4 >$sys/comp_algorithm
	put "64G create" ms "$(ms $sys/disksize 64G)"
	put "64G reset-empty" ms "$(ms $sys/reset 1)"
	echo lz4 >$sys/comp_algorithm
	echo 64G >$sys/disksize
	z2load op=write bs=65536 pages=$PAGES
	put "64G reset-$((PAGES / 256))M" ms "$(ms $sys/reset 1)"
}

begin
alternate one_round
finish
