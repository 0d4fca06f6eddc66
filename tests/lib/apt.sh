# Packages of any suite, without touching the machine's own sources: a private
# apt configuration over the mirror that the machine already uses.
# shellcheck shell=bash

apt_dir=$Z2_CACHE/apt

# The mirror's address by the label of its archive (Debian, Debian-Security).
apt_mirror() {
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' | sed -n "s/^$1 //p" | sort -u | head -n 1
}

# apt_sources SUITE: the lines of a sources.list for it and its updates.
apt_sources() {
	local mirror security
	local signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
	mirror=$(apt_mirror Debian)
	[ -n "$mirror" ] || { heavy "fetching package lists" as_root apt-get update; mirror=$(apt_mirror Debian); }
	[ -n "$mirror" ] || die "this machine's apt has no Debian mirror"
	echo "deb $signed $mirror $1 main"
	case $1 in sid | *-backports) return ;; esac
	echo "deb $signed $mirror $1-updates main"
	security=$(apt_mirror Debian-Security)
	[ -z "$security" ] || echo "deb $signed $security $1-security main"
}

# apt_in SUITE TOOL ARGS...: apt-get or apt-cache with that suite only. The
# machine's own pins and target release have no say in it.
apt_in() {
	local suite=$1 tool=$2 d=$apt_dir/$1; shift 2
	"$tool" -o Dir::Etc::sourcelist="$d/sources.list" -o Dir::Etc::sourceparts="$d/none" \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts="$d/none" \
		-o Dir::State::Lists="$d/lists" -o Dir::State::status="$d/status" \
		-o Dir::Cache="$d/cache" -o Dir::Cache::pkgcache=pkgcache.bin \
		-o Dir::Cache::srcpkgcache=srcpkgcache.bin -o APT::Sandbox::User=root -o APT::Default-Release= "$@"
}

# apt_refresh SUITE: fetches the lists, at most once a day. Without a network
# the old ones do.
apt_refresh() {
	local d=$apt_dir/$1
	[ -z "$(find "$d/stamp" -mtime -1 2>/dev/null)" ] || return 0
	mkdir -p "$d/none" "$d/lists/partial" "$d/cache/archives/partial"
	: >"$d/status"
	apt_sources "$1" >"$d/sources.list.new" && mv "$d/sources.list.new" "$d/sources.list"
	if heavy "looking for newer packages in $1" apt_in "$1" apt-get -q update; then
		touch "$d/stamp"
	elif [ -e "$d/stamp" ]; then
		say "going on with the package lists of $(date -r "$d/stamp" +%F)"
	else
		return 1
	fi
}

# apt_field SUITE PACKAGE FIELD: of the newest version.
apt_field() { apt_in "$1" apt-cache --no-all-versions show "$2" 2>/dev/null | sed -n "s/^$3: //p" | head -n 1; }

# apt_depends SUITE PACKAGE REGEX: names of the dependencies that match, one a
# line, first alternatives only.
apt_depends() {
	apt_field "$1" "$2" Depends | tr ',' '\n' | sed 's/^ *//; s/[ |].*//' | grep -E "$3" || true
}

# apt_closure SUITE PACKAGE REGEX: the package and all it pulls in that matches.
apt_closure() {
	local p
	echo "$2"
	for p in $(apt_depends "$1" "$2" "$3"); do apt_closure "$1" "$p" "$3"; done | sort -u
}

# apt_extract SUITE DIR PACKAGE...: downloads and unpacks into DIR.
apt_extract() {
	local suite=$1 dir=$2 debs deb; shift 2
	mkdir -p "$dir"
	debs=$(mktemp -d "$Z2_SCRATCH/debs.XXXXXX")
	(cd "$debs" && apt_in "$suite" apt-get -q download "$@") || return 1
	for deb in "$debs"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --no-same-owner || return 1
	done
	rm -rf "$debs"
}
