#!/bin/bash
# A shell at work: arrays, maps, functions, and text taken apart.
declare -A sizes owners
declare -a lines words
RANDOM=7

line() {
	local number=$1
	echo "$number:${words[RANDOM % ${#words[@]}]}:$((RANDOM * RANDOM)):/usr/share/${words[RANDOM % ${#words[@]}]}/$number"
}

mapfile -t lines <"$0"
for line in "${lines[@]}"; do
	read -r -a parts <<<"$line"
	words+=("${parts[@]}")
done
lines=()
for ((i = 0; i < 60000; i++)); do
	path="/usr/lib/${words[RANDOM % ${#words[@]}]}/$i"
	sizes[$path]=$((RANDOM * 4))
	owners[$path]="user$((RANDOM % 100))"
	lines+=("$path ${sizes[$path]} ${owners[$path]}")
done
for ((i = 0; i < 100; i++)); do
	eval "function_$i() { local -a list=(\"\$@\"); for word in \"\${list[@]}\"; do [[ \$word == *$i* ]] && echo \"\$word\"; done; }"
done
export -f line
echo ready
read -r _
