package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"reverie/app/engine"
	"reverie/app/evaluation"
	"reverie/app/export"
	"reverie/app/figure"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/recon"
)

var demoCommand = command{
	name: "demo", short: "the whole way on the built-in simulated subject: a gallery and scores",
	examples: []string{"reverie demo --out results/demo", "reverie demo --images 3 --iterations 50 --json", "reverie demo --full; reverie evaluate results/demo-full --figure all"},
	run:      runDemo,
}

type demoReport struct {
	Out       string `json:"out"`
	Gallery   string `json:"gallery"`
	Simulated bool   `json:"simulated"`
	pipeline.Computed
	Notes   []string                     `json:"notes,omitempty"`
	Seconds map[string]float64           `json:"seconds"`
	Scores  map[string][]evaluation.Cell `json:"scores"`
}

// demoPart is one gallery: whose features, of which session, through the generator or not.
type demoPart struct {
	name    string
	session brain.Session
	source  session.Source
	prior   bool
}

// demoParts are the paper's: natural images with the generator (Fig. 2a) and without (2b), all else without.
var demoParts = []demoPart{
	{"scenes from brain activity, through the generator", brain.NaturalTest, session.Decoded, true},
	{"scenes from brain activity", brain.NaturalTest, session.Decoded, false},
	{"scenes from true features, through the generator", brain.NaturalTest, session.True, true},
	{"scenes from true features", brain.NaturalTest, session.True, false},
	{"shapes from brain activity", brain.Shapes, session.Decoded, false},
	{"letters from brain activity", brain.Letters, session.Decoded, false},
	{"imagined scenes and shapes", brain.Imagery, session.Decoded, false},
}

const demoOut = "results/demo"

func runDemo(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	out := fs.String("out", demoOut, "`folder` for the gallery; with --full results/demo-full")
	full := fs.Bool("full", false, "all reconstructions that the paper's figures need (about an hour on two cores; goes on after an interruption)")
	images := fs.Int("images", 10, "images of each kind")
	iterations := fs.Int("iterations", 200, "iterations of each image")
	roi := fs.String("roi", "VC", "`ROI` to decode from")
	dev := deviceFlags(fs)
	if _, err := e.parse(fs, args, 0, 0); err != nil {
		return err
	}
	if *full && *out == demoOut {
		*out = demoOut + "-full"
	}
	if *images < 2 || *iterations < 1 {
		return usage("--images must be at least 2, --iterations at least 1")
	}
	eng, err := openEngine(ctx, e, "", dev)
	if err != nil {
		return err
	}
	defer eng.Close()
	if *full {
		return demoFull(ctx, e, eng, *out, *iterations)
	}
	rep := demoReport{Out: *out, Simulated: true, Seconds: map[string]float64{}, Scores: map[string][]evaluation.Cell{}}
	start := time.Now()
	s, err := eng.Demo(ctx, e.progress.report)
	if err != nil {
		return err
	}
	rep.Seconds["subject"] = time.Since(start).Seconds()
	e.say("%s (simulated), %d sessions, in %s", s.Name, len(s.Datasets), s.Dir)
	gallery := figure.Montage{Title: "Reverie demo: a simulated subject, features decoded from " + *roi, Size: 112}
	var shown brain.Session
	for _, part := range demoParts {
		if part.prior && len(eng.Priors()) == 0 {
			continue
		}
		began := time.Now()
		pictures, scores, err := runPart(ctx, e, eng, s, part, *roi, *images, *iterations, *out)
		if err != nil {
			return err
		}
		rep.Seconds[part.name] = time.Since(began).Seconds()
		rep.Scores[part.name] = scores.Cells
		e.say("%s (%.0f s)", part.name, time.Since(began).Seconds())
		printCells(e, scores.Cells)
		addRows(&gallery, part, shown, pictures)
		shown = part.session
	}
	gallery.Notes = []string{"Simulated: pictures drawn and samples computed by the program; the network and its generator are small ones, trained on other scenes. r is the pixel correlation with the original."}
	img, err := gallery.Draw()
	if err != nil {
		return err
	}
	rep.Gallery = filepath.Join(*out, "gallery.png")
	if err := export.PNG(rep.Gallery, img); err != nil {
		return err
	}
	rep.Computed, rep.Notes = eng.Computed(), eng.Backend().Notes()
	rep.Seconds["all"] = time.Since(start).Seconds()
	if err := export.JSON(filepath.Join(*out, "demo.json"), rep); err != nil {
		return err
	}
	e.say("done in %.0f s; the gallery is %s, all pictures are in %s", rep.Seconds["all"], rep.Gallery, *out)
	return e.result(rep)
}

func runPart(ctx context.Context, e *env, eng *engine.Engine, s *session.Subject, part demoPart, roi string, images, iterations int, out string) ([]pipeline.Picture, *evaluation.Report, error) {
	name := part.name
	stimuli, err := pick(s, part.session, nil)
	if err != nil {
		return nil, nil, err
	}
	stimuli = spread(stimuli, images)
	opt, err := recon.DefaultsFor(recon.Paper, part.prior)
	if err != nil {
		return nil, nil, err
	}
	opt.Iterations = iterations
	plan := session.Plan{Stimuli: stimuli, ROI: roi, Source: part.source, Options: opt}
	if part.prior {
		plan.Prior = eng.Priors()[0].ID // the demo's network has one
	}
	pictures, rec, runErr := eng.Run(ctx, s, plan, nil, nil, func(p job.Progress) {
		p.Stage = name + ": " + p.Stage
		e.progress.report(p)
	})
	if runErr != nil && (!errors.Is(runErr, context.Canceled) || len(pictures) == 0) {
		return nil, nil, fmt.Errorf("%s: %w", name, runErr)
	}
	dir := filepath.Join(out, export.Name(name))
	if _, err := pipeline.Save(dir, eng.Model(), name+" (simulated subject)", pictures, rec); err != nil {
		return nil, nil, err
	}
	if runErr != nil {
		return nil, nil, runErr
	}
	spec := evaluation.Default(dir)
	spec.Shuffles = 0
	scores, err := evaluation.Evaluate(ctx, spec, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	return pictures, scores, scores.Save(dir, nil)
}

// spread takes n of all, evenly over their order.
func spread[T any](all []T, n int) []T {
	if n >= len(all) {
		return all
	}
	out := make([]T, n)
	for i := range out {
		out[i] = all[i*len(all)/n]
	}
	return out
}

// addRows sets reconstructions below the originals, which stand there already where the part before had the same.
func addRows(g *figure.Montage, part demoPart, shown brain.Session, pictures []pipeline.Picture) {
	original, made := figure.Row{Name: "seen"}, figure.Row{Name: part.name}
	if part.session == brain.Imagery {
		original.Name = "imagined"
	}
	for _, p := range pictures {
		c := figure.Cell{}
		if p.Picture != nil {
			c.Image = p.Picture
		}
		if !math.IsNaN(p.Correlation) {
			c.Caption = fmt.Sprintf("r = %.2f", p.Correlation)
		}
		made.Cells = append(made.Cells, c)
		if p.Original != nil {
			original.Cells = append(original.Cells, figure.Cell{Image: p.Original})
		}
	}
	if part.session != shown {
		g.Rows = append(g.Rows, original)
	}
	g.Rows = append(g.Rows, made)
}
