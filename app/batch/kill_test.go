package batch

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"reverie/app/session"
)

// childDir tells the test binary, started again, to work on this folder and end.
const childDir = "REVERIE_TEST_BATCH_INTO"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child makes the kill test's batch. Pictures lie beside the results.
func child(dir string) error {
	leastBetween = 20 * time.Millisecond
	h, err := newHost()
	if err != nil {
		return err
	}
	defer h.be.Close()
	pictures := dir + "-pictures"
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		return err
	}
	var subjects []*session.Subject
	for _, n := range []string{"S1", "S2"} {
		s, err := subject(pictures, n, 2)
		if err != nil {
			return err
		}
		subjects = append(subjects, s)
	}
	s := spec()
	s.Pixels.Iterations, s.Latent.Iterations = 40, 40
	s.Latent.Latent.Random = true
	s.Snapshots, s.ROIs, s.LayerSets, s.Sessions = "every:20", []string{"V1"}, []string{"DNN1-6"}, s.Sessions[:1]
	j, err := New(context.Background(), s, subjects, h, dir)
	if err != nil {
		return err
	}
	return j.Run(context.Background(), false, nil, ignore, nil)
}

// TestKilledBatchGoesOn kills the process at more than 20 random moments (SIGKILL: nothing can be put in order) and
// compares every file at the end, byte by byte, with a run that nothing disturbed. Of records the time is left out.
func TestKilledBatchGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	start := func(dir string, after time.Duration) (killed bool) {
		c := exec.Command(self)
		c.Env = append(os.Environ(), childDir+"="+dir)
		var said strings.Builder
		c.Stderr = &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if after > 0 {
			defer time.AfterFunc(after, func() { c.Process.Kill() }).Stop()
		}
		if err := c.Wait(); err != nil && (after == 0 || c.ProcessState.Exited()) {
			t.Fatalf("the batch failed: %v: %s", err, said.String())
		} else if err != nil {
			return true
		}
		return false
	}
	whole := filepath.Join(t.TempDir(), "whole")
	begun := time.Now()
	start(whole, 0)
	took := time.Since(begun)
	want := tree(t, whole)
	r := rand.New(rand.NewPCG(6, 11))
	kills, onTheWay, rounds := 0, 0, 0
	for kills < 20 {
		rounds++
		dir := filepath.Join(t.TempDir(), fmt.Sprint("round", rounds))
		// A machine may be slower now than when took was measured: each further kill of a round comes later.
		for n := time.Duration(8); start(dir, (took/20+time.Duration(r.Int64N(int64(took/3))))*n/8); n++ {
			kills++
			if _, err := os.Stat(filepath.Join(dir, workDir, stateFile)); err == nil {
				onTheWay++
			}
			if kills > 200 {
				t.Fatal("killed 200 times and no end: the batch does not go on")
			}
		}
		same(t, fmt.Sprintf("round %d", rounds), tree(t, dir), want)
	}
	t.Logf("%d kills in %d rounds of %v, %d of them with images on the way kept", kills, rounds, took, onTheWay)
	if onTheWay == 0 {
		t.Error("no kill left images on the way: the test does not see what it is for")
	}
}

// made is what differs from run to run: the time, and the room on the disk at the start.
var made = regexp.MustCompile(`"made": "[^"]*"|"cache_bytes": \d+`)

// tree is every file below a folder, with that taken out.
func tree(t testing.TB, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		out[filepath.ToSlash(rel)] = made.ReplaceAllString(string(raw), "")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for name, w := range want {
		if g, ok := got[name]; !ok {
			t.Errorf("%s: %s is missing", what, name)
		} else if g != w {
			t.Errorf("%s: %s differs", what, name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s is too many", what, name)
		}
	}
}
