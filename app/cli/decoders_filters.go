package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/engine"
	"reverie/app/export"
	"reverie/app/figure"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/train"
	"reverie/compute/eval"
)

// filtersRecord is filters.json.
type filtersRecord struct {
	Signed    string         `json:"signed"`
	Absolute  string         `json:"absolute"`
	Network   string         `json:"network"`
	Layer     string         `json:"layer"`
	Condition string         `json:"condition"`
	Level     float64        `json:"level"`
	Contrast  string         `json:"contrast_definition"`
	Results   []filtersGroup `json:"results"`
	Files     []string       `json:"files"`
	Notes     []string       `json:"notes,omitempty"`
}

type filtersGroup struct {
	Subject string `json:"subject"`
	ROI     string `json:"roi"`
	Stimuli int    `json:"stimuli"`
	eval.AbsoluteGain
	// Means over filters that have both.
	MeanSigned   float64 `json:"mean_signed"`
	MeanAbsolute float64 `json:"mean_absolute"`
	Gained       int     `json:"gained"` // filters that are decoded better as absolute values
}

// decodersFilters writes Supplementary Fig. 11: what the filters of the first
// layer gain when decoders learn absolute values.
func decodersFilters(ctx context.Context, e *env, f decodersFlags, signed, absolute string) error {
	eng, err := engine.New(ctx, engine.Options{Network: *f.network, Later: true})
	if err != nil {
		return err
	}
	defer eng.Close()
	m := eng.Model()
	layer := m.Net.Layers()[0]
	op, _, _ := m.Net.Op(layer)
	if shape := op.WeightShape(); len(shape) != 4 || shape[1] != 3 {
		return fmt.Errorf("%s: its first layer %s has weights %v, want filters of three colours", m.Net.Name, layer, shape)
	}
	contrast, err := eval.LuminanceContrast(m.Weights[layer].W, op.Out.C)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", m.Name, layer, err)
	}
	rec := filtersRecord{Signed: signed, Absolute: absolute, Network: m.Note, Layer: layer, Condition: *f.condition, Level: paperLevel,
		Contrast: "standard deviation over the kernel's places of 0.114 B + 0.587 G + 0.299 R of its weights"}
	var sides [2][]*decoderGroup
	for i, root := range []string{signed, absolute} {
		if sides[i], err = f.firstLayer(ctx, e, root, m, layer, i == 1, &rec); err != nil {
			return err
		}
	}
	meter := job.NewMeter(e.progress.report)
	for _, a := range sides[0] {
		i := slices.IndexFunc(sides[1], func(b *decoderGroup) bool { return a.subject == b.subject && a.roi == b.roi })
		if i < 0 {
			rec.Notes = append(rec.Notes, fmt.Sprintf("%s %s is not in %s.", a.subject, a.roi, absolute))
			continue
		}
		b := sides[1][i]
		meter.Step("read accuracies", len(rec.Results), len(sides[0]))
		g, err := filterGains(ctx, &rec, a, b, contrast)
		if err != nil {
			return err
		}
		rec.Results = append(rec.Results, g)
	}
	for _, b := range sides[1] {
		if !slices.ContainsFunc(sides[0], func(a *decoderGroup) bool { return a.subject == b.subject && a.roi == b.roi }) {
			rec.Notes = append(rec.Notes, fmt.Sprintf("%s %s is not in %s.", b.subject, b.roi, signed))
		}
	}
	if len(rec.Results) == 0 {
		return fmt.Errorf("%s and %s have no subject and ROI in common: %s", signed, absolute, strings.Join(rec.Notes, " "))
	}
	return writeFilters(e, *f.out, rec)
}

// firstLayer finds the decoders of the network's first layer below a root and checks that they learnt its features.
func (f decodersFlags) firstLayer(ctx context.Context, e *env, root string, m *pipeline.Model, layer string, absolute bool, rec *filtersRecord) ([]*decoderGroup, error) {
	stores, _, err := f.stores(ctx, e, []string{root})
	if err != nil {
		return nil, err
	}
	var has []string
	first := stores[:0:0]
	for _, s := range stores {
		has = add(has, s.Layer)
		if s.Layer == layer {
			first = append(first, s)
		}
	}
	if len(first) == 0 {
		return nil, fmt.Errorf("%s has no decoders of %s, it has %s: train some with --layers %s", root, layer, shortList(has), layer)
	}
	want := train.FromNetwork(m, nil, nil).About()
	shape := m.Shape(layer)
	for _, s := range first {
		switch about := s.Training.Features; {
		case s.Training.Absolute && !absolute:
			return nil, fmt.Errorf("%s was trained with --absolute: the first folder is that of decoders trained without it", s.Path())
		case !s.Training.Absolute && absolute:
			return nil, fmt.Errorf("%s was trained without --absolute: the second folder is that of decoders trained with it", s.Path())
		case !slices.Equal(s.Shape, []int{shape.C, shape.H, shape.W}):
			return nil, fmt.Errorf("%s decodes %s of %s, in %s it is %d×%d×%d: name the network whose features were learnt with --network", s.Path(), layer, shapeText(s.Shape), m.Net.Name, shape.C, shape.H, shape.W)
		case strings.HasPrefix(about, storedFeatures):
			rec.Notes = add(rec.Notes, "Stored features were learnt: that they come from this network is taken on trust.")
		case about != want && checksum(about) != checksum(want):
			return nil, fmt.Errorf("%s learnt features of %s, not of %s: name that network with --network", s.Path(), about, want)
		}
	}
	return groups(first)
}

// storedFeatures begins what a source of stored features calls itself (app/train).
const storedFeatures = "stored features"

// checksum is the part of a network's description that tells its file, or all of one without a file.
func checksum(about string) string {
	if _, after, ok := strings.Cut(about, "SHA-256 "); ok {
		sum, _, _ := strings.Cut(after, ")")
		return sum
	}
	return about
}

// filterGains compares the two sides for one subject and ROI.
func filterGains(ctx context.Context, rec *filtersRecord, signed, absolute *decoderGroup, contrast []float64) (filtersGroup, error) {
	out := filtersGroup{Subject: signed.subject, ROI: signed.roi}
	if a, b := signed.stores[0].Training, absolute.stores[0].Training; a.X != b.X {
		rec.Notes = add(rec.Notes, fmt.Sprintf("%s %s: the two were trained on different samples; part of the difference is theirs.", out.Subject, out.ROI))
	}
	var channels [2][]eval.Channel
	for i, g := range []*decoderGroup{signed, absolute} {
		var row []accuracyRow
		var names []string
		for _, r := range g.conditions() {
			if names = append(names, r.Condition); r.Condition == rec.Condition {
				row = []accuracyRow{r}
			}
		}
		if len(row) == 0 {
			if len(names) == 0 {
				return out, fmt.Errorf("%s: no accuracy was measured, for lack of test data at training: train with the test sessions among the files", g.stores[0].Path())
			}
			return out, fmt.Errorf("%s has no accuracy for %q: --condition is one of %s", g.stores[0].Path(), rec.Condition, strings.Join(names, ", "))
		}
		out.Stimuli = row[0].Stimuli
		all, untrained := make([]float64, g.stores[0].Units()), 0
		err := g.each(ctx, row, func(_, from int, r []float64, there []bool) error {
			for u, x := range r {
				if !there[u] {
					x = math.NaN()
					untrained++
				}
				all[from+u] = x
			}
			return nil
		})
		if err != nil {
			return out, err
		}
		if untrained > 0 {
			rec.Notes = append(rec.Notes, fmt.Sprintf("%s: %d of %d units are not trained yet and do not count: go on with the training.", g.stores[0].Path(), untrained, len(all)))
		}
		if channels[i], err = eval.ByChannel(all, len(contrast)); err != nil {
			return out, fmt.Errorf("%s: %w", g.stores[0].Path(), err)
		}
	}
	var err error
	if out.AbsoluteGain, err = eval.GainOfAbsolute(channels[0], channels[1], contrast, rec.Level); err != nil {
		return out, err
	}
	if len(out.Filters) == 0 {
		return out, errors.New("no filter has an accuracy on both sides: go on with the training of " + signed.stores[0].Path() + " and " + absolute.stores[0].Path())
	}
	for _, x := range out.Filters {
		out.MeanSigned += x.Signed / float64(len(out.Filters))
		out.MeanAbsolute += x.Absolute / float64(len(out.Filters))
		if x.Gain > 0 {
			out.Gained++
		}
	}
	return out, nil
}

func writeFilters(e *env, dir string, rec filtersRecord) error {
	img, err := filtersFigure(rec).Draw()
	if err != nil {
		return err
	}
	base := filepath.Join(dir, "filters")
	rec.Files = []string{base + ".json", base + ".csv", base + ".png"}
	if err := export.PNG(base+".png", img); err != nil {
		return err
	}
	rows := [][]string{{"subject", "roi", "filter", "luminance_contrast", "signed", "absolute", "gain"}}
	for _, g := range rec.Results {
		for _, x := range g.Filters {
			rows = append(rows, []string{g.Subject, g.ROI, fmt.Sprint(x.Filter), fmt.Sprintf("%.6g", x.Contrast), fmt.Sprintf("%.6f", x.Signed), fmt.Sprintf("%.6f", x.Absolute), fmt.Sprintf("%.6f", x.Gain)})
		}
	}
	if err := export.CSV(base+".csv", rows); err != nil {
		return err
	}
	if err := export.JSON(base+".json", rec); err != nil {
		return err
	}
	e.say("%s, %s", rec.Layer, rec.Condition)
	for _, g := range rec.Results {
		e.say("  %s %s: %d of %d filters gain as absolute values; mean correlation %.3f signed, %.3f absolute", g.Subject, g.ROI, g.Gained, len(g.Filters), g.MeanSigned, g.MeanAbsolute)
		if g.Correlation != nil {
			e.say("    gain and luminance contrast: r = %s", g.Correlation)
		}
		if g.Left > 0 {
			e.say("    %d filters are left out, for lack of an accuracy", g.Left)
		}
	}
	for _, n := range rec.Notes {
		e.say("note: %s", n)
	}
	e.say("%s, .csv and .png", base+".json")
	return e.result(rec)
}

func filtersFigure(rec filtersRecord) figure.Gain {
	g := figure.Gain{Title: fmt.Sprintf("%s: decoders of features and of their absolute values, %s", rec.Layer, rec.Condition)}
	var rows []accuracyRow
	for _, r := range rec.Results {
		rows = append(rows, accuracyRow{Subject: r.Subject, ROI: r.ROI})
	}
	series, common, _ := seriesOf(rows)
	if common != "" {
		g.Title += ", " + common
	}
	for i, r := range rec.Results {
		s := figure.GainSeries{Series: series[i]}
		s.Name += fmt.Sprintf(", %d filters", len(r.Filters))
		if r.Correlation != nil {
			s.Name += ", r = " + intervalText(r.Correlation)
		}
		for _, x := range r.Filters {
			s.Filters = append(s.Filters, figure.GainPoint{Contrast: x.Contrast, Signed: x.Signed, Absolute: x.Absolute})
		}
		g.Series = append(g.Series, s)
	}
	g.Notes = append([]string{
		fmt.Sprintf("Each mark is a filter: the mean over its units of the correlation between decoded and true values over stimuli. r: gain with contrast over filters, %g %% interval of Fisher's z.", 100*rec.Level),
		"Luminance contrast: " + rec.Contrast + ".", "Network: " + rec.Network + "."}, rec.Notes...)
	return g
}
