# Checks who includes whom: awk -f include-rules.awk layers.txt FILE...
# One line a violation; the exit status says whether there was any. What the
# table allows and no file needs is one as well.

function say(where, what) {
	printf "%s: %s\n", where, what
	failed = 1
}

function bad(what) { say(FILENAME ":" FNR, what) }

# The entry of the table that a unit falls under: its name, or a pattern.
function entry(unit,    e) {
	if (unit in layer)
		return unit
	for (e in layer)
		if (e ~ /\*$/ && index(unit, substr(e, 1, length(e) - 1)) == 1)
			return e
	return ""
}

function include(target) {
	target = entry(target)
	if ((self, target) in with)
		needed[self, target] = 1
	if (target == "")
		bad("includes a unit that layers.txt does not know")
	else if (layer[target] > layer[self])
		bad("a " name[layer[self]] " includes " target ", of the layer " name[layer[target]] " above it")
	else if (layer[target] == layer[self] && target != self && !((self, target) in with))
		bad("includes " target " of its own layer, which layers.txt does not name as its collaborator")
}

FILENAME ~ /layers\.txt$/ {
	if ($1 == "layer") {
		name[++layers] = $2
		for (i = 3; i <= NF; i++) {
			layer[$i] = layers
			line_of[$i] = FILENAME ":" FNR
		}
	} else if ($1 == "with") {
		for (i = 3; i <= NF; i++)
			with[$2, $i] = FILENAME ":" FNR
	} else if (NF && !/^#/) {
		bad("is neither a layer nor a with line")
	}
	next
}

FNR == 1 {
	unit = FILENAME
	sub(/.*\//, "", unit)
	sub(/\.[ch]$/, "", unit)
	self = entry(unit)
	source = FILENAME ~ /(^|\/)src\//
	if (self == "") {
		bad("layers.txt names no layer for " unit)
		nextfile
	}
	exists[self] = 1
	comment = 0
}

# Comments may say what code may not.
{
	line = $0
	if (comment) {
		if (!sub(/^.*\*\//, "", line))
			next
		comment = 0
	}
	gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", line)
	if (sub(/\/\*.*/, "", line))
		comment = 1
	sub(/\/\/.*/, "", line)
}

line ~ /^[ \t]*#[ \t]*include/ {
	target = line
	sub(/^[^<"]*[<"]/, "", target)
	sub(/[>"].*/, "", target)
	if (target ~ /compat/)
		bad("names a compat header: Kbuild forces it in")
	else if (target ~ /^zram2\//) {
		sub(/^zram2\//, "", target)
		sub(/\.h$/, "", target)
		if (target != unit)
			include(target)
	} else if (line ~ /"/)
		bad("includes a header that is not in include/zram2")
	if (target ~ /^linux\/(lz4|lzo|zstd|zlib|zutil|sw842)/ && unit !~ /^codec/)
		bad("only codec*.c name a compression library")
}

line ~ /LINUX_VERSION_CODE|KERNEL_VERSION[ \t]*\(/ { bad("looks at the kernel's version: that is compat's business") }

(line ~ /zsmalloc\.h/ || line ~ /(^|[^a-zA-Z0-9_])(zs_[a-z_]+[ \t]*\(|struct zs_pool)/) && unit != "pool" {
	bad("only pool.c names zsmalloc")
}

line ~ /Z2_SLOT_(WRITER|WAITERS|FREE|READER|READERS|LOCKED|CONTENT)([^A-Z_]|$)/ && unit != "slot" {
	bad("only slot touches the bits of a slot's lock")
}

source && FNR == 801 { bad("more than 800 lines: it is two units") }

END {
	for (e in line_of)
		if (!(e in exists))
			say(line_of[e], "there is no unit " e)
	for (pair in with)
		if (!(pair in needed)) {
			split(pair, unit_of, SUBSEP)
			say(with[pair], unit_of[1] " does not include " unit_of[2])
		}
	exit failed
}
