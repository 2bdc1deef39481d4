package slurm

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// task is a task as the queue has it; the zero value is none.
type task struct {
	id     string // array's number, underscore, index
	state  string // in Slurm's words
	reason string // why it waits, or ended so
}

// ended are the states that a task does not leave. The queue shows them for the
// first minutes (MinJobAge).
var ended = []string{"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "REVOKED", "PREEMPTED"}

// lives reports whether the task will still do something by itself.
func (t task) lives() bool { return t.state != "" && !slices.Contains(ended, t.state) && !t.held() }

// waits is for tasks that live: whether they do nothing yet. What else lives is
// RUNNING, COMPLETING, CONFIGURING, SUSPENDED and the like.
func (t task) waits() bool {
	return slices.Contains([]string{"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD"}, t.state)
}

// held reports whether Slurm put the task aside for good, after a launch that
// failed or too many requeues. What a user or an operator holds is not meant:
// they will release it.
func (t task) held() bool {
	reason := strings.ReplaceAll(t.reason, "_", " ")
	return t.waits() && (reason == "launch failed requeued held" || reason == "JobHoldMaxRequeue")
}

// lost reports whether the task ended through no fault of its own.
func (t task) lost() bool {
	return t.held() || slices.Contains([]string{"NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "REVOKED"}, t.state)
}

// how says how a task ended.
func (t task) how() string {
	if t.state == "" || t.reason == "" || t.reason == "None" {
		return t.state
	}
	return t.state + ", " + t.reason
}

// queue lists the tasks of a job's name, by shard: the one that lives, else the
// last that ended. known tells the shards of tasks by their numbers.
func (c client) queue(ctx context.Context, name string, known map[string]int) (map[int]task, error) {
	out, err := c.call(ctx, "squeue", "--noheader", "--array", "--states=all", "--name="+name, "--format=%F|%K|%T|%k|%r")
	if err != nil {
		return nil, err
	}
	return parseQueue(out, known)
}

// parseQueue reads the queue. A task that is not known was submitted by a run
// that had no time to note it: the comment of its array is the number that its
// indices count from.
func parseQueue(out string, known map[string]int) (map[int]task, error) {
	tasks, array := map[int]task{}, map[int]int{}
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		f := strings.Split(line, "|")
		if len(f) < 5 {
			return nil, fmt.Errorf("slurm: the line %q of squeue is not understood", line)
		}
		// The comment is free text.
		id, t := f[0]+"_"+f[1], task{state: f[2], reason: f[len(f)-1]}
		t.id = id
		number, err0 := strconv.Atoi(f[0])
		index, err1 := strconv.Atoi(f[1])
		shard, ok := known[id]
		if !ok {
			offset, err2 := strconv.Atoi(strings.Join(f[3:len(f)-1], "|"))
			if err0 != nil || err1 != nil || err2 != nil {
				if slices.Contains(ended, t.state) {
					continue // such as a job that was refused: it has a number, but no index
				}
				return nil, fmt.Errorf("slurm: the line %q of squeue is no task of an array of ours: is another job of this name in the queue?", line)
			}
			shard = offset + index
		}
		if had, ok := tasks[shard]; ok && (had.lives() && !t.lives() || had.lives() == t.lives() && array[shard] > number) {
			continue
		}
		tasks[shard], array[shard] = t, number
	}
	return tasks, nil
}
