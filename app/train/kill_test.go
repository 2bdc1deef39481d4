package train

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// childRoot tells the test binary, started again, to train into this folder and end.
const childRoot = "REVERIE_TEST_TRAIN_INTO"

func TestMain(m *testing.M) {
	if root := os.Getenv(childRoot); root != "" {
		j := bigJob(root)
		if err := j.Run(context.Background(), nil, func(Update) {}, func(string, int, int) {}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// bigJob has some twenty files to write.
func bigJob(root string) *Job {
	v, load := experiment(1, 30, 2, 60)
	return &Job{Root: root, Source: v, Layers: []Layer{{"conv1_1", []int{8, 64, 160}}, {"fc8", []int{125}}},
		Data:    []Data{{Subject: "S1", ROI: "V1", Selected: "V1", Load: load}},
		Options: Options{Method: L2, Alpha: 10, Voxels: 30}, Alone: true}
}

// TestKilledTrainingGoesOn kills the training process at 20 random moments
// (SIGKILL: nothing can be put in order) and compares what is there at the end,
// byte by byte, with training that nothing disturbed.
func TestKilledTrainingGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	whole := bigJob(t.TempDir())
	begun := time.Now()
	whole.quiet(context.Background(), t)
	took := time.Since(begun)
	want := content(t, whole.Root)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(20, 9))
	kills, halves, rounds := 0, 0, 0
	for kills < 20 {
		rounds++
		root := t.TempDir()
		for {
			c := exec.Command(self)
			c.Env = append(os.Environ(), childRoot+"="+root)
			var said strings.Builder
			c.Stderr = &said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			alarm := time.AfterFunc(took/20+time.Duration(r.Int64N(int64(took/2))), func() { c.Process.Kill() })
			err := c.Wait()
			alarm.Stop()
			if err == nil {
				break
			}
			if c.ProcessState.Exited() {
				t.Fatalf("the training process failed: %s", said.String())
			}
			kills++
			if left, _ := filepath.Glob(filepath.Join(root, "*", "*", "*", ".*")); len(left) > 0 {
				halves++
			}
			if kills > 200 {
				t.Fatal("killed 200 times and no end: training does not go on")
			}
		}
		same(t, fmt.Sprintf("round %d", rounds), content(t, root), want)
	}
	t.Logf("%d kills in %d rounds, %d of them while a file was being written", kills, rounds, halves)
}
