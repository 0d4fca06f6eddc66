# The kernel's headers for what is built in user space: what they declare is forced
# in, so that the files only have to be there.
# shellcheck shell=bash

# stubs_make DIR FILE...: an empty one for each that these include, and that neither DIR
# nor the C library has.
stubs_make() {
	local dir=$1 header; shift
	sed -n 's|^#include <\(linux/[^>]*\)>.*|\1|p' "$@" | sort -u |
		while read -r header; do
			[ ! -e "$dir/$header" ] && [ ! -e "/usr/include/$header" ] || continue
			mkdir -p "$dir/${header%/*}"
			: >"$dir/$header"
		done
}
