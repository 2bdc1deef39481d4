package cli

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/pipeline"
	"reverie/compute/recon"
)

// fakeRun saves a run of samples whose loss halves with each of 8 iterations, off
// by a factor from iteration 5 on, in a grey picture that is brighter by levels.
func fakeRun(t *testing.T, dir string, labels []string, factor float64, levels uint8, rec pipeline.Record) {
	t.Helper()
	m, err := pipeline.OpenModel(t.Context(), "demo", nil)
	if err != nil {
		t.Fatal(err)
	}
	var pictures []pipeline.Picture
	for _, label := range labels {
		img := image.NewNRGBA(image.Rect(0, 0, 16, 16))
		for y := range 16 {
			for x := range 16 {
				v := uint8(8*x+4*y) + levels
				img.SetNRGBA(x, y, color.NRGBA{v, v, v, 255})
			}
		}
		p := pipeline.Picture{Label: label, Picture: img, Correlation: math.NaN()}
		for n := range 9 {
			loss := math.Pow(2, -float64(n))
			if n >= 5 {
				loss *= factor
			}
			p.Curve = append(p.Curve, pipeline.CurvePoint{Iteration: n, Evaluation: n + 1, Loss: loss})
			p.Result = recon.Result{Label: label, Total: loss, Iterations: n, Evaluations: n + 1, Reason: "done"}
		}
		pictures = append(pictures, p)
	}
	if _, err := pipeline.Save(dir, m, "test", pictures, rec); err != nil {
		t.Fatal(err)
	}
}

func record(t *testing.T, device string) pipeline.Record {
	t.Helper()
	opt, err := recon.Defaults(recon.Paper)
	if err != nil {
		t.Fatal(err)
	}
	return pipeline.Record{Computed: pipeline.Computed{Device: device}, Source: "a test", Layers: []string{"conv1_1"}, Options: opt}
}

func TestCompare_knownDifference(t *testing.T) {
	dir := t.TempDir()
	a, b, figure := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "f.png")
	fakeRun(t, a, []string{"x", "y", "gone"}, 1, 0, record(t, "one"))
	other := record(t, "two")
	other.Options.History = 5
	other.Backend, other.Plan = "gl", &pipeline.Plan{Hash: "abc"}
	fakeRun(t, b, []string{"y", "x"}, 1.02, 3, other)

	var c comparison
	must(t, &c, "compare", a, b, "--out", figure)
	if c.A.Device != "one" || c.B.String() != "two, plan abc" {
		t.Errorf("devices %q and %q", c.A, c.B)
	}
	if len(c.Samples) != 2 || c.Samples[0].Label != "x" || c.Samples[1].Label != "y" {
		t.Fatalf("samples %+v, want x and y", c.Samples)
	}
	for _, s := range c.Samples {
		if s.Common != 9 || math.Abs(s.Curve-0.02) > 1e-12 || math.Abs(s.Final-0.02) > 1e-12 {
			t.Errorf("%s: %d common iterations, curve %g, final %g; want 9, 0.02, 0.02", s.Label, s.Common, s.Curve, s.Final)
		}
		if s.Beyond == nil || *s.Beyond != 5 || s.LastBeyond == nil || *s.LastBeyond != 8 {
			t.Errorf("%s: beyond 1 %% from %v to %v, want iterations 5 to 8", s.Label, s.Beyond, s.LastBeyond)
		}
		if s.Correlation == nil || math.Abs(*s.Correlation-1) > 1e-12 || s.MeanDifference == nil || *s.MeanDifference != 3 {
			t.Errorf("%s: pictures differ by 3 levels everywhere, got %v and r = %v", s.Label, *s.MeanDifference, *s.Correlation)
		}
	}
	if said := strings.Join(c.Warnings, "\n"); !strings.Contains(said, "history: 10, 5") || !strings.Contains(said, "gone") || len(c.Warnings) != 2 {
		t.Errorf("warnings %q, want the history and the sample that one run lacks", c.Warnings)
	}
	if c.Within != nil {
		t.Error("judged without a tolerance")
	}
	f, err := os.Open(figure)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if img, err := png.Decode(f); err != nil || img.Bounds().Dx() < 500 {
		t.Errorf("the figure: %v", err)
	}
}

func TestCompare_tolerance(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	fakeRun(t, a, []string{"x"}, 1, 0, record(t, "one"))
	fakeRun(t, b, []string{"x"}, 1.005, 0, record(t, "two"))
	for _, c := range []struct {
		tolerance string
		code      int
	}{{"0.01", OK}, {"0.001", Failed}, {"-1", Usage}} {
		code, out, errs := run(t, "compare", a, b, "--tolerance", c.tolerance, "--json")
		if code != c.code {
			t.Errorf("--tolerance %s: exit %d, want %d: %s", c.tolerance, code, c.code, errs)
		}
		if c.code != Usage && !strings.Contains(out, fmt.Sprintf(`"within_tolerance": %v`, c.code == OK)) {
			t.Errorf("--tolerance %s: the document does not say the verdict:\n%s", c.tolerance, out)
		}
	}
}

// A run that gave up after one iteration agrees as far as its curve goes, and is told.
func TestCompare_gaveUp(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	fakeRun(t, a, []string{"x"}, 1, 0, record(t, "one"))
	m, err := pipeline.OpenModel(t.Context(), "demo", nil)
	if err != nil {
		t.Fatal(err)
	}
	stopped := pipeline.Picture{Label: "x", Correlation: math.NaN(), Curve: []pipeline.CurvePoint{{Loss: 1}, {Iteration: 1, Loss: 0.5}},
		Result: recon.Result{Label: "x", Total: 0.5, Iterations: 1, Evaluations: 2, Reason: "no way down"}}
	if _, err := pipeline.Save(b, m, "test", []pipeline.Picture{stopped}, record(t, "two")); err != nil {
		t.Fatal(err)
	}
	code, out, _ := run(t, "compare", a, b, "--tolerance", "0.01")
	if code != Failed || !strings.Contains(out, "no way down") {
		t.Errorf("exit %d, said\n%s", code, out)
	}
}

// A run agrees with itself to the bit, and the parts of a demo are paired by name.
func TestCompare_parts(t *testing.T) {
	dir := t.TempDir()
	for _, part := range []string{"scenes", "letters"} {
		fakeRun(t, filepath.Join(dir, part), []string{"x"}, 1, 0, record(t, "one"))
	}
	var c comparison
	must(t, &c, "compare", dir, dir, "--tolerance", "1e-15", "--out", filepath.Join(t.TempDir(), "same.png"))
	if len(c.Samples) != 2 || c.Samples[0].Label != filepath.Join("letters", "x") || c.Curve.Worst != 0 || len(c.Warnings) != 0 {
		t.Errorf("%+v", c)
	}
}

func TestCompare_yardstick(t *testing.T) {
	dir := t.TempDir()
	at := map[float64]string{1: "a", 1.02: "b", 1.03: "c"}
	for factor, name := range at {
		fakeRun(t, filepath.Join(dir, name), []string{"x"}, factor, 0, record(t, name))
	}
	var c comparison
	must(t, &c, "compare", filepath.Join(dir, "a"), filepath.Join(dir, "b"), "--yardstick", filepath.Join(dir, "c"), "--out", filepath.Join(dir, "f.png"))
	if y := c.Yardstick; y == nil || math.Abs(y.Curve.Worst-0.03) > 1e-12 || y.B.Device != "c" || math.Abs(c.Curve.Worst-0.02) > 1e-12 {
		t.Errorf("got %+v, want 3 %% between a and c", c)
	}
}

func TestCompare_badInput(t *testing.T) {
	dir := t.TempDir()
	a, b, empty, old := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "empty"), filepath.Join(dir, "old")
	fakeRun(t, a, []string{"x"}, 1, 0, record(t, "one"))
	fakeRun(t, b, []string{"z"}, 1, 0, record(t, "one"))
	fakeRun(t, old, []string{"x"}, 1, 0, record(t, "one"))
	if err := errors.Join(os.Mkdir(empty, 0o755), os.Remove(filepath.Join(old, "losses.csv"))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a, b string
		says string
	}{
		{a, empty, "record.json"},
		{filepath.Join(dir, "none"), b, "none"},
		{a, b, "no sample is in both"},
		{a, old, "older version"},
	} {
		code, _, errs := run(t, "compare", c.a, c.b)
		if code != Failed || !strings.Contains(errs, c.says) {
			t.Errorf("compare %s %s: exit %d, want %q in %q", c.a, c.b, code, c.says, errs)
		}
	}
	if code, _, _ := run(t, "compare", a); code != Usage {
		t.Errorf("one folder: exit %d", code)
	}
}
