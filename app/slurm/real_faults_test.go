package slurm

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// front in the environment makes TestRealFrontEnd the process that is killed.
const front = "REVERIE_SLURM_FRONT"

func TestRealFrontEnd(t *testing.T) {
	if dirs := os.Getenv(front); dirs != "" {
		dir, out, _ := strings.Cut(dirs, "\n")
		j := workIn(out, "")
		j.Dir = dir
		err := Run(context.Background(), j, func(s Status) { fmt.Println("running", s.Running) })
		t.Fatalf("it was to be killed: %v", err)
	}
	cluster(t)
	j, out := work(t, "")
	c := exec.Command(os.Args[0], "-test.run=^TestRealFrontEnd$")
	c.Env = append(os.Environ(), front+"="+j.Dir+"\n"+out)
	said, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	buf := make([]byte, 1024)
	for !strings.Contains(text.String(), "running 6") {
		n, err := said.Read(buf)
		if text.Write(buf[:n]); err != nil {
			t.Fatalf("%v: %s", err, text.String())
		}
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	// As if it had died before it could note what it submitted.
	if err := os.Remove(filepath.Join(j.Dir, "slurm.json")); err != nil {
		t.Fatal(err)
	}
	var last Status
	if err := Run(context.Background(), j, func(s Status) { last = s }); err != nil {
		t.Fatal(err)
	}
	for shard, n := range starts(t, j) {
		if n != 1 {
			t.Errorf("shard %s began %d times", shard, n)
		}
	}
	if last.Done != 12 || len(last.IDs) != 2 {
		t.Errorf("%+v", last)
	}
}

func TestRealControllerDies(t *testing.T) {
	run, _ := cluster(t)
	j, out := work(t, "")
	j.Retries = 0
	begun, away, polls, back := time.Now(), "", 0, false
	var last Status
	err := Run(context.Background(), j, func(s Status) {
		last = s
		switch {
		case polls == 0 && s.Running == 6 && time.Since(begun) > 8*time.Second: // it saves what it knows every 5 seconds
			polls = 1
			run("ctld", "stop")
		case polls > 0 && !back:
			if away = s.Waiting; s.Running == 0 {
				t.Errorf("what ran is forgotten: %+v", s)
			}
			if polls++; polls == 3 {
				back = true
				run("ctld", "start")
			}
		}
	})
	files, _ := filepath.Glob(filepath.Join(out, "*"))
	if err != nil || len(files) != 36 || !back || !strings.Contains(away, "Unable to contact slurm controller") {
		t.Errorf("%v, %d files, %q, %+v", err, len(files), away, last)
	}
	t.Logf("all done after %s; while it was away: %s; %+v", time.Since(begun).Round(time.Second), away, last)
}

// TestRealTimeLimits has a worker that keeps what it has when it is told to
// end, and goes on in its next task, and one that does not listen.
func TestRealTimeLimits(t *testing.T) {
	cluster(t)
	deaf, _ := work(t, `trap "" TERM; echo deaf; sleep 300`)
	deaf.Shards, deaf.Time = 1, time.Minute
	failed := make(chan error, 1)
	go func() { failed <- Run(context.Background(), deaf, func(Status) {}) }()
	j, _ := work(t, `[ -e $shard.1 ] || { trap "echo in order; touch $shard.1; exit 0" TERM; while :; do sleep 0.2; done; }`)
	j.Shards, j.Time, j.Retries = 2, 2*time.Minute, 0
	begun := time.Now()
	var last Status
	if err := Run(context.Background(), j, func(s Status) { last = s }); err != nil || last.Submitted != 4 {
		t.Errorf("%v, %+v", err, last)
	}
	t.Logf("told to end and done in second tasks after %s: %+v", time.Since(begun).Round(time.Second), last)
	err := <-failed
	if err == nil || !strings.Contains(err.Error(), "(TIMEOUT, TimeLimit)") || !strings.Contains(err.Error(), "deaf") {
		t.Errorf("%v", err)
	}
	t.Log(err)
}

// TestRealLaunchFails has a node on which nothing can be started.
func TestRealLaunchFails(t *testing.T) {
	_, dir := cluster(t)
	prolog := filepath.Join(dir, "prolog")
	if err := os.WriteFile(prolog, []byte("#!/bin/bash\n[ \"$SLURMD_NODENAME\" != n1 ]\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	conf, err := os.OpenFile(filepath.Join(dir, "slurm.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conf, "Prolog=%s\n", prolog)
	if err := conf.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("scontrol", "reconfigure").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	j, _ := work(t, "")
	j.Retries = 0
	var last Status
	if err := Run(context.Background(), j, func(s Status) { last = s }); err != nil || last.Retried == 0 {
		t.Errorf("%v, %+v", err, last)
	}
	t.Logf("%+v", last)
}
