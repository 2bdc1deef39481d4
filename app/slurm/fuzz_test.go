package slurm

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// FuzzQueue holds the reader of squeue's text against anything.
func FuzzQueue(f *testing.F) {
	f.Add("1|5|CANCELLED|0|None\n6|N/A|FAILED|(null)|BadConstraints\n8|2|PENDING|8|Resources\n")
	f.Add("7|1|PENDING|0|launch failed requeued held\n9|6|RUNNING|lab | Kyoto|None\n")
	f.Add("slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n")
	f.Add("9223372036854775807|9223372036854775807|RUNNING|9223372036854775807|\n")
	f.Fuzz(func(t *testing.T, text string) {
		tasks, err := parseQueue(text, map[string]int{"9_6": 6})
		if err != nil && tasks != nil {
			t.Fatal("tasks beside an error")
		}
		for _, x := range tasks {
			if x.lives() && (x.held() || slices.Contains(ended, x.state)) {
				t.Fatalf("%+v lives", x)
			}
		}
	})
}

// FuzzCommand has bash run the script and tell the words it passed on.
func FuzzCommand(f *testing.F) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		f.Skip("no bash here")
	}
	for _, s := range []string{"", "it's", "$(touch x) `y` \\", "a {shard} b{shard}", "two\nlines\n#SBATCH --wrong", "!*?[~", "\xff\xfe", "ü 脳"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, word, value string) {
		j := Job{Name: "test", Dir: "/data", Shards: 7, Command: []string{bash, "-c", `printf '%s\0' "$V" "$@"`, "worker", word, "end"}, Env: map[string]string{"V": value},
			Left: func(int) (int, error) { return 0, nil }}
		text, err := j.Script()
		if err != nil {
			if !strings.Contains(word+value, "\x00") {
				t.Fatal(err)
			}
			return
		}
		c := exec.Command(bash, "-s", "3")
		c.Stdin = strings.NewReader(text)
		c.Env = []string{"SLURM_ARRAY_TASK_ID=2", "PATH=/usr/bin:/bin"}
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		_, said, _ := strings.Cut(string(out), "\n") // the line about the shard
		if want := value + "\x00" + strings.ReplaceAll(word, "{shard}", "5/7") + "\x00end\x00"; said != want {
			t.Fatalf("%q, want %q, of\n%s", said, want, text)
		}
	})
}
