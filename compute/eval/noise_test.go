package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"reverie/compute/brain"
)

// TestNoiseAgainstNumPy compares with testdata/eval/noise.json: equal and unequal numbers of trials, z-scored samples,
// a constant voxel and one with a NaN.
func TestNoiseAgainstNumPy(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/eval/noise.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name                            string
		X                               [][]number
		Labels                          []string
		Splits                          [][][2][]int
		SNR, Ceiling, Half, Reliability []number
		Trials                          float64
		Repeated                        int
		Summary                         struct {
			Mean      float64
			Quartiles [3]float64
		}
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		s := brain.Samples{Voxels: len(c.X[0]), Labels: c.Labels}
		for _, r := range rows[float64](c.X) {
			s.X = append(s.X, r...)
		}
		trials, err := repeats(s)
		if err != nil {
			t.Fatal(err)
		}
		n := noise(s, trials, c.Splits)
		same(t, c.Name+" snr", n.SNR, c.SNR)
		same(t, c.Name+" half", n.Half, c.Half)
		same(t, c.Name+" reliability", n.Reliability, c.Reliability)
		for v, w := range c.Ceiling { // percent
			if w := float64(w); math.IsNaN(w) != math.IsNaN(n.Ceiling[v]) || math.Abs(n.Ceiling[v]-w) > 1e-10 {
				t.Errorf("%s ceiling %d: %g, want %g", c.Name, v, n.Ceiling[v], w)
			}
		}
		if n.Repeated != c.Repeated || math.Abs(n.Trials-c.Trials) > 1e-12 {
			t.Errorf("%s: %d repeated, %g trials, want %d and %g", c.Name, n.Repeated, n.Trials, c.Repeated, c.Trials)
		}
		sum, err := Summarise(n.Ceiling)
		want := Spread{s.Voxels - 2, 2, c.Summary.Mean, c.Summary.Quartiles[0], c.Summary.Quartiles[1], c.Summary.Quartiles[2]}
		for i, p := range [][2]float64{{sum.Mean, want.Mean}, {sum.Lower, want.Lower}, {sum.Median, want.Median}, {sum.Upper, want.Upper}} {
			if math.Abs(p[0]-p[1]) > 1e-10 {
				t.Errorf("%s summary %d: %g, want %g", c.Name, i, p[0], p[1])
			}
		}
		if err != nil || sum.Voxels != want.Voxels || sum.Left != want.Left {
			t.Errorf("%s: summary over %d voxels without %d, want %d and %d: %v", c.Name, sum.Voxels, sum.Left, want.Voxels, want.Left, err)
		}
	}
}

// simulated are trials of stimuli whose responses have variance gain² over a noise of variance 1.
func simulated(stimuli, trials, voxels int, gain float64) brain.Samples {
	r := rand.New(rand.NewPCG(3, 4))
	s := brain.Samples{Voxels: voxels}
	for k := range stimuli {
		response := make([]float64, voxels)
		for v := range response {
			response[v] = gain * r.NormFloat64()
		}
		for range trials {
			s.Labels = append(s.Labels, fmt.Sprint(k))
			for v := range response {
				s.X = append(s.X, response[v]+r.NormFloat64())
			}
		}
	}
	return s
}

// TestNoiseOfKnownTruth: signal and noise of known variance are found, by both ways.
func TestNoiseOfKnownTruth(t *testing.T) {
	for _, gain := range []float64{0, 0.5, 1, 2} {
		n, err := NoiseCeiling(simulated(60, 5, 400, gain), 10, 1)
		if err != nil {
			t.Fatal(err)
		}
		c, err1 := Summarise(n.Ceiling)
		r, err2 := Summarise(n.Half)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		// Halves have two of five trials. Without signal the ceiling is not 0: negative variances count as 0.
		half := gain * gain / (gain*gain + 1.0/2)
		want := 100 * gain * gain / (gain*gain + 1.0/5)
		if math.Abs(r.Mean-half) > 0.02 || gain > 0 && math.Abs(c.Median-want) > 3 || gain == 0 && c.Median > 5 {
			t.Errorf("gain %g: ceiling %.1f %%, halves %.3f, want about %.1f and %.3f", gain, c.Median, r.Mean, want, half)
		}
	}
}

func TestNoiseIsReproducible(t *testing.T) {
	s := simulated(12, 3, 30, 1)
	a, err1 := NoiseCeiling(s, 7, 5)
	b, err2 := NoiseCeiling(s, 7, 5)
	c, err3 := NoiseCeiling(s, 7, 6)
	if err1 != nil || err2 != nil || err3 != nil || !reflect.DeepEqual(a, b) || reflect.DeepEqual(a.Half, c.Half) || !reflect.DeepEqual(a.SNR, c.SNR) {
		t.Error("equal seeds differ, or others do not", err1, err2, err3)
	}
}

func TestNoiseRefusals(t *testing.T) {
	s := simulated(4, 2, 3, 1)
	if _, err := NoiseCeiling(s.Average(), 3, 1); err == nil || !strings.Contains(err.Error(), "single trials are needed") {
		t.Error("means of trials were taken:", err)
	}
	if _, err := NoiseCeiling(s, 0, 1); err == nil {
		t.Error("no splits were taken")
	}
	if _, err := NoiseCeiling(s, MaxSplits+1, 1); err == nil {
		t.Error("too many splits were taken")
	}
	s.X = s.X[:5]
	if _, err := NoiseCeiling(s, 3, 1); err == nil {
		t.Error("samples without their values were taken")
	}
	if _, err := NoiseCeiling(brain.Samples{}, 3, 1); err == nil {
		t.Error("no samples were taken")
	}
	if _, err := Summarise([]float64{math.NaN(), math.Inf(1)}); err == nil {
		t.Error("no values were summarised")
	}
	// Trials without noise: all of the variance is the stimulus's.
	exact := brain.Samples{Voxels: 1, X: []float64{1, 1, 2, 2, 4, 4}, Labels: []string{"a", "a", "b", "b", "c", "c"}}
	n, err := NoiseCeiling(exact, 2, 1)
	if err != nil || n.Ceiling[0] != 100 || !math.IsInf(n.SNR[0], 1) || math.Abs(n.Reliability[0]-1) > 1e-15 {
		t.Errorf("without noise %+v, %v", n, err)
	}
}

func BenchmarkNoiseCeiling(b *testing.B) {
	s := simulated(50, 24, 5000, 1)
	for b.Loop() {
		if _, err := NoiseCeiling(s, 100, 1); err != nil {
			b.Fatal(err)
		}
	}
}
