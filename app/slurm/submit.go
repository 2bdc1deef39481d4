package slurm

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"reverie/app/export"
)

// submit submits shards, as many arrays as their numbers need.
func (f *follower) submit(ctx context.Context, shards []int) error {
	script := filepath.Join(f.Dir, "job.sh")
	text := f.script(f.name())
	if err := export.File(script, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
		return err
	}
	for len(shards) > 0 {
		// Array number k has the shards k·most+1 … (k+1)·most, whose indices are 1 … most.
		offset := (shards[0] - 1) / f.most * f.most
		n := 0
		for n < len(shards) && shards[n] <= offset+f.most {
			n++
		}
		indices := ranges(shards[:n], offset)
		if f.Parallel > 0 {
			indices += fmt.Sprintf("%%%d", f.Parallel)
		}
		id, err := f.client.submit(ctx, script, indices, offset)
		if err != nil {
			return err
		}
		f.state.Jobs = append(f.state.Jobs, id)
		for _, s := range shards[:n] {
			f.state.Shards[s-1].Submitted++
		}
		if err := f.save(); err != nil {
			return err
		}
		shards = shards[n:]
	}
	return nil
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
