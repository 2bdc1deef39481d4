package slurm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// desk is a Slurm of programs on the PATH whose queue is a file that the test
// writes into: tasks stay what they are until the test says otherwise.
type desk struct {
	t     *testing.T
	dir   string
	calls string
	out   string // where shards' results are
	job   Job
}

// newDesk has shards whose results are files of their numbers. guard runs
// first in sbatch; QUEUE in it is the queue.
func newDesk(t *testing.T, shards int, guard string) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir()}
	queue := filepath.Join(d.dir, "queue")
	d.calls = fake(t, map[string]string{
		"squeue": `[ -e ` + d.dir + `/away ] && { echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1; }
cat ` + queue,
		"scancel": `case $1 in --name*) sed -i 's/|RUNNING|/|CANCELLED|/; s/|PENDING|/|CANCELLED|/' ` + queue + `;; *) sed -i "s/^${1/_/|}|PENDING|/${1/_/|}|CANCELLED|/" ` + queue + `;; esac`,
		"sbatch": strings.ReplaceAll(guard, "QUEUE", queue) + `
for a in "$@"; do case $a in --array=*) list=${a#--array=};; esac; done
list=${list%%%*}; offset=${@: -1}; id=$(($(cut -d'|' -f1 ` + queue + ` | sort -n | tail -n 1)+1))
for r in ${list//,/ }; do for i in $(seq ${r%-*} ${r#*-}); do echo "$id|$i|RUNNING|$offset|None" >>` + queue + `; done; done
echo $id`,
		"sacct": `echo "OUT_OF_MEMORY|0:125"`,
	})
	d.write("queue", "")
	d.job, d.out = touching(t, "")
	d.job.Shards = shards
	return d
}

func (d *desk) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) read(path string) string {
	d.t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(raw)
}

// set changes lines of the queue.
func (d *desk) set(oldnew ...string) {
	d.t.Helper()
	d.write("queue", strings.NewReplacer(oldnew...).Replace(d.read(filepath.Join(d.dir, "queue"))))
}

// finish gives a shard its result.
func (d *desk) finish(shards ...int) {
	d.t.Helper()
	for _, s := range shards {
		if err := os.WriteFile(filepath.Join(d.out, fmt.Sprint(s)), nil, 0o644); err != nil {
			d.t.Fatal(err)
		}
	}
}

// submissions are the calls of sbatch.
func (d *desk) submissions() (n int) { return strings.Count("\n"+d.read(d.calls), "\nsbatch ") }

func TestControllerAway(t *testing.T) {
	d := newDesk(t, 3, "")
	var seen []Status
	err := Run(context.Background(), d.job, func(s Status) {
		switch seen = append(seen, s); len(seen) {
		case 2:
			d.write("away", "")
		case 5:
			if s.Running != 3 || !strings.Contains(s.Waiting, "Unable to contact slurm controller") {
				t.Errorf("while the controller is away: %+v", s)
			}
			os.Remove(filepath.Join(d.dir, "away"))
			d.finish(1, 2, 3)
			d.write("queue", "")
		}
	})
	if err != nil || seen[len(seen)-1].Done != 3 || d.submissions() != 1 {
		t.Errorf("%v, %+v, %d submissions", err, seen, d.submissions())
	}
}

func TestSubmitTimesOut(t *testing.T) {
	// The first time Slurm took the job, but could not say so.
	d := newDesk(t, 3, `case $(grep -c ^sbatch $(dirname $0)/calls) in 1) echo "1|1|RUNNING|0|None
1|2|RUNNING|0|None
1|3|RUNNING|0|None" >>QUEUE; echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1;; esac`)
	polls := 0
	var last Status
	err := Run(context.Background(), d.job, func(s Status) {
		if polls, last = polls+1, s; s.Running == 3 && polls > 2 {
			d.finish(1, 2, 3)
			d.set("RUNNING", "COMPLETED")
		}
	})
	if err != nil || d.submissions() != 1 || last.Submitted != 3 || len(last.IDs) != 1 {
		t.Errorf("%v, %d submissions, %+v", err, d.submissions(), last)
	}
}

// TestTooManyTasks has a bound on a user's tasks that the second array meets.
func TestTooManyTasks(t *testing.T) {
	d := newDesk(t, 5, `if grep -q RUNNING QUEUE; then echo "sbatch: error: QOSMaxSubmitJobPerUserLimit
sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)" >&2; exit 1; fi`)
	polls, waited := 0, ""
	err := Run(context.Background(), d.job, func(s Status) {
		if s.Waiting != "" {
			waited += s.Waiting + "\n"
		}
		switch polls++; {
		case s.Running == 3 && polls == 4:
			d.finish(1, 2, 3)
			d.set("RUNNING", "COMPLETED")
		case s.Running == 2 && s.Done == 3:
			d.finish(4, 5)
			d.set("RUNNING", "COMPLETED")
		}
	})
	if err != nil || d.submissions() != 3 || !strings.Contains(waited, "QOSMaxSubmitJobPerUserLimit") || !strings.Contains(waited, "takes no more tasks") {
		t.Errorf("%v, %d submissions, waited for %q", err, d.submissions(), waited)
	}
}

func TestParallelOverArrays(t *testing.T) {
	d := newDesk(t, 8, "")
	d.job.Parallel = 2
	most, turn := 0, 0
	err := Run(context.Background(), d.job, func(s Status) {
		// What runs beyond the first array's own bound of two; that one had three tasks.
		later := strings.Count(d.read(filepath.Join(d.dir, "queue")), "RUNNING|3") + strings.Count(d.read(filepath.Join(d.dir, "queue")), "RUNNING|6")
		most = max(most, later)
		if turn++; turn%3 == 0 && s.Done < 8 {
			queue := d.read(filepath.Join(d.dir, "queue"))
			for line := range strings.Lines(queue) { // one more ends
				if f := strings.Split(strings.TrimSpace(line), "|"); f[2] == "RUNNING" {
					var i, offset int
					fmt.Sscan(f[1]+" "+f[3], &i, &offset)
					d.finish(i + offset)
					d.write("queue", strings.Replace(queue, line, strings.Replace(line, "RUNNING", "COMPLETED", 1), 1))
					break
				}
			}
		}
	})
	if err != nil || most != 2 || !strings.Contains(d.read(d.calls), "--array=1-3%2 ") {
		t.Errorf("%v, %d at a time\n%s", err, most, d.read(d.calls))
	}
}

func TestHeldTasks(t *testing.T) {
	d := newDesk(t, 3, "")
	polls := 0
	err := Run(context.Background(), d.job, func(s Status) {
		switch polls++; polls {
		case 2:
			d.set("1|1|RUNNING|0|None", "1|1|PENDING|0|launch failed requeued held")
		case 6:
			d.finish(1, 2, 3)
			d.set("RUNNING", "COMPLETED")
		}
	})
	if calls := d.read(d.calls); err != nil || !strings.Contains(calls, "scancel 1_1\n") || d.submissions() != 2 || !strings.Contains(calls, "--array=1 ") {
		t.Errorf("%v\n%s", err, calls)
	}
}

// TestLostTasks has tasks that die with their nodes, which is no failure of
// theirs, and one that Slurm forgot before it was asked.
func TestLostTasks(t *testing.T) {
	d := newDesk(t, 3, "")
	d.job.Retries = 0
	polls := 0
	var last Status
	err := Run(context.Background(), d.job, func(s Status) {
		last = s
		switch polls++; polls {
		case 2, 6, 10:
			d.set("|2|RUNNING", "|2|NODE_FAIL", "1|3|RUNNING", "1|3|PREEMPTED")
		case 14:
			d.finish(1, 2)
			d.write("queue", "")
		}
	})
	if err == nil || !strings.Contains(err.Error(), "1 of 3 shards") || !strings.Contains(err.Error(), "OUT_OF_MEMORY, exit code 0:125") {
		t.Error(err)
	}
	if last.Retried != 4 || len(last.Failures) != 1 || last.Failures[0].Shard != 3 || last.Failures[0].Task == "" {
		t.Errorf("%+v", last)
	}
}

func TestTakenUp(t *testing.T) {
	d := newDesk(t, 3, "")
	d.job.Detach = true
	ctx, stop := context.WithCancel(context.Background())
	err := Run(ctx, d.job, func(s Status) { stop() })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "takes them up again") || strings.Contains(d.read(d.calls), "scancel") {
		t.Fatalf("detached: %v\n%s", err, d.read(d.calls))
	}
	polls := 0
	err = Run(context.Background(), d.job, func(s Status) {
		if polls++; polls == 1 {
			if two := Run(context.Background(), d.job, func(Status) {}); two == nil || !strings.Contains(two.Error(), "another run follows") {
				t.Errorf("two at a time: %v", two)
			}
			d.finish(1, 2, 3)
			d.set("RUNNING", "COMPLETED")
		}
	})
	if err != nil || d.submissions() != 1 {
		t.Errorf("taken up: %v, %d submissions", err, d.submissions())
	}
}

func TestCancelled(t *testing.T) {
	d := newDesk(t, 3, "")
	ctx, stop := context.WithCancel(context.Background())
	err := Run(ctx, d.job, func(s Status) { stop() })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "are cancelled") || !strings.Contains(d.read(d.calls), "scancel --name="+d.job.name()) {
		t.Errorf("%v\n%s", err, d.read(d.calls))
	}
}

func TestLeftFails(t *testing.T) {
	d := newDesk(t, 3, "")
	polls := 0
	ask := d.job.Left
	broken := false
	d.job.Left = func(s int) (int, error) {
		if broken {
			return 0, errors.New("the store cannot be read")
		}
		return ask(s)
	}
	err := Run(context.Background(), d.job, func(s Status) {
		if polls++; polls == 2 {
			broken = true
			d.set("1|1|RUNNING", "1|1|FAILED")
		}
	})
	if err == nil || !strings.Contains(err.Error(), "the store cannot be read") || !strings.Contains(err.Error(), "go on") {
		t.Error(err)
	}
}

// logging is an sbatch that writes logs where it is told to, like the real one.
const logging = `n=$(grep -c ^sbatch "$(dirname "$0")/calls"); out=
for a in "$@"; do case $a in --array=*) list=${a#--array=};; --output=*) out=${a#--output=};; esac; done
list=${list%%%*}; script=${@: -2:1}; offset=${@: -1}
[ -n "$out" ] || { out=$(grep '^#SBATCH --output=' "$script"); out=${out#*=\"}; out=${out%\"}; }
for r in ${list//,/ }; do for i in $(seq ${r%-*} ${r#*-}); do o=${out//%a/$i}; o=${o//%A/$n}; SLURM_ARRAY_TASK_ID=$i bash "$script" "$offset" >>"${o//%%/%}" 2>&1; done; done
echo $n`

func TestLogs(t *testing.T) {
	fake(t, map[string]string{"sbatch": logging})
	j, _ := touching(t, `seq 100000; echo "this is ${1%/*}"; [ "${1%/*}" != 5 ] && [ "${1%/*}" != 2 ] && touch "$2/${1%/*}"`)
	j.Dir = filepath.Join(t.TempDir(), "[50%] folder")
	var last Status
	err := Run(context.Background(), j, func(s Status) { last = s })
	if err == nil || !strings.Contains(err.Error(), "2 of 7 shards") || !strings.Contains(err.Error(), ": 2, 5.") || len(last.Failures) != 2 {
		t.Fatalf("%v, %+v", err, last)
	}
	for i, shard := range []int{2, 5} {
		x := last.Failures[i]
		if lines := strings.Split(x.Tail, "\n"); x.Shard != shard || len(lines) != 8 || lines[7] != fmt.Sprintf("this is %d", shard) {
			t.Errorf("%+v", x)
		}
	}
}

func TestLongListsOfIndices(t *testing.T) {
	f := &follower{most: 4000000}
	var odd []int
	for i := 1; i < 100000; i += 2 {
		odd = append(odd, i)
	}
	n := 0
	for left := odd; len(left) > 0; n++ {
		a := f.array(left)
		if len(a) == 0 || len(ranges(a, 0)) > widest {
			t.Fatalf("%d shards in %d bytes", len(a), len(ranges(a, 0)))
		}
		left = left[len(a):]
	}
	if n < 2 || n > 10 {
		t.Errorf("%d arrays", n)
	}
}
