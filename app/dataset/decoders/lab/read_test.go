package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/compute/decode"
	"reverie/compute/decode/l2"
	"reverie/compute/format/pickle"
)

const (
	folders   = "../../../../testdata/decoders/"
	specimens = "../../../../../shared/data/bdpy/tests/data/test_models/" // beside the repository, on machines that have it
)

// expectation is what bdpy's ModelTest answers for a folder.
type expectation struct {
	Voxels      int       `json:"voxels"`
	Shape       []int     `json:"shape"`
	Predictions []float64 `json:"predictions"`
	X           []float64 `json:"x"`
	Spatial     string    `json:"spatial"`
	Normalised  []float64 `json:"normalised"`
	XMean       []float32 `json:"x_mean"`
	XNorm       []float32 `json:"x_norm"`
	YMean       []float32 `json:"y_mean"`
	YNorm       []float32 `json:"y_norm"`
}

func expected(t testing.TB) (drawn []float64, all map[string]expectation) {
	t.Helper()
	var e struct {
		Drawn   []float64              `json:"drawn"`
		Folders map[string]expectation `json:"folders"`
	}
	unmarshal(t, folders+"expected.json", &e)
	return e.Drawn, e.Folders
}

func unmarshal(t testing.TB, path string, v any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// probes are the samples of expected.json: every voxel alone, none, and the drawn ones.
func probes(voxels int, drawn []float64) []float64 {
	x := make([]float64, (voxels+1)*voxels, (voxels+3)*voxels)
	for v := range voxels {
		x[v*voxels+v] = 1
	}
	return append(x, drawn...)
}

// pieces reads a folder in runs of so many units.
func pieces(t testing.TB, f *Folder, step int) *decode.Sparse {
	t.Helper()
	out := new(decode.Sparse)
	for from := 0; from < f.Units(); from += step {
		s, err := f.Read(context.Background(), from, min(from+step, f.Units()))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		if err := out.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// far is the largest difference of two lists, relative to the largest number.
func far(t testing.TB, got, want []float64) float64 {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d predictions, want %d", len(got), len(want))
	}
	worst, size := 0.0, 0.0
	for i := range got {
		d := math.Abs(got[i] - want[i])
		if d != d {
			t.Fatalf("prediction %d is %g, want %g", i, got[i], want[i])
		}
		worst, size = max(worst, d), max(size, math.Abs(want[i]))
	}
	return worst / max(size, 1e-30)
}

func predict(t testing.TB, s *decode.Sparse, x []float64) []float64 {
	t.Helper()
	p, err := s.Predict(x, len(x)/s.Voxels)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRead reads every form of folder that make.py leaves and compares predictions with bdpy's, weight by weight.
func TestRead(t *testing.T) {
	drawn, all := expected(t)
	worst := 0.0
	for name, want := range all {
		t.Run(name, func(t *testing.T) {
			dir := folders + name
			if !Is(dir) {
				t.Error("not recognised")
			}
			f, err := Open(context.Background(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if f.Voxels() != want.Voxels || !slices.Equal(f.Shape(), want.Shape) {
				t.Fatalf("%d voxels and units %v, want %d and %v", f.Voxels(), f.Shape(), want.Voxels, want.Shape)
			}
			s := pieces(t, f, f.Units())
			for _, step := range []int{1, 5} {
				other := pieces(t, f, step)
				if !slices.Equal(s.W, other.W) || !slices.Equal(s.Index, other.Index) || !slices.Equal(s.Start, other.Start) || !slices.Equal(s.B, other.B) {
					t.Errorf("read by %d units it is something else", step)
				}
			}
			if want.YMean != nil {
				scripts(t, f, s, want)
				return
			}
			d := far(t, predict(t, s, probes(want.Voxels, drawn)), want.Predictions)
			if worst = max(worst, d); d > 1e-7 {
				t.Errorf("predictions differ by %.3g", d)
			}
			if want.Spatial != "" {
				s.Spatial = l2.Spatial(want.Spatial)
				if d := far(t, predict(t, s, want.X), want.Normalised); d > 1e-7 {
					t.Errorf("predictions of normalised samples differ by %.3g", d)
				}
			}
		})
	}
	t.Logf("%d folders, the largest difference is %.3g of the largest prediction", len(all), worst)
}

// scripts compares features decoded as the lab's scripts do it, with all norms.
func scripts(t *testing.T, f *Folder, s *decode.Sparse, want expectation) {
	n := f.Norms()
	mean, norm := f.UnitNorm(0, f.Units())
	for _, p := range [][2][]float32{{n.XMean, want.XMean}, {n.XNorm, want.XNorm}, {mean, want.YMean}, {norm, want.YNorm}} {
		if !slices.Equal(p[0], p[1]) {
			t.Errorf("a norm is %v, want %v", p[0], p[1])
		}
	}
	got := predict(t, s, decode.ZScore(want.X, n.XMean, n.XNorm))
	for i := range got {
		u := i % f.Units()
		got[i] = got[i]*float64(norm[u]) + float64(mean[u])
	}
	if d := far(t, got, want.Predictions); d > 1e-6 {
		t.Errorf("decoded features differ by %.3g", d)
	}
	i := f.Info()
	if i.Status != "done" || i.Computation != "scripts-model" || i.Form != "W/*.mat" || i.Files != 3 || len(i.Notes) != 0 || i.Method != "FastL2LiR" {
		t.Errorf("info %+v", i)
	}
}

// TestReal reads bdpy's own test models.
func TestReal(t *testing.T) {
	if _, err := os.Stat(specimens); err != nil {
		t.Skip("shared/data is absent: ", err)
	}
	var real struct {
		Folders map[string]expectation `json:"folders"`
		Arrays  map[string]struct {
			Shape []int   `json:"shape"`
			NaN   int     `json:"nan"`
			Sum   float64 `json:"sum"`
			Turn  float64 `json:"turn"`
		} `json:"arrays"`
	}
	unmarshal(t, folders+"real.json", &real)
	for name, want := range real.Arrays {
		file, key, _ := strings.Cut(name, " ")
		raw, err := os.ReadFile(specimens + "../" + file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := pickle.NewDecoder(bytes.NewReader(raw), 0, int64(len(raw))).Decode()
		if err != nil {
			t.Fatal(err)
		}
		item, _ := v.(*pickle.Dict).Get(key)
		a, err := arrayOf(item)
		if err != nil || !slices.Equal(a.shape, want.Shape) {
			t.Errorf("%s: %+v: %v", name, a, err)
			continue
		}
		nan, sum, turn := 0, 0.0, 0.0
		for i := range a.size {
			if x := float64(a.at(i)); x != x {
				nan++
			} else {
				sum, turn = sum+x, turn+x*float64(i)
			}
		}
		if nan != want.NaN || math.Abs(sum-want.Sum) > 1e-12*float64(a.size) || math.Abs(turn-want.Turn) > 1e-9*float64(a.size) {
			t.Errorf("%s: %d NaN, sums %g and %g, want %+v", name, nan, sum, turn, want)
		}
		if _, err := decodeModel(bytes.NewReader(raw), int64(len(raw))); err == nil || !strings.Contains(err.Error(), "without y_shape") {
			t.Errorf("%s: taken for decoders: %v", file, err)
		}
	}
	all := real.Folders
	x := make([]float64, 3*500)
	for i := range 500 {
		x[i], x[500+i] = float64(i%7)-3, float64(i*37%11)/5-1
	}
	x[1000+7] = 1
	entries, err := os.ReadDir(specimens)
	if err != nil || len(entries) != len(all) {
		t.Fatalf("%d specimens, want %d: %v", len(entries), len(all), err)
	}
	for name, want := range all {
		dir := filepath.Join(specimens, name)
		f, err := Open(context.Background(), dir)
		if err != nil {
			t.Error(err)
			continue
		}
		if !Is(dir) || f.Voxels() != want.Voxels || !slices.Equal(f.Shape(), want.Shape) {
			t.Errorf("%s: %d voxels and units %v, want %d and %v", name, f.Voxels(), f.Shape(), want.Voxels, want.Shape)
			continue
		}
		d := far(t, predict(t, pieces(t, f, 7), x), want.Predictions)
		if i := f.Info(); i.Computation != name || i.Status != "done" || len(i.Notes) != 4 {
			t.Errorf("%s: info %+v", name, i)
		}
		if t.Logf("%s: predictions differ by %.3g", name, d); d > 1e-6 {
			t.Errorf("%s: predictions differ by %.3g", name, d)
		}
	}
}
