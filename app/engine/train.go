package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"reverie/app/job"
	"reverie/app/session"
	"reverie/app/subject"
	"reverie/app/train"
	"reverie/compute/brain"
	"reverie/compute/decode/l2"
)

// Train carries out a plan (session.Trainer).
func (e *Engine) Train(ctx context.Context, s *session.Subject, plan session.TrainPlan, gate *job.Gate, update func(session.TrainUpdate), report job.Reporter) error {
	return e.TrainSubjects(ctx, []*session.Subject{s}, plan, gate, update, report)
}

// TrainSubjects is Train for several subjects at a time, who share the features.
func (e *Engine) TrainSubjects(ctx context.Context, subjects []*session.Subject, plan session.TrainPlan, gate *job.Gate, update func(session.TrainUpdate), report job.Reporter) error {
	if err := e.wait(ctx); err != nil {
		return err
	}
	e.run.RLock()
	defer e.run.RUnlock()
	meter := job.NewMeter(report)
	meter.Step("look at the subject", 0, 0)
	t, err := e.training(ctx, subjects, plan)
	if err != nil {
		return err
	}
	return t.Run(ctx, gate, func(u train.Update) {
		out := session.TrainUpdate{Path: u.Store.Path(), PerSecond: u.Rate,
			Part: session.TrainPart{Subject: u.Data.Subject, Layer: u.Layer.Name, ROI: u.Data.ROI, Fold: u.Data.Fold, Units: u.Layer.Units(), Done: u.Done, Voxels: u.Store.Voxels}}
		if u.Done == u.Layer.Units() {
			// What was read back is shown; training goes on without it.
			out.Accuracy, _ = accuracy(ctx, u.Store)
		}
		update(out)
	}, meter.Step)
}

// EstimateTraining tells what a plan will take (session.Trainer).
func (e *Engine) EstimateTraining(ctx context.Context, s *session.Subject, plan session.TrainPlan) (session.TrainEstimate, error) {
	return e.EstimateSubjects(ctx, []*session.Subject{s}, plan)
}

// EstimateSubjects is EstimateTraining for several subjects.
func (e *Engine) EstimateSubjects(ctx context.Context, subjects []*session.Subject, plan session.TrainPlan) (session.TrainEstimate, error) {
	t, err := e.training(ctx, subjects, plan)
	if err != nil {
		return session.TrainEstimate{}, err
	}
	x, err := t.Job.Estimate(ctx, t.sizes)
	if err != nil {
		return session.TrainEstimate{}, err
	}
	out := session.TrainEstimate{Time: x.Time, Memory: x.Memory, Disk: x.Disk, Free: x.Free, Notes: t.notes}
	for _, p := range x.Parts {
		out.Parts = append(out.Parts, session.TrainPart{Subject: p.Data.Subject, Layer: p.Layer.Name, ROI: p.Data.ROI, Fold: p.Data.Fold,
			Units: p.InThisPart, Done: p.Trained, Voxels: p.Voxels})
	}
	if x.Memory > t.Options.Memory {
		out.Notes = append(out.Notes, fmt.Sprintf("It needs about %d MB, more than the %d MB that are allowed: allow more, or choose a smaller region.", x.Memory>>20, t.Options.Memory>>20))
	}
	return out, nil
}

// TrainingNotes is what there is to know about a plan before it starts.
func (e *Engine) TrainingNotes(ctx context.Context, subjects []*session.Subject, plan session.TrainPlan) ([]string, error) {
	t, err := e.training(ctx, subjects, plan)
	if err != nil {
		return nil, err
	}
	return t.notes, nil
}

// Left gives what counts the missing files of a shard, for those who have a plan trained elsewhere.
func (e *Engine) Left(ctx context.Context, subjects []*session.Subject, plan session.TrainPlan) (func(shard int) (int, error), error) {
	t, err := e.training(ctx, subjects, plan)
	if err != nil {
		return nil, err
	}
	return func(shard int) (int, error) {
		j := t.Job
		j.Shard, j.Shards = shard, plan.Shards
		return j.Left()
	}, nil
}

// training is a plan made ready.
type training struct {
	train.Job
	sizes []train.Size
	notes []string
	kept  kept
}

func (e *Engine) training(ctx context.Context, subjects []*session.Subject, plan session.TrainPlan) (*training, error) {
	t := &training{Job: train.Job{Root: plan.Out, Shard: plan.Shard, Shards: plan.Shards, Alone: plan.Shards <= 1}}
	var err error
	if t.Options, err = trainOptions(plan); err != nil {
		return nil, err
	}
	if slices.Contains(subjects, nil) || len(subjects) == 0 {
		return nil, errNoTraining
	}
	has, err := e.learnt(ctx, subjects, plan, t)
	if err != nil {
		return nil, err
	}
	for _, s := range subjects {
		d := trainingSession(s, plan.Session)
		if d == nil || len(d.Files) == 0 {
			name := plan.Session
			if name == "" {
				name = brain.NaturalTraining
			}
			return nil, fmt.Errorf("subject %s has no session %q to train on: it has %v", s.Name, name, sessions(s))
		}
		if s.Caution != "" {
			t.notes = append(t.notes, s.Caution)
		}
		if d.Session == subject.FigureImages && plan.CV == "" {
			t.notes = append(t.notes, "Trained on all runs, there is nothing left to test on: leave runs out with the key Run.")
		}
		if err := e.data(ctx, s, d, plan, t, has); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func trainingSession(s *session.Subject, name brain.Session) *session.Dataset {
	if name != "" {
		return dataset(s, name)
	}
	if d := dataset(s, brain.NaturalTraining); d != nil {
		return d
	}
	return figures(s)
}

func sessions(s *session.Subject) (names []string) {
	for _, d := range s.Datasets {
		names = append(names, string(d.Session))
	}
	return names
}

func trainOptions(p session.TrainPlan) (train.Options, error) {
	o := train.Options{Method: p.Method, Voxels: p.Voxels, Alpha: p.Alpha, FreeBias: p.FreeBias, Spatial: l2.Spatial(p.Spatial),
		Iterations: p.Iterations, Absolute: p.Absolute, Memory: p.Memory, Workers: p.Workers}
	var err error
	if o.Precision, err = choice(train.Precisions, p.Precision, "precision", "mixed"); err != nil {
		return o, err
	}
	if o.Mode, err = choice(train.Modes, p.Mode, "mode", "lab"); err != nil {
		return o, err
	}
	o.Prune, err = choice(train.Prunes, p.Prune, "pruning rule", "variance")
	return o, err
}

func choice[T any](of map[string]T, name, what, usual string) (T, error) {
	if name == "" {
		name = usual
	}
	v, ok := of[name]
	if !ok {
		var names []string
		for n := range of {
			names = append(names, n)
		}
		slices.Sort(names)
		return v, fmt.Errorf("train: no %s %q: use %s", what, name, strings.Join(names, ", "))
	}
	return v, nil
}
