#!/usr/bin/env bash
# Measures Reverie on this machine's GPU, and PyTorch beside it where it is installed:
# one run, under 8 minutes, on any Linux. Steps that fail or run too long are noted and
# the others go on. Leaves gpu-bench.json, gpu-bench.md and what every step said.
#
#   scripts/gpu-bench.sh [OPTION…]
#     --out FOLDER     for the results; default $OUT, else gpu-bench
#     --device NAME    which GPU: number or part of the name, as "reverie doctor" shows them
#     --peak TFLOPS    float32 peak of the GPU; known ones are looked up by name
#     --small          the demo's small network and short runs: to try the script, and for
#                      software renderers, where the full size takes too long
#
# REVERIE=PATH takes that program instead of building bin/reverie. GLTEST=PATH takes that
# test program (go test -c ./compute/gl) for the host overhead where Go is not installed.
# PYTHON=PATH is the Python of PyTorch; default python3. Exit status 0 where the GPU was
# timed, whatever else failed; 1 where it was not.
set -uo pipefail
cd "$(dirname "$0")/.."

out=${OUT:-gpu-bench} device="" peak="" small=""
while [ $# -gt 0 ]; do
	case $1 in
	--out | --device | --peak)
		[ $# -ge 2 ] || { echo "gpu-bench: $1 wants a value" >&2; exit 2; }
		case $1 in --out) out=$2 ;; --device) device=$2 ;; --peak) peak=$2 ;; esac
		shift 2 ;;
	--small) small=yes; shift ;;
	-h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
	*) echo "gpu-bench: no option $1; see --help" >&2; exit 2 ;;
	esac
done

mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)
rm -rf "$out"/step-*.* "$out/cache" "$out"/gpu-bench.*
# A cache of its own: nothing tuned or compiled before.
export REVERIE_CACHE="$out/cache" OMP_WAIT_POLICY=passive GOFLAGS="-tags=migrated_fynedo ${GOFLAGS:-}"
python=${PYTHON:-python3}
began=$SECONDS
budget=460 # seconds for everything; the report takes one or two more

network=(--network vgg19-seeded) batch=1,8 repeats=20 many=200
peer=(--batch 1 8 --repeats 20 --many 200)
if [ -n "$small" ]; then
	network=(--network demo) batch=1,2 repeats=5 many=20
	peer=(--size 128 --divisor 8 --batch 1 2 --repeats 5 --many 20)
fi
gl=(--backend gl)
[ -z "$device" ] || gl+=(--device "$device")

child=""
trap '[ -z "$child" ] || kill "$child"; echo; echo "gpu-bench: interrupted" >&2; exit 130' INT TERM

: >"$out/steps.tsv"
# step NAME LIMIT COMMAND… runs a command with a limit, cut to what is left of the budget.
# Its output is step-NAME.out, what it says on the way step-NAME.log. One line of
# steps.tsv each: name, exit status (124: too long), seconds, command.
step() {
	local name=$1 limit=$2 left=$((budget - (SECONDS - began))) status=0 from=$SECONDS
	shift 2
	printf '%-10s ' "$name"
	if [ "$left" -lt 3 ]; then
		status=124
		echo "no time left" | tee "$out/step-$name.log"
	else
		[ "$left" -ge "$limit" ] || limit=$left
		timeout --kill-after=5 "$limit" "$@" >"$out/step-$name.out" 2>"$out/step-$name.log" </dev/null &
		child=$! # in the background, so that an interrupt is answered at once
		wait "$child" || status=$?
		child=""
		case $status in
		0) echo "done in $((SECONDS - from)) s" ;;
		124 | 137) echo "stopped after $limit s" ;;
		*) echo "failed ($status): $(grep -v -e '^[[:space:]]*$' -e '^Try: ' "$out/step-$name.log" | tail -1)" ;;
		esac
	fi
	printf '%s\t%s\t%s\t%s\n' "$name" "$status" "$((SECONDS - from))" "$*" >>"$out/steps.tsv"
	return "$status"
}

reverie=${REVERIE:-bin/reverie}
if [ -z "${REVERIE:-}" ] && [ ! -x bin/reverie ]; then
	mkdir -p bin
	step build 180 go build -o bin/reverie .
fi

step doctor 60 "$reverie" doctor ${device:+--device "$device"} --json
bench=("$reverie" bench "${gl[@]}" "${network[@]}" --json --repeats "$repeats")
timed=1
step untuned 90 "${bench[@]}" --batch "$batch" --kernels && timed=0
# What compiles once is kept: the second start is that of every day.
step tune 130 "${bench[@]}" --batch "$batch" --tune --repeats 3
step tuned 60 "${bench[@]}" --batch "$batch" --kernels && timed=0
step many 30 "${bench[@]}" --batch 1 --many "$many"
if "$python" -c 'import torch' >/dev/null 2>&1; then
	step peer 100 "$python" testdata/bench/gpu_peer.py "${peer[@]}"
else
	step peer 10 "$python" -c 'import sys; sys.exit("the peer is missing: this Python has no PyTorch")'
fi
step exact 60 "${bench[@]}" --batch "$batch" --exact --kernels
if [ -n "${GLTEST:-}" ]; then
	step overhead 60 "$GLTEST" -test.run '^$' -test.bench HostOverhead -test.benchtime 100x
else
	step overhead 90 go test ./compute/gl -run '^$' -bench HostOverhead -benchtime 100x
fi
if [ -z "$small" ] && "$python" -c 'import torch' >/dev/null 2>&1; then
	step compiled 90 "$python" testdata/bench/gpu_peer.py "${peer[@]}" --variants compile
fi

if "$python" scripts/gpu-bench.py "$out" ${peak:+--peak "$peak"} ${small:+--small} --seconds $((SECONDS - began)); then
	echo "results: $out/gpu-bench.md, $out/gpu-bench.json"
else
	echo "gpu-bench: no table, for lack of a Python 3; the outputs of the steps are in $out" >&2
fi
exit "$timed"
