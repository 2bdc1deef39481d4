package engine

import (
	"context"
	"fmt"
	"os"
	"strings"

	"reverie/app/batch"
	"reverie/app/dataset/features"
	"reverie/app/intake"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/decode"
)

// EstimateBatch tells what a batch will take (session.Batcher).
func (e *Engine) EstimateBatch(ctx context.Context, spec session.BatchSpec, out string, report job.Reporter) (session.BatchEstimate, error) {
	var x session.BatchEstimate
	err := e.withBatch(ctx, spec, out, report, func(j *batch.Job) (err error) {
		x, err = j.Estimate(ctx, report)
		return err
	})
	return x, err
}

// RunBatch reconstructs what is missing of a batch (session.Batcher).
func (e *Engine) RunBatch(ctx context.Context, spec session.BatchSpec, out string, overwrite bool, gate *job.Gate, update func(session.BatchUpdate), report job.Reporter) error {
	return e.withBatch(ctx, spec, out, report, func(j *batch.Job) error { return j.Run(ctx, overwrite, gate, update, report) })
}

// withBatch opens what a batch names and keeps the device for it.
func (e *Engine) withBatch(ctx context.Context, spec session.BatchSpec, out string, report job.Reporter, do func(*batch.Job) error) error {
	if err := e.wait(ctx); err != nil {
		return err
	}
	if err := batch.Check(spec); err != nil {
		return err
	}
	id := e.Model().ID()
	if spec.Network == "" {
		spec.Network = id
	}
	if spec.Network != id {
		return fmt.Errorf("batch: it is for the network %s, %s is in use: choose that first", spec.Network, id)
	}
	subjects, err := e.OpenBatch(ctx, spec, report)
	if err != nil {
		return err
	}
	e.one.Lock()
	defer e.one.Unlock()
	e.run.RLock()
	defer e.run.RUnlock()
	h := &batchHost{e: e, spec: spec, meter: job.NewMeter(report), known: map[bool]decode.Reference{false: {}, true: {}}}
	if h.generator, err = e.batchPrior(ctx, spec, h.meter); err != nil {
		return err
	}
	if spec.Source == session.Stored {
		if h.store, err = features.OpenGuarded(ctx, spec.Store); err != nil {
			return err
		}
	}
	j, err := batch.New(ctx, spec, subjects, h, out)
	if err != nil {
		return err
	}
	return do(j)
}

// OpenBatch opens the subjects of a batch. Paths that go together may hold several persons' files.
func (e *Engine) OpenBatch(ctx context.Context, spec session.BatchSpec, report job.Reporter) ([]*session.Subject, error) {
	var out []*session.Subject
	for _, b := range spec.Subjects {
		if b.Demo {
			s, err := e.Demo(ctx, report)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
			continue
		}
		s, err := e.OpenSubjects(ctx, b.Paths, report)
		if err != nil {
			return nil, fmt.Errorf("subject %s: %w", strings.Join(b.Paths, ", "), err)
		}
		out = append(out, s...)
	}
	for _, s := range out {
		s.DropRepetitions = spec.DropRepetitions
	}
	return out, nil
}

// batchPrior is the generator that a batch asks for; nil where it takes none, or takes one only where there is one.
func (e *Engine) batchPrior(ctx context.Context, spec session.BatchSpec, meter *job.Meter) (*pipeline.Prior, error) {
	id := spec.Generator
	if spec.Prior == session.PriorOff {
		return nil, nil
	}
	if id == "" {
		list := e.Priors()
		if len(list) == 0 {
			return nil, nil
		}
		id = list[0].ID
	}
	return e.prior(ctx, id, spec.Bounds, meter)
}

// BatchSubjects groups paths by what is opened together: each folder with a subject's data is a subject of its own,
// files of subjects go together and are told apart by their names. Paths without such data, as pictures, go with each.
func BatchSubjects(ctx context.Context, paths []string) ([]session.BatchSubject, error) {
	var folders [][]string
	var files, shared []string
	for _, p := range paths {
		items, err := intake.Sort(ctx, []string{p}, func(string, int) {})
		if err != nil {
			return nil, err
		}
		holds := false
		for _, i := range items {
			holds = holds || i.Kind == intake.Subject || i.Kind == intake.Figures
		}
		st, err := os.Stat(p)
		switch {
		case err != nil:
			return nil, err
		case !holds:
			shared = append(shared, p)
		case st.IsDir():
			folders = append(folders, []string{p})
		default:
			files = append(files, p)
		}
	}
	if len(files) > 0 {
		folders = append(folders, files)
	}
	if len(folders) == 0 && len(shared) > 0 { // pictures alone: reconstructed from their own features
		folders, shared = [][]string{shared}, nil
	}
	var out []session.BatchSubject
	for _, f := range folders {
		out = append(out, session.BatchSubject{Paths: append(f, shared...)})
	}
	return out, nil
}
