package decoders

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reverie/compute/brain"
	"reverie/compute/decode"
	"reverie/compute/format/guard"
)

func TestMain(m *testing.M) {
	guard.Main()
	os.Exit(m.Run())
}

// drawn decoders of a layer of 2×3×5 units, 7 in a file.
func drawn(voxels int) (Meta, Norms, []*Chunk) {
	m := Meta{Layer: "conv1_1", Subject: "S1", ROI: "V1/V2", Shape: []int{2, 3, 5}, Voxels: voxels, Chunk: 7, Method: "l2",
		Fit: map[string]any{"alpha": 100.0, "voxels": 3}, Conditions: []Condition{{Name: "seen natural", Stimuli: 50}},
		Training: Training{Samples: 10, Stimuli: 5, Selected: "ROI_V1", X: "0123456789abcdef0123", Features: "drawn"}}
	r := rand.New(rand.NewPCG(uint64(voxels), 1))
	row := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = 1 + r.Float32()
		}
		return out
	}
	n := Norms{Mean: row(voxels), Norm: row(voxels), XYZ: row(3 * voxels)}
	n.Norm[2] = 0
	var chunks []*Chunk
	for c := range m.Chunks() {
		from, to := m.Range(c)
		k := to - from
		w := &decode.Sparse{First: from, Voxels: voxels, Start: []int{0}, B: row(k)}
		for range k {
			for v := 0; v < voxels; v += 1 + r.IntN(voxels) {
				w.Index = append(w.Index, uint32(v))
			}
			w.Start = append(w.Start, len(w.Index))
		}
		w.W = row(len(w.Index))
		x := &Chunk{Weights: w, Mean: row(k), Norm: row(k), Accuracy: [][]float32{row(k)}}
		x.Accuracy[0][0] = float32(math.NaN())
		chunks = append(chunks, x)
	}
	return m, n, chunks
}

func made(t *testing.T, voxels int) (*Store, Norms, []*Chunk) {
	t.Helper()
	m, n, chunks := drawn(voxels)
	s, err := Create(t.TempDir(), m, n)
	if err != nil {
		t.Fatal(err)
	}
	for c, x := range chunks {
		if err := s.Write(c, x); err != nil {
			t.Fatal(err)
		}
	}
	return s, n, chunks
}

func TestStoreGivesBackWhatWasWritten(t *testing.T) {
	ctx := context.Background()
	for _, voxels := range []int{12, 70000} { // short and long indices
		s, n, chunks := made(t, voxels)
		f, err := Open(ctx, s.Path())
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Norms()
		if err != nil || !reflect.DeepEqual(got, n) {
			t.Errorf("norms differ, %v", err)
		}
		a := f.About()
		if a.Trained != 30 || a.Units() != 30 || a.ROI != "V1/V2" || a.Method != "ridge, alpha 100, 3 voxels a unit" || a.Lab {
			t.Errorf("%+v", a)
		}
		all, err := f.Read(ctx, 0, 30)
		if err != nil {
			t.Fatal(err)
		}
		var want decode.Sparse
		for _, c := range chunks {
			if err := want.Append(c.Weights); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(*all.Weights, want) {
			t.Errorf("%d voxels: weights differ", voxels)
		}
		part, err := f.Read(ctx, 5, 23) // across three files
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(part.Weights, want.Slice(5, 23)) || !reflect.DeepEqual(part.Mean, all.Mean[5:23]) || len(part.Accuracy[0]) != 18 ||
			part.Accuracy[0][3] != chunks[1].Accuracy[0][1] {
			t.Errorf("%d voxels: a part differs", voxels)
		}
	}
}

func TestFoldersAreFound(t *testing.T) {
	ctx := context.Background()
	s, _, _ := made(t, 12)
	root := filepath.Dir(filepath.Dir(filepath.Dir(s.Path())))
	dirs, err := Scan(root)
	if err != nil || len(dirs) != 1 || dirs[0] != s.Path() {
		t.Fatalf("%v, %v", dirs, err)
	}
	if f, err := Find(ctx, root, []string{"conv1_1"}, "", "V1/V2", ""); err != nil || f[0].Path() != s.Path() {
		t.Errorf("%v", err)
	}
	if _, err := Find(ctx, root, []string{"conv1_1"}, "", "VC", ""); err == nil || !strings.Contains(err.Error(), "has the ROIs [V1/V2]") {
		t.Errorf("another ROI: %v", err)
	}
	if _, err := Find(ctx, root, []string{"fc8"}, "", "", ""); err == nil || !strings.Contains(err.Error(), "no decoders of fc8") {
		t.Errorf("another layer: %v", err)
	}
	if _, err := Open(ctx, root); !errors.Is(err, ErrNone) {
		t.Errorf("a folder above: %v", err)
	}
}

// TestSubjectsAndFolds has one layer of two subjects, and folds beside the decoders of all samples.
func TestSubjectsAndFolds(t *testing.T) {
	ctx := context.Background()
	m, n, chunks := drawn(12)
	root := filepath.Join(t.TempDir(), "a[b") // no pattern
	for _, of := range [][2]string{{"S1", ""}, {"S2", ""}, {"S1", "cv-fold1"}} {
		m.Subject, m.Fold = of[0], of[1]
		s, err := Create(root, m, n)
		if err != nil {
			t.Fatal(err)
		}
		for c, x := range chunks {
			if err := s.Write(c, x); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(s.Path(), ".units-00000000.safetensors-123"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := s.Tidy(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(s.Path()); err != nil || len(left) < 7 || strings.HasPrefix(left[0].Name(), ".") {
			t.Errorf("%v, %v", left, err)
		}
	}
	if dirs, err := Scan(root); err != nil || len(dirs) != 3 {
		t.Errorf("%v, %v", dirs, err)
	}
	for _, c := range []struct{ subject, fold, want string }{{"S1", "", "S1"}, {"S2", "", "S2"}, {"S9", "cv-fold1", "S1"}} {
		f, err := Find(ctx, root, []string{"conv1_1"}, c.subject, "V1/V2", c.fold)
		if err != nil || f[0].About().Subject != c.want || f[0].About().Fold != c.fold {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := Find(ctx, root, []string{"conv1_1"}, "S9", "", ""); err == nil || !strings.Contains(err.Error(), "one subject ([S1 S2])") {
		t.Errorf("nobody's: %v", err)
	}
}

func TestDamagedStores(t *testing.T) {
	ctx := context.Background()
	cases := map[string]func(s *Store) error{
		"units 7 to 13 are not trained yet": func(s *Store) error { return os.Remove(s.path(1)) },
		"safetensors file":                  func(s *Store) error { return os.Truncate(s.path(1), 100) },
		"has no":                            func(s *Store) error { return os.Rename(filepath.Join(s.dir, normsFile), s.path(1)) },
		"want 8":                            func(s *Store) error { return os.Rename(s.path(4), s.path(1)) }, // of two units
	}
	for want, spoil := range cases {
		s, _, _ := made(t, 12)
		if err := spoil(s); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(ctx, 0, 30); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	s, _, _ := made(t, 12)
	if err := os.WriteFile(filepath.Join(s.dir, metaFile), []byte(`{"reverie_decoders":1,"voxels":3,"units_per_file":1,"shape":[1000000,1000000,1000000]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, s.Path()); err == nil || !strings.Contains(err.Error(), "shape") {
		t.Errorf("a huge shape: %v", err)
	}
	if _, err := s.Read(ctx, 0, 31); err == nil {
		t.Error("units beyond the layer passed")
	}
}

func TestWriteRefusesWhatDoesNotFit(t *testing.T) {
	m, n, chunks := drawn(12)
	s, err := Create(t.TempDir(), m, n)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(1, chunks[0]); err == nil || !strings.Contains(err.Error(), "for units 7 to 13") {
		t.Errorf("%v", err)
	}
	chunks[0].Weights.W[0] = float32(math.Inf(1))
	if err := s.Write(0, chunks[0]); err == nil || s.Has(0) {
		t.Errorf("an infinite weight: %v", err)
	}
	root := filepath.Dir(filepath.Dir(filepath.Dir(s.Path())))
	m.Fit = map[string]any{"alpha": 1.0}
	if _, err := Create(root, m, n); err != nil {
		t.Errorf("a folder without decoders: %v", err)
	}
	if err := s.Write(1, chunks[1]); err != nil {
		t.Fatal(err)
	}
	m.Fit = map[string]any{"alpha": 2.0}
	if _, err := Create(root, m, n); !errors.Is(err, ErrOther) {
		t.Errorf("another penalty: %v", err)
	}
}

func TestLabFoldersPredictTheSame(t *testing.T) {
	ctx := context.Background()
	s, _, _ := made(t, 12)
	dir, err := s.ExportLab(ctx, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(filepath.ToSlash(dir), "conv1_1/S1/V1_V2/model") {
		t.Errorf("written to %s", dir)
	}
	f, err := Open(ctx, filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	a := f.About()
	if !a.Lab || a.Layer != "conv1_1" || a.Subject != "S1" || a.ROI != "V1_V2" || !reflect.DeepEqual(a.Shape, []int{2, 3, 5}) || len(a.Notes) != 0 {
		t.Errorf("%+v", a)
	}
	x := brain.Samples{Voxels: 12, Labels: []string{"a", "b"}}
	for i := range 24 {
		x.X = append(x.X, math.Sin(float64(i)))
	}
	x.X[2], x.X[14] = 0, 0 // the voxel that did not vary is not used by chance
	want, mean, err := Predict(ctx, s, x, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, labMean, err := Predict(ctx, f, x, nil)
	if err != nil || !reflect.DeepEqual(mean, labMean) {
		t.Fatal(err)
	}
	for i := range want {
		for u := range want[i] {
			used := false
			c, _ := s.Read(ctx, u, u+1)
			for _, v := range c.Weights.Index {
				used = used || v == 2
			}
			if d := math.Abs(float64(want[i][u] - got[i][u])); !used && d > 1e-6 {
				t.Fatalf("sample %d, unit %d: %g, ours %g", i, u, got[i][u], want[i][u])
			}
		}
	}
}
