package lab

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/compute/decode"
	"reverie/compute/format/mat"
)

// sound checks what a model gives: decoders that fit together, or an error.
func sound(t *testing.T, m *model) {
	units := count(m.shape)
	if m.voxels < 1 || units < 1 {
		t.Fatalf("%d voxels, units %v", m.voxels, m.shape)
	}
	if units > 1<<16 { // Folder.load looks at the biases before it believes it
		return
	}
	s, err := m.rows(context.Background(), 0, units)
	if err != nil {
		return
	}
	s.Voxels, s.B = m.voxels, make([]float32, units)
	if err := s.Check(); err != nil && !strings.Contains(err.Error(), "has the weight") {
		t.Error(err)
	}
	if m.bias != nil {
		if b, err := m.bias(); err == nil && len(b) != units {
			t.Errorf("%d biases for %d units", len(b), units)
		}
	}
	part, err := m.rows(context.Background(), units/2, units)
	if err != nil {
		t.Fatal(err)
	}
	part.First, part.Voxels, part.B = units/2, m.voxels, make([]float32, units-units/2)
	same(t, part, s.Slice(units/2, units))
}

// FuzzPickle reads pickled models.
func FuzzPickle(f *testing.F) {
	for _, name := range []string{"pkl-fc", "pkl-conv-old", "pkl-chosen", "pkl-linear", "pkl-ridge", "pkl-one"} {
		raw, err := os.ReadFile(filepath.Join(folders, name, pickleName))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	raw, err := os.ReadFile(filepath.Join(folders, "pkl-conv", numbered(1, pickleEnd)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := decodeModel(bytes.NewReader(raw), int64(len(raw)))
		if err == nil {
			sound(t, m)
		}
	})
}

// FuzzMat reads W of MAT-files of version 5, dense and sparse.
func FuzzMat(f *testing.F) {
	for _, name := range []string{"dense-5", "sparse-5", "matlab-5"} {
		raw, err := os.ReadFile(filepath.Join(folders, name, "W.mat"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := mat.New("W.mat", bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return
		}
		if m, err := open5(file, "W.mat", "W"); err == nil {
			sound(t, m)
		}
	})
}

// FuzzSparse reads sparse arrays whose indices are anything.
func FuzzSparse(f *testing.F) {
	f.Add([]byte{3, 2, 2, 0, 0, 0, 1, 1, 1, 2, 1, 0}, 0, 4)
	f.Add([]byte{2, 1, 1, 0, 0, 0, 0, 0, 0}, 0, 1)
	f.Add([]byte{4, 3, 1, 9, 200, 0}, 1, 2)
	f.Fuzz(func(t *testing.T, raw []byte, from, to int) {
		if len(raw) < 3 {
			return
		}
		c := &coordinates{path: "p", name: "W", n: (len(raw) - 3) / 3, background: func() (float32, error) { return 0, nil }}
		for _, b := range raw[:3] {
			c.shape = append(c.shape, int(int8(b)))
		}
		raw = raw[3:]
		c.block = func(from, to int) ([][]int64, []float32, error) {
			axes, w := make([][]int64, 3), []float32(nil)
			for i := from; i < to; i++ {
				for k := range axes {
					axes[k] = append(axes[k], int64(int8(raw[3*i+k])))
				}
				w = append(w, float32(i))
			}
			return axes, w, nil
		}
		m := new(model)
		if c.check() != nil || m.fits("p", c.shape) != nil {
			return
		}
		units := count(m.shape)
		all, err := c.rows(context.Background(), 0, units)
		if err != nil {
			return
		}
		if from, to = max(0, min(from, units-1)), min(to, units); from >= to {
			return
		}
		all.Voxels, all.B = m.voxels, make([]float32, units)
		if err := all.Check(); err != nil {
			t.Fatal(err)
		}
		some, err := c.rows(context.Background(), from, to)
		if err != nil {
			t.Fatal(err)
		}
		some.First, some.Voxels, some.B = from, m.voxels, make([]float32, to-from)
		same(t, some, all.Slice(from, to))
	})
}

func same(t *testing.T, a, b *decode.Sparse) {
	t.Helper()
	if len(a.W) != len(b.W) || a.Units() != b.Units() || a.First != b.First {
		t.Fatalf("%d weights of %d units from %d, and %d of %d from %d", len(a.W), a.Units(), a.First, len(b.W), b.Units(), b.First)
	}
	for i := range a.W {
		if math.Float32bits(a.W[i]) != math.Float32bits(b.W[i]) || a.Index[i] != b.Index[i] {
			t.Fatalf("weight %d differs", i)
		}
	}
}

// FuzzSettings parses info.yaml.
func FuzzSettings(f *testing.F) {
	f.Add("_status:\n  computation_id: a\n  computation_status: done\n")
	f.Add("reverie:\n  method: \"l2\" # x\n  alpha: 1e2\n_status: {a: b}\n- x\n")
	f.Add("a: 'it''s'\n b:\n\tc: |\n  d\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := parseSettings(text)
		size := 0
		for k, v := range s {
			size += len(k) + len(v)
			if v == "" || len(k) > 1000 {
				t.Errorf("%q: %q", k, v)
			}
		}
		if len(s) > maxSettings || size > 1001*(len(s)+1)+3*len(text) {
			t.Errorf("%d settings of %d bytes from %d", len(s), size, len(text))
		}
	})
}

// TestMutations changes bytes of HDF5 files: whatever comes is an error or decoders that fit together.
func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	read := 0
	for _, name := range []string{"bd-fc", "sparse-julia", "matlab-73"} {
		dir := copied(t, name)
		path := filepath.Join(dir, "W.mat")
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var seed [8]byte
		for i := range 8 {
			bad := bytes.Clone(raw)
			binary.LittleEndian.PutUint64(seed[:], uint64(i)*0x9e3779b97f4a7c15)
			for k := range 1 + i%4 {
				at := int(binary.LittleEndian.Uint32(seed[k:])) % len(bad)
				bad[at] ^= seed[7-k] | 1
			}
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			if everything(dir) == nil { // Read has checked what it gives
				read++
			}
		}
	}
	t.Logf("%d of 24 were read all the same", read)
}
