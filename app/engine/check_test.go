package engine

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/dataset/features"
	"reverie/app/models"
)

// The network's own standard deviations, taken in two passes and written as a
// statistics file, agree with it; those of another network do not.
func TestCheckNetwork(t *testing.T) {
	e := engineOn(t, new(gpu))
	store, err := models.Open(filepath.Join(t.TempDir(), "models.json"))
	if err != nil {
		t.Fatal(err)
	}
	e.store = store
	s, _ := pictures(t, e)
	var paths []string
	for _, st := range s.Datasets[0].Stimuli {
		paths = append(paths, st.Image)
	}
	m, layers := e.Model(), []string{"conv1_1", "conv3_2", "fc6"}
	all, err := m.TrueFeatures(t.Context(), e.Backend(), paths, layers, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.ChannelStd(t.Context(), e.Backend(), paths, layers, nil)
	if err != nil {
		t.Fatal(err)
	}
	var own, other []features.Statistic
	for l, name := range layers {
		channels := m.Shape(name).C
		size := len(all[0][l]) / channels
		st := features.Statistic{Layer: name, Name: "std, ddof=1", Shape: []int{channels, 1, 1}}
		for c := range channels {
			sum, n := 0.0, 0.0
			for i := range all {
				for _, v := range all[i][l][c*size : (c+1)*size] {
					sum, n = sum+float64(v), n+1
				}
			}
			m2 := 0.0
			for i := range all {
				for _, v := range all[i][l][c*size : (c+1)*size] {
					m2 += (float64(v) - sum/n) * (float64(v) - sum/n)
				}
			}
			want := math.Sqrt(m2 / (n - 1))
			if math.Abs(got[name][c]-want) > 1e-9*want {
				t.Fatalf("%s channel %d: %g, want %g", name, c, got[name][c], want)
			}
			st.Values = append(st.Values, float32(want))
		}
		own = append(own, st)
		far := st
		far.Values = nil
		for _, v := range st.Values {
			far.Values = append(far.Values, 50*v)
		}
		other = append(other, far)
	}
	dir := t.TempDir()
	check := func(name string, st []features.Statistic, want string) {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := features.SaveStatistics(p, st); err != nil {
			t.Fatal(err)
		}
		r, err := e.CheckNetwork(t.Context(), paths, p, nil)
		if err != nil || r.Verdict != want || len(r.Layers) != len(layers) {
			t.Errorf("%+v %v", r, err)
		}
	}
	check("own_std.mat", own, "ok")
	check("other_std.mat", other, "far")
	if _, err := e.CheckNetwork(t.Context(), paths, "", nil); err == nil || !strings.Contains(err.Error(), "add the lab's file") {
		t.Error(err)
	}
	if _, err := store.Add(t.Context(), filepath.Join(dir, "own_std.mat"), nil); err != nil {
		t.Fatal(err)
	}
	if r, err := e.CheckNetwork(t.Context(), paths, "", nil); err != nil || r.Verdict != "ok" {
		t.Error(r, err)
	}
	if _, err := e.CheckNetwork(t.Context(), nil, "", nil); err == nil {
		t.Error("a check without pictures")
	}
}
