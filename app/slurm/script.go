package slurm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Script is the batch script, for looking at before it is submitted. Its
// argument is added to the task's index: arrays have a largest index, shards do not.
func (j Job) Script() (string, error) {
	if err := j.check(); err != nil {
		return "", err
	}
	return j.script(), nil
}

func (j *Job) script() string {
	var b strings.Builder
	opt := func(format string, args ...any) { fmt.Fprintf(&b, "#SBATCH --"+format+"\n", args...) }
	b.WriteString("#!/bin/bash\n")
	fmt.Fprintf(&b, "# %d shards of one job: one task of a job array each. Submitted again for what ends unfinished.\n", j.Shards)
	opt("job-name=%s", j.name())
	b.WriteString("# A log per task; what a requeued task says follows what it said before.\n")
	opt("output=\"%s\"", j.logs(0))
	opt("open-mode=append")
	b.WriteString("# A task whose node dies starts again by itself; it goes on with what is missing.\n")
	opt("requeue")
	b.WriteString("# Told a minute before its time is over, a task ends in order.\n")
	opt("signal=B:TERM@60")
	b.WriteString("# What a task needs.\n")
	opt("nodes=1")
	opt("ntasks=1")
	if j.CPUs > 0 {
		opt("cpus-per-task=%d", j.CPUs)
	}
	if j.Memory > 0 {
		opt("mem=%dM", (j.Memory+1<<20-1)>>20)
	}
	if j.Time > 0 {
		opt("time=%s", limit(j.Time))
	}
	for _, x := range [][2]string{{"partition", j.Partition}, {"account", j.Account}, {"qos", j.QOS}, {"constraint", j.Constraint}} {
		if x[1] != "" {
			opt("%s=%s", x[0], x[1])
		}
	}
	for _, x := range j.Extra {
		b.WriteString("#SBATCH " + x + "\n")
	}
	b.WriteString("\nset -euo pipefail\n")
	for _, name := range slices.Sorted(maps.Keys(j.Env)) {
		fmt.Fprintf(&b, "export %s=%s\n", name, quote(j.Env[name]))
	}
	b.WriteString("# An array's indices are bounded, the number of shards is not: the argument is what they count from.\n")
	b.WriteString("shard=$((SLURM_ARRAY_TASK_ID + ${1:-0}))\n")
	b.WriteString("echo \"$(date -Is) shard $shard on $(hostname)\"\n")
	b.WriteString("# In the script's place, so that signals reach it.\nexec")
	of := fmt.Sprintf("/%d", j.Shards)
	for _, w := range j.Command {
		if w == "" {
			b.WriteString(" ''")
			continue
		}
		parts := strings.Split(w, "{shard}")
		b.WriteString(" " + quote(parts[0]))
		for _, p := range parts[1:] {
			b.WriteString(`"$shard"` + of)
			if p != "" {
				b.WriteString(quote(p))
			}
		}
	}
	b.WriteString("\n")
	return b.String()
}

// quote protects a part of a word from the shell.
func quote(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,/:@") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// limit is days-hours:minutes:seconds.
func limit(d time.Duration) string {
	s := int64((d + time.Second - 1) / time.Second)
	return fmt.Sprintf("%d-%02d:%02d:%02d", s/86400, s/3600%24, s/60%60, s%60)
}
