package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/export"
	"reverie/app/figure"
	"reverie/app/job"
)

// accuracyRecord is accuracy.json.
type accuracyRecord struct {
	Folders  []string      `json:"folders"`
	Level    float64       `json:"level"` // of the intervals, across units
	Rows     []accuracyRow `json:"rows"`
	Methods  []string      `json:"methods"`
	Features []string      `json:"features"` // what was learnt
	Files    []string      `json:"files"`
	Notes    []string      `json:"notes,omitempty"`
}

// add keeps each text once.
func add(all []string, s string) []string {
	if s == "" || slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}

// decodersAccuracy writes Supplementary Fig. 1 for what was measured while the decoders were trained.
func decodersAccuracy(ctx context.Context, e *env, f decodersFlags, roots []string) error {
	stores, lab, err := f.stores(ctx, e, roots)
	if err != nil {
		return err
	}
	all, err := groups(stores)
	if err != nil {
		return err
	}
	rec := accuracyRecord{Folders: roots, Level: paperLevel}
	if lab > 0 {
		rec.Notes = append(rec.Notes, fmt.Sprintf("%d folders in the lab's layout are left out: that layout keeps no accuracy.", lab))
	}
	meter := job.NewMeter(e.progress.report)
	var silent []string
	absolute := 0
	for i, g := range all {
		meter.Step("read accuracies", i, len(all))
		rows, err := g.accuracy(ctx)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			silent = append(silent, g.String())
		}
		for _, r := range rows {
			if r.Units > 0 || r.Left > 0 {
				rec.Rows = append(rec.Rows, r)
			}
		}
		if len(rows) > 0 && rows[0].Untrained > 0 {
			rec.Notes = append(rec.Notes, fmt.Sprintf("%s: %d of %d units are not trained yet and do not count: go on with the training.", g, rows[0].Untrained, g.stores[0].Units()))
		}
		if g.stores[0].Training.Absolute {
			absolute++
		}
		for _, s := range g.stores {
			rec.Methods, rec.Features = add(rec.Methods, s.About().Method), add(rec.Features, s.Training.Features)
		}
	}
	if len(rec.Rows) == 0 {
		return fmt.Errorf("%s: no accuracy was measured: %s: at training there were no other sessions whose stimuli have features, or nothing is trained yet; train with the test sessions among the files, or measure with reverie decode --decoders", strings.Join(roots, ", "), shortList(silent))
	}
	if len(silent) > 0 {
		rec.Notes = append(rec.Notes, "No test data at training, so no accuracy: "+shortList(silent)+".")
	}
	if absolute > 0 {
		rec.Notes = append(rec.Notes, fmt.Sprintf("%d of %d learnt absolute values of features.", absolute, len(all)))
	}
	img, err := accuracyFigure(rec).Draw()
	if err != nil {
		return err
	}
	base := filepath.Join(*f.out, "accuracy")
	rec.Files = []string{base + ".json", base + ".csv", base + ".png"}
	if err := export.PNG(base+".png", img); err != nil {
		return err
	}
	if err := export.CSV(base+".csv", accuracyTable(rec.Rows)); err != nil {
		return err
	}
	if err := export.JSON(base+".json", rec); err != nil {
		return err
	}
	sayAll(e, accuracyText(rec.Rows))
	for _, n := range rec.Notes {
		e.say("note: %s", n)
	}
	e.say("means over units, %g %% intervals across units: %s, .csv and .png", 100*paperLevel, base+".json")
	return e.result(rec)
}

func (g *decoderGroup) String() string { return g.layer + " of " + g.subject + " " + g.roi }

// shortList is the first few names and how many more there are.
func shortList(names []string) string {
	const most = 4
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// accuracyTable is accuracy.csv.
func accuracyTable(rows []accuracyRow) [][]string {
	out := [][]string{{"subject", "roi", "layer", "condition", "stimuli", "units", "left", "mean", "low", "high"}}
	for _, r := range rows {
		line := []string{r.Subject, r.ROI, r.Layer, r.Condition, fmt.Sprint(r.Stimuli), fmt.Sprint(r.Units), fmt.Sprint(r.Left), "", "", ""}
		if a := r.Accuracy; a != nil {
			line[7], line[8], line[9] = fmt.Sprintf("%.6f", a.Mean), fmt.Sprintf("%.6f", a.Lower), fmt.Sprintf("%.6f", a.Upper)
		}
		out = append(out, line)
	}
	return out
}

// accuracyText is the table for people, a line for each layer.
func accuracyText(rows []accuracyRow) []string {
	conditions := conditionsOf(rows)
	out := [][]string{append([]string{"subject", "ROI", "layer"}, conditions...)}
	for from := 0; from < len(rows); {
		r, to := rows[from], from
		for to < len(rows) && rows[to].Subject == r.Subject && rows[to].ROI == r.ROI && rows[to].Layer == r.Layer {
			to++
		}
		line := []string{r.Subject, r.ROI, r.Layer}
		for _, c := range conditions {
			cell := "-"
			for _, x := range rows[from:to] {
				if x.Condition == c {
					cell = intervalText(x.Accuracy)
				}
			}
			line = append(line, cell)
		}
		out, from = append(out, line), to
	}
	return columnsOf(out)
}

func conditionsOf(rows []accuracyRow) (out []string) {
	for _, r := range rows {
		out = add(out, r.Condition)
	}
	slices.SortStableFunc(out, compareConditions)
	return out
}

// seriesOf gives each subject and ROI its colour and mark: by ROI of one
// subject, by subject of one ROI, and otherwise a colour for the ROI and a mark
// for the subject. What all have in common is for the title.
func seriesOf(rows []accuracyRow) (series []figure.Series, common string, index func(subject, roi string) int) {
	var subjects, names []string
	var keys [][2]string
	for _, r := range rows {
		subjects, names = add(subjects, r.Subject), add(names, r.ROI)
		if k := [2]string{r.Subject, r.ROI}; !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	slices.SortStableFunc(names, compareROIs)
	for i, k := range keys {
		s := figure.NewSeries(k[1], i)
		switch {
		case len(subjects) > 1 && len(names) > 1:
			s.Name = k[0] + " " + k[1]
			s.Hue, s.Mark = figure.NewSeries("", slices.Index(names, k[1])).Hue, figure.NewSeries("", slices.Index(subjects, k[0])).Mark
		case len(subjects) > 1:
			s.Name, common = k[0], k[1]
		default:
			common = k[0]
		}
		series = append(series, s)
	}
	return series, common, func(subject, roi string) int { return slices.Index(keys, [2]string{subject, roi}) }
}

func accuracyFigure(rec accuracyRecord) figure.Accuracy {
	g := figure.Accuracy{Title: "Feature decoding accuracy"}
	var at func(subject, roi string) int
	var common string
	if g.Series, common, at = seriesOf(rec.Rows); common != "" {
		g.Title += ", " + common
	}
	for _, r := range rec.Rows {
		g.Layers = add(g.Layers, r.Layer)
	}
	slices.SortStableFunc(g.Layers, newDecoderOrder().layer)
	for _, c := range conditionsOf(rec.Rows) {
		p := figure.AccuracyPanel{}
		var of []accuracyRow
		for range g.Series {
			row := make([]figure.Estimate, len(g.Layers))
			for i := range row {
				row[i] = figure.None
			}
			p.Values = append(p.Values, row)
		}
		for _, r := range rec.Rows {
			if r.Condition != c {
				continue
			}
			of = append(of, r)
			if a := r.Accuracy; a != nil {
				p.Values[at(r.Subject, r.ROI)][slices.Index(g.Layers, r.Layer)] = figure.Estimate{Mean: a.Mean, Low: a.Lower, High: a.Upper}
			}
		}
		p.Title = c + ", " + stimuliText(of)
		g.Panels = append(g.Panels, p)
	}
	g.Notes = append(g.Notes, fmt.Sprintf("Correlation of decoded and true feature values over stimuli, mean over the units of a layer; bars: %g %% intervals across units, often smaller than the marks.", 100*rec.Level))
	g.Notes = append(g.Notes, "Features: "+strings.Join(rec.Features, "; "), "Decoders: "+strings.Join(rec.Methods, "; "))
	g.Notes = append(g.Notes, rec.Notes...)
	return g
}

// stimuliText is how many stimuli a condition has, as "8 to 10 stimuli in each of 24 folds".
func stimuliText(rows []accuracyRow) string {
	least, most, folds := rows[0].Stimuli, rows[0].Most, rows[0].Folds
	same := true
	for _, r := range rows {
		least, most = min(least, r.Stimuli), max(most, r.Most)
		same, folds = same && r.Folds == rows[0].Folds, max(folds, r.Folds)
	}
	s := fmt.Sprintf("%d stimuli", least)
	if most > least {
		s = fmt.Sprintf("%d to %d stimuli", least, most)
	}
	switch {
	case folds == 0:
		return s
	case same:
		return fmt.Sprintf("%s in each of %d folds", s, folds)
	}
	return fmt.Sprintf("%s in each of up to %d folds", s, folds)
}
