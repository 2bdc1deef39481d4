package engine

import (
	"context"

	"reverie/app/dataset/features"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
)

// stored gives the jobs their features from a store.
func stored(ctx context.Context, m *pipeline.Model, plan session.Plan, layers []string, jobs []pipeline.Job, meter *job.Meter) error {
	store, err := features.OpenGuarded(ctx, plan.Store)
	if err != nil {
		return err
	}
	if len(store.ROIs()) > 0 && plan.ROI != "" {
		if store, err = store.Select(features.Set{ROI: plan.ROI}); err != nil {
			return err
		}
	}
	for i := range jobs {
		meter.Step("read features", i, len(jobs))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if jobs[i].Features, err = m.Stored(store, layers, jobs[i].Label); err != nil {
			return err
		}
	}
	meter.Step("read features", len(jobs), len(jobs))
	return nil
}
