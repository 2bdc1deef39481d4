package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"

	"reverie/app/device"
	"reverie/app/evaluation"
	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/eval"
	"reverie/compute/stats"
)

var evaluateCommand = command{
	name: "evaluate", args: "FOLDER…", short: "reconstructions → scores, statistics, the paper's figures, a report",
	examples: []string{
		"reverie evaluate results/reconstruct",
		"reverie evaluate results/demo-full --figure all                  # all figures of the paper that these pictures allow",
		"reverie evaluate results/batch --figure 2c,3d --format pdf,svg,png --width 174",
		"reverie evaluate lab/results --images stimuli --table shapes.tsv   # what the lab's scripts wrote",
		"reverie evaluate results/batch --measure identification,ssim,identification:fc6 --roi V1,V4",
		"reverie evaluate --from results/batch/report.json                # the same numbers again?",
		"reverie evaluate --published                                     # the paper's numbers",
	},
	run: runEvaluate,
}

type evaluateFlags struct {
	images, tables, match, measure, ties, interval, out *string
	subject, condition, roi, layers, source, ratings    *string
	samples                                             *string
	network, from, figure, format, unit                 *string
	level, width                                        *float64
	shuffles, dpi                                       *int
	seed                                                *uint64
	published, marks                                    *bool
}

func newEvaluateFlags(fs *flag.FlagSet) *evaluateFlags {
	return &evaluateFlags{
		images:    fs.String("images", "", "`folders` of the stimulus pictures, where results have none beside them"),
		tables:    fs.String("table", "", "stimulus `tables` (.csv, .tsv): label, shape, colour, category, condition"),
		match:     fs.String("match", "", "only labels that contain `text`; several, comma separated, are joined by or"),
		subject:   fs.String("subject", "", "only these `subjects`"),
		condition: fs.String("condition", "", "only these `conditions`: seen natural, seen shapes, seen letters, imagined natural, imagined shapes"),
		roi:       fs.String("roi", "", "only these `ROIs`"),
		layers:    fs.String("layers", "", "only these layer `sets`"),
		source:    fs.String("source", "", "only pictures from decoded, true (ceiling), shuffled (floor) or stored `features`"),
		measure:   fs.String("measure", "identification,correlation,best", "`measures`: identification, correlation, best, pixcorr, ssim, ssim-rgb, identification:LAYER"),
		ties:      fs.String("ties", evaluation.Strict, "`ties` of identification: strict (fail, as bdpy), lenient, half"),
		interval:  fs.String("interval", evaluation.Student, "`interval` of a mean: t or bootstrap"),
		unit:      fs.String("unit", "image", "`unit` of means and tests: image (× subject, trials averaged) or trial"),
		level:     fs.Float64("level", 0.95, "level of the intervals"),
		shuffles:  fs.Int("shuffles", 1000, "draws of the labels for the p of identification; 0 is none"),
		seed:      fs.Uint64("seed", 1, "seed of draws and resamples"),
		ratings:   fs.String("ratings", "", "`files` of human judgements, or folders of them"),
		samples:   fs.String("samples", "", "`subjects` (files or folders, demo is the built-in one) whose samples' noise ceiling stands beside the scores"),
		network:   fs.String("network", "", "`network` of identification by features"),
		figure:    fs.String("figure", "", "`figures` to draw, as 2a,2c,3d,4d,S1; all takes those that are possible, list lists them"),
		format:    fs.String("format", "pdf,svg,png", "`formats` of figures"),
		width:     fs.Float64("width", 174, "width of figures in mm (85, 114 and 174 are journals')"),
		dpi:       fs.Int("dpi", 300, "dots per inch of PNG figures"),
		marks:     fs.Bool("reference", false, "the paper's values as marks in the figures"),
		out:       fs.String("out", "", "`folder` for report and figures; default is that of the reconstructions, of several results/evaluate"),
		from:      fs.String("from", "", "`report` to do again: tells whether the numbers are the same"),
		published: fs.Bool("published", false, "print the paper's numbers"),
	}
}

// evaluateRecord is what evaluate prints with --json.
type evaluateRecord struct {
	*evaluation.Report
	// ByOrder are the summaries of blocks in fixed and in random order, where a record tells them apart.
	ByOrder map[string][]evaluation.Cell `json:"by_order,omitempty"`
}

func runEvaluate(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	f := newEvaluateFlags(fs)
	dev := deviceFlags(fs)
	paths, err := e.parse(fs, args, 0, -1)
	if err != nil {
		return err
	}
	switch {
	case *f.published:
		return printPublished(e)
	case *f.figure == "list":
		return listFigures(e)
	case *f.from != "" && len(paths) > 0:
		return usage("--from names the folders already")
	case *f.from == "" && len(paths) == 0:
		return usage("evaluate needs a folder of reconstructions")
	}
	var old *evaluation.Report
	spec := f.spec(paths)
	if *f.from != "" {
		if old, err = evaluation.Read(*f.from); err != nil {
			return err
		}
		spec = old.Spec
	}
	if *f.unit != "image" && *f.unit != "trial" {
		return usage("--unit %q: choose image or trial", *f.unit)
	}
	if spec.Ratings, err = ratingFiles(spec.Ratings); err != nil {
		return err
	}
	if err := spec.Check(); err != nil {
		return usage("%v", err)
	}
	features, closeEngine, err := f.features(ctx, e, spec, dev)
	if err != nil {
		return err
	}
	defer closeEngine()
	r, err := evaluation.Evaluate(ctx, spec, features, e.progress.report)
	if err != nil {
		return err
	}
	if old != nil {
		return again(e, r, old)
	}
	out := *f.out
	if out == "" {
		if out = filepath.Join("results", "evaluate"); len(paths) == 1 {
			out = paths[0]
		}
	}
	if r.Noise, err = f.noise(ctx, e, spec.Seed); err != nil {
		return err
	}
	if err := f.save(ctx, e, r, out); err != nil {
		return err
	}
	printReport(e, r)
	parts, err := byOrder(ctx, e, spec, r)
	if err != nil {
		return err
	}
	e.say("report, tables and page in %s", out)
	return e.result(evaluateRecord{r, parts})
}

// spec is what the command line asks for.
func (f *evaluateFlags) spec(paths []string) evaluation.Spec {
	s := evaluation.Default(paths...)
	for i, p := range paths {
		if a, err := filepath.Abs(p); err == nil {
			s.Paths[i] = a // a report is done again from anywhere
		}
	}
	s.Stimuli, s.Tables, s.Ratings, s.Labels = absolute(list(*f.images)), absolute(list(*f.tables)), absolute(list(*f.ratings)), list(*f.match)
	s.Filter = results.Filter{}
	for field, v := range map[results.Field]string{results.Subject: *f.subject, results.Condition: *f.condition, results.ROI: *f.roi, results.Layers: *f.layers, results.Source: *f.source} {
		if l := list(v); len(l) > 0 {
			s.Filter[field] = l
		}
	}
	s.Measures = nil
	for _, m := range list(*f.measure) {
		s.Measures = append(s.Measures, evaluation.Measure(m))
	}
	s.Ties, s.Interval, s.Level, s.Shuffles, s.Seed, s.Network, s.Trials = *f.ties, *f.interval, *f.level, *f.shuffles, *f.seed, *f.network, *f.unit == "trial"
	return s
}

func absolute(paths []string) []string {
	for i, p := range paths {
		if a, err := filepath.Abs(p); err == nil {
			paths[i] = a
		}
	}
	return paths
}

// features opens a network where a measure needs one.
func (f *evaluateFlags) features(ctx context.Context, e *env, spec evaluation.Spec, dev *device.Choice) (evaluation.Features, func(), error) {
	need := false
	for _, m := range spec.Measures {
		need = need || m.Layer() != ""
	}
	if !need {
		return nil, func() {}, nil
	}
	eng, err := openEngine(ctx, e, spec.Network, dev)
	if err != nil {
		return nil, nil, err
	}
	m := eng.Model()
	return func(ctx context.Context, files []string, layer string) ([][]float32, error) {
		layers, err := m.Layers([]string{layer})
		if err != nil {
			return nil, err
		}
		if len(layers) != 1 {
			return nil, fmt.Errorf("%s is %d layers: name one", layer, len(layers))
		}
		all, err := m.TrueFeatures(ctx, eng.Backend(), files, layers, nil)
		out := make([][]float32, len(all))
		for i := range all {
			out[i] = all[i][0]
		}
		return out, err
	}, func() { eng.Close() }, nil
}

// again tells whether an evaluation came out as before.
func again(e *env, r, old *evaluation.Report) error {
	diff, err := r.Differences(old)
	if errors.Is(err, evaluation.ErrOtherPictures) {
		e.say("The pictures are not those of the report: SHA-256 %.16s…, the report has %.16s…", r.Inputs.SHA256, old.Inputs.SHA256)
	}
	for i, d := range diff {
		if i == 10 {
			e.say("  and %d more", len(diff)-i)
			break
		}
		e.say("  %s", d)
	}
	if err == nil && len(diff) > 0 {
		err = errors.New("the numbers are others than the report's")
	}
	if err != nil {
		return err
	}
	e.say("the same: %d scores and %d summaries of %s, made by %s", len(r.Scores), len(r.Cells), old.Made, old.Program)
	return e.result(r)
}

// byOrder shows blocks that came in the same order in every run apart from the others: of the former a decoder may
// learn the time in the run instead of the stimulus.
func byOrder(ctx context.Context, e *env, spec evaluation.Spec, r *evaluation.Report) (map[string][]evaluation.Cell, error) {
	if len(results.Values(r.Catalogue.Items, results.Order)) < 2 {
		return nil, nil
	}
	out := map[string][]evaluation.Cell{}
	for _, o := range []string{"fixed", "random"} {
		s := spec
		s.Filter = results.Filter{results.Order: {o}}
		for k, v := range spec.Filter {
			s.Filter[k] = v
		}
		part, err := evaluation.Of(ctx, r.Catalogue, s, nil, e.progress.report)
		if err != nil {
			return nil, err
		}
		e.say("Blocks in %s order", o)
		printCells(e, part.Cells)
		out[o] = part.Cells
	}
	return out, nil
}

func printReport(e *env, r *evaluation.Report) {
	e.say("%d reconstructions of %d subjects", r.Inputs.Reconstructions, len(r.Inputs.Subjects))
	printCells(e, r.Cells)
	if len(r.Tests) > 0 {
		e.say("Comparisons (p after Holm)")
	}
	for _, t := range r.Tests {
		e.say("  %-70s %-24s %s (Holm: %s)", t.Name, t.Measure, t.APA, stats.PValue(t.PHolm))
	}
	for _, n := range r.Noise {
		e.say("noise ceiling %s %s %-4s %5d voxels: median %.1f %% [quartiles %.1f, %.1f], split-half reliability %.2f", n.Subject, n.Session, n.ROI, n.Ceiling.Voxels, n.Ceiling.Median, n.Ceiling.Lower, n.Ceiling.Upper, n.Reliability.Median)
	}
	for _, n := range r.Notes {
		e.say("note: %s", n)
	}
}

// noise measures the samples of subjects.
func (f *evaluateFlags) noise(ctx context.Context, e *env, seed uint64) ([]evaluation.Noise, error) {
	paths := list(*f.samples)
	if len(paths) == 0 {
		return nil, nil
	}
	eng, err := openEngine(ctx, e, "", &device.Choice{Backend: "cpu"})
	if err != nil {
		return nil, err
	}
	defer eng.Close()
	var subjects []*session.Subject
	for _, p := range paths {
		var all []*session.Subject
		if p == "demo" {
			s, err := eng.Demo(ctx, e.progress.report)
			if err != nil {
				return nil, err
			}
			all = []*session.Subject{s}
		} else if all, err = eng.OpenSubjects(ctx, []string{p}, e.progress.report); err != nil {
			return nil, err
		}
		subjects = append(subjects, all...)
	}
	return evaluation.NoiseOf(ctx, subjects, seed, e.progress.report)
}

func printCells(e *env, cells []evaluation.Cell) {
	way := ""
	for _, c := range cells {
		if c.Subject != "" {
			continue // in the tables
		}
		if w := c.Way.String(); w != way {
			way = w
			e.say("%s", way)
		}
		name := string(c.Measure)
		if c.Task != "" && c.Task != eval.Whole {
			name += ", " + string(c.Task)
		}
		line := fmt.Sprintf("  %-26s %s", name, c.Text())
		if c.Chance > 0 {
			line += fmt.Sprintf(", chance %.3g %%", 100*c.Chance)
		}
		if c.P != nil {
			line += ", " + stats.PValue(*c.P) + " of labels drawn anew"
		}
		e.say("%s", line)
	}
}

func printPublished(e *env) error {
	for _, p := range evaluation.Paper {
		prior := "pixels"
		if p.Prior {
			prior = "generator"
		}
		e.say("%-16s %-10s %-16s %-8s %5.1f %%   %s", p.Condition, prior, p.Measure, p.Task, 100*p.Value, p.Source)
	}
	e.say("Shen, Horikawa, Majima & Kamitani 2017 (bioRxiv 240317), 2019 (PLoS Comput Biol 15: e1006633); VC, DNN1–8, three subjects pooled.")
	return e.result(evaluation.Paper)
}
