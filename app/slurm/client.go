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
			return client{}, fmt.Errorf("slurm: no program %s here: run this on a machine that can submit jobs to Slurm (a login node; Debian's package for one is slurm-client)", p)
		}
	}
	return client{}, nil
}

// answer is how long one of the programs may take.
const answer = 2 * time.Minute

// silence is a question that Slurm did not answer: worth asking again.
type silence struct{ error }

func (s *silence) Unwrap() error { return s.error }

// refusal is Slurm's answer that it does not take a job.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

func (client) call(ctx context.Context, name string, args ...string) (string, error) {
	ctx, stop := context.WithTimeout(ctx, answer)
	defer stop()
	c := exec.CommandContext(ctx, name, args...)
	c.WaitDelay = time.Second
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	err := c.Run()
	switch text := strings.TrimSpace(said.String()); {
	case err == nil:
		return out.String(), nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %s", answer)
	case text != "":
		err = errors.New(strings.ReplaceAll(text, "\n", "; "))
	}
	return "", &silence{fmt.Errorf("%s: %w", name, err)}
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

// transient are parts of sbatch's messages that are no judgement of the job, as
// in slurm_errno.c; the controller may or may not have taken it.
var transient = []string{"Unable to contact slurm controller", "timed out", "Connection refused", "Zero Bytes were transmitted", "connection failure",
	"temporarily unable", "in standby mode", "send failure", "receive failure", "shutdown failure", "no answer within"}

// submit submits an array and gives the job's number. It fails with a refusal
// or a silence.
func (c client) submit(ctx context.Context, script, indices string, offset int, more ...string) (string, error) {
	args := append([]string{"--parsable", "--array=" + indices, "--comment=" + strconv.Itoa(offset)}, more...)
	out, err := c.call(ctx, "sbatch", append(args, script, strconv.Itoa(offset))...)
	if err != nil {
		for _, t := range transient {
			if strings.Contains(err.Error(), t) {
				return "", err
			}
		}
		return "", &refusal{fmt.Errorf("slurm did not take the job: %s", err)}
	}
	id, _, _ := strings.Cut(strings.TrimSpace(out), ";") // ;cluster may follow
	if _, err := strconv.Atoi(id); err != nil {
		return "", fmt.Errorf("slurm: sbatch answered %q, which is no job's number", strings.TrimSpace(out))
	}
	return id, nil
}

// cancel ends tasks; what is a job's number or an option that selects some.
func (c client) cancel(ctx context.Context, what string) error {
	_, err := c.call(ctx, "scancel", what)
	return err
}

// accounted is how the accounting says that a task ended, "" where there is
// none or it does not know.
func (c client) accounted(ctx context.Context, id string) string {
	out, err := c.call(ctx, "sacct", "--noheader", "--parsable2", "--allocations", "--jobs="+id, "--format=State,ExitCode")
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(out, "\n")
	state, code, _ := strings.Cut(strings.TrimSpace(line), "|")
	if state == "" || code == "" || code == "0:0" {
		return state
	}
	return state + ", exit code " + code
}
