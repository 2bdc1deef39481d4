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

// work is a worker that writes three files for its shard, one after the other, and goes on with what is missing.
func work(t *testing.T, extra string) (j Job, out string) {
	t.Helper()
	out = t.TempDir()
	script := `shard=${1%%/*}; cd "$2"; ` + extra + `
for k in 1 2 3; do [ -e $shard.$k ] && continue; sleep 1.5; echo "$shard" >$shard.$k; done`
	j = Job{Name: "test", Dir: filepath.Join(t.TempDir(), "a folder"), Command: []string{"bash", "-c", script, "worker", "{shard}", out}, Shards: 12, Poll: 500 * time.Millisecond,
		Left: func(shard int) (int, error) {
			files, err := filepath.Glob(filepath.Join(out, fmt.Sprintf("%d.*", shard)))
			return 3 - len(files), err
		}}
	return j, out
}

func TestRealNodeDies(t *testing.T) {
	run, _ := cluster(t)
	j, out := work(t, "")
	j.Time = 10 * time.Minute
	begun := time.Now()
	var killed bool
	var last Status
	err := Run(context.Background(), j, func(s Status) {
		last = s
		if !killed && s.Running == 6 && time.Since(begun) > 3*time.Second {
			killed = true
			run("kill", "2")
			t.Logf("node 2 killed after %s: %+v", time.Since(begun).Round(time.Second), s)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(out, "*"))
	if !killed || len(files) != 36 || last.Done != 12 {
		t.Errorf("killed %v, %d files, %+v", killed, len(files), last)
	}
	t.Logf("all done after %s, %d tasks in %d arrays", time.Since(begun).Round(time.Second), last.Submitted, len(last.IDs))
}

func TestRealFailures(t *testing.T) {
	cluster(t)
	// Shard 2 fails once, shard 3 always.
	j, out := work(t, `if [ $shard = 2 ] && [ ! -e tried ]; then touch tried; exit 1; fi; if [ $shard = 3 ]; then echo "no such subject" >&2; exit 1; fi`)
	j.Retries, j.Parallel = 1, 4
	most := 0
	err := Run(context.Background(), j, func(s Status) { most = max(most, s.Running) })
	if err == nil || !strings.Contains(err.Error(), "made no progress any more: 3. Shard 3 ended 2 times in a row, last as task ") || !strings.Contains(err.Error(), "no such subject") {
		t.Errorf("%v", err)
	}
	if most > 4+2 { // the second array has a bound of its own, and its first tasks run while the first ends
		t.Logf("%d tasks ran at a time", most)
	}
	files, _ := filepath.Glob(filepath.Join(out, "*.[123]"))
	if len(files) != 33 {
		t.Errorf("%d files of the eleven other shards", len(files))
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
