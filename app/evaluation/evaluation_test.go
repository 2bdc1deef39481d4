package evaluation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/app/export"
	"reverie/app/pipeline"
	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/eval"
)

const side = 12

// shape draws one of the 40 shapes.
func shape(s, c int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	hue := color.NRGBA{uint8(40 + 25*c), uint8(220 - 25*c), uint8((c * 90) % 256), 255}
	for i := range side * side {
		x, y := i%side, i/side
		m.SetNRGBA(x, y, color.NRGBA{128, 128, 128, 255})
		in := [5]bool{x > 3 && x < 8 && y > 3 && y < 8, (x == 3 || x == 8 || y == 3 || y == 8) && x >= 3 && x <= 8 && y >= 3 && y <= 8, x == 0 || y == 0 || x == 11 || y == 11, x == 5 || x == 6 || y == 5 || y == 6, x == y || x == 11-y}
		if in[s] {
			m.SetNRGBA(x, y, hue)
		}
	}
	return m
}

// noisy mixes a picture with noise; share 0 is noise alone.
func noisy(m *image.NRGBA, share float64, r *rand.Rand) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	for i, v := range m.Pix {
		out.Pix[i] = uint8(share*float64(v) + (1-share)*float64(r.IntN(256)))
		if i%4 == 3 {
			out.Pix[i] = 255
		}
	}
	return out
}

// made writes reconstructions of shapes from two areas, of two subjects: area good carries them, area bad does not.
func made(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	for _, subject := range []string{"S1", "S2"} {
		for roi, share := range map[string]float64{"V1": 0.6, "V4": 0} {
			dir := filepath.Join(root, subject, roi)
			rec := pipeline.Record{Subject: subject, Session: brain.Shapes, Features: session.Decoded, ROI: roi, LayerSet: "DNN1-8"}
			for s, shapeName := range results.Shapes {
				for c, colourName := range results.Colours {
					label := colourName + "_" + shapeName
					rec.Images = append(rec.Images, pipeline.ImageRecord{Label: label, File: label + ".png", Original: "o_" + label + ".png"})
					for name, m := range map[string]*image.NRGBA{label + ".png": noisy(shape(s, c), share, r), "o_" + label + ".png": shape(s, c)} {
						if err := export.PNG(filepath.Join(dir, name), m); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			if err := export.JSON(filepath.Join(dir, pipeline.RecordFile), rec); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

func cellFor(t *testing.T, r *Report, roi string, m Measure, task eval.Task, subject string) Cell {
	t.Helper()
	for _, c := range r.Cells {
		if c.ROI == roi && c.Measure == m && c.Task == task && c.Subject == subject {
			return c
		}
	}
	t.Fatalf("no summary of %s %s %s in %s", m, task, subject, roi)
	return Cell{}
}

func TestEvaluate(t *testing.T) {
	root := made(t)
	spec := Default(root)
	r, err := Evaluate(t.Context(), spec, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole := cellFor(t, r, "V1", Identification, eval.Whole, "")
	if len(whole.Values) != 80 || whole.Subjects != 2 || whole.Mean < 0.9 || whole.P == nil || *whole.P > 0.01 || whole.Test == nil || whole.Test.P > 1e-6 {
		t.Errorf("V1 carries the shapes: %+v", whole)
	}
	if one := cellFor(t, r, "V1", Identification, eval.Whole, "S2"); len(one.Values) != 40 {
		t.Errorf("S2 alone: n = %d", len(one.Values))
	}
	chance := cellFor(t, r, "V4", Identification, eval.Whole, "")
	if chance.Mean < 0.4 || chance.Mean > 0.6 || *chance.P < 0.001 {
		t.Errorf("V4 carries nothing: %.3f, p %g", chance.Mean, *chance.P)
	}
	if c := cellFor(t, r, "V1", Identification, eval.ByColour6, ""); len(c.Values) != 60 {
		t.Errorf("colour without black and white: n = %d, want 60", len(c.Values))
	}
	like := spec
	like.Measures, like.Filter = []Measure{PixCorr, SSIM, SSIMColour, Correlation}, results.Filter{results.Subject: {"S1"}, results.Shape: {"cross"}}
	alike, err := Evaluate(t.Context(), like, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range like.Measures {
		a, b := cellFor(t, alike, "V1", m, "", ""), cellFor(t, alike, "V4", m, "", "")
		if a.Mean <= b.Mean || a.Chance != 0 || a.Test != nil {
			t.Errorf("%s: V1 %.3f, V4 %.3f", m, a.Mean, b.Mean)
		}
	}
	best := cellFor(t, r, "V1", Best, eval.Whole, "")
	if math.Abs(best.Chance-1.0/40) > 1e-12 || !strings.Contains(best.Interval.Method, "Wilson") {
		t.Errorf("best of all: %+v", best)
	}
	var anova int
	for _, c := range r.Tests {
		if c.Anova != nil {
			anova++
		}
		if c.PHolm < c.P {
			t.Errorf("%s: Holm's p %g is below %g", c.Name, c.PHolm, c.P)
		}
	}
	if anova != 4 {
		t.Errorf("%d analyses of variance, want between and within, for both sets of colours", anova)
	}
	dir := t.TempDir()
	if err := r.SaveAll(t.Context(), dir, nil, []string{"svg"}, 174, 300, FigureOptions{Published: true}, nil); err != nil {
		t.Fatal(err)
	}
	old, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Evaluate(t.Context(), old.Spec, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff, err := again.Differences(old); err != nil || len(diff) > 0 {
		t.Errorf("done again: %v, %q", err, diff)
	}
	page, err := os.ReadFile(filepath.Join(dir, PageFile))
	if err != nil || !strings.Contains(string(page), "<svg") || !strings.Contains(string(page), r.Inputs.SHA256) || strings.Contains(string(page), "{{") {
		t.Errorf("the page of %d bytes: %v", len(page), err)
	}
	for _, f := range []string{ScoresFile, SummaryFile, TestsFile} {
		raw, err := os.ReadFile(filepath.Join(dir, f))
		rows := strings.Split(strings.TrimRight(string(raw), "\n"), "\n")
		if err != nil || len(rows) < 5 {
			t.Errorf("%s has %d rows: %v", f, len(rows), err)
		}
		for _, row := range rows {
			if strings.Count(row, "\t") != strings.Count(rows[0], "\t") {
				t.Errorf("%s: ragged row %q", f, row)
			}
		}
	}
	// Another picture is told.
	if err := export.PNG(filepath.Join(root, "S1", "V1", "red_cross.png"), shape(0, 0)); err != nil {
		t.Fatal(err)
	}
	again, err = Evaluate(t.Context(), old.Spec, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff, err := again.Differences(old); !errors.Is(err, ErrOtherPictures) || len(diff) == 0 {
		t.Errorf("another picture: %v, %d differences", err, len(diff))
	}
}

// TestTrialsAreAveraged: the unit is image × subject, unless trials are asked for.
func TestTrialsAreAveraged(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 4))
	rec := pipeline.Record{Subject: "S", Session: brain.Shapes, Features: session.Decoded, ROI: "V1", LayerSet: "DNN1-8"}
	for s := range 4 {
		label := "red_" + results.Shapes[s]
		for trial := range 3 {
			name := fmt.Sprintf("run%d-block01-%s", trial+1, label)
			rec.Images = append(rec.Images, pipeline.ImageRecord{Label: name, File: name + ".png", Original: label + ".png"})
			if err := export.PNG(filepath.Join(dir, name+".png"), noisy(shape(s, 0), 0.5, r)); err != nil {
				t.Fatal(err)
			}
		}
		if err := export.PNG(filepath.Join(dir, label+".png"), shape(s, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := export.JSON(filepath.Join(dir, pipeline.RecordFile), rec); err != nil {
		t.Fatal(err)
	}
	for trials, n := range map[bool]int{false: 4, true: 12} {
		spec := Default(dir)
		spec.Trials = trials
		rep, err := Evaluate(t.Context(), spec, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := cellFor(t, rep, "V1", Identification, eval.Whole, "")
		if len(c.Values) != n {
			t.Errorf("trials %v: n = %d, want %d", trials, len(c.Values), n)
		}
		for _, s := range rep.Scores {
			if s.Others != 0 && s.Task == eval.Whole && s.Others != 3 {
				t.Errorf("%s stood against %d others, want 3", s.Label, s.Others)
			}
		}
	}
}

// TestBootstrapAndTies: the named choices are taken.
func TestChoicesAreTaken(t *testing.T) {
	root := made(t)
	spec := Default(root)
	spec.Interval, spec.Ties, spec.Shuffles = Bootstrap, Lenient, 0
	spec.Filter = results.Filter{results.Subject: {"S1"}, results.ROI: {"V1"}}
	r, err := Evaluate(t.Context(), spec, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := cellFor(t, r, "V1", Identification, eval.Whole, "")
	if c.Subjects != 1 || c.P != nil || !strings.Contains(c.Interval.Method, "BCa") {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(r.Methods(), "bootstrap") || !strings.Contains(r.Methods(), "lenient") {
		t.Error("the methods do not say so")
	}
	for _, bad := range []func(*Spec){func(s *Spec) { s.Measures = nil }, func(s *Spec) { s.Measures = []Measure{"beauty"} }, func(s *Spec) { s.Ties = "x" }, func(s *Spec) { s.Level = 1 }, func(s *Spec) { s.Interval = "x" }, func(s *Spec) { s.Shuffles = -1 }} {
		s := Default(root)
		if bad(&s); s.Check() == nil {
			t.Errorf("%+v was taken", s)
		}
	}
	if _, err := Evaluate(t.Context(), Default(t.TempDir()), nil, nil); err == nil {
		t.Error("an empty folder was evaluated")
	}
	spec = Default(root)
	spec.Filter = results.Filter{results.ROI: {"V9"}}
	if _, err := Evaluate(t.Context(), spec, nil, nil); err == nil {
		t.Error("nothing was evaluated")
	}
	spec = Default(root)
	spec.Measures = []Measure{FeatureIdentification("fc6")}
	if _, err := Evaluate(t.Context(), spec, nil, nil); err == nil {
		t.Error("features came from nowhere")
	}
	if r, err = Evaluate(t.Context(), spec, pixelsAsFeatures, nil); err != nil || len(r.Scores) == 0 || r.Scores[0].Measure.Layer() != "fc6" {
		t.Errorf("by features: %v", err)
	}
}

// TestPublishedStandAlone: the paper's numbers are those of its text, and never in a report.
func TestPublished(t *testing.T) {
	var sum float64
	for _, p := range Paper {
		sum += p.Value
		if p.Source == "" || p.Value <= 0.5 || p.Value >= 1 {
			t.Errorf("%+v", p)
		}
	}
	// 76.1 79.7 99.1 96.5 69.4 92.3 95.9 99.6 51.9 83.2 64.8 87.0
	if math.Abs(sum-9.955) > 1e-9 || len(Paper) != 12 {
		t.Errorf("%d numbers, sum %.4f", len(Paper), sum)
	}
	raw, err := json.Marshal(Report{})
	if err != nil || strings.Contains(string(raw), "0.761") {
		t.Errorf("%s: %v", raw, err)
	}
	if !slices.ContainsFunc(Figures, func(f Figure) bool { return f.ID == "3d" }) {
		t.Error("figure 3d is missing")
	}
}

// pixelsAsFeatures stands in for a network.
func pixelsAsFeatures(_ context.Context, files []string, _ string) (out [][]float32, err error) {
	for _, f := range files {
		r := results.Reconstruction{File: f}
		img, err := r.Picture()
		if err != nil {
			return nil, err
		}
		v := make([]float32, 0, len(img.Pix))
		for i, x := range img.Pix {
			if i%4 != 3 {
				v = append(v, float32(x))
			}
		}
		out = append(out, v)
	}
	return out, nil
}
