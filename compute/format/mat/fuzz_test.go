package mat

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// touch uses everything that was read.
func touch(a *Array, depth int) {
	if depth > maxDepth+1 {
		panic("deeper than the limit")
	}
	a.Float64()
	a.Float32()
	if v, err := a.Int64(); err == nil {
		RowMajor(a.Dims, v)
	}
	a.Complex128()
	a.Bools()
	a.Rows()
	a.Text()
	if _, _, v, err := a.Entries(); err == nil {
		touch(v, depth+1)
		if a.Len() < 1<<16 {
			a.Full()
		}
	}
	if c, err := a.Cells(); err == nil {
		for _, x := range c {
			touch(x, depth+1)
		}
	}
	for _, n := range a.Fields {
		for i := range min(a.Len(), 4) {
			if x, err := a.Field(i, n); err == nil {
				touch(x, depth+1)
			}
		}
	}
}

func FuzzFile(f *testing.F) {
	for _, pattern := range []string{"*.mat", "matlab/*.mat"} {
		names, _ := filepath.Glob(fixtures + pattern)
		for _, n := range names {
			b, err := os.ReadFile(n)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := New("fuzz", bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for i, v := range m.Variables() {
			if i == 20 {
				break
			}
			// DEFLATE makes at most 1032 bytes of one; each becomes a few numbers of 16 bytes, or less than
			// its own length in pointers and heads.
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if a, err := m.Read(v.Name); err == nil {
				touch(a, 0)
				if len(a.items) > 0 && len(a.items) < 1000 {
					if list, err := m.Members(v.Name, 2000); err != nil || len(list) != len(a.items) {
						t.Errorf("%s: %d members, %v, where Read gives %d", v.Name, len(list), err, len(a.items))
					}
				}
			}
			m.Members(v.Name, 10)
			m.Read(v.Name + "{1}")
			m.Read(v.Name + "(1).a{1,1}")
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20+uint64(len(b))*1032*128 {
				t.Errorf("%d bytes of input took %d bytes of memory", len(b), used)
			}
		}
	})
}

// FuzzPath reads with any path.
func FuzzPath(f *testing.F) {
	for _, p := range []string{"nested.inner.cell{2,3}", "array(2,1).label", "cells{1}", "feat", "nested(1).name", "array{", "cells{0}", "a..b", "cells{1,2,3}"} {
		f.Add(p)
	}
	m, err := Open(fixtures + "packed.mat")
	if err != nil {
		f.Fatal(err)
	}
	defer m.Close()
	f.Fuzz(func(t *testing.T, p string) {
		if a, err := m.Read(p); err == nil {
			touch(a, 0)
		}
		m.Members(p, 10)
	})
}
