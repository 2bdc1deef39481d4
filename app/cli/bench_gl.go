package cli

import (
	"context"
	"fmt"
	"time"

	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/compute"
	"reverie/compute/gl"
)

// glRow is what one batch size took on a GPU.
type glRow struct {
	Batch    int         `json:"batch"`
	Evaluate seconds     `json:"evaluate_s_per_image"`
	Compile  float64     `json:"compile_s"` // planning, shaders, weights
	First    float64     `json:"first_evaluation_s"`
	Program  uint64      `json:"program_bytes"`
	Plan     string      `json:"plan"`
	Hash     string      `json:"plan_hash"`
	Kernels  []kernelRow `json:"kernels,omitempty"`
}

type tunedRow struct {
	Shape    string   `json:"convolution"`
	Choice   string   `json:"choice"`
	Seconds  float64  `json:"seconds"`
	Before   float64  `json:"seconds_before"`
	Error    float64  `json:"error"`
	Tried    int      `json:"ways_tried"`
	Rejected []string `json:"rejected,omitempty"`
}

type glReport struct {
	Backend     string     `json:"backend"`
	Device      string     `json:"device"`
	Network     string     `json:"network"`
	Exact       bool       `json:"exact"`
	Plan        string     `json:"plan"` // of the first batch size
	Tuned       []tunedRow `json:"tuned,omitempty"`
	Rows        []glRow    `json:"results"`
	Evaluations int        `json:"evaluations,omitempty"` // with --many: one image, one after the other
	Seconds     float64    `json:"evaluations_s,omitempty"`
}

type glBench struct {
	options gl.Options
	model   *pipeline.Model
	batches []int
	repeats int
	tune    bool
	kernels bool
	many    int
}

func (o glBench) run(ctx context.Context, e *env) error {
	b, err := gl.Open(o.options)
	if err != nil {
		return wrongDevice(o.options.Device, err)
	}
	defer b.Close()
	rep := glReport{Backend: b.Name(), Device: b.Device(), Network: o.model.Net.Name, Exact: o.options.Exact}
	e.say("%s, %d layers\n%s", o.model.Net.Name, len(o.model.Net.Layers()), rep.Device)
	if o.tune {
		e.say("\n%-52s %10s %10s  %s", "convolution", "before ms", "after ms", "way")
		for _, n := range o.batches {
			if err := rep.tune(ctx, e, b, o.spec(n)); err != nil {
				return err
			}
		}
	}
	e.say("\n%5s  %12s  %12s  %9s  %9s  %s", "batch", "s per image", "median", "compile s", "MB", "plan")
	for _, n := range o.batches {
		row, err := o.time(ctx, b, n)
		if err != nil {
			return err
		}
		e.say("%5d  %12.5f  %12.5f  %9.2f  %9d  %s", n, row.Evaluate.Min, row.Evaluate.Median, row.Compile, row.Program>>20, row.Plan)
		rep.Rows = append(rep.Rows, row)
	}
	rep.Plan = rep.Rows[0].Plan
	for _, r := range rep.Rows {
		if r.Kernels != nil {
			printKernels(e, r.Kernels)
		}
	}
	if o.many > 0 {
		if err := o.timeMany(ctx, b, &rep); err != nil {
			return err
		}
		e.say("\n%d evaluations of one image: %.3f s", rep.Evaluations, rep.Seconds)
	}
	return e.result(rep)
}

func (o glBench) spec(batch int) compute.Spec {
	return compute.Spec{Net: o.model.Net, Weights: o.model.Weights, Batch: batch, Layers: o.model.Net.Layers(), Gradient: true}
}

func (rep *glReport) tune(ctx context.Context, e *env, b *gl.Backend, spec compute.Spec) error {
	meter := job.NewMeter(e.progress.report)
	stage := fmt.Sprintf("tune, batch of %d", spec.Batch)
	meter.Step(stage, 0, 0)
	_, err := b.Tune(ctx, spec, func(done, total int, t gl.Tuned) {
		r := tunedRow{t.Shape.String(), t.Choice.String(), t.Seconds, t.Before, t.Error, t.Tried, t.Rejected}
		rep.Tuned = append(rep.Tuned, r)
		e.say("%-52s %10.3f %10.3f  %s", r.Shape, 1e3*r.Before, 1e3*r.Seconds, r.Choice)
		for _, no := range r.Rejected {
			e.say("%52s rejected: %s", "", no)
		}
		meter.Step(stage, done, total)
	})
	return err
}

func (o glBench) time(ctx context.Context, b compute.Backend, batch int) (glRow, error) {
	row := glRow{Batch: batch}
	begun := time.Now()
	p, err := b.Compile(o.spec(batch))
	if err != nil {
		return row, err
	}
	defer p.Close()
	row.Compile = time.Since(begun).Seconds()
	evaluate, slots, err := prepareEvaluation(ctx, p, o.model, batch)
	if err != nil {
		return row, err
	}
	begun = time.Now()
	if err := evaluate(); err != nil {
		return row, err
	}
	row.First = time.Since(begun).Seconds()
	if row.Evaluate, err = measure(ctx, batch, o.repeats, evaluate); err != nil {
		return row, err
	}
	if plan, ok := p.(compute.Planner); ok {
		row.Plan, row.Hash, row.Program = plan.Plan().Summary, plan.Plan().Hash, plan.Plan().Memory
	}
	if o.kernels {
		row.Kernels, err = kernelTable(ctx, p, slots, min(o.repeats, 5))
	}
	return row, err
}

// timeMany times evaluations of one image one after the other, as a reconstruction makes them.
func (o glBench) timeMany(ctx context.Context, b compute.Backend, rep *glReport) error {
	p, err := b.Compile(o.spec(1))
	if err != nil {
		return err
	}
	defer p.Close()
	evaluate, _, err := prepareEvaluation(ctx, p, o.model, 1)
	if err != nil {
		return err
	}
	for range 3 { // until the driver has compiled and the pieces are cut to its speed
		if err := evaluate(); err != nil {
			return err
		}
	}
	begun := time.Now()
	for range o.many {
		if err := evaluate(); err != nil {
			return err
		}
	}
	rep.Evaluations, rep.Seconds = o.many, time.Since(begun).Seconds()
	return nil
}
