package lab

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/compute/decode"
	"reverie/compute/decode/l2"
)

// drawn are decoders of seeded weights: about three in ten voxels, unit 1 without any.
func drawn(seed uint64, voxels, units int) *decode.Sparse {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &decode.Sparse{Voxels: voxels, Start: []int{0}}
	for u := range units {
		for v := range voxels {
			if r.Float64() < 0.3 && u != 1 {
				s.Index, s.W = append(s.Index, uint32(v)), append(s.W, float32(r.NormFloat64()))
			}
		}
		s.Start, s.B = append(s.Start, len(s.W)), append(s.B, float32(r.NormFloat64()))
	}
	return s
}

func norms(seed uint64, n int) (mean, norm []float32) {
	r := rand.New(rand.NewPCG(seed, 2))
	for range n {
		mean, norm = append(mean, float32(r.NormFloat64())), append(norm, float32(r.Float64()+0.5))
	}
	return mean, norm
}

// written is a case of TestWrite.
type written struct {
	name string
	m    Meta
	step int // units appended at a time
	s    *decode.Sparse
}

func writings() []written {
	xm, xn := norms(1, 20)
	xn[4] = 0 // a voxel that did not vary
	ym, yn := norms(2, 24)
	yn[5] = 0
	hole := drawn(5, 20, 24) // a channel without any weight
	k := hole.Start[8]
	hole.Index, hole.W = append(hole.Index[:k:k], hole.Index[hole.Start[16]:]...), append(hole.W[:k:k], hole.W[hole.Start[16]:]...)
	gone := hole.Start[16] - k
	for u := 9; u <= 24; u++ {
		if hole.Start[u] = max(k, hole.Start[u]-gone); u < 16 {
			hole.Start[u] = k
		}
	}
	l2Meta := func(m Meta) Meta {
		m.Voxels, m.Method, m.Alpha, m.Selected, m.Computation = 20, "l2", 100, 6, `S1-VC: "fc6" #1`
		return m
	}
	return []written{
		{"fc", l2Meta(Meta{Shape: []int{24}, ChunkAxis: 1, XMean: xm, XNorm: xn, YMean: ym, YNorm: yn}), 24, drawn(3, 20, 24)},
		{"conv", l2Meta(Meta{Shape: []int{3, 4, 2}, ChunkAxis: 1, XMean: xm, XNorm: xn, YMean: ym, YNorm: yn}), 5, drawn(4, 20, 24)},
		{"conv whole", l2Meta(Meta{Shape: []int{3, 4, 2}, XMean: xm, XNorm: xn, YMean: ym, YNorm: yn}), 7, drawn(4, 20, 24)},
		{"hole [1]", l2Meta(Meta{Shape: []int{3, 2, 4}, ChunkAxis: 1}), 24, hole},
		{"one", Meta{Voxels: 3, Shape: []int{1}, Method: "slr"}, 1, drawn(6, 3, 1)},
	}
}

func (w written) write(t testing.TB, dir string) {
	t.Helper()
	out, err := NewWriter(dir, w.m)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard()
	for from := 0; from < w.s.Units(); from += w.step {
		if err := out.Append(w.s.Slice(from, min(from+w.step, w.s.Units()))); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestWrite reads back what it writes. With REVERIE_PYTHON=python3 bdpy reads it too and must decode the same.
func TestWrite(t *testing.T) {
	root := t.TempDir()
	type ours struct {
		Voxels      int       `json:"voxels"`
		Shape       []int     `json:"shape"`
		ID          string    `json:"id"`
		X           []float64 `json:"x"`
		Predictions []float64 `json:"predictions"`
	}
	all := map[string]ours{}
	for _, w := range writings() {
		dir := filepath.Join(root, w.name)
		w.write(t, dir)
		left, _ := filepath.Glob(filepath.Join(dir, ".*"))
		deep, _ := filepath.Glob(filepath.Join(dir, "*", ".*"))
		if left = append(left, deep...); len(left) > 0 {
			t.Errorf("%s: left behind: %v", w.name, left)
		}
		f, err := Open(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		i, units := f.Info(), w.s.Units()
		if f.Voxels() != w.m.Voxels || !slices.Equal(f.Shape(), w.m.Shape) || i.Method != w.m.Method || i.Alpha != w.m.Alpha ||
			i.Selected != w.m.Selected || i.Computation != w.m.Computation || i.Status != "done" {
			t.Errorf("%s: %d voxels, units %v, info %+v", w.name, f.Voxels(), f.Shape(), i)
		}
		mean, norm := f.UnitNorm(0, units)
		if !slices.Equal(mean, w.m.YMean) || !slices.Equal(norm, w.m.YNorm) || !slices.Equal(f.Norms().XMean, w.m.XMean) {
			t.Errorf("%s: other norms", w.name)
		}
		x, _ := norms(9, 4*w.m.Voxels)
		wide := make([]float64, len(x))
		for i, v := range x {
			wide[i] = float64(v)
		}
		// What compute/decode makes of the decoders that were written, and of those read.
		scaled := func(p []float64) []float64 {
			for i := range p {
				if u := i % units; w.m.YMean != nil {
					p[i] = p[i]*float64(w.m.YNorm[u]) + float64(w.m.YMean[u])
				}
			}
			return p
		}
		z, back := wide, wide
		if w.m.XMean != nil {
			z, back = decode.ZScore(wide, w.m.XMean, w.m.XNorm), decode.ZScore(wide, f.Norms().XMean, f.Norms().XNorm)
		}
		want := scaled(predict(t, w.s, z))
		if d := far(t, scaled(predict(t, pieces(t, f, 3), back)), want); d > 1e-12 {
			t.Errorf("%s: read back, predictions differ by %.3g", w.name, d)
		}
		all[w.name] = ours{w.m.Voxels, w.m.Shape, w.m.Computation, wide, want}
	}
	python := os.Getenv("REVERIE_PYTHON")
	if python == "" {
		t.Log("set REVERIE_PYTHON to a Python with bdpy to have it read them too")
		return
	}
	raw, err := json.Marshal(all)
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "ours.json"), raw, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	say, err := exec.Command(python, folders+"check_bdpy.py", root).CombinedOutput()
	if t.Logf("%s", say); err != nil {
		t.Error(err)
	}
}

// Equal decoders give equal bytes.
func TestWriteSame(t *testing.T) {
	w := writings()[1]
	a, b := t.TempDir(), t.TempDir()
	w.write(t, a+"/model")
	w.step = 24
	w.write(t, b+"/model")
	for _, name := range []string{"W/00000002.mat", "b/00000000.mat", "x_norm.mat", "y_mean.mat", "info.yaml"} {
		x, err1 := os.ReadFile(filepath.Join(a, "model", name))
		y, err2 := os.ReadFile(filepath.Join(b, "model", name))
		if err1 != nil || err2 != nil || !slices.Equal(x, y) {
			t.Errorf("%s differs: %v %v", name, err1, err2)
		}
	}
}

// An interrupted export is not done, may be done again, and Discard removes it.
func TestWriteInterrupted(t *testing.T) {
	w := writings()[1]
	dir := filepath.Join(t.TempDir(), "VC", "model")
	out, err := NewWriter(dir, w.m)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Append(w.s.Slice(0, 10)); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, infoName))
	if err != nil || !strings.Contains(string(raw), "computation_status: running") {
		t.Errorf("info.yaml is %q: %v", raw, err)
	}
	if err := out.Close(); err == nil || !strings.Contains(err.Error(), "10 units were written, of 24") {
		t.Errorf("closed early: %v", err)
	}
	if _, err := Open(context.Background(), dir); err == nil || !strings.Contains(err.Error(), "weight files are missing at the end") {
		t.Errorf("opened in the middle: %v", err)
	}
	if err := errors.Join(os.Remove(dir+"/y_mean.mat"), os.Remove(dir+"/y_norm.mat")); err != nil {
		t.Fatal(err)
	}
	f, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if i := f.Info(); i.Status != "running" || !strings.Contains(strings.Join(i.Notes, ";"), "has not come to its end") {
		t.Errorf("info %+v", i)
	}
	w.write(t, dir) // replaces it
	if _, err := NewWriter(dir, w.m); err == nil || !strings.Contains(err.Error(), "holds decoders already") {
		t.Errorf("over a finished one: %v", err)
	}
	begun := filepath.Dir(copied(t, "scripts/model")) // by the lab's scripts: norms, nothing else
	if err := os.RemoveAll(begun + "/model/W"); err != nil {
		t.Fatal(err)
	}
	if _, err := NewWriter(begun+"/model", w.m); err == nil || !strings.Contains(err.Error(), "holds decoders already") {
		t.Errorf("into a folder that others began: %v", err)
	}
	other := filepath.Join(t.TempDir(), "model")
	if out, err = NewWriter(other, w.m); err == nil {
		err = out.Append(w.s)
	}
	if err != nil {
		t.Fatal(err)
	}
	out.Discard()
	if _, err := os.Stat(other); !os.IsNotExist(err) {
		t.Errorf("after Discard: %v", err)
	}
}

func TestWriteRejects(t *testing.T) {
	w := writings()[0]
	for name, change := range map[string]func(m *Meta){
		"0 voxels":           func(m *Meta) { m.Voxels = 0 },
		"shape []":           func(m *Meta) { m.Shape = nil },
		"chunk axis 2":       func(m *Meta) { m.ChunkAxis = 2 },
		"x_mean has 1":       func(m *Meta) { m.XMean = []float32{1} },
		"y_norm has 23":      func(m *Meta) { m.YNorm = m.YNorm[1:] },
		"units of shape [0]": func(m *Meta) { m.Shape = []int{0} },
	} {
		m := w.m
		change(&m)
		if _, err := NewWriter(t.TempDir(), m); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	normed := *w.s
	normed.Spatial = l2.Norm1
	fewer := drawn(1, 19, 24)
	broken := w.s.Slice(0, 24)
	broken.B = slices.Clone(broken.B)
	broken.B[3] /= 0
	for want, s := range map[string]*decode.Sparse{
		"normalised by norm1":      &normed,
		"of 24 is next":            w.s.Slice(2, 4),
		"24 units from 0 on 19":    fewer,
		"the bias of unit 3 is":    broken,
		"25 units from 0 on 20 vo": drawn(1, 20, 25),
	} {
		out, err := NewWriter(t.TempDir(), w.m)
		if err != nil {
			t.Fatal(err)
		}
		if err := out.Append(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if err := out.Close(); err == nil {
			t.Errorf("%s: closed", want)
		}
		out.Discard()
	}
}
