package slurm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const clusterScript = "../../testdata/slurm/cluster.sh"

// cluster starts a real Slurm of three nodes on this machine.
func cluster(t *testing.T) (run func(args ...string), dir string) {
	t.Helper()
	if os.Getenv("REVERIE_SLURM") == "" {
		t.Skip("REVERIE_SLURM is not set: it starts a real Slurm on this machine (root, slurm-wlm and munge)")
	}
	dir = t.TempDir()
	run = func(args ...string) {
		t.Helper()
		if out, err := exec.Command("bash", append([]string{clusterScript}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("cluster.sh %v: %v\n%s", args, err, out)
		}
	}
	t.Cleanup(func() { run("down", dir) })
	run("up", dir)
	t.Setenv("SLURM_CONF", filepath.Join(dir, "slurm.conf"))
	return run, dir
}

// work is a worker that writes three files for its shard, one after the other,
// and goes on with what is missing; extra runs first.
func work(t *testing.T, extra string) (j Job, out string) {
	t.Helper()
	out = t.TempDir()
	j = workIn(out, extra)
	j.Dir = filepath.Join(t.TempDir(), "a folder 5%")
	return j, out
}

func workIn(out, extra string) Job {
	script := `shard=${1%%/*}; cd "$2"; ` + extra + `
for k in 1 2 3; do [ -e $shard.$k ] && continue; sleep 1.5; echo "$shard" >$shard.$k; done`
	return Job{Name: "test", Command: []string{"bash", "-c", script, "worker", "{shard}", out}, Shards: 12, Poll: 500 * time.Millisecond,
		Left: func(shard int) (int, error) {
			files, err := filepath.Glob(filepath.Join(out, fmt.Sprintf("%d.*", shard)))
			return 3 - len(files), err
		}}
}

// starts is how often the tasks of the logs began, requeues among them, by shard.
func starts(t *testing.T, j Job) map[string]int {
	t.Helper()
	n := map[string]int{}
	files, _ := filepath.Glob(filepath.Join(j.Dir, "logs", "*.log"))
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			if _, after, ok := strings.Cut(line, " shard "); ok {
				shard, _, _ := strings.Cut(after, " on ")
				n[shard]++
			}
		}
	}
	return n
}

func TestRealNodeDies(t *testing.T) {
	run, _ := cluster(t)
	j, out := work(t, "")
	j.Time, j.Retries = 10*time.Minute, 0
	begun := time.Now()
	var killed bool
	var at, last Status
	err := Run(context.Background(), j, func(s Status) {
		last = s
		if !killed && s.Running == 6 && time.Since(begun) > 3*time.Second {
			killed, at = true, s
			run("kill", "2")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(out, "*"))
	if !killed || len(files) != 36 || last.Done != 12 {
		t.Errorf("killed %v, %d files, %+v", killed, len(files), last)
	}
	twice := 0
	for _, n := range starts(t, j) {
		if n > 1 {
			twice++
		}
	}
	if twice != 2 {
		t.Errorf("%d shards began twice; the node had two: %v", twice, starts(t, j))
	}
	t.Logf("node 2 killed at %+v; all done after %s, %d tasks in %d arrays, %d shards began again on another node", at, time.Since(begun).Round(time.Second), last.Submitted, len(last.IDs), twice)
}

func TestRealFailures(t *testing.T) {
	cluster(t)
	// Shard 2 fails once, shards 3 and 11, of the first and the second array, always.
	j, out := work(t, `if [ $shard = 2 ] && [ ! -e tried ]; then touch tried; exit 1; fi; case $shard in 3|11) echo "no such subject: $shard" >&2; exit 7;; esac`)
	j.Retries = 1
	var last Status
	err := Run(context.Background(), j, func(s Status) { last = s })
	if err == nil || !strings.Contains(err.Error(), "2 of 12 shards made no progress any more: 3, 11. Shard 3 ended in attempt 2 as task ") || !strings.Contains(err.Error(), "(FAILED, NonZeroExitCode)") {
		t.Errorf("%v", err)
	}
	for i, shard := range []string{"3", "11"} {
		if x := last.Failures[i]; !strings.HasSuffix(x.Tail, "no such subject: "+shard) {
			t.Errorf("%+v", x)
		}
	}
	files, _ := filepath.Glob(filepath.Join(out, "*.[123]"))
	if len(files) != 30 || last.Submitted != 15 || last.Retried != 3 {
		t.Errorf("%d files of the ten other shards, %+v", len(files), last)
	}
	t.Log(err)
}

func TestRealParallel(t *testing.T) {
	cluster(t)
	j, _ := work(t, `[ $shard = 1 ] && [ ! -e tried ] && { touch tried; exit 1; }`)
	j.Parallel, j.Retries = 2, 1
	queue := func() int {
		out, err := exec.Command("squeue", "-h", "-r", "-t", "running").Output()
		if err != nil {
			t.Error(err)
		}
		return strings.Count(string(out), "\n")
	}
	most := 0
	if err := Run(context.Background(), j, func(Status) { most = max(most, queue()) }); err != nil {
		t.Fatal(err)
	}
	if most != 2 {
		t.Errorf("%d tasks at a time", most)
	}
}

func TestRealStopsAndGoesOn(t *testing.T) {
	cluster(t)
	queue := func() string {
		out, err := exec.Command("squeue", "-h", "-r").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	j, _ := work(t, "")
	j.Detach = true
	ctx, stop := context.WithCancel(context.Background())
	var submitted atomic.Int64
	err := Run(ctx, j, func(s Status) {
		submitted.Store(int64(s.Submitted))
		if s.Running > 2 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "takes them up again") || queue() == "" {
		t.Fatalf("detached: %v, queue %q", err, queue())
	}
	var last Status
	if err := Run(context.Background(), j, func(s Status) { last = s }); err != nil {
		t.Fatal(err)
	}
	if last.Submitted != 12 {
		t.Errorf("%d tasks for 12 shards: the living ones were submitted again", last.Submitted)
	}

	j, _ = work(t, "")
	ctx, stop = context.WithCancel(context.Background())
	if err := Run(ctx, j, func(s Status) {
		if s.Running > 2 {
			stop()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for range 40 {
		if queue() == "" {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	t.Errorf("tasks still live: %s", queue())
}
