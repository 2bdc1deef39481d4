package slurm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fake puts programs of Slurm's names on the PATH: sbatch runs an array's tasks
// at once, squeue has nothing more to tell. Arrays have up to three tasks.
func fake(t *testing.T, change map[string]string) (calls string) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	programs := map[string]string{
		"scontrol": `echo "MaxArraySize            = 4"`,
		"squeue":   ``,
		"scancel":  ``,
		"sbatch": `for a in "$@"; do case $a in --array=*) list=${a#--array=};; esac; done
list=${list%%%*}; script=${@: -2:1}; offset=${@: -1}
for r in ${list//,/ }; do for i in $(seq ${r%-*} ${r#*-}); do SLURM_ARRAY_TASK_ID=$i bash "$script" "$offset" >/dev/null 2>&1; done; done
echo "$RANDOM;cluster"`,
	}
	for name, text := range change {
		programs[name] = text
	}
	for name, text := range programs {
		text = "#!" + bash + "\necho \"" + name + " $*\" >>" + calls + "\n" + text + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return calls
}

func touching(t *testing.T, script string) (Job, string) {
	out := t.TempDir()
	return Job{Name: "test", Dir: filepath.Join(t.TempDir(), "a folder"), Shards: 7, Poll: time.Millisecond,
		Command: []string{"bash", "-c", script, "it's", "{shard}", out},
		Left: func(shard int) (int, error) {
			_, err := os.Stat(filepath.Join(out, fmt.Sprint(shard)))
			if err != nil {
				return 1, nil
			}
			return 0, nil
		}}, out
}

func TestArraysBeyondTheLargestIndex(t *testing.T) {
	calls := fake(t, nil)
	j, out := touching(t, `[ "$1" = "${1%/*}/7" ] && touch "$2/${1%/*}"`)
	// One shard is there already.
	if err := os.WriteFile(filepath.Join(out, "2"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var last Status
	if err := Run(context.Background(), j, func(s Status) { last = s }); err != nil {
		t.Fatal(err)
	}
	if last.Done != 7 || last.Submitted != 6 || len(last.IDs) != 3 {
		t.Errorf("%+v", last)
	}
	raw, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--array=1,3 --comment=0", "--array=1-3 --comment=3", "--array=1 --comment=6"} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
}

func TestShardOutOfRetries(t *testing.T) {
	fake(t, nil)
	j, _ := touching(t, `[ "${1%/*}" != 5 ] && touch "$2/${1%/*}"`)
	j.Retries = 2
	var last Status
	err := Run(context.Background(), j, func(s Status) { last = s })
	if err == nil || !strings.Contains(err.Error(), "shards made no progress any more: 5. Shard 5 ended in attempt 3 as task") || last.Submitted != 9 || last.Failed != 1 {
		t.Errorf("%v, %+v", err, last)
	}
	// Started again, it tries again.
	if err := Run(context.Background(), j, func(s Status) { last = s }); err == nil || last.Submitted != 12 {
		t.Errorf("again: %v, %+v", err, last)
	}
}

// TestProgressIsNoFailure has a worker that makes one of five steps each time, as under a short time limit.
func TestProgressIsNoFailure(t *testing.T) {
	fake(t, nil)
	j, out := touching(t, `echo x >>"$2/count"`)
	j.Shards, j.Retries = 1, 0
	j.Left = func(int) (int, error) {
		raw, _ := os.ReadFile(filepath.Join(out, "count"))
		return 5 - len(raw)/2, nil
	}
	var last Status
	if err := Run(context.Background(), j, func(s Status) { last = s }); err != nil || last.Submitted != 5 {
		t.Errorf("%v, %+v", err, last)
	}
}

func TestRefusals(t *testing.T) {
	j, _ := touching(t, "")
	t.Run("rejected", func(t *testing.T) {
		fake(t, map[string]string{"sbatch": `echo "sbatch: error: invalid partition specified: gpu" >&2; exit 1`})
		if err := Run(context.Background(), j, func(Status) {}); err == nil || !strings.Contains(err.Error(), "invalid partition specified: gpu") {
			t.Error(err)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		fake(t, map[string]string{"squeue": `echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1`})
		ctx, stop := context.WithCancel(context.Background())
		said := ""
		err := Run(ctx, j, func(s Status) {
			said = s.Waiting
			stop()
		})
		if !errors.Is(err, context.Canceled) || !strings.Contains(said, "Unable to contact") {
			t.Errorf("%v, %q", err, said)
		}
	})
	t.Run("no Slurm", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if err := Run(context.Background(), j, func(Status) {}); err == nil || !strings.Contains(err.Error(), "no program sbatch") {
			t.Error(err)
		}
	})
	for want, spoil := range map[string]func(*Job){
		"has quotes":              func(j *Job) { j.Dir = `a"b` },
		"0 shards":                func(j *Job) { j.Shards = 0 },
		"does not start with --":  func(j *Job) { j.Extra = []string{"-x"} },
		"partition \"a b\" has":   func(j *Job) { j.Partition = "a b" },
		"constraint \"a b\" has":  func(j *Job) { j.Constraint = "a b" },
		"has a comma":             func(j *Job) { j.Name = "a,b" },
		"has a zero byte":         func(j *Job) { j.Command = []string{"a\x00"} },
		"cannot be a variable":    func(j *Job) { j.Env = map[string]string{"a b": ""} },
		"must not be negative":    func(j *Job) { j.Time = -1 },
		"a command and a way":     func(j *Job) { j.Command = nil },
		"is of a job of 7 shards": func(j *Job) { j.Shards = 8 },
	} {
		fake(t, nil)
		k := j
		if err := os.MkdirAll(k.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(k.Dir, "slurm.json"), []byte(`{"shards":[{},{},{},{},{},{},{}]}`), 0o644); err != nil {
			t.Fatal(err)
		}
		spoil(&k)
		if err := Run(context.Background(), k, func(Status) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestScript(t *testing.T) {
	j := Job{Name: "reverie", Dir: "/data/it's 5%", Command: []string{"/opt/my reverie", "train", "--roi", "V1 + V2", "--shard", "{shard}", ""}, Shards: 20,
		Left: func(int) (int, error) { return 0, nil }, CPUs: 4, Memory: 8<<30 + 1, Time: 25*time.Hour + time.Minute, Partition: "short", Extra: []string{"--exclude=n7"},
		Constraint: "avx512&ib", Env: map[string]string{"OMP_WAIT_POLICY": "passive", "LABEL": "it's $HOME"}}
	text, err := j.Script()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"#SBATCH --mem=8193M\n", "#SBATCH --time=1-01:01:00\n", "#SBATCH --cpus-per-task=4\n", "#SBATCH --exclude=n7\n",
		"#SBATCH --constraint=avx512&ib\n", "#SBATCH --job-name=" + j.name() + "\n", "#SBATCH --requeue\n", "#SBATCH --signal=B:TERM@60\n",
		"export LABEL='it'\\''s $HOME'\nexport OMP_WAIT_POLICY=passive\n", "#SBATCH --output=\"/data/it's 5%%/logs/shard-%a-%A.log\"\n", "exec '/opt/my reverie' train --roi 'V1 + V2' --shard \"$shard\"/20 ''\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	path := filepath.Join(t.TempDir(), "job.sh")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("bash", "-n", path).CombinedOutput(); err != nil {
		t.Errorf("bash does not take it: %v: %s", err, out)
	}
}

func TestQueueAsSlurmPrintsIt(t *testing.T) {
	// As squeue of Slurm 22.05 printed them; 6 was refused for its memory, job 9 has a comment of the cluster's own.
	got, err := parseQueue(`1|5|CANCELLED|0|None
1|4|COMPLETED|0|None
1|2|FAILED|0|NonZeroExitCode
1|3|FAILED|0|JobLaunchFailure
6|N/A|FAILED|(null)|BadConstraints
7|1|PENDING|0|launch failed requeued held
8|2|PENDING|8|Resources
10|3|RUNNING|0|None
1|1|COMPLETING|0|None
9|6|RUNNING|lab | Kyoto|None
9|7|TIMEOUT|lab | Kyoto|TimeLimit
`, map[string]int{"9_6": 6, "9_7": 7})
	if err != nil || len(got) != 8 {
		t.Fatalf("%v, %v", got, err)
	}
	for shard, want := range map[int]struct {
		id, how                  string
		lives, waits, held, lost bool
	}{
		1:  {id: "1_1", how: "COMPLETING", lives: true}, // not 7_1, which does nothing any more
		2:  {id: "1_2", how: "FAILED, NonZeroExitCode"},
		3:  {id: "10_3", how: "RUNNING", lives: true},
		5:  {id: "1_5", how: "CANCELLED"},
		6:  {id: "9_6", how: "RUNNING", lives: true},
		7:  {id: "9_7", how: "TIMEOUT, TimeLimit"},
		10: {id: "8_2", how: "PENDING, Resources", lives: true, waits: true},
	} {
		g := got[shard]
		if g.id != want.id || g.how() != want.how || g.lives() != want.lives || g.waits() != want.waits || g.held() != want.held || g.lost() != want.lost {
			t.Errorf("shard %d: %+v, want %+v", shard, g, want)
		}
	}
	for _, x := range []task{{"7_1", "PENDING", "launch failed requeued held"}, {"7_1", "PENDING", "launch_failed_requeued_held"}, {"7_1", "PENDING", "JobHoldMaxRequeue"}} {
		if x.lives() || !x.held() || !x.lost() {
			t.Errorf("%+v is to be judged", x)
		}
	}
	if x := (task{"7_1", "PENDING", "JobHeldUser"}); !x.lives() {
		t.Error("what a user holds is judged")
	}
	for _, line := range []string{"4|N/A|RUNNING|(null)|None\n", "4|1|RUNNING|of mine|None\n", "squeue: what?\n"} {
		if _, err := parseQueue(line, nil); err == nil {
			t.Errorf("%q passed", line)
		}
	}
}
