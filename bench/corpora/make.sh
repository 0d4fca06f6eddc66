#!/bin/bash
# The pages that the bench compresses, a file of each kind: make.sh DIRECTORY.
# Heaps are those of programs that run now, from the packages that are installed
# now: what somebody else measures are other pages of the same kind.
. "$(dirname "$0")/../../tests/lib/common.sh"
. "$Z2_TOP/tests/lib/kernels.sh"
here=$Z2_TOP/bench/corpora
out=$1
pages=4096

# without_aslr: addresses are part of what is compressed.
without_aslr=()
! setarch -R true 2>/dev/null || without_aslr=(setarch -R)

# corpus NAME HOW [ARGUMENT...]: as pages.py says
corpus() {
	local name=$1 how=$2; shift 2
	heavy "pages of $name" env PYTHONHASHSEED=0 LC_ALL=C.UTF-8 \
		"${without_aslr[@]}" python3 "$here/pages.py" "$how" "$out/$name" $pages "$@" || die "no pages of $name"
}

need_packages python3 nodejs default-jdk-headless g++ bash util-linux coreutils perl-base openssl
with_lock uml built_source
rm -rf "$out"
mkdir -p "$out"

gcc -O2 -Wall -o "$Z2_SCRATCH/page-like" "$here/page-like.c" || die "cannot compile page-like.c"
"$Z2_SCRATCH/page-like" $((pages + pages / 10)) >"$Z2_SCRATCH/page-like.pages"
corpus page-like files "$Z2_SCRATCH/page-like.pages"

corpus heap-python heap python3 "$here/heap.py"
corpus heap-node heap node "$here/heap.js"
javac -d "$Z2_SCRATCH" "$here/Heap.java" || die "cannot compile Heap.java"
corpus heap-java heap java -Xmx512m -XX:+UseSerialGC -cp "$Z2_SCRATCH" Heap
corpus heap-bash heap bash "$here/heap.bash"
g++ -std=c++17 -E -o "$Z2_SCRATCH/heap.ii" "$here/heap.cc" || die "cannot compile heap.cc"
corpus heap-cc1plus peak "$(g++ -print-prog-name=cc1plus)" -quiet -O2 -std=c++17 -fpreprocessed "$Z2_SCRATCH/heap.ii" -o /dev/null

# What every Debian has.
mapfile -t binaries < <(dpkg-query -L bash coreutils dpkg apt libc6 perl-base util-linux tar openssl | sort -u |
	while read -r f; do [ ! -f "$f" ] || [ -L "$f" ] || [ "$(head -c 4 "$f" | tr -d '\0')" != $'\177ELF' ] || echo "$f"; done)
corpus elf files "${binaries[@]}"
mapfile -t sources < <(find "$Z2_CACHE"/uml/source/{kernel,mm,fs/ext4,block} -name '*.c' | LC_ALL=C sort)
corpus text files "${sources[@]}"
corpus random random
