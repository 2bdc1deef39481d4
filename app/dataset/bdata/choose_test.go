package bdata

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// A file of Generic Object Decoding: names made of ids, samples chosen by kind.
func TestGodFile(t *testing.T) {
	e := answers(t)
	f := opened(t, fixture+"god.h5")
	if err := f.UseStimulusNames("stimulus_id"); err != nil {
		t.Fatal(err)
	}
	if l, err := f.Labels("stimulus_id"); err != nil || !slices.Equal(l, e.God.Names) {
		t.Error(l, err)
	}
	if x, _, _, err := f.Select("ROI_VC"); err != nil || !equal(x, e.God.VC) {
		t.Error(x, err)
	}
	for kind, want := range map[int][]string{Training: e.God.Names[:2], Perception: e.God.Names[2:4], Imagery: e.God.Names[4:]} {
		s, _, err := f.SamplesBy("ROI_VC", Options{LabelKey: "stimulus_id", DataTypes: []int{kind}})
		if err != nil || !slices.Equal(s.Labels, want) {
			t.Errorf("kind %d: %v %v", kind, s.Labels, err)
		}
	}
	if _, _, err := f.SamplesBy("ROI_VC", Options{LabelKey: "stimulus_id", DataTypes: []int{9}}); err == nil {
		t.Error("samples of no kind")
	}
}

// blocks is a file of blocks in runs: run, label and, with volumes, the number of the block.
func blocks(t *testing.T, run, label, block []float64) *File {
	t.Helper()
	keys, columns := []string{"ROI_V", "Run", "L"}, [][]float64{make([]float64, len(run)), run, label}
	for i := range run {
		columns[0][i] = float64(i)
	}
	if block != nil {
		keys, columns = append(keys, "Block"), append(columns, block)
	}
	return opened(t, written(t, nil, keys, columns...))
}

// One-back blocks are kept unless the switch drops them.
func TestRepetitions(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		run, label, block []float64
		kept, dropped     []float64 // the voxel counts the samples
	}{
		"next in the run":        {[]float64{1, 1, 1, 1}, []float64{5, 6, 6, 7}, nil, []float64{0, 1, 2, 3}, []float64{0, 1, 3}},
		"over a rest":            {[]float64{1, 1, 1, 1}, []float64{5, nan, 5, 6}, nil, []float64{0, 2, 3}, []float64{0, 3}},
		"first of the next run":  {[]float64{1, 1, 2, 2}, []float64{5, 6, 6, 7}, nil, []float64{0, 1, 2, 3}, []float64{0, 1, 2, 3}},
		"again later":            {[]float64{1, 1, 1}, []float64{5, 6, 5}, nil, []float64{0, 1, 2}, []float64{0, 1, 2}},
		"three in a row":         {[]float64{1, 1, 1}, []float64{5, 5, 5}, nil, []float64{0, 1, 2}, []float64{0}},
		"volumes of two blocks":  {[]float64{1, 1, 1, 1, 1, 1}, []float64{5, 5, 5, 5, 6, 6}, []float64{1, 1, 2, 2, 3, 3}, []float64{0, 1, 2, 3, 4, 5}, []float64{0, 1, 4, 5}},
		"block numbers per run":  {[]float64{1, 1, 2, 2}, []float64{5, 5, 5, 5}, []float64{1, 1, 1, 1}, []float64{0, 1, 2, 3}, []float64{0, 1, 2, 3}},
		"volumes of three":       {[]float64{1, 1, 1, 1, 1}, []float64{5, 5, 5, 5, 6}, []float64{1, 2, 2, 3, 4}, []float64{0, 1, 2, 3, 4}, []float64{0, 4}},
		"numbers beyond 32 bits": {[]float64{1e300, 1e300, 2e300}, []float64{5, 6, 6}, nil, []float64{0, 1, 2}, []float64{0, 1, 2}},
	} {
		f := blocks(t, c.run, c.label, c.block)
		o := Options{LabelKey: "L"}
		for drop, want := range map[bool][]float64{false: c.kept, true: c.dropped} {
			o.DropRepetitions = drop
			s, notices, err := f.SamplesBy("ROI_V", o)
			if err != nil || !slices.Equal(s.X, want) || s.Len() != len(want) || len(s.Runs) != len(want) {
				t.Errorf("%s: %v %v, %v is right", name, s, err, want)
			}
			said := ""
			for _, n := range notices {
				said += n.Text
			}
			if repeats := len(c.kept) != len(c.dropped); repeats != strings.Contains(said, map[bool]string{true: "task; they are left out", false: "task; they are kept"}[drop]) {
				t.Errorf("%s: %q", name, said)
			}
		}
		if n, err := f.Repetitions(o); err != nil || n != len(c.kept)-len(c.dropped) {
			t.Errorf("%s: %d repetitions, %v", name, n, err)
		}
	}
}

// Notices and counts are of the samples asked for, not of the whole file.
func TestRepetitionsOfKind(t *testing.T) {
	nan := math.NaN()
	f := opened(t, written(t, nil, []string{"ROI_V", "Run", "DataType", "L"},
		[]float64{0, 1, 2, 3, 4, 5, 6}, []float64{1, 1, 1, 2, 2, 2, 3}, []float64{1, 1, 1, 2, 2, nan, 3}, []float64{5, 5, nan, 6, 7, 7, nan}))
	for kind, want := range map[int]struct {
		n      int
		notice string
	}{1: {1, "1 of 3 samples have no label"}, 2: {0, ""}} {
		o := Options{LabelKey: "L", DataTypes: []int{kind}}
		n, err := f.Repetitions(o)
		_, notices, err2 := f.SamplesBy("ROI_V", o)
		if err != nil || err2 != nil || n != want.n || (want.notice == "") != (len(notices) == 0) || len(notices) > 0 && !strings.Contains(notices[0].Text, want.notice) {
			t.Error(kind, n, notices, err, err2)
		}
	}
	if _, _, err := f.SamplesBy("ROI_V", Options{LabelKey: "L", DataTypes: []int{3}}); err == nil || !strings.Contains(err.Error(), "no sample has a label") {
		t.Error(err)
	}
	plain := blocks(t, []float64{1}, []float64{1}, nil)
	for _, ask := range []func() error{
		func() error { _, err := plain.Repetitions(Options{LabelKey: "L", DataTypes: []int{1}}); return err },
		func() error {
			_, _, err := plain.SamplesBy("ROI_V", Options{LabelKey: "L", DataTypes: []int{1}})
			return err
		},
	} {
		if err := ask(); err == nil || !strings.Contains(err.Error(), `no key "DataType"`) {
			t.Error(err)
		}
	}
}

func TestRunsUnknown(t *testing.T) {
	f := blocks(t, []float64{1, math.NaN()}, []float64{1, 2}, nil)
	if _, err := f.Samples("ROI_V", "L"); err == nil || !strings.Contains(err.Error(), "sample 1 has no run number") {
		t.Error(err)
	}
}
