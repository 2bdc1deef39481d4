#!/bin/bash
# A real Slurm on this machine: three nodes of two slots each, for tests.
#
#   cluster.sh up FOLDER      starts it; needs root, installs Debian's slurm-wlm and munge where missing
#   cluster.sh kill N         kills node N with its tasks, as if its plug were pulled
#   cluster.sh revive N       starts it again
#   cluster.sh ctld stop      kills the controller
#   cluster.sh ctld start     starts it again, with what it saved
#   cluster.sh down FOLDER    ends all of it and waits till it has ended
#
# Each node is a slurmd of its own on a port of its own. Configuration, state,
# logs and the key of a munged of its own are in FOLDER; what is done to a
# cluster that is up goes by SLURM_CONF=FOLDER/slurm.conf. Several clusters may
# be up at a time. Only processes whose numbers are in FOLDER are ended.
set -euo pipefail

usage() { sed -n '2,9p' "$0" >&2; exit 2; }

install_slurm() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q && apt-get install -q -y --no-install-recommends slurm-wlm munge
}

# The first of four ports in a row that nothing listens on.
ports() {
	local p i
	for _ in $(seq 100); do
		p=$((20000 + RANDOM % 10000))
		for i in 0 1 2 3; do
			(exec 3<>"/dev/tcp/127.0.0.1/$((p + i))") 2>/dev/null && continue 2
		done
		echo $p
		return
	done
	echo "no four free ports in a row" >&2
	return 1
}

# The tasks' processes on a node, after the daemons that watch over them (these
# leave slurmd's family at once, so that only their children tell whose they are).
tasks() { # number, folder
	local e p parent below=()
	for e in $(grep -lzx "SLURMD_NODENAME=n$1" /proc/[0-9]*/environ 2>/dev/null); do
		grep -qzx "SLURM_CONF=$2/slurm.conf" "$e" 2>/dev/null || continue
		p=${e#/proc/}
		p=${p%/environ}
		below+=("$p")
		parent=$(awk '$1 == "PPid:" {print $2}' "/proc/$p/status" 2>/dev/null) || continue
		case $(cat "/proc/$parent/comm" 2>/dev/null) in slurmstepd*) echo "$parent" ;; esac
	done
	printf '%s\n' "${below[@]}"
}

alive() { [ -e "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# Ends the process whose number is in a file and waits for it, ten seconds at most.
finish() {
	alive "$1" || return 0
	local p
	p=$(cat "$1")
	kill "$p" || true
	for _ in $(seq 100); do kill -0 "$p" 2>/dev/null || return 0; sleep 0.1; done
	kill -KILL "$p" || true
}

folder() {
	[ -e "${SLURM_CONF:-}" ] || { echo "SLURM_CONF does not name a cluster's configuration" >&2; exit 2; }
	dirname "$SLURM_CONF"
}

kill_tasks() { # number, folder
	local p
	for p in $(tasks "$1" "$2" | awk '!seen[$0]++'); do kill -KILL "$p" 2>/dev/null || true; done
}

start_node() { slurmd -N "n$1" -f "$2/slurm.conf" -L "$2/n$1.log"; }

up() {
	local dir=$1 port host
	for p in slurmctld slurmd sbatch munged; do command -v $p >/dev/null || { install_slurm; break; }; done
	mkdir -p "$dir/state" "$dir"/n{1,2,3}
	# A socket's path has at most 107 characters.
	mktemp -d -t munge.XXXXXXXX >"$dir/munge.folder"
	local munge
	munge=$(cat "$dir/munge.folder")
	chmod 755 "$munge"
	(umask 077; head -c 1024 /dev/urandom >"$munge/key")
	munged --force --socket="$munge/socket" --key-file="$munge/key" --pid-file="$munge/pid" --log-file="$munge/log" --seed-file="$munge/seed" 2>"$munge/said" || { cat "$munge/said" >&2; exit 1; }
	port=$(ports)
	host=$(hostname -s)
	cat >"$dir/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$munge/socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/%n
SlurmctldPidFile=$dir/ctld.pid
SlurmdPidFile=$dir/%n.pid
SlurmctldLogFile=$dir/ctld.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,batch_sched_delay=0
ReturnToService=2
SlurmctldTimeout=10
SlurmdTimeout=10
MessageTimeout=5
InactiveLimit=0
KillWait=3
MinJobAge=10
MaxArraySize=9
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=2 RealMemory=20000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=2 RealMemory=20000
NodeName=n3 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 3)) CPUs=2 RealMemory=20000
PartitionName=all Nodes=n[1-3] Default=YES MaxTime=INFINITE State=UP
END
	export SLURM_CONF=$dir/slurm.conf
	slurmctld -f "$SLURM_CONF"
	for n in 1 2 3; do start_node $n "$dir"; done
	for _ in $(seq 60); do
		[ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = 3 ] && return 0
		sleep 0.5
	done
	echo "the nodes did not come up:" >&2
	sinfo >&2 || true
	tail -n 5 "$dir"/*.log >&2
	return 1
}

down() {
	local dir=$1 munge
	export SLURM_CONF=$dir/slurm.conf
	if alive "$dir/ctld.pid"; then
		scancel --state=PENDING --user="$(id -un)" 2>/dev/null || true
		scancel --user="$(id -un)" 2>/dev/null || true
		for _ in $(seq 40); do [ -z "$(squeue -h -t running,completing -w n1,n2,n3 2>/dev/null)" ] && break; sleep 0.25; done
	fi
	# What a node's tasks left behind ends with it.
	for n in 1 2 3; do
		finish "$dir/n$n.pid"
		kill_tasks $n "$dir"
	done
	finish "$dir/ctld.pid"
	if [ -e "$dir/munge.folder" ]; then
		munge=$(cat "$dir/munge.folder")
		finish "$munge/pid"
		rm -rf "$munge"
	fi
}

case ${1:-} in
up) up "${2:?a folder}" ;;
down) down "${2:?a folder}" ;;
kill)
	dir=$(folder)
	# The daemons first, so that none can tell the controller what happens.
	kill -KILL "$(cat "$dir/n$2.pid")"
	kill_tasks "$2" "$dir"
	;;
revive)
	dir=$(folder)
	start_node "$2" "$dir"
	;;
ctld)
	dir=$(folder)
	case ${2:-} in
	stop)
		p=$(cat "$dir/ctld.pid")
		kill -KILL "$p"
		while kill -0 "$p" 2>/dev/null; do sleep 0.1; done
		;;
	start) slurmctld -f "$SLURM_CONF" ;;
	*) usage ;;
	esac
	;;
*) usage ;;
esac
