# Checks include/zram2/reserves.h: awk -f reserves.awk reserves.h SOURCE...
# Who holds what is listed there waits for nothing that waits for it, and every
# reserve that the sources make is listed. One line a violation; the exit status
# says whether there was any.

function bad(where, what) {
	print where ": " what
	failed = 1
}

# Depth first: what is reached again while it is still open is in a cycle.
function visit(name, path,    i, n, next_ones) {
	if (state[name] == "done")
		return
	path = path " " name
	if (state[name] == "open") {
		bad(header, "a cycle:" path)
		return
	}
	state[name] = "open"
	n = split(waits[name], next_ones)
	for (i = 1; i <= n; i++)
		if (next_ones[i] in waits)
			visit(next_ones[i], path)
	state[name] = "done"
}

FNR == 1 {
	file = FILENAME
	sub(/.*\//, "", file)
	if (NR == 1)
		header = FILENAME
}

FILENAME == header && / \* reserve\t/ {
	if (names && waits[self] == "")
		bad(header, self " has no \"waits\"")
	self = $3
	sub(/,$/, "", self)
	if (self != "name")
		order[++names] = self
	next
}
FILENAME == header && self == "name" { next }
FILENAME == header && / \* made\t/ {
	made[$3 " " $4] = 1
	next
}
FILENAME == header && / \* waits\t/ {
	sub(/^ \* waits[ \t]+/, "")
	waits[self] = $0
	next
}
FILENAME == header { next }

# With its first argument, which is on the same line and has no blank.
match($0, /(mempool_(init|create)[a-z_]*|bioset_init|alloc_(ordered_)?workqueue|kthread_(run|create)_worker)\([^,)]*/) {
	call = file " " substr($0, RSTART, RLENGTH)
	if (call in made)
		found[call] = 1
	else
		bad(FILENAME ":" FNR, "is not in reserves.h: " substr($0, RSTART, RLENGTH))
}

END {
	if (names && waits[self] == "")
		bad(header, self " has no \"waits\"")
	if (names < 2)
		bad(header, "lists nothing")
	for (i = 1; i <= names; i++) {
		n = split(waits[order[i]], list)
		for (j = 1; j <= n; j++)
			if (list[j] != "-" && !(list[j] in waits))
				bad(header, order[i] " waits for " list[j] ", which is not listed")
		visit(order[i], "")
	}
	for (call in made)
		if (!(call in found))
			bad(header, "no longer made: " call)
	exit failed
}
