package slurm

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"

	"reverie/app/export"
)

// state is what Run needs to be taken up again, in Dir/slurm.json. Tasks that
// live are found by the job's name.
type state struct {
	Jobs   []string `json:"jobs"` // submitted so far
	Shards []shard  `json:"shards"`
}

// shard is what is kept of one.
type shard struct {
	Submitted int    `json:"submitted"`      // times
	Fruitless int    `json:"fruitless"`      // times in a row that it ended without progress
	Lost      int    `json:"lost"`           // times in a row that its task was lost through no fault of its own
	Left      int    `json:"left"`           // when it was submitted last
	Task      string `json:"task,omitempty"` // the last, in Slurm's number
}

func (s *state) submitted() (n int) {
	for _, x := range s.Shards {
		n += x.Submitted
	}
	return n
}

// retried is the number of tasks that were not a shard's first.
func (s *state) retried() (n int) {
	for _, x := range s.Shards {
		n += max(0, x.Submitted-1)
	}
	return n
}

// shards tells the shards of the last tasks by their numbers.
func (f *follower) shards() map[string]int {
	known := map[string]int{}
	for i, x := range f.state.Shards {
		if x.Task != "" {
			known[x.Task] = i + 1
		}
	}
	return known
}

func (f *follower) file() string { return filepath.Join(f.Dir, "slurm.json") }

func (f *follower) load() error {
	raw, err := os.ReadFile(f.file())
	if err == nil {
		err = json.Unmarshal(raw, &f.state)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("slurm: %s: %w: remove the file to begin anew", f.file(), err)
	case len(f.state.Shards) != f.Shards:
		return fmt.Errorf("slurm: %s is of a job of %d shards, not %d: take that number again, or remove the folder %s", f.file(), len(f.state.Shards), f.Shards, f.Dir)
	}
	if f.state.Shards == nil {
		f.state.Shards = make([]shard, f.Shards)
	}
	for i := range f.state.Shards {
		f.state.Shards[i].Fruitless, f.state.Shards[i].Lost = 0, 0 // whoever starts it again has mended what failed
	}
	return nil
}

func (f *follower) save() error { return export.JSON(f.file(), f.state) }

// name is the job's name with a mark of its folder: what finds its tasks again.
func (j *Job) name() string {
	h := fnv.New32a()
	h.Write([]byte(j.Dir))
	name := j.Name
	if name == "" {
		name = "job"
	}
	return fmt.Sprintf("%s-%08x", name, h.Sum32())
}
