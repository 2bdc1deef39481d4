package slurm

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// mostFailures is how many shards are told with their logs.
const mostFailures = 8

// failed notes a shard that will not be submitted again; t is its last task.
func (f *follower) failed(ctx context.Context, shard int, t task) {
	if _, ok := f.failures[shard]; ok || len(f.failures) >= mostFailures {
		return
	}
	x := Failure{Shard: shard, Task: f.state.Shards[shard-1].Task, Ended: t.how()}
	if x.Ended == "" && x.Task != "" {
		x.Ended = f.client.accounted(ctx, x.Task)
	}
	x.Log, x.Tail = f.log(shard)
	f.failures[shard] = x
}

// first are the failures, by shard.
func (f *follower) first() []Failure {
	var out []Failure
	for _, x := range f.failures {
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Failure) int { return cmp.Compare(a.Shard, b.Shard) })
	return out
}

// logs is the name of an array's logs in Slurm's pattern: of shard 12 in an
// array that counts from 8, shard-8+4-JOB.log.
func (j *Job) logs(offset int) string {
	name := "shard-%a-%A.log"
	if offset > 0 {
		name = fmt.Sprintf("shard-%d+%%a-%%A.log", offset)
	}
	return strings.ReplaceAll(filepath.Join(j.Dir, "logs"), "%", "%%") + "/" + name
}

// log is the newest log of a shard and its last lines.
func (f *follower) log(shard int) (path, tail string) {
	dir := filepath.Join(f.Dir, "logs")
	prefix := fmt.Sprintf("shard-%d-", shard)
	if offset := f.offset(shard); offset > 0 {
		prefix = fmt.Sprintf("shard-%d+%d-", offset, shard-offset)
	}
	entries, _ := os.ReadDir(dir)
	var newest time.Time
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || !strings.HasSuffix(e.Name(), ".log") {
			continue
		}
		if info, err := e.Info(); err == nil && !info.ModTime().Before(newest) {
			path, newest = filepath.Join(dir, e.Name()), info.ModTime()
		}
	}
	if path == "" {
		return dir, "(there is no log: the task never started; squeue and sinfo tell more)"
	}
	tail, err := lastLines(path, 8)
	if err != nil {
		return path, err.Error()
	}
	return path, tail
}

// lastLines are at most n lines from a file's last 8 KiB.
func lastLines(path string, n int) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	const most = 8 << 10
	st, err := f.Stat()
	if err != nil {
		return "", err
	}
	if _, err := f.Seek(max(0, st.Size()-most), io.SeekStart); err != nil {
		return "", err
	}
	raw, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.ToValidUTF8(strings.TrimSpace(string(raw)), "�"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n"), nil
}
