#!/bin/sh
# vm: extra=udev bins=mkswap
# What is installed beside the module: what the service runs, swap from three lines,
# and udev's rule, on which udev leaves native disks alone. The service itself is run
# by systemd in tests/system/service.sh.
. /tests/lib.sh
begin
unload_zram2
swap=/usr/lib/zram2/zram2-swap

is "its configuration has three lines" "$(grep -c = /etc/zram2-swap.conf) $(wc -l </etc/zram2-swap.conf)" "3 3"
ok_if "start" $swap start
total=$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)
is "swap of half the memory" "$(awk '/zramx0/ { print $1, $3, $5 }' /proc/swaps)" \
	"/dev/zramx0 $(((total * 50 / 100 + 3) / 4 * 4 - 4)) 100"
use_disk zramx0
is "the algorithm" "$(grep -o '\[.*\]' "$sys/comp_algorithm")" "[zstd]"
$swap start 2>err && fail "a second start is refused" || pass "a second start is refused"
is "and says why" "$(cat err)" "zram2-swap: zramx0 is in use"
ok_if "stop" $swap stop
is "no swap" "$(grep -c zramx /proc/swaps)" 0
is "and no size" "$(cat "$sys/disksize")" 0
ok_if "stop does no harm" $swap stop

# configured TEXT: starts with that configuration; sets $err.
configured() {
	printf "$1" >conf
	err=$($swap start "$WORK/conf" 2>&1)
}
configured 'size = 64M\n# a comment\n\nalgorithm=lz4' && pass "spaces, comments, no last newline" || fail "spaces, comments, no last newline" "$err"
is "size, algorithm, priority" "$(cat "$sys/disksize") $(grep -o '\[.*\]' "$sys/comp_algorithm") $(awk '/zramx0/ { print $5 }' /proc/swaps)" "67108864 [lz4] 100"
ok_if "stop" $swap stop
while read -r input want; do
	configured "$input" && fail "'$input' is refused" || pass "'$input' is refused"
	ok_if "and says why" sh -c "printf '%s' \"\$1\" | grep -q \"\$2\"" sh "$err" "$want"
	is "nothing is set up" "$(cat "$sys/disksize") $(grep -c zramx /proc/swaps)" "0 0"
done <<END
size=x\n disksize
size=x%%\n size
size=%%\n size
colour=red\n known
50%%\n name=value
algorithm=nosuch\n comp_algorithm
size=64M\npriority=x\n swapon
END
rm -f conf
$swap start "$WORK/conf" 2>err && fail "no configuration" || pass "no configuration"
ok_if "and says so" grep -q 'cannot read' err

# udev, with its own rules and ours. Only "trigger --settle" waits for its own event: udevd
# may not have heard of it yet, and "settle" then finds that nothing goes on.
systemd-udevd --daemon || fail "udev starts"
udevadm control --ping --timeout=$((20 * PATIENCE))
echo 32M >"$sys/disksize"
ok_if "mkswap" mkswap "$dev"
ok_if "udev settles" udevadm trigger --settle --action=change "$sys"
properties=$(udevadm info --query=property "$sys")
ok_if "udev knows the disk" sh -c 'echo "$1" | grep -q "^TAGS=.*systemd"' sh "$properties"
is "and has not looked into it" "$(echo "$properties" | grep -c '^ID_FS')" 0
is "nor has names for what is in it" "$(echo "$properties" | sed -n 's/^DEVLINKS=//p')" ""
is "nor watches it" "$(ls /run/udev/watch 2>/dev/null | grep -c "b$(cat "$sys/dev")")" 0

# Were it not for the rule it would: the test sees it.
mv /usr/lib/udev/rules.d/59-zram2.rules "$WORK/"
sed 's/"loop\*/"zramx*|loop*/' -i /usr/lib/udev/rules.d/60-*.rules
udevadm control --reload
udevadm trigger --settle --action=change "$sys"
ok_if "without the rule, and with zramx among its disks, udev would" \
	sh -c 'udevadm info --query=property "$1" | grep -q "^ID_FS_TYPE=swap"' sh "$sys"
is "and watch it" "$(ls /run/udev/watch | grep -c "b$(cat "$sys/dev")")" 1
mv "$WORK/59-zram2.rules" /usr/lib/udev/rules.d/
udevadm control --reload
udevadm trigger --settle --action=change "$sys"
is "with it not even then" "$(udevadm info --query=property "$sys" | grep -c '^ID_FS') $(ls /run/udev/watch | grep -c "b$(cat "$sys/dev")")" "0 0"
udevadm control --exit
expect_errno OK "$sys/reset" 1
