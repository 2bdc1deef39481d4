package slurm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// client calls Slurm's programs.
type client struct{}

func newClient() (client, error) {
	for _, p := range []string{"sbatch", "squeue", "scancel", "scontrol"} {
		if _, err := exec.LookPath(p); err != nil {
			return client{}, fmt.Errorf("slurm: no program %s here: run this on a machine that can submit jobs to Slurm", p)
		}
	}
	return client{}, nil
}

// answer is how long one of the programs may take.
const answer = 2 * time.Minute

func (client) call(ctx context.Context, name string, args ...string) (string, error) {
	ctx, stop := context.WithTimeout(ctx, answer)
	defer stop()
	c := exec.CommandContext(ctx, name, args...)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		if text := strings.TrimSpace(said.String()); text != "" {
			err = errors.New(strings.ReplaceAll(text, "\n", "; "))
		}
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return out.String(), nil
}

// task is a task in the queue.
type task struct {
	waits  bool
	reason string // why it waits
}

// queue lists the tasks of a job's name that live, by shard. The comment of an
// array is the number that its indices count from.
func (c client) queue(ctx context.Context, name string) (map[int]task, error) {
	out, err := c.call(ctx, "squeue", "--noheader", "--array", "--name="+name, "--format=%K|%T|%k|%r")
	if err != nil {
		return nil, err
	}
	return parseQueue(out)
}

func parseQueue(out string) (map[int]task, error) {
	tasks := map[int]task{}
	for line := range strings.Lines(out) {
		f := strings.SplitN(strings.TrimSpace(line), "|", 4)
		if len(f) == 1 && f[0] == "" {
			continue
		}
		if len(f) != 4 {
			return nil, fmt.Errorf("squeue: the line %q is not understood", strings.TrimSpace(line))
		}
		index, err1 := strconv.Atoi(f[0])
		offset, err2 := strconv.Atoi(f[2])
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("squeue: the line %q has no index of an array's task: is another job of this name in the queue?", strings.TrimSpace(line))
		}
		switch f[1] {
		case "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "REVOKED":
		case "PENDING", "PREEMPTED", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD":
			tasks[offset+index] = task{true, f[3]}
		default: // RUNNING, COMPLETING, CONFIGURING, SUSPENDED and the like
			tasks[offset+index] = task{}
		}
	}
	return tasks, nil
}

// arraySize is the number of tasks that an array may have: indices run from 0 to MaxArraySize−1.
func (c client) arraySize(ctx context.Context) (int, error) {
	out, err := c.call(ctx, "scontrol", "show", "config")
	if err != nil {
		return 0, fmt.Errorf("slurm does not answer: %w", err)
	}
	for line := range strings.Lines(out) {
		key, value, ok := strings.Cut(line, "=")
		if !ok || strings.TrimSpace(key) != "MaxArraySize" {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 2 {
			return 0, fmt.Errorf("slurm: this cluster allows no job arrays (MaxArraySize %s)", strings.TrimSpace(value))
		}
		return n - 1, nil
	}
	return 0, errors.New("slurm: scontrol show config says no MaxArraySize")
}

// submit submits an array and gives the job's number.
func (c client) submit(ctx context.Context, script, indices string, offset int) (string, error) {
	out, err := c.call(ctx, "sbatch", "--parsable", "--array="+indices, "--comment="+strconv.Itoa(offset), script, strconv.Itoa(offset))
	if err != nil {
		return "", fmt.Errorf("slurm did not take the job: %w", err)
	}
	id, _, _ := strings.Cut(strings.TrimSpace(out), ";") // ;cluster may follow
	return id, nil
}

func (c client) cancel(ctx context.Context, name string) error {
	_, err := c.call(ctx, "scancel", "--name="+name)
	return err
}
