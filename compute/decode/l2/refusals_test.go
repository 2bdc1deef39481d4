package l2

import (
	"context"
	"math"
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
	ctx := context.Background()
	j := small()
	nan := append([]float64(nil), j.x...)
	nan[5*j.voxels+7] = math.NaN()
	gap := append([]int(nil), j.of...)
	for i, s := range gap {
		if s == 3 {
			gap[i] = 4
		}
	}
	for name, c := range map[string]struct {
		x    []float64
		n    int
		of   []int
		opt  Options
		want string
	}{
		"alpha":     {j.x, 90, nil, Options{Alpha: -1}, "alpha -1"},
		"alpha NaN": {j.x, 90, nil, Options{Alpha: math.NaN()}, "alpha NaN"},
		"voxels":    {j.x, 90, nil, Options{Voxels: -1}, "voxels"},
		"precision": {j.x, 90, nil, Options{Precision: 7}, "precision"},
		"spatial":   {j.x, 90, nil, Options{Spatial: "norm3"}, "norm3"},
		"memory":    {j.x, 90, nil, Options{Memory: -1}, "memory"},
		"size":      {j.x[1:], 90, nil, Options{}, "values for"},
		"samples":   {j.x[:70], 1, nil, Options{}, "at least 2"},
		"nan":       {nan, 90, nil, Options{Voxels: 3}, "sample 5 has NaN in voxel 7"},
		"rows":      {j.x, 90, j.of[1:], Options{}, "want 90"},
		"row":       {j.x, 90, append([]int{-1}, j.of[1:]...), Options{}, "row -1"},
		"gap":       {j.x, 90, gap, Options{}, "row 3"},
		"wide":      {j.x[:70*30], 30, nil, Options{}, "raise alpha"},
		"too large": {[]float64{1e200, 2, 3, -1e200, 5, 7}, 3, nil, Options{Voxels: 1}, "scale it"},
		"single":    {[]float64{1e60, 2, 3, -1e60, 5, 7}, 3, nil, Options{Voxels: 1, Precision: Float32}, "single precision"},
	} {
		voxels := 70
		if len(c.x) == 6 {
			voxels = 2
		}
		if _, err := New(ctx, c.x, c.n, voxels, c.of, c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := j.fitter(t, Options{Alpha: 1, Voxels: 5})
	short, err := NewValues(j.y[:j.units], 1, j.units)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.FitAll(ctx, short); err == nil {
		t.Error("targets of one row passed")
	}
	j.y[2*j.units+150] = math.NaN()
	if _, err := f.FitAll(ctx, j.values(t)); err == nil || !strings.Contains(err.Error(), "unit 150 is NaN in row 2") {
		t.Errorf("NaN: %v", err)
	}
	for s := range j.stimuli {
		j.y[s*j.units+150] = math.NaN()
	}
	drop := j.fitter(t, Options{Alpha: 1, Voxels: 5, DropNaN: true})
	if _, err := drop.FitAll(ctx, j.values(t)); err == nil || !strings.Contains(err.Error(), "unit 150 has 0 samples") {
		t.Errorf("all NaN: %v", err)
	}
	if _, err := NewValues(j.y, 3, 7); err == nil {
		t.Error("values of another size passed")
	}
	w := &Weights{Units: 1, Voxels: 2, PerUnit: 1, Index: []uint32{2}, W: []float64{1}, B: []float64{0}}
	if _, err := w.Predict([]float64{1, 2}, 1); err == nil || !strings.Contains(err.Error(), "voxel 2 of 2") {
		t.Errorf("index: %v", err)
	}
	if _, err := w.Predict([]float64{1, 2, 3}, 1); err == nil {
		t.Error("samples of another ROI passed")
	}
	w.B = nil
	if _, err := w.Predict([]float64{1, 2}, 1); err == nil {
		t.Error("no bias passed")
	}
}
