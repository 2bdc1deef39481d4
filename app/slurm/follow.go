package slurm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds of patience: how long Slurm may not answer before Run gives up, the
// longest pause between questions until then, and how often in a row a shard's
// task may be lost through no fault of its own.
const (
	quiet     = 10 * time.Minute
	longPause = 2 * time.Minute
	mostLost  = 10
)

// follower is a job under way.
type follower struct {
	Job
	client   client
	report   func(Status)
	most     int // tasks of one array
	state    state
	done     []bool // by shard, from 0
	absent   []int  // polls for which a shard was not in the queue
	ours     []bool // submitted by this Run or found alive, and not yet judged
	living   int    // tasks in the queue when it was last seen
	failures map[int]Failure
	refused  int // tasks that lived when Slurm took no more; 0 when it took all
}

func (f *follower) follow(ctx context.Context) error {
	f.done, f.absent, f.ours = make([]bool, f.Shards), make([]int, f.Shards), make([]bool, f.Shards)
	f.failures = map[int]Failure{}
	var s Status // as last seen
	var silent time.Time
	wait := f.Poll
	for {
		tasks, err := f.client.queue(ctx, f.name(), f.shards())
		if err == nil {
			s, err = f.step(ctx, tasks)
		}
		var no *silence
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &no):
			if silent.IsZero() {
				silent, wait = time.Now(), f.Poll
			}
			if time.Since(silent) > quiet {
				return fmt.Errorf("slurm does not answer since %s; the tasks may go on, run the same command again later: %w", silent.Format(time.TimeOnly), err)
			}
			s.Waiting = err.Error()
		case err != nil:
			return err
		default:
			silent, wait = time.Time{}, f.Poll
		}
		s.Submitted, s.Retried, s.IDs = f.state.submitted(), f.state.retried(), f.state.Jobs
		f.report(s)
		if silent.IsZero() {
			if s.Done == f.Shards {
				return f.save()
			}
			if s.Done+s.Failed == f.Shards {
				return f.failure(ctx)
			}
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
		if !silent.IsZero() {
			wait = max(f.Poll, min(2*wait, longPause))
		}
	}
}

// step judges the shards by the tasks seen and submits what is missing. The
// status holds also where it fails.
func (f *follower) step(ctx context.Context, tasks map[int]task) (Status, error) {
	f.living = 0
	for _, t := range tasks {
		if t.lives() {
			f.living++
		}
	}
	s, missing, err := f.look(ctx, tasks)
	if err != nil {
		return s, err
	}
	for _, t := range tasks {
		if t.held() {
			// It would wait for ever: it is judged like any other that ended.
			if err := f.client.cancel(ctx, t.id); err != nil {
				return s, err
			}
		}
	}
	s.Pending += len(missing)
	if f.refused > 0 && f.living >= f.refused {
		s.Waiting = "Slurm takes no more tasks of this user now"
		return s, nil
	}
	f.refused = 0
	for now := f.room(missing); len(now) > 0; {
		n, err := f.submit(ctx, now)
		f.living += n
		var no *refusal
		if errors.As(err, &no) && f.living > 0 {
			// Most often a bound on a user's tasks: those that live make room.
			f.refused, s.Waiting = f.living, err.Error()
			return s, nil
		}
		if err != nil {
			return s, err
		}
		now = now[n:]
	}
	return s, nil
}

// room is what may be submitted now. An array bounds its own tasks only, so
// with Parallel set a further array waits till the tasks that live leave room.
func (f *follower) room(missing []int) []int {
	switch {
	case f.Parallel == 0 || len(missing) == 0:
		return missing
	case f.living == 0:
		return missing[:len(f.array(missing))]
	}
	return missing[:min(len(missing), max(0, f.Parallel-f.living))]
}

// look sorts the shards by their tasks and results. missing are to be submitted.
func (f *follower) look(ctx context.Context, tasks map[int]task) (s Status, missing []int, err error) {
	for i := range f.Shards {
		if f.done[i] {
			s.Done++
			continue
		}
		at := &f.state.Shards[i]
		t := tasks[i+1]
		if t.lives() {
			f.absent[i], f.ours[i] = 0, true
			f.note(at, t)
			if t.waits() {
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
			delete(f.failures, i+1)
			s.Done++
			continue
		}
		// A shared file system may show the last files late: look again once.
		if f.absent[i]++; f.ours[i] && f.absent[i] < 2 && !t.held() {
			s.Running++
			continue
		}
		if f.ours[i] {
			f.ours[i] = false
			at.judge(left, t)
		}
		if at.Fruitless > f.Retries || at.Lost > mostLost {
			s.Failed++
			f.failed(ctx, i+1, t)
			continue
		}
		at.Left = left
		missing = append(missing, i+1)
	}
	s.Failures = f.first()
	return s, missing, nil
}

// note keeps the number of a task that lives, also of one that was submitted by
// a run that had no time to note it.
func (f *follower) note(at *shard, t task) {
	if at.Task == t.id {
		return
	}
	at.Submitted, at.Task = max(at.Submitted, 1), t.id
	if job, _, _ := strings.Cut(t.id, "_"); !slices.Contains(f.state.Jobs, job) {
		f.state.Jobs = append(f.state.Jobs, job)
	}
}

// judge counts a task that ended with something left.
func (s *shard) judge(left int, t task) {
	switch {
	case left < s.Left:
		s.Fruitless, s.Lost = 0, 0
	case t.lost():
		s.Lost++
	default:
		s.Fruitless++
	}
	s.Left = left
}

// failure names the shards without a result and what their logs end with.
func (f *follower) failure(ctx context.Context) error {
	var failed []string
	for i, d := range f.done {
		if !d {
			failed = append(failed, fmt.Sprint(i+1))
			f.failed(ctx, i+1, task{}) // where it was not noted yet
		}
	}
	n := len(failed)
	if n > 20 {
		failed = append(failed[:20], "…")
	}
	last := f.first()[0]
	how := last.Ended
	if how == "" {
		how = "Slurm no longer knows how"
	}
	at := f.state.Shards[last.Shard-1]
	return fmt.Errorf("slurm: %d of %d shards made no progress any more: %s. Shard %d ended in attempt %d as task %s (%s). Its log, %s, ends with:\n%s", n, f.Shards,
		strings.Join(failed, ", "), last.Shard, at.Fruitless+at.Lost, last.Task, how, last.Log, last.Tail)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
