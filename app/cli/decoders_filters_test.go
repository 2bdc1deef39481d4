package cli

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"reverie/app/dataset/decoders"
	"reverie/app/dataset/demo"
)

// side draws decoders of the demo network's conv1_1: filter f has the mean
// correlation at(f), give or take, and a constant unit.
func side(t *testing.T, root string, absolute bool, s drawnStore, at func(f int) float64) {
	t.Helper()
	s.layer, s.subject, s.absolute = "conv1_1", "S1", absolute
	if s.shape == nil {
		s.shape = []int{8, 128, 128}
	}
	if s.conditions == nil {
		s.conditions = twoConditions
	}
	s.write(t, root, func(k, u int) float64 {
		switch {
		case u%(128*128) == 77:
			return math.NaN()
		case k == 0: // another condition
			return -0.5
		}
		return at(u/(128*128)) + 0.1*math.Cos(math.Pi*float64(u%(128*128)))
	})
}

func TestDecodersFilters(t *testing.T) {
	root, out := t.TempDir(), t.TempDir()
	signed, absolute := filepath.Join(root, "signed"), filepath.Join(root, "absolute")
	low, high := func(f int) float64 { return 0.2 + 0.02*float64(f) }, func(f int) float64 { return 0.5 - 0.06*float64(f%5) }
	side(t, signed, false, drawnStore{roi: "V1"}, low)
	side(t, absolute, true, drawnStore{roi: "V1"}, high)
	side(t, absolute, true, drawnStore{roi: "V4"}, high)
	var rec filtersRecord
	must(t, &rec, "decoders", "filters", signed, absolute, "--network", "demo", "--out", out)
	if len(rec.Results) != 1 || rec.Results[0].ROI != "V1" || rec.Results[0].Stimuli != 50 || len(rec.Results[0].Filters) != 8 {
		t.Fatalf("%+v", rec.Results)
	}
	w := demo.Weights()["conv1_1"].W // [filter][B, G, R][3][3]
	var gains, contrasts []float64
	gained := 0
	for f, x := range rec.Results[0].Filters {
		// 16,384 units alternate; the constant one of these is an odd one, of −0.1.
		left := 0.1 / (128*128 - 1)
		kernel := make([]float64, 9)
		for p := range kernel {
			kernel[p] = 0.114*float64(w[f*27+p]) + 0.587*float64(w[f*27+9+p]) + 0.299*float64(w[f*27+18+p])
		}
		for _, p := range [][2]float64{{x.Signed, low(f) + left}, {x.Absolute, high(f) + left}, {x.Gain, high(f) - low(f)}, {x.Contrast, stat.PopStdDev(kernel, nil)}} {
			if math.Abs(p[0]-p[1]) > 1e-7 { // correlations are stored as float32
				t.Errorf("filter %d: %+v, want %g", f, x, p[1])
			}
		}
		gains, contrasts = append(gains, x.Gain), append(contrasts, x.Contrast)
		if high(f) > low(f) {
			gained++
		}
	}
	r := stat.Correlation(gains, contrasts, nil)
	c := rec.Results[0].Correlation
	if lower := math.Tanh(math.Atanh(r) - 1.959963984540054/math.Sqrt(5)); c == nil || math.Abs(c.Mean-r) > 1e-9 || math.Abs(c.Lower-lower) > 1e-9 {
		t.Errorf("%+v, want r %g", c, r)
	}
	if rec.Results[0].Gained != gained || len(rec.Notes) != 1 || !strings.Contains(rec.Notes[0], "V4 is not in "+signed) {
		t.Errorf("%d gained, want %d; notes %q", rec.Results[0].Gained, gained, rec.Notes)
	}
	wantPicture(t, filepath.Join(out, "filters.png"))
	raw, err := os.ReadFile(filepath.Join(out, "filters.csv"))
	if err != nil || strings.Count(string(raw), "\n") != 9 || !strings.HasPrefix(string(raw), "subject,roi,filter,luminance_contrast,signed,absolute,gain\nS1,V1,0,") {
		t.Errorf("%v %s", err, raw)
	}
	// The other condition is −0.5 everywhere: no gain, and no correlation of it.
	rec = filtersRecord{}
	must(t, &rec, "decoders", "filters", signed, absolute, "--condition", "imagined shapes", "--out", out)
	if g := rec.Results[0]; g.MeanSigned != -0.5 || g.Gained != 0 || g.Correlation != nil {
		t.Errorf("%+v", g)
	}
}

// What does not fit is told with what to do.
func TestDecodersRefusals(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	flat := func(int) float64 { return 0.2 }
	side(t, at("signed"), false, drawnStore{roi: "V1"}, flat)
	side(t, at("absolute"), true, drawnStore{roi: "V1"}, flat)
	side(t, at("small"), false, drawnStore{roi: "V1", shape: []int{8, 4, 4}}, flat)
	side(t, at("file"), false, drawnStore{roi: "V1", features: "VGG19: VGG19 from the caffe vgg19.caffemodel (SHA-256 0123456789abcdef…)"}, flat)
	side(t, at("other"), true, drawnStore{roi: "V4"}, flat)
	side(t, at("silent"), false, drawnStore{roi: "V1", conditions: []decoders.Condition{}}, flat)
	drawnStore{layer: "fc8", subject: "S1", roi: "V1", shape: []int{6}, skip: 1}.write(t, at("partly"), nil)
	drawnStore{layer: "fc8", subject: "S1", roi: "V1", shape: []int{6}, conditions: twoConditions}.write(t, at("again"), drawnCorrelation(1))
	if err := os.MkdirAll(at("empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	out := at("out")
	cases := []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"nothing", nil, Usage, []string{"folder"}},
		{"no folder", []string{at("none")}, Failed, []string{"none"}},
		{"no decoders", []string{at("empty")}, Failed, []string{"empty", "no decoders", "reverie train"}},
		{"no such ROI", []string{at("signed"), "--roi", "V9"}, Failed, []string{"V9", "S1 V1"}},
		{"no number", []string{"unit", at("partly"), "one"}, Usage, []string{"one"}},
		{"no such unit", []string{"unit", at("partly"), "6"}, Usage, []string{"0 to 5"}},
		{"untrained unit", []string{"unit", at("partly"), "3"}, Failed, []string{"units 2 to 3", "go on with the training"}},
		{"unit of several", []string{"unit", dir, "3"}, Failed, []string{"give one of them"}},
		{"no place", []string{"accuracy", at("signed")}, Usage, []string{"--out"}},
		{"export of a part", []string{"export", at("partly"), "--out", out}, Failed, []string{"4 of 6", "go on with the training"}},
		{"no accuracy", []string{"accuracy", at("partly"), "--out", out}, Failed, []string{"no accuracy was measured", "fc8 of S1 V1", "test sessions"}},
		{"twice", []string{"accuracy", at("partly"), at("again"), "--out", out}, Failed, []string{"partly", "again", "give one of them"}},
		{"one side", []string{"filters", at("signed"), "--out", out}, Usage, []string{"two folders"}},
		{"sides exchanged", []string{"filters", at("absolute"), at("signed"), "--out", out}, Failed, []string{"absolute", "trained with --absolute"}},
		{"signed twice", []string{"filters", at("signed"), at("signed"), "--out", out}, Failed, []string{"trained without --absolute"}},
		{"no first layer", []string{"filters", at("partly"), at("absolute"), "--out", out}, Failed, []string{"no decoders of conv1_1", "--layers conv1_1"}},
		{"another network", []string{"filters", at("file"), at("absolute"), "--out", out}, Failed, []string{"vgg19.caffemodel", "--network"}},
		{"another size", []string{"filters", at("small"), at("absolute"), "--out", out}, Failed, []string{"8×4×4", "8×128×128", "--network"}},
		{"no such network", []string{"filters", at("signed"), at("absolute"), "--network", "vgg20", "--out", out}, Failed, []string{"vgg20"}},
		{"nothing in common", []string{"filters", at("signed"), at("other"), "--out", out}, Failed, []string{"no subject and ROI in common", "V4"}},
		{"no such condition", []string{"filters", at("signed"), at("absolute"), "--condition", "seen letters", "--out", out}, Failed, []string{"seen letters", "seen natural", "imagined shapes"}},
		{"no condition", []string{"filters", at("silent"), at("absolute"), "--out", out}, Failed, []string{"silent", "no accuracy was measured"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, text, errs := run(t, append([]string{"decoders"}, c.args...)...)
			if code != c.code || text != "" {
				t.Errorf("exit %d, want %d; said %q and %q", code, c.code, text, errs)
			}
			for _, s := range c.says {
				if !strings.Contains(errs, s) {
					t.Errorf("said %q, want %q in it", errs, s)
				}
			}
		})
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a refused command left something behind")
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var text, errs bytes.Buffer
		if code := Run(ctx, []string{"decoders", "export", at("signed"), "--out", out}, &text, &errs); code != Cancelled {
			t.Errorf("exit %d: %s", code, errs.String())
		}
	})
}
