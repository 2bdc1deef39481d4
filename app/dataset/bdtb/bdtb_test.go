package bdtb

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/compute/brain"
	"reverie/compute/format/hdf5"
)

// Twin and expectations: testdata/bdtb/make.py (h5py, scipy, numpy, checked there against bdpy.preproc).
const (
	fixture = "../../../testdata/bdtb/"
	real    = "../../../../shared/data/NeuralCodeConverter/S2_figureImage.mat"
)

type expectation struct {
	Voxels, Runs   []int
	Labels         []string
	Once, TenTimes [][]float64
}

func compare(t *testing.T, d *Data, file string) Blocks {
	t.Helper()
	var e expectation
	raw, err := os.ReadFile(fixture + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	var b Blocks
	for times, want := range map[int][][]float64{10: e.TenTimes, 1: e.Once} {
		got, err := d.Preprocess(Options{DespikeTimes: times, Voxels: e.Voxels})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Labels, e.Labels) || !slices.Equal(got.Runs, e.Runs) {
			t.Fatal("labels or runs differ:", got.Labels, got.Runs)
		}
		worst := 0.0
		for i := range want {
			for j, w := range want[i] {
				worst = max(worst, math.Abs(got.Row(i)[j]-w))
			}
		}
		t.Logf("%s, despiked %d times: %d blocks × %d voxels, largest difference %.1e percent points", file, times, len(want), len(e.Voxels), worst)
		if worst > 1e-9 {
			t.Errorf("%s: differs by %g", file, worst)
		}
		if times == 1 {
			b = got
		}
	}
	return b
}

func TestTwin(t *testing.T) {
	d, err := Open(fixture + "twin.mat")
	if err != nil {
		t.Fatal(err)
	}
	if d.Subject != "TWIN" || d.TR != 2 || d.Volumes != 520 || d.Voxels != 40 || d.Names[2003] != "largeFrame8x8" || len(d.Runs) != 4 || d.Runs[3] != (Span{390, 520}) {
		t.Errorf("%q %g %d %d %v %v", d.Subject, d.TR, d.Volumes, d.Voxels, d.Names, d.Runs)
	}
	if at, err := d.Columns(); err != nil || len(at) != 40 || len(d.ROIs) != 4 {
		t.Error(at, err)
	}
	if at, err := d.Columns("VOX_LH_V1d", "VOX_LH_V1v"); err != nil || len(at) != 21 {
		t.Error(at, err)
	}
	if _, err := d.Columns("V9"); err == nil || !strings.Contains(err.Error(), "VOX_RH_V1v") {
		t.Error(err)
	}
	b := compare(t, d, "twin.json")
	if b.FixedOrder != 5 || !slices.Equal(b.Flat, []int{7}) || b.ShiftVolumes != 2 || b.Fixed().Len() != 20 || b.Random().Len() != 20 {
		t.Error(b.FixedOrder, b.Flat, b.ShiftVolumes)
	}
	if acc := leaveOneRunOut(b.Samples, b.Samples); acc < 0.95 {
		t.Errorf("five conditions of the twin told apart in %.1f %%", 100*acc)
	}
}

// Real fMRI of NeuralCodeConverter (ODC-BY).
func TestReal(t *testing.T) {
	if _, err := os.Stat(real); err != nil {
		t.Skip("the real fMRI file is not here: ", err)
	}
	d, err := Open(real)
	if err != nil {
		t.Fatal(err)
	}
	// As h5py reads D/xyz.
	if len(d.XYZ) != 3*910 || !slices.Equal(d.XYZ[:6], []float32{-22.5, -67.5, -25.5, -22.5, -67.5, -22.5}) {
		t.Errorf("%d places", len(d.XYZ)/3)
	}
	entries := 0
	for _, r := range d.ROIs {
		entries += len(r.Voxels)
	}
	all, err := d.Columns()
	if err != nil || entries != 1053 || len(all) != 910 || d.Volumes != 520 || d.Voxels != 910 || d.TR != 2 || d.Subject != "MF100609" {
		t.Fatal(entries, len(all), d.Volumes, d.Voxels, d.TR, d.Subject, err)
	}
	compare(t, d, "real.json")
	b, err := d.Preprocess(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if b.Len() != 40 || b.FixedOrder != 5 || slices.Max(b.Length) != 6 || slices.Min(b.Length) != 6 || len(b.Flat) != 0 {
		t.Error(b.Len(), b.FixedOrder, b.Length, b.Flat)
	}
	acc := leaveOneRunOut(b.Samples, b.Samples)
	t.Logf("nearest mean by correlation, leave one run out: all %.1f %%, fixed order %.1f %%, random order %.1f %% of %d, chance 20 %%",
		100*acc, 100*leaveOneRunOut(b.Samples, b.Fixed()), 100*leaveOneRunOut(b.Samples, b.Random()), b.Len())
	if acc < 0.5 {
		t.Error("the stimuli cannot be told apart in the preprocessed data")
	}
	figures := Figures(100)
	for _, l := range b.Labels {
		if figures[l] == nil {
			t.Error("no figure for", l)
		}
	}
}

// leaveOneRunOut names each of test's samples by the class mean of the other runs that it correlates with best.
// Voxels are centred on the training blocks.
func leaveOneRunOut(all, test brain.Samples) float64 {
	right := 0
	for i := range test.Len() {
		train := brain.Samples{Voxels: all.Voxels}
		for j := range all.Len() {
			if all.Runs[j] != test.Runs[i] {
				train.X, train.Labels = append(train.X, all.Row(j)...), append(train.Labels, all.Labels[j])
			}
		}
		centre := make([]float64, all.Voxels)
		for j := range train.Len() {
			for v, x := range train.Row(j) {
				centre[v] += x / float64(train.Len())
			}
		}
		means, best, name := train.Average(), math.Inf(-1), ""
		for k := range means.Len() {
			var xy, xx, yy float64
			for v, m := range means.Row(k) {
				x, y := test.Row(i)[v]-centre[v], m-centre[v]
				xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
			}
			if r := xy / math.Sqrt(xx*yy); r > best {
				best, name = r, means.Labels[k]
			}
		}
		if name == test.Labels[i] {
			right++
		}
	}
	return float64(right) / float64(test.Len())
}

func TestRefusals(t *testing.T) {
	d, err := Open(fixture + "twin.mat")
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]Options{
		"shorter shift": {ShiftSeconds: 100}, "does not begin with rest": {Rest: []string{"test rest"}},
		"voxel 40": {Voxels: []int{40}}, "no voxels": {Voxels: []int{}},
	} {
		if _, err := d.Preprocess(o); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "twin.mat") {
			t.Errorf("%s: %v", want, err)
		}
	}
	d.TR = 0
	if _, err := d.Preprocess(Options{}); err == nil || !strings.Contains(err.Error(), "repetition time") {
		t.Error(err)
	}
	if _, err := Open("../../../testdata/bdata/sample.h5"); !errors.Is(err, ErrNotBDTB) {
		t.Error(err)
	}
	whole, err := os.ReadFile(fixture + "twin.mat")
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.mat")
	os.WriteFile(cut, whole[:len(whole)/2], 0o600)
	if _, err := Open(cut); err == nil || !strings.Contains(err.Error(), cut) {
		t.Error(err)
	}
	os.WriteFile(cut, whole[:400], 0o600)
	if _, err := Open(cut); !errors.Is(err, hdf5.ErrNotHDF5) {
		t.Error(err)
	}
}

// Where the file lists whole blocks, two of one stimulus that touch stay two.
func TestListedBlocks(t *testing.T) {
	d := &Data{Labels: []int{1, 1, 5, 5, 5, 5, 2}, Blocks: []Span{{0, 2}, {2, 4}, {4, 6}, {6, 7}}}
	if got := d.blocksOf(Span{0, 7}); !slices.Equal(got, d.Blocks) {
		t.Error(got)
	}
	d.Blocks = nil
	if got := d.blocksOf(Span{0, 7}); !slices.Equal(got, []Span{{0, 2}, {2, 6}, {6, 7}}) {
		t.Error(got)
	}
}

func TestFigures(t *testing.T) {
	lit := map[string]int{"square8x8": 16, "smallFrame8x8": 12, "largeFrame8x8": 28, "plus8x8": 28, "cross8x8": 16}
	for name, img := range Figures(200) {
		n := 0
		for i := 0; i < len(img.Pix); i += 4 {
			if img.Pix[i] != 128 {
				n++
			}
		}
		if n != lit[name]*400 || img.Rect.Dx() != 200 {
			t.Errorf("%s: %d pixels lit, want %d patches", name, n, lit[name])
		}
	}
}
