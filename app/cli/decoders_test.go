package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"reverie/app/dataset/decoders"
	"reverie/compute/decode"
)

// drawnStore says what drawn decoders to write.
type drawnStore struct {
	layer, subject, roi, fold string
	shape                     []int
	conditions                []decoders.Condition
	absolute                  bool
	features                  string
	skip                      int // this file of units is missing; 0 is none
}

const demoFeatures = "VGG19 128×128 width 1/8: built-in network: VGG19's topology at 1/8 of the width, trained on drawn scenes and photographs of things"

// write writes the store with one weight a unit and gives the correlations, [condition][unit].
// r gives that of a unit, NaN where constant.
func (d drawnStore) write(t *testing.T, root string, r func(condition, unit int) float64) [][]float64 {
	t.Helper()
	const voxels = 5
	m := decoders.Meta{Layer: d.layer, Subject: d.subject, ROI: d.roi, Fold: d.fold, Shape: d.shape, Voxels: voxels, Method: "l2",
		Fit: map[string]any{"alpha": 100.0, "voxels": 3}, Conditions: d.conditions,
		Training: decoders.Training{Samples: 9, Stimuli: 9, X: "0123456789abcdef0123", Features: d.features, Absolute: d.absolute}}
	if m.Training.Features == "" {
		m.Training.Features = demoFeatures
	}
	m.Chunk = max(2, m.Units()/3)
	n := decoders.Norms{Mean: make([]float32, voxels), Norm: []float32{1, 2, 3, 4, 5}, XYZ: make([]float32, 3*voxels)}
	for i := range n.XYZ {
		n.XYZ[i] = float32(i) / 2
	}
	s, err := decoders.Create(root, m, n)
	if err != nil {
		t.Fatal(err)
	}
	all := make([][]float64, len(d.conditions))
	for c := range s.Chunks() {
		from, to := s.Range(c)
		k := to - from
		x := &decoders.Chunk{Weights: &decode.Sparse{First: from, Voxels: voxels, Start: []int{0}, B: make([]float32, k)},
			Mean: make([]float32, k), Norm: make([]float32, k)}
		w := x.Weights
		for u := range k {
			w.Index = append(w.Index, uint32(u%3), 4)
			w.W = append(w.W, float32(u+1), -float32(u+2))
			w.Start = append(w.Start, len(w.Index))
			w.B[u], x.Mean[u], x.Norm[u] = float32(u), 0.5, 2
		}
		for i := range d.conditions {
			row := make([]float32, k)
			for u := range row {
				row[u] = float32(r(i, from+u))
				if d.skip == 0 || c != d.skip {
					all[i] = append(all[i], float64(row[u]))
				}
			}
			x.Accuracy = append(x.Accuracy, row)
		}
		if d.skip > 0 && c == d.skip {
			continue
		}
		if err := s.Write(c, x); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// wantMean checks a row against the mean, the t interval and the count of NaN of all.
func wantMean(t *testing.T, r accuracyRow, all []float64) {
	t.Helper()
	var x []float64
	for _, v := range all {
		if !math.IsNaN(v) {
			x = append(x, v)
		}
	}
	mean, sd := stat.MeanStdDev(x, nil)
	n := float64(len(x))
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975) * sd / math.Sqrt(n)
	a := r.Accuracy
	if r.Units != len(x) || r.Left != len(all)-len(x) || a == nil {
		t.Fatalf("%+v, want %d of %d units", r, len(x), len(all))
	}
	for _, p := range [][2]float64{{a.Mean, mean}, {a.Lower, mean - half}, {a.Upper, mean + half}} {
		if math.Abs(p[0]-p[1]) > 1e-12 {
			t.Errorf("%s %s %s: %+v, want %g ± %g", r.ROI, r.Layer, r.Condition, *a, mean, half)
			break
		}
	}
}

var twoConditions = []decoders.Condition{{Name: "imagined shapes", Stimuli: 15}, {Name: "seen natural", Stimuli: 50}}

func drawnCorrelation(seed uint64) func(int, int) float64 {
	r := rand.New(rand.NewPCG(seed, 3))
	return func(_, unit int) float64 {
		if unit%11 == 4 {
			return math.NaN()
		}
		return max(-1, min(1, 0.3+0.2*r.NormFloat64()))
	}
}

func TestDecodersAccuracy(t *testing.T) {
	root, out := t.TempDir(), t.TempDir()
	want := map[string][][]float64{}
	for i, s := range []drawnStore{
		{layer: "fc8", subject: "S1", roi: "VC", shape: []int{60}},
		{layer: "conv1_2", subject: "S1", roi: "VC", shape: []int{2, 5, 7}},
		{layer: "readout", subject: "S1", roi: "VC", shape: []int{20}},
		{layer: "conv1_2", subject: "S1", roi: "V1", shape: []int{2, 5, 7}, skip: 1},
	} {
		s.conditions = twoConditions
		want[s.roi+" "+s.layer] = s.write(t, root, drawnCorrelation(uint64(i)))
	}
	drawnStore{layer: "fc7", subject: "S1", roi: "VC", shape: []int{8}}.write(t, root, nil)

	var rec accuracyRecord
	must(t, &rec, "decoders", "accuracy", root, "--out", out)
	var order []string
	for _, r := range rec.Rows {
		k := slices.IndexFunc(twoConditions, func(c decoders.Condition) bool { return c.Name == r.Condition })
		wantMean(t, r, want[r.ROI+" "+r.Layer][k])
		if r.Stimuli != twoConditions[k].Stimuli || r.Folds != 0 {
			t.Errorf("%+v", r)
		}
		if skipped := 0; r.ROI == "V1" {
			if skipped = 23; r.Untrained != skipped {
				t.Errorf("%d units are not trained, want %d", r.Untrained, skipped)
			}
		}
		order = append(order, r.ROI+" "+r.Layer+" "+r.Condition)
	}
	if got := strings.Join(order, ", "); got != "V1 conv1_2 seen natural, V1 conv1_2 imagined shapes, VC conv1_2 seen natural, VC conv1_2 imagined shapes, VC fc8 seen natural, VC fc8 imagined shapes, VC readout seen natural, VC readout imagined shapes" {
		t.Errorf("rows in the order %s", got)
	}
	if notes := strings.Join(rec.Notes, " "); !strings.Contains(notes, "23 of 70 units are not trained yet") || !strings.Contains(notes, "no accuracy: fc7 of S1 VC") {
		t.Errorf("notes %q", rec.Notes)
	}
	f, err := os.Open(filepath.Join(out, "accuracy.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 9 || strings.Join(rows[0], ",") != "subject,roi,layer,condition,stimuli,units,left,mean,low,high" {
		t.Fatalf("%v %v", rows, err)
	}
	if r := rec.Rows[0]; rows[1][7] != fmt.Sprintf("%.6f", r.Accuracy.Mean) || rows[1][5] != fmt.Sprint(r.Units) {
		t.Errorf("%v for %+v", rows[1], r)
	}
	raw, err := os.ReadFile(filepath.Join(out, "accuracy.json"))
	var again accuracyRecord
	if err != nil || json.Unmarshal(raw, &again) != nil || len(again.Rows) != 8 {
		t.Errorf("accuracy.json: %v", err)
	}
	wantPicture(t, filepath.Join(out, "accuracy.png"))
	g := accuracyFigure(rec)
	if len(g.Panels) != 2 || g.Panels[0].Title != "seen natural, 50 stimuli" || len(g.Series) != 2 || g.Series[0].Name != "V1" || !strings.HasSuffix(g.Title, "S1") {
		t.Errorf("%d panels, the first %q; series %+v; %q", len(g.Panels), g.Panels[0].Title, g.Series, g.Title)
	}
	if strings.Join(g.Layers, " ") != "conv1_2 fc8 readout" {
		t.Errorf("layers %v", g.Layers)
	}
}

// A colour and a mark tell series apart: by ROI, by subject, or by both.
func TestDecodersSeries(t *testing.T) {
	for _, c := range []struct {
		subjects, rois       []string
		common, first, last  string
		hues, marks, samehue int
	}{
		{[]string{"S1"}, []string{"V1", "V2", "VC"}, "S1", "V1", "VC", 3, 3, 1},
		{[]string{"S1", "S2", "S3"}, []string{"VC"}, "VC", "S1", "S3", 3, 3, 1},
		{[]string{"S1", "S2"}, []string{"V1", "V4", "VC"}, "", "S1 V1", "S2 VC", 3, 2, 2},
	} {
		var rows []accuracyRow
		for _, s := range c.subjects {
			for _, r := range c.rois {
				rows = append(rows, accuracyRow{Subject: s, ROI: r, Layer: "fc6"}, accuracyRow{Subject: s, ROI: r, Layer: "fc8"})
			}
		}
		series, common, index := seriesOf(rows)
		hues, marks := map[int]int{}, map[int]int{}
		for _, s := range series {
			hues[s.Hue]++
			marks[s.Mark]++
		}
		last := len(series) - 1
		if common != c.common || series[0].Name != c.first || series[last].Name != c.last || len(hues) != c.hues || len(marks) != c.marks || hues[series[0].Hue] != c.samehue {
			t.Errorf("%v %v: %q %+v", c.subjects, c.rois, common, series)
		}
		if i := index(c.subjects[len(c.subjects)-1], c.rois[len(c.rois)-1]); i != last {
			t.Errorf("the last series is number %d", i)
		}
	}
}

func wantPicture(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := png.DecodeConfig(f)
	if err != nil || c.Width != 1400 || c.Height < 300 {
		t.Errorf("%s: %+v %v", path, c, err)
	}
}

// A unit's value is its mean over the folds that have one; units that some fold lacks do not count.
func TestDecodersAccuracyOfFolds(t *testing.T) {
	root := t.TempDir()
	const units = 30
	var folds [][]float64
	for i, skip := range []int{0, 2, 0} {
		s := drawnStore{layer: "fc8", subject: "S2", roi: "V1", fold: fmt.Sprintf("cv-fold%d", i+1), shape: []int{units}, skip: skip,
			conditions: []decoders.Condition{{Name: "held out", Stimuli: 5 + i}}}
		folds = append(folds, s.write(t, root, func(_, u int) float64 {
			if u == 3 || u == 4 && i == 1 {
				return math.NaN()
			}
			return float64(u%7-3)/8 + float64(i)/10
		})[0])
	}
	var want []float64
	for u := range units - 10 { // the third file has ten
		sum, n := 0.0, 0.0
		for _, f := range folds {
			if !math.IsNaN(f[u]) {
				sum, n = sum+f[u], n+1
			}
		}
		want = append(want, sum/n)
	}
	var rec accuracyRecord
	must(t, &rec, "decoders", "accuracy", root, "--out", t.TempDir())
	if len(rec.Rows) != 1 || rec.Rows[0].Folds != 3 || rec.Rows[0].Untrained != 10 || rec.Rows[0].Stimuli != 5 || rec.Rows[0].Most != 7 {
		t.Fatalf("%+v", rec.Rows)
	}
	wantMean(t, rec.Rows[0], want)
	if p := accuracyFigure(rec).Panels; len(p) != 1 || p[0].Title != "held out, 5 to 7 stimuli in each of 3 folds" {
		t.Errorf("%+v", p)
	}
}

func TestDecodersListAndUnit(t *testing.T) {
	root := t.TempDir()
	s := drawnStore{layer: "conv5_4", subject: "S1", roi: "V1", shape: []int{2, 3, 4}, conditions: twoConditions}
	r := s.write(t, root, drawnCorrelation(1))
	drawnStore{layer: "fc6", subject: "S1", roi: "V1", shape: []int{9}, skip: 2}.write(t, root, nil)
	var entries []decoderEntry
	must(t, &entries, "decoders", root)
	if len(entries) != 2 || entries[0].Layer != "conv5_4" || entries[1].Trained != 6 || entries[1].Units != 9 || entries[0].Training.Voxels != 5 {
		t.Fatalf("%+v", entries)
	}
	for k, a := range entries[0].Accuracy { // in the paper's order
		wantMean(t, a, r[1-k])
	}
	_, text, _ := run(t, "decoders", root)
	for _, s := range []string{"2×3×4", "24 of 24", "6 of 9", "seen natural", fmt.Sprintf("%.3f", entries[0].Accuracy[0].Accuracy.Mean), "ridge, alpha 100, 3 voxels a unit", "6 of 9 units are trained so far"} {
		if !strings.Contains(text, s) {
			t.Errorf("the list lacks %q:\n%s", s, text)
		}
	}

	var u unitReport
	dir := filepath.Join(root, "conv5_4", "S1", "V1")
	must(t, &u, "decoders", "unit", dir, "15", "--voxels", "1")
	// Unit 15 is the eighth of its file: weights 8 of voxel 1 and −9 of voxel 4.
	if fmt.Sprint(u.Place) != "[1 0 3]" || u.Bias != 7 || u.Mean != 0.5 || u.Norm != 2 || u.Left != 1 || len(u.Weights) != 1 ||
		u.Weights[0].Voxel != 4 || u.Weights[0].Weight != -9 || fmt.Sprint(u.Weights[0].XYZ) != "[6 6.5 7]" {
		t.Errorf("%+v", u)
	}
	if len(u.Accuracy) != 2 || u.Accuracy[0].Correlation != nil || r[0][15] == r[0][15] {
		t.Errorf("%+v, want none over the constant unit 15", u.Accuracy)
	}
	_, text, _ = run(t, "decoders", "unit", dir, "16")
	for _, s := range []string{"unit 16 at channel 1, row 1, column 0 of 2×3×4", "seen natural", fmt.Sprintf("r = %.4f over 50 stimuli", r[1][16]), "voxel      4  -2  at 6.0, 6.5, 7.0 mm"} {
		if !strings.Contains(text, s) {
			t.Errorf("the unit lacks %q:\n%s", s, text)
		}
	}
}

// Export writes folders that open as the lab's, and going on keeps what is finished.
func TestDecodersExport(t *testing.T) {
	root, out := t.TempDir(), t.TempDir()
	for _, l := range []string{"fc7", "fc8"} {
		drawnStore{layer: l, subject: "S1", roi: "V1", shape: []int{12}}.write(t, root, nil)
	}
	var rec exportRecord
	must(t, &rec, "decoders", "export", filepath.Join(root, "fc7"), "--out", out)
	must(t, &rec, "decoders", "export", root, "--out", out)
	if len(rec.Exported) != 2 || !rec.Exported[0].There || rec.Exported[1].There {
		t.Fatalf("%+v", rec)
	}
	ours, err := decoders.Open(t.Context(), rec.Exported[1].From)
	if err != nil {
		t.Fatal(err)
	}
	lab, err := decoders.Open(t.Context(), rec.Exported[1].Path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ours.Read(t.Context(), 0, 12)
	if err != nil {
		t.Fatal(err)
	}
	b, err := lab.Read(t.Context(), 0, 12)
	if err != nil || !lab.About().Lab || !slices.Equal(a.Weights.W, b.Weights.W) || !slices.Equal(a.Weights.Index, b.Weights.Index) || !slices.Equal(a.Weights.B, b.Weights.B) {
		t.Errorf("%v: %+v, want %+v", err, b.Weights, a.Weights)
	}
	code, text, errs := run(t, "decoders", out)
	if code != OK || !strings.Contains(text, "in the lab's layout") {
		t.Errorf("exit %d\n%s%s", code, text, errs)
	}
	code, _, errs = run(t, "decoders", "accuracy", out, "--out", t.TempDir())
	if code != Failed || !strings.Contains(errs, "keeps no accuracy") {
		t.Errorf("accuracy of the lab's: exit %d, %s", code, errs)
	}
}
