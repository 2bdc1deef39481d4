package slurm

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"reverie/app/export"
)

// widest is the longest list of indices that goes into one argument (Linux
// allows 128 KiB).
const widest = 64 << 10

// submit submits the first of the shards as one array and says how many they are.
func (f *follower) submit(ctx context.Context, shards []int) (n int, err error) {
	script := filepath.Join(f.Dir, "job.sh")
	text := f.script()
	if err := export.File(script, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
		return 0, err
	}
	shards = f.array(shards)
	offset := f.offset(shards[0])
	indices := ranges(shards, offset)
	if f.Parallel > 0 {
		indices += fmt.Sprintf("%%%d", f.Parallel)
	}
	var more []string
	if offset > 0 {
		more = []string{"--output=" + f.logs(offset)}
	}
	id, err := f.client.submit(ctx, script, indices, offset, more...)
	if err != nil {
		return 0, err
	}
	f.state.Jobs = append(f.state.Jobs, id)
	for _, s := range shards {
		at := &f.state.Shards[s-1]
		at.Submitted++
		at.Task = fmt.Sprintf("%s_%d", id, s-offset)
		f.ours[s-1], f.absent[s-1] = true, 0
	}
	return len(shards), f.save()
}

// offset is what the index of a shard's task counts from. Array number k has
// the shards k·most+1 … (k+1)·most, whose indices are 1 … most.
func (f *follower) offset(shard int) int { return (shard - 1) / f.most * f.most }

// array is the first of rising shards, as many as one array may have.
func (f *follower) array(shards []int) []int {
	offset, n := f.offset(shards[0]), 0
	for n < len(shards) && shards[n] <= offset+f.most {
		n++
	}
	for len(ranges(shards[:n], offset)) > widest {
		n /= 2
	}
	return shards[:n]
}

// ranges writes rising shards as indices of an array: 1-3,7.
func ranges(shards []int, offset int) string {
	var out []string
	for i := 0; i < len(shards); {
		j := i
		for j+1 < len(shards) && shards[j+1] == shards[j]+1 {
			j++
		}
		if a, b := shards[i]-offset, shards[j]-offset; a == b {
			out = append(out, fmt.Sprint(a))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", a, b))
		}
		i = j + 1
	}
	return strings.Join(out, ",")
}
