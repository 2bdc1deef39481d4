package features

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/compute/format/hdf5"
)

// The folder is h5py's: testdata/features/make.py.
func TestReadForeign(t *testing.T) {
	s, err := Open("../../../testdata/features/store")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Layers(), []string{"conv1_1", "fc8"}) || !slices.Equal(s.Labels(), []string{"n01518878_5958", "café", "b"}) || !slices.Equal(s.Shape("conv1_1"), []int{4, 3, 2}) {
		t.Error(s.Layers(), s.Labels(), s.Shape("conv1_1"))
	}
	for i, label := range s.Labels() {
		for _, layer := range s.Layers() {
			v, err := s.Read(layer, label)
			if err != nil || len(v) < 10 {
				t.Fatal(v, err)
			}
			for j, x := range v {
				if x != float32(100*i+j) {
					t.Fatalf("%s %s unit %d: %g", layer, label, j, x)
				}
			}
		}
	}
	for _, ask := range [][2]string{{"fc9", "b"}, {"fc8", "c"}} {
		if _, err := s.Read(ask[0], ask[1]); err == nil || !strings.Contains(err.Error(), "store") {
			t.Error(err)
		}
	}
}

// The examples in bdpy's documentation of its choice, and in ours.
func TestChunkShape(t *testing.T) {
	for _, c := range []struct {
		n          int
		unit, want []int
	}{
		{1200, []int{1000}, []int{400, 500}}, {1200, []int{256, 13, 13}, []int{39, 37, 13, 13}}, {50, []int{1000}, []int{50, 1000}},
	} {
		if got := chunkShape(c.n, c.unit); !slices.Equal(got, c.want) {
			t.Errorf("%d × %v: %v, bdpy has %v", c.n, c.unit, got, c.want)
		}
	}
}

// REVERIE_KEEP=folder keeps the folder for a look with other software.
func TestWrite(t *testing.T) {
	dir := os.Getenv("REVERIE_KEEP")
	if dir == "" {
		dir = filepath.Join(t.TempDir(), "a [1]")
	}
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	labels := []string{"x", "é", "z"}
	l, err := w.Layer("conv1_1", []int{2, 3}, labels)
	if err != nil {
		t.Fatal(err)
	}
	for i := range labels {
		if err := l.Append([]float32{float32(i), 1, 2, 3, 4, 5}); err != nil {
			t.Fatal(err)
		}
	}
	if found, _ := layersIn(dir); len(found) != 0 {
		t.Error("visible before it is closed:", found)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.Discard()
	// Cancelled, incomplete, overfull, with other labels: nothing is left of them.
	l, _ = w.Layer("cancelled", []int{1}, labels)
	l.Discard()
	l, _ = w.Layer("short", []int{1}, labels)
	l.Append([]float32{1})
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "1 rows for 3 labels") {
		t.Error(err)
	}
	for name, ask := range map[string][]string{"order": {"é", "x", "z"}, "twice": {"x", "x", "z"}, "fewer": {"x"}, "none": nil, "a/b": labels, "": labels} {
		if _, err := w.Layer(name, []int{1}, ask); err == nil {
			t.Errorf("layer %q was taken", name)
		}
	}
	if w, err = Create(dir); err != nil { // again, to add to it
		t.Fatal(err)
	}
	if _, err := w.Layer("fc8", []int{1}, []string{"other"}); err == nil {
		t.Error("other labels were added")
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Read("conv1_1", "z")
	if left, _ := os.ReadDir(dir); err != nil || len(left) != 1 || !slices.Equal(v, []float32{2, 1, 2, 3, 4, 5}) {
		t.Error(v, left, err)
	}
}

func TestRejects(t *testing.T) {
	good := func(w *hdf5.Writer) {
		hdf5.Write(w, "features", []int{2, 1}, []float32{1, 2})
		w.WriteStrings("labels", []string{"a", "b"})
	}
	marked := func(version any, fill func(*hdf5.Writer)) func(*hdf5.Writer) {
		return func(w *hdf5.Writer) {
			w.SetAttr("/", formatKey, formatName)
			w.SetAttr("/", versionKey, version)
			fill(w)
		}
	}
	for want, fill := range map[string]func(*hdf5.Writer){
		"the mark":      good,
		"whole number":  marked(1.0, good),
		"whole number ": marked("1", good),
		"version is 2":  marked(2, good),
		"version is 0":  marked(0, good),
		"lacks":         marked(1, func(w *hdf5.Writer) { hdf5.Write(w, "features", []int{1, 1}, []float32{1}) }),
		"shape [2]": marked(1, func(w *hdf5.Writer) {
			hdf5.Write(w, "features", []int{2}, []float32{1, 2})
			w.WriteStrings("labels", []string{"a", "b"})
		}),
		"labels of": marked(1, func(w *hdf5.Writer) {
			hdf5.Write(w, "features", []int{2, 1}, []float32{1, 2})
			w.WriteStrings("labels", []string{"a"})
		}),
		"stands twice": marked(1, func(w *hdf5.Writer) {
			hdf5.Write(w, "features", []int{2, 1}, []float32{1, 2})
			w.WriteStrings("labels", []string{"a", "a"})
		}),
		"layers a and l": marked(1, func(w *hdf5.Writer) {
			hdf5.Write(w, "features", []int{2, 1}, []float32{1, 2})
			w.WriteStrings("labels", []string{"b", "a"})
		}),
	} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "l.h5"), fill)
		if strings.HasPrefix(want, "layers") {
			put(t, filepath.Join(dir, "a.h5"), marked(1, good))
		}
		if _, err := Open(dir); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("%s: %v", want, err)
		}
	}
	dir := t.TempDir()
	if _, err := Open(dir); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	put(t, filepath.Join(dir, "l.h5"), marked(1, good))
	os.Mkdir(filepath.Join(dir, "conv1_1"), 0o700)
	if _, err := Open(dir); err != nil {
		t.Error("an empty folder beside the layers is no harm:", err)
	}
	os.WriteFile(filepath.Join(dir, "conv1_1", "a.mat"), nil, 0o600)
	if _, err := Open(dir); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "a.mat") {
		t.Error(err)
	}
}

func put(t *testing.T, path string, fill func(*hdf5.Writer)) {
	t.Helper()
	w, err := hdf5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	fill(w)
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}
