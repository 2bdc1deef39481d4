#!/bin/bash
# A real Slurm on this machine: three nodes of two slots each, for tests.
#
#   cluster.sh up FOLDER     starts it; needs root and Debian's slurm-wlm and munge
#   cluster.sh kill N        kills node N with its tasks, as if its plug were pulled
#   cluster.sh revive N FOLDER
#   cluster.sh down FOLDER
#
# Each node is a slurmd of its own on a port of its own. Nothing of it lasts:
# configuration, state and logs are in FOLDER, and SLURM_CONF says where.
set -euo pipefail
what=$1
conf() { echo "$1/slurm.conf"; }

start_node() { # number, folder
	slurmd -N "n$1" -f "$(conf "$2")" -L "$2/n$1.log"
}

case $what in
up)
	dir=$2
	mkdir -p "$dir/state" "$dir"/n{1,2,3}
	install -d -o munge -g munge -m 0755 /run/munge
	[ -e /etc/munge/munge.key ] || { dd if=/dev/urandom bs=1 count=1024 of=/etc/munge/munge.key status=none; chown munge /etc/munge/munge.key; chmod 400 /etc/munge/munge.key; }
	pgrep -x munged >/dev/null || runuser -u munge -- munged
	host=$(hostname -s)
	cat >"$(conf "$dir")" <<EOF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
AuthType=auth/munge
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
SlurmdTimeout=10
InactiveLimit=0
KillWait=3
MinJobAge=10
MaxArraySize=9
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=16821 CPUs=2 RealMemory=20000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=16822 CPUs=2 RealMemory=20000
NodeName=n3 NodeHostname=$host NodeAddr=127.0.0.1 Port=16823 CPUs=2 RealMemory=20000
PartitionName=all Nodes=n[1-3] Default=YES MaxTime=INFINITE State=UP
EOF
	export SLURM_CONF=$(conf "$dir")
	slurmctld -f "$SLURM_CONF"
	for n in 1 2 3; do start_node $n "$dir"; done
	for _ in $(seq 60); do
		[ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = 3 ] && exit 0
		sleep 0.5
	done
	echo "the nodes did not come up:" >&2
	sinfo >&2 || true
	tail -n 5 "$dir"/*.log >&2
	exit 1
	;;
kill)
	# The node's daemon and all that it started.
	for p in $(pgrep -f "slurmd -N n$2 "); do
		for s in $(pgrep -P "$p"); do pkill -KILL -P "$s" || true; kill -KILL "$s" || true; done
		kill -KILL "$p" || true
	done
	;;
revive)
	export SLURM_CONF=$(conf "$3")
	start_node "$2" "$3"
	;;
down)
	dir=$2
	export SLURM_CONF=$(conf "$dir")
	scancel --user=root 2>/dev/null || true
	for n in 1 2 3; do [ -e "$dir/n$n.pid" ] && kill "$(cat "$dir/n$n.pid")" || true; done
	[ -e "$dir/ctld.pid" ] && kill "$(cat "$dir/ctld.pid")" || true
	;;
*)
	sed -n '2,10p' "$0" >&2
	exit 2
	;;
esac
