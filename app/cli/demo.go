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
	examples: []string{"reverie demo --out results/demo", "reverie demo --images 3 --iterations 50 --json"},
	run:      runDemo,
}

type demoReport struct {
	Out       string `json:"out"`
	Gallery   string `json:"gallery"`
	Simulated bool   `json:"simulated"`
	pipeline.Computed
	Notes   []string                    `json:"notes,omitempty"`
	Seconds map[string]float64          `json:"seconds"`
	Scores  map[string]*pipeline.Scores `json:"scores"`
}

// demoParts are the galleries: whose features, of which session.
var demoParts = []struct {
	name    string
	session brain.Session
	source  session.Source
}{
	{"scenes from brain activity", brain.NaturalTest, session.Decoded},
	{"scenes from true features", brain.NaturalTest, session.True},
	{"shapes from brain activity", brain.Shapes, session.Decoded},
	{"letters from brain activity", brain.Letters, session.Decoded},
}

func runDemo(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	out := fs.String("out", "results/demo", "`folder` for the gallery")
	images := fs.Int("images", 10, "images of each kind")
	iterations := fs.Int("iterations", 200, "iterations of each image")
	roi := fs.String("roi", "VC", "`ROI` to decode from")
	dev := deviceFlags(fs)
	if _, err := e.parse(fs, args, 0, 0); err != nil {
		return err
	}
	if *images < 2 || *iterations < 1 {
		return usage("--images must be at least 2, --iterations at least 1")
	}
	eng, err := openEngine(ctx, e, "", dev)
	if err != nil {
		return err
	}
	defer eng.Close()
	rep := demoReport{Out: *out, Simulated: true, Seconds: map[string]float64{}, Scores: map[string]*pipeline.Scores{}}
	start := time.Now()
	s, err := eng.Demo(ctx, e.progress.report)
	if err != nil {
		return err
	}
	rep.Seconds["subject"] = time.Since(start).Seconds()
	e.say("%s (simulated), %d sessions, in %s", s.Name, len(s.Datasets), s.Dir)
	gallery := figure.Montage{Title: "Reverie demo: a simulated subject, features decoded from " + *roi, Size: 112}
	for _, part := range demoParts {
		began := time.Now()
		pictures, scores, err := runPart(ctx, e, eng, s, part.name, part.session, part.source, *roi, *images, *iterations, *out)
		if err != nil {
			return err
		}
		rep.Seconds[part.name] = time.Since(began).Seconds()
		rep.Scores[part.name] = scores
		e.say("%s (%.0f s)", part.name, time.Since(began).Seconds())
		printScores(e, scores)
		addRows(&gallery, part.name, part.source, pictures)
	}
	gallery.Notes = []string{"Simulated: pictures drawn and samples computed by the program; the network is random, not trained. r is the pixel correlation with the original."}
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

func runPart(ctx context.Context, e *env, eng *engine.Engine, s *session.Subject, name string, kind brain.Session, source session.Source, roi string, images, iterations int, out string) ([]pipeline.Picture, *pipeline.Scores, error) {
	stimuli, err := pick(s, kind, nil)
	if err != nil {
		return nil, nil, err
	}
	stimuli = spread(stimuli, images)
	opt, err := recon.Defaults(recon.Paper)
	if err != nil {
		return nil, nil, err
	}
	opt.Iterations = iterations
	plan := session.Plan{Stimuli: stimuli, ROI: roi, Source: source, Options: opt}
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
	_, pairs, _, err := pipeline.ReadPairs(dir)
	if err != nil {
		return nil, nil, err
	}
	scores, err := pipeline.Evaluate(pairs)
	if err != nil {
		return nil, nil, err
	}
	return pictures, scores, writeScores(filepath.Join(dir, "scores"), scores)
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

func addRows(g *figure.Montage, name string, source session.Source, pictures []pipeline.Picture) {
	original, made := figure.Row{Name: "seen"}, figure.Row{Name: name}
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
	if source == session.Decoded { // the true-feature row stands below the same originals
		g.Rows = append(g.Rows, original)
	}
	g.Rows = append(g.Rows, made)
}
