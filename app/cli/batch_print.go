package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"reverie/app/batch"
	"reverie/app/engine"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
)

// batchRecord is what batch prints with --json.
type batchRecord struct {
	Out     string               `json:"out"`
	Images  int                  `json:"images"`
	Made    int                  `json:"made"` // in this run
	Groups  []session.BatchGroup `json:"groups"`
	Failed  []string             `json:"failed,omitempty"` // images that ended in an error
	Seconds float64              `json:"seconds"`
	pipeline.Computed
	Notes []string `json:"notes,omitempty"`
}

// workBatch makes a batch and prints what came of it.
func workBatch(ctx context.Context, e *env, eng *engine.Engine, spec session.BatchSpec, out string, overwrite bool) error {
	rec, err := makeBatch(ctx, e, eng, spec, out, overwrite, e.progress.report)
	if err != nil {
		return err
	}
	return e.result(rec)
}

// makeBatch makes what is missing of a batch.
func makeBatch(ctx context.Context, e *env, eng *engine.Engine, spec session.BatchSpec, out string, overwrite bool, report job.Reporter) (batchRecord, error) {
	begun := time.Now()
	rec := batchRecord{Out: out}
	at := map[string]int{}
	err := eng.RunBatch(ctx, spec, out, overwrite, nil, func(u session.BatchUpdate) {
		rec.Images = u.Images
		i, seen := at[u.Group.Path]
		if !seen {
			i = len(rec.Groups)
			at[u.Group.Path] = i
			rec.Groups = append(rec.Groups, u.Group)
		}
		rec.Groups[i] = u.Group
		for _, p := range u.Finished {
			rec.Made++
			if p.Problem != "" {
				rec.Failed = append(rec.Failed, u.Group.Path+"/"+p.Label+": "+p.Problem)
				e.progress.note(rec.Failed[len(rec.Failed)-1])
			}
		}
		if n := len(u.Finished); n > 0 && u.Group.Done == u.Group.Images {
			e.say("  %s", groupText(u.Group))
		}
	}, report)
	var other *batch.DifferentError
	switch {
	case errors.As(err, &other):
		return rec, fmt.Errorf("%w: use --overwrite for that", err)
	case errors.Is(err, context.Canceled):
		e.progress.note("To go on, give the same command again.")
		return rec, err
	case err != nil:
		return rec, err
	}
	rec.Seconds, rec.Computed, rec.Notes = time.Since(begun).Seconds(), eng.Computed(), eng.Backend().Notes()
	if rec.Made == 0 {
		e.say("nothing to do: all %d images are in %s", rec.Images, out)
	} else {
		e.say("%d images, %d made now, in %s (%s)", rec.Images, rec.Made, out, time.Since(begun).Round(100*time.Millisecond))
	}
	return rec, nil
}

func groupText(g session.BatchGroup) string {
	way := "pixels"
	if g.Prior {
		way = "prior"
	}
	return fmt.Sprintf("%-10s %-20s %-8s %-12s %-7s %4d of %d images   %s", g.Subject, g.Session, g.ROI, g.Layers, way, g.Done, g.Images, g.Path)
}

// batchEstimate is what batch --estimate prints with --json.
type batchEstimate struct {
	Images      int                  `json:"images"`
	Done        int                  `json:"done"`
	Evaluations int                  `json:"evaluations"`
	Batch       int                  `json:"images_together"`
	Seconds     float64              `json:"seconds"`
	Memory      int64                `json:"memory_bytes"`
	Device      int64                `json:"device_bytes,omitempty"`
	Disk        int64                `json:"disk_bytes"`
	Cache       int64                `json:"features_bytes"`
	Free        int64                `json:"free_bytes"`
	Groups      []session.BatchGroup `json:"groups"`
	Notes       []string             `json:"notes,omitempty"`
}

func estimateBatch(ctx context.Context, e *env, eng *engine.Engine, spec session.BatchSpec, out string) error {
	x, err := eng.EstimateBatch(ctx, spec, out, e.progress.report)
	if err != nil {
		return err
	}
	for _, g := range x.Groups {
		e.say("  %s", groupText(g))
	}
	e.say("%d images, %d of them there already; %d evaluations, %d images together", x.Images, x.Done, x.Evaluations, x.Batch)
	gpu := ""
	if x.Device > 0 {
		gpu = fmt.Sprintf(" and %s of the GPU's", gigabytes(x.Device))
	}
	e.say("about %s, %s of memory%s, %s on disk and %s more for decoded features on the way (%s free)", x.Time.Round(time.Second),
		gigabytes(x.Memory), gpu, gigabytes(x.Disk), gigabytes(x.Cache), gigabytes(x.Free))
	if x.Free >= 0 && x.Disk+x.Cache > x.Free {
		x.Notes = append(x.Notes, "The disk is too small: choose another folder, or fewer images, regions or snapshots.")
	}
	for _, n := range x.Notes {
		e.say("note: %s", n)
	}
	return e.result(batchEstimate{x.Images, x.Done, x.Evaluations, x.Batch, x.Time.Seconds(), x.Memory, x.Device, x.Disk, x.Cache, x.Free, x.Groups, x.Notes})
}
