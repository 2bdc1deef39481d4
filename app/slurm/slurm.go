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
	"slices"
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

	Parallel  int           // most tasks at a time; 0 is no bound
	CPUs      int           // of a task; 0 is the cluster's default
	Memory    int64         // bytes of a task; 0 is the cluster's default
	Time      time.Duration // limit of a task; 0 is the partition's
	Partition string
	Account   string
	QOS       string
	Extra     []string // more options of sbatch, each starting with --
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
	IDs                            []string
	Waiting                        string // why tasks wait, in Slurm's word; or what keeps Slurm from answering
}

// quiet is how long Slurm may not answer before Run gives up.
const quiet = 10 * time.Minute

func (j *Job) check() error {
	switch {
	case j.Shards < 1:
		return fmt.Errorf("slurm: %d shards", j.Shards)
	case j.Dir == "" || len(j.Command) == 0 || j.Left == nil:
		return errors.New("slurm: a job needs a folder, a command and a way to tell what is left")
	case j.Time < 0 || j.Parallel < 0 || j.CPUs < 0 || j.Memory < 0 || j.Retries < 0:
		return errors.New("slurm: times, numbers and memory must not be negative")
	}
	if strings.ContainsAny(j.Dir, "\"\\\n\r") {
		return fmt.Errorf("slurm: the folder %s has quotes, backslashes or line breaks in its name", j.Dir)
	}
	for _, x := range j.Extra {
		if !strings.HasPrefix(x, "--") || strings.ContainsAny(x, "\n\r") {
			return fmt.Errorf("slurm: option %q does not start with --", x)
		}
	}
	for what, x := range map[string]string{"name": j.Name, "partition": j.Partition, "account": j.Account, "quality of service": j.QOS} {
		if strings.ContainsAny(x, " \t\n\r\"'") {
			return fmt.Errorf("slurm: the %s %q has spaces or quotes", what, x)
		}
	}
	if j.Poll == 0 {
		j.Poll = 10 * time.Second
	}
	return nil
}

// Run submits what is missing and follows it to its end, which is nil only if
// nothing is left of any shard. Run again with the same Dir goes on with tasks
// that still live. When ctx ends the tasks are cancelled unless Detach is set.
func Run(ctx context.Context, j Job, report func(Status)) error {
	if err := j.check(); err != nil {
		return err
	}
	c, err := newClient()
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(j.Dir)
	if err != nil {
		return err
	}
	if j.Dir = dir; os.MkdirAll(filepath.Join(dir, "logs"), 0o755) != nil {
		return fmt.Errorf("slurm: the folder %s cannot be made: choose one that all nodes can write to", dir)
	}
	f := &follower{Job: j, client: c, report: report}
	if err := f.load(); err != nil {
		return err
	}
	if f.most, err = c.arraySize(ctx); err != nil {
		return err
	}
	err = f.follow(ctx)
	if ctx.Err() == nil {
		return err
	}
	if j.Detach {
		return fmt.Errorf("the tasks named %s go on: the same command takes them up again: %w", f.name(), context.Cause(ctx))
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer stop()
	if err := c.cancel(end, f.name()); err != nil {
		return fmt.Errorf("%w; its tasks could not be cancelled (%w): do it with scancel --name=%s", context.Cause(ctx), err, f.name())
	}
	return context.Cause(ctx)
}

// follower is a job under way.
type follower struct {
	Job
	client client
	report func(Status)
	most   int // tasks of one array
	state  state
	done   []bool // by shard, from 0
	absent []int  // polls for which a shard was not in the queue
	ours   []bool // submitted by this Run, or found alive
}

func (f *follower) follow(ctx context.Context) error {
	f.done, f.absent, f.ours = make([]bool, f.Shards), make([]int, f.Shards), make([]bool, f.Shards)
	silent := time.Time{}
	for {
		tasks, err := f.client.queue(ctx, f.name())
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if silent.IsZero() {
				silent = time.Now()
			}
			if time.Since(silent) > quiet {
				return fmt.Errorf("slurm does not answer since %s; the tasks may go on, run the same command again later: %w", silent.Format(time.TimeOnly), err)
			}
			f.report(Status{Waiting: err.Error(), IDs: f.state.Jobs})
			if err := pause(ctx, f.Poll); err != nil {
				return err
			}
			continue
		}
		silent = time.Time{}
		s, missing, err := f.look(tasks)
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			if err := f.submit(ctx, missing); err != nil {
				return err
			}
			s.Pending += len(missing)
		}
		s.Submitted, s.IDs = f.state.submitted(), f.state.Jobs
		f.report(s)
		if s.Done == f.Shards {
			return f.save()
		}
		if s.Done+s.Failed == f.Shards {
			return f.failure()
		}
		if err := pause(ctx, f.Poll); err != nil {
			return err
		}
	}
}

// look sorts the shards by their tasks and results. missing are to be submitted.
func (f *follower) look(tasks map[int]task) (s Status, missing []int, err error) {
	for i := range f.Shards {
		if f.done[i] {
			s.Done++
			continue
		}
		at := &f.state.Shards[i]
		if t, live := tasks[i+1]; live {
			f.absent[i], f.ours[i] = 0, true
			at.Submitted = max(at.Submitted, 1) // by a run that had no time to note it
			if t.waits {
				s.Pending++
				s.Waiting = t.reason
			} else {
				s.Running++
			}
			continue
		}
		left, err := f.Left(i + 1)
		if err != nil {
			return s, nil, err
		}
		if left == 0 {
			f.done[i] = true
			s.Done++
			continue
		}
		// A shared file system may show the last files late: look again once.
		if f.absent[i]++; f.ours[i] && f.absent[i] < 2 {
			s.Running++
			continue
		}
		if f.ours[i] {
			if at.Fruitless++; left < at.Left {
				at.Fruitless = 0
			}
		}
		if at.Fruitless > f.Retries {
			s.Failed++
			continue
		}
		at.Left, f.absent[i], f.ours[i] = left, 0, true
		missing = append(missing, i+1)
	}
	return s, missing, nil
}

// failure names the shards without a result and what their logs end with.
func (f *follower) failure() error {
	var failed []string
	last := -1
	for i, d := range f.done {
		if !d {
			failed, last = append(failed, fmt.Sprint(i+1)), i
		}
	}
	if len(failed) > 20 {
		failed = append(failed[:20], "…")
	}
	log, tail := f.log(last + 1)
	return fmt.Errorf("slurm: of %d shards these failed %d times without progress: %s. The log of shard %d, %s, ends with:\n%s", f.Shards, f.Retries+1,
		strings.Join(failed, ", "), last+1, log, tail)
}

// log is the newest log of a shard and its last lines.
func (f *follower) log(shard int) (path, tail string) {
	files, _ := filepath.Glob(filepath.Join(f.Dir, "logs", fmt.Sprintf("shard-%d-*.log", shard)))
	slices.SortFunc(files, func(a, b string) int { return modified(a).Compare(modified(b)) })
	if len(files) == 0 {
		return filepath.Join(f.Dir, "logs"), "(there is no log: the task never started; squeue and sinfo tell more)"
	}
	path = files[len(files)-1]
	raw, err := os.ReadFile(path)
	if err != nil {
		return path, err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return path, strings.Join(lines[max(0, len(lines)-8):], "\n")
}

func modified(path string) time.Time {
	st, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return st.ModTime()
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
