package cli

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/export"
	"reverie/app/pipeline"
)

var compareCommand = command{
	name: "compare", args: "A B", short: "two runs of the same reconstructions: do losses and pictures agree?",
	examples: []string{
		"reverie compare results/cpu results/gl --out agreement.png",
		"reverie compare results/cpu results/gl --tolerance 0.01   # exit status 1 where curves differ by more",
		"reverie compare results/cpu results/gl --yardstick results/cpu-exact   # how far do equals differ?",
	},
	run: runCompare,
}

// onePercent is what curves of two devices are usually held to.
const onePercent = 0.01

type comparedRun struct {
	Dir     string   `json:"dir"`
	Backend string   `json:"backend,omitempty"`
	Device  string   `json:"device"`
	Plans   []string `json:"plans,omitempty"` // hashes, of a GPU
	Made    string   `json:"made"`
}

// add takes over what made one part.
func (r *comparedRun) add(rec pipeline.Record) {
	r.Backend, r.Device, r.Made = rec.Backend, rec.Device, rec.Made
	if rec.Plan != nil && !slices.Contains(r.Plans, rec.Plan.Hash) {
		r.Plans = append(r.Plans, rec.Plan.Hash)
	}
}

// String is the device and plan for people.
func (r comparedRun) String() string {
	if len(r.Plans) > 0 {
		return r.Device + ", plan " + strings.Join(r.Plans, ", ")
	}
	return r.Device
}

type comparison struct {
	A         comparedRun      `json:"a"`
	B         comparedRun      `json:"b"`
	Tolerance float64          `json:"tolerance,omitempty"`
	Within    *bool            `json:"within_tolerance,omitempty"`
	Threshold float64          `json:"threshold"` // of first_iteration_beyond_threshold
	Warnings  []string         `json:"warnings"`
	Curve     pipeline.Summary `json:"curve_max_relative"`
	Final     pipeline.Summary `json:"final_loss_relative"`
	// Of the pictures, where both runs have them.
	Correlation    *pipeline.Summary    `json:"pixel_correlation,omitempty"`
	MeanDifference *pipeline.Summary    `json:"mean_absolute_difference,omitempty"`
	Figure         string               `json:"figure,omitempty"`
	Samples        []pipeline.Agreement `json:"samples"`
	Yardstick      *comparison          `json:"yardstick,omitempty"` // A with a third run
}

func runCompare(_ context.Context, e *env, fs *flag.FlagSet, args []string) error {
	out := fs.String("out", "", "`picture` (PNG) to draw: curves, their difference, pictures in pairs")
	tolerance := fs.Float64("tolerance", 0, "largest relative `difference` allowed of the loss curves and of the final losses, like 0.01; 0 does not judge")
	yardstick := fs.String("yardstick", "", "a third `run`, as good as A by any measure: its difference from A tells how much means nothing")
	paths, err := e.parse(fs, args, 2, 2)
	if err != nil {
		return err
	}
	if *tolerance < 0 {
		return usage("--tolerance must not be negative")
	}
	c := comparison{Tolerance: *tolerance, Threshold: onePercent, Warnings: []string{}}
	if *tolerance > 0 {
		c.Threshold = *tolerance
	}
	if err := c.read(paths[0], paths[1]); err != nil {
		return err
	}
	c.summarise()
	if *yardstick != "" {
		c.Yardstick = &comparison{Threshold: c.Threshold, Warnings: []string{}}
		if err := c.Yardstick.read(paths[0], *yardstick); err != nil {
			return err
		}
		c.Yardstick.summarise()
	}
	if *out != "" {
		img, err := c.figure().Draw()
		if err != nil {
			return err
		}
		if err := export.PNG(*out, img); err != nil {
			return err
		}
		c.Figure = *out
	}
	c.print(e)
	if err := e.result(c); err != nil {
		return err
	}
	if c.Within != nil && !*c.Within {
		return fmt.Errorf("the loss curves differ by up to %.3g %%, the final losses by up to %.3g %%, more than %.3g %%", 100*c.Curve.Worst, 100*c.Final.Worst, 100*c.Tolerance)
	}
	return nil
}

// read pairs the runs of two folders, and their samples.
func (c *comparison) read(a, b string) error {
	runsA, err := pipeline.OpenRuns(a)
	if err != nil {
		return err
	}
	runsB, err := pipeline.OpenRuns(b)
	if err != nil {
		return err
	}
	c.A.Dir, c.B.Dir = a, b
	for _, name := range slices.Sorted(maps.Keys(runsA)) {
		ra := runsA[name]
		rb, ok := runsB[name]
		if !ok {
			c.warn("%s has no part %q", b, name)
			continue
		}
		c.A.add(ra.Record)
		c.B.add(rb.Record)
		for _, d := range pipeline.Differing(ra.Record, rb.Record) {
			c.warn("settings differ%s: %s", of(name), d)
		}
		pairs, alone, err := pipeline.CompareRuns(ra, rb, c.Threshold)
		if err != nil {
			return err
		}
		for _, label := range alone {
			c.warn("only one run has the sample %s", filepath.Join(name, label))
		}
		for _, p := range pairs {
			p.Label = filepath.Join(name, p.Label)
			if n := p.Iterations; max(n[0], n[1]) > 2*min(n[0], n[1]) {
				c.warn("%s ended after %d and %d iterations: %s; %s", p.Label, n[0], n[1], p.Reasons[0], p.Reasons[1])
			}
			c.Samples = append(c.Samples, p)
		}
	}
	for name := range runsB {
		if _, ok := runsA[name]; !ok {
			c.warn("%s has no part %q", a, name)
		}
	}
	if len(c.Samples) == 0 {
		return fmt.Errorf("%s and %s have no part in common", a, b)
	}
	return nil
}

func of(part string) string {
	if part == "" {
		return ""
	}
	return " in " + part
}

func (c *comparison) warn(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(c.Warnings, s) {
		c.Warnings = append(c.Warnings, s)
	}
}

func (c *comparison) summarise() {
	var curve, final, correlation, difference []float64
	for _, s := range c.Samples {
		curve, final = append(curve, s.Curve), append(final, s.Final)
		if s.Correlation != nil {
			correlation = append(correlation, *s.Correlation)
		}
		if s.MeanDifference != nil {
			difference = append(difference, *s.MeanDifference)
		}
	}
	c.Curve, c.Final = pipeline.Summarise(curve, false), pipeline.Summarise(final, false)
	if len(correlation) > 0 {
		s := pipeline.Summarise(correlation, true)
		c.Correlation = &s
	}
	if len(difference) > 0 {
		s := pipeline.Summarise(difference, false)
		c.MeanDifference = &s
	}
	if c.Tolerance > 0 {
		// The final losses too: a run that gave up at once has a short curve.
		within := max(c.Curve.Worst, c.Final.Worst) <= c.Tolerance
		c.Within = &within
	}
}

func (c *comparison) print(e *env) {
	e.say("A  %s\n   %s\nB  %s\n   %s\n", c.A.Dir, c.A, c.B.Dir, c.B)
	width := len("sample")
	for _, s := range c.Samples {
		width = max(width, len(s.Label))
	}
	e.say("%-*s  %11s  %12s  %12s  %10s  %8s  %s", width, "sample", "curve, max", "beyond", "final loss", "pixel r", "levels", "iterations")
	for _, s := range c.Samples {
		beyond, r, d := "-", "-", "-"
		if s.Beyond != nil {
			beyond = fmt.Sprintf("%d to %d", *s.Beyond, *s.LastBeyond)
		}
		if s.Correlation != nil {
			r = fmt.Sprintf("%.6f", *s.Correlation)
		}
		if s.MeanDifference != nil {
			d = fmt.Sprintf("%.3f", *s.MeanDifference)
		}
		e.say("%-*s  %9.2g %%  %12s  %10.2g %%  %10s  %8s  %d, %d", width, s.Label, 100*s.Curve, beyond, 100*s.Final, r, d, s.Iterations[0], s.Iterations[1])
	}
	e.say("\n%d samples; relative difference |a−b|/|a| of the loss at common iterations; 'beyond': first and last iteration over %.3g %%", len(c.Samples), 100*c.Threshold)
	c.printOverall(e)
	if y := c.Yardstick; y != nil {
		e.say("\nA with the yardstick, %s\n   %s", y.B.Dir, y.B)
		y.printOverall(e)
	}
	if c.Figure != "" {
		e.say("the figure is %s", c.Figure)
	}
}

func (c *comparison) printOverall(e *env) {
	e.say("loss curve        worst %.2g %%, median %.2g %%", 100*c.Curve.Worst, 100*c.Curve.Median)
	e.say("final loss        worst %.2g %%, median %.2g %%", 100*c.Final.Worst, 100*c.Final.Median)
	if c.Correlation != nil && c.MeanDifference != nil {
		e.say("pixel correlation worst %.6f, median %.6f", c.Correlation.Worst, c.Correlation.Median)
		e.say("mean difference   worst %.3f, median %.3f of 255 levels", c.MeanDifference.Worst, c.MeanDifference.Median)
	}
	for _, w := range c.Warnings {
		e.say("warning: %s", w)
	}
}
