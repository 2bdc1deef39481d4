package lab

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"reverie/compute/decode"
)

// boxes cover what is asked for, in order, and nothing twice.
func TestBoxes(t *testing.T) {
	for _, shape := range [][]int{{1}, {7}, {3, 4}, {2, 3, 4}, {1, 5, 1, 2}} {
		units := count(shape)
		for _, most := range []int{1, 2, 5, 9, 100} {
			for from := range units {
				for to := from + 1; to <= units; to++ {
					at := from
					for _, b := range boxes(shape, from, to, most) {
						if b.from > at || b.to <= at || at != from && b.from != at {
							t.Fatalf("%v by %d, %d to %d: box %+v at %d", shape, most, from, to, b, at)
						}
						n := count(b.extent)
						if n != b.to-b.from || n > max(most, shape[len(shape)-1]) && n > most {
							t.Fatalf("%v by %d: box %+v", shape, most, b)
						}
						first := 0
						for k, d := range shape {
							first = first*d + b.start[k]
						}
						if first != b.from {
							t.Fatalf("%v by %d: box %+v begins at %d", shape, most, b, first)
						}
						at = b.to
					}
					if at < to {
						t.Fatalf("%v by %d, %d to %d: end at %d", shape, most, from, to, at)
					}
				}
			}
		}
	}
}

// However small the blocks are that files are read in, and though nothing is kept, what is read is the same.
func TestBlocks(t *testing.T) {
	all := []string{"bd-conv-whole", "bd-fc", "sparse-julia", "sparse-julia-turned", "dense-73", "dense-hdf5", "zero"}
	whole := map[string]*decode.Sparse{}
	for _, name := range all {
		f, err := Open(context.Background(), folders+name)
		if err != nil {
			t.Fatal(err)
		}
		whole[name] = pieces(t, f, f.Units())
	}
	k, e, d := keepMost, entryBlock, denseBlock
	defer func() { keepMost, entryBlock, denseBlock = k, e, d }()
	for _, size := range []int{1, 11} {
		keepMost, entryBlock, denseBlock = 0, 30*size, 4*size
		for _, name := range all {
			f, err := Open(context.Background(), folders+name)
			if err != nil {
				t.Fatal(err)
			}
			same(t, pieces(t, f, 7), whole[name])
		}
	}
}

// Many readers at once get what one gets.
func TestConcurrent(t *testing.T) {
	f, err := Open(context.Background(), folders+"bd-conv")
	if err != nil {
		t.Fatal(err)
	}
	want := pieces(t, f, 24)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			from := i * 2
			s, err := f.Read(context.Background(), from, from+9)
			if err != nil {
				t.Error(err)
				return
			}
			part := want.Slice(from, from+9)
			if !slices.Equal(s.W, part.W) || !slices.Equal(s.B, part.B) || !slices.Equal(s.Index, part.Index) {
				t.Errorf("units from %d differ", from)
			}
		})
	}
	wg.Wait()
}

// A model folder opens by itself and by the folder of its ROI, with the norms of both.
func TestPlaces(t *testing.T) {
	for _, dir := range []string{"scripts", "scripts/model"} {
		f, err := Open(context.Background(), folders+dir)
		if err != nil {
			t.Fatal(err)
		}
		mean, norm := f.UnitNorm(3, 5)
		if !Is(folders+dir) || len(mean) != 2 || len(norm) != 2 || f.Norms().XMean == nil || f.Norms().XNorm == nil || filepath.Base(f.Dir()) != "model" {
			t.Errorf("%s: %v %v %s", dir, mean, norm, f.Dir())
		}
	}
}

// A pickle that unpacks to far more than it has is refused before it fills the disk.
func TestGzipBomb(t *testing.T) {
	defer func(s int64) { spareBytes = s }(spareBytes)
	spareBytes = 1 << 16
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(append([]byte("\x80\x04"), make([]byte, 1<<20)...))
	z.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, pickleName), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), dir); err == nil || !strings.Contains(err.Error(), "made to fill the disk") {
		t.Error(err)
	}
}
