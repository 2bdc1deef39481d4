// Package slurm runs one command many times, as the tasks of Slurm job arrays:
// it writes and submits the script, follows the tasks, submits anew what ended
// without its result, and can be stopped and taken up again.
//
// Whether a shard is done is asked of its result (Job.Left), never of Slurm: a
// node that dies, a time limit or an operator may end a task at any moment.
package slurm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Job is what to run.
type Job struct {
	Name    string
	Dir     string   // for the script, the logs and the state; all nodes must see it
	Command []string // the worker; {shard} in it becomes i/n, i from 1
	Shards  int
	// Left is how much of a shard's result is missing, 0 when it is complete.
	Left func(shard int) (int, error)

	Parallel   int           // most tasks at a time; 0 is no bound
	CPUs       int           // of a task; 0 is the cluster's default
	Memory     int64         // bytes of a task; 0 is the cluster's default
	Time       time.Duration // limit of a task; 0 is the partition's
	Partition  string
	Account    string
	QOS        string
	Constraint string            // features that a node must have, as in "avx512&ib"
	Extra      []string          // more options of sbatch, each starting with --
	Env        map[string]string // the worker's, beside what sbatch passes on
	// Retries is how often a shard is submitted anew that ended without any progress.
	Retries int
	// Detach leaves the tasks running when the context ends; Run takes them up again.
	Detach bool
	// Poll is how often Slurm is asked; 0 is 10 seconds.
	Poll time.Duration
}

// Status is how far a job is.
type Status struct {
	Pending, Running, Done, Failed int // shards
	Submitted                      int // tasks so far, retries among them
	Retried                        int // those of Submitted that were not a shard's first
	IDs                            []string
	Waiting                        string    // why tasks wait, in Slurm's word; or what keeps Slurm from answering
	Failures                       []Failure // of the shards that failed, the first few
}

// Failure is a shard that ended too often without progress.
type Failure struct {
	Shard int    // from 1
	Task  string // Slurm's number of its last task, "" if unknown
	Ended string // how Slurm says that the task ended, "" if it no longer knows
	Log   string // path
	Tail  string // the log's last lines
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (j *Job) check() error {
	switch {
	case j.Shards < 1:
		return fmt.Errorf("slurm: %d shards", j.Shards)
	case j.Dir == "" || len(j.Command) == 0 || j.Left == nil:
		return errors.New("slurm: a job needs a folder, a command and a way to tell what is left")
	case j.Time < 0 || j.Parallel < 0 || j.CPUs < 0 || j.Memory < 0 || j.Retries < 0 || j.Poll < 0:
		return errors.New("slurm: times, numbers and memory must not be negative")
	}
	dir, err := filepath.Abs(j.Dir)
	if err != nil {
		return fmt.Errorf("slurm: the folder %s: %w", j.Dir, err)
	}
	if j.Dir = dir; strings.ContainsAny(dir, "\"\\\n\r\x00") {
		return fmt.Errorf("slurm: the folder %s has quotes, backslashes or line breaks in its name", dir)
	}
	for _, x := range j.Command {
		if strings.ContainsRune(x, 0) {
			return fmt.Errorf("slurm: the command's word %q has a zero byte", x)
		}
	}
	for _, x := range j.Extra {
		if !strings.HasPrefix(x, "--") || strings.ContainsAny(x, "\n\r\x00") {
			return fmt.Errorf("slurm: option %q does not start with --", x)
		}
	}
	for name, value := range j.Env {
		if !variable.MatchString(name) || strings.ContainsRune(value, 0) {
			return fmt.Errorf("slurm: %s=%q cannot be a variable of the environment", name, value)
		}
	}
	for _, x := range [][2]string{{"name", j.Name}, {"partition", j.Partition}, {"account", j.Account}, {"quality of service", j.QOS}, {"constraint", j.Constraint}} {
		if strings.ContainsAny(x[1], " \t\n\r\"'\x00") {
			return fmt.Errorf("slurm: the %s %q has spaces or quotes", x[0], x[1])
		}
	}
	if strings.ContainsRune(j.Name, ',') {
		return fmt.Errorf("slurm: the name %q has a comma, which parts names where tasks are looked up", j.Name)
	}
	if j.Poll == 0 {
		j.Poll = 10 * time.Second
	}
	return nil
}

// Run submits what is missing and follows it to its end, which is nil only if
// nothing is left of any shard. Run again with the same Dir goes on with tasks
// that still live; two at a time with one Dir are refused where the file system
// has locks. When ctx ends the tasks are cancelled unless Detach is set. Any
// other error leaves the tasks that live to themselves, and says so.
func Run(ctx context.Context, j Job, report func(Status)) error {
	if err := j.check(); err != nil {
		return err
	}
	c, err := newClient()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(j.Dir, "logs"), 0o755); err != nil {
		return fmt.Errorf("slurm: the folder cannot be made, choose one that all nodes can write to: %w", err)
	}
	unlock, err := lock(filepath.Join(j.Dir, "lock"))
	if err != nil {
		return fmt.Errorf("slurm: %s: %w", j.Dir, err)
	}
	defer unlock()
	f := &follower{Job: j, client: c, report: report}
	if err := f.load(); err != nil {
		return err
	}
	if f.most, err = c.arraySize(ctx); err != nil {
		return err
	}
	err = f.follow(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && f.living == 0:
		return err
	case ctx.Err() == nil:
		return fmt.Errorf("%w (the tasks named %s go on: the same command takes them up again, scancel --name=%[2]s ends them)", err, f.name())
	case j.Detach:
		return fmt.Errorf("the tasks named %s go on: the same command takes them up again: %w", f.name(), context.Cause(ctx))
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer stop()
	if err := c.cancel(end, "--name="+f.name()); err != nil {
		return fmt.Errorf("%w; its tasks could not be cancelled (%w): do it with scancel --name=%s", context.Cause(ctx), err, f.name())
	}
	return fmt.Errorf("the tasks named %s are cancelled: %w", f.name(), context.Cause(ctx))
}
