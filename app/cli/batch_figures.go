package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"reverie/app/batch"
	"reverie/app/engine"
	"reverie/app/export"
	"reverie/app/job"
	"reverie/app/session"
	"reverie/compute/recon"
)

// figuresRecord is what batch --figures and demo --full print with --json, and leave as figures.json.
type figuresRecord struct {
	Out     string                 `json:"out"`
	Images  int                    `json:"images"`
	Made    int                    `json:"made"` // in this run
	Seconds float64                `json:"seconds"`
	Parts   map[string]batchRecord `json:"parts"`
	Notes   []string               `json:"notes,omitempty"`
}

// figureBatches makes the batches that the paper's figures are drawn from, each in a folder of its own.
func figureBatches(ctx context.Context, e *env, eng *engine.Engine, base session.BatchSpec, out string, overwrite, estimate bool) error {
	subjects, err := eng.OpenBatch(ctx, base, e.progress.report)
	if err != nil {
		return err
	}
	parts, notes := batch.ForFigures(base, subjects)
	if len(parts) == 0 {
		return fmt.Errorf("batch: nothing of the paper's figures can be made: %v", notes)
	}
	for _, n := range notes {
		e.say("note: %s", n)
	}
	if estimate {
		return estimateParts(ctx, e, eng, parts, out)
	}
	begun := time.Now()
	rec := figuresRecord{Out: out, Parts: map[string]batchRecord{}, Notes: notes}
	for i, p := range parts {
		e.say("%d of %d: %s", i+1, len(parts), p.Name)
		r, err := makeBatch(ctx, e, eng, p.Spec, filepath.Join(out, p.Dir), overwrite, func(x job.Progress) {
			x.Stage = fmt.Sprintf("%d of %d, %s", i+1, len(parts), x.Stage)
			e.progress.report(x)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		rec.Parts[p.Dir] = r
		rec.Images, rec.Made = rec.Images+r.Images, rec.Made+r.Made
	}
	rec.Seconds = time.Since(begun).Seconds()
	if rec.Made > 0 {
		if err := export.JSON(filepath.Join(out, "figures.json"), rec); err != nil {
			return err
		}
	}
	e.say("%d images, %d made now, in %s (%s). Next: reverie evaluate %s --figure all", rec.Images, rec.Made, out, time.Since(begun).Round(time.Second), out)
	return e.result(rec)
}

// estimateParts tells what several batches will take.
func estimateParts(ctx context.Context, e *env, eng *engine.Engine, parts []batch.Part, out string) error {
	var sum batchEstimate
	var all time.Duration
	for _, p := range parts {
		x, err := eng.EstimateBatch(ctx, p.Spec, filepath.Join(out, p.Dir), e.progress.report)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		e.say("%-62s %4d images, about %s", p.Name, x.Images-x.Done, x.Time.Round(time.Second))
		all += x.Time
		sum.Images, sum.Done, sum.Evaluations = sum.Images+x.Images, sum.Done+x.Done, sum.Evaluations+x.Evaluations
		sum.Disk, sum.Free = sum.Disk+x.Disk, x.Free
		sum.Memory, sum.Device, sum.Cache = max(sum.Memory, x.Memory), max(sum.Device, x.Device), max(sum.Cache, x.Cache)
		sum.Groups = append(sum.Groups, x.Groups...)
	}
	sum.Seconds = all.Seconds()
	e.say("%d images, %d of them there already: about %s, %s of memory at most, %s on disk", sum.Images, sum.Done, all.Round(time.Second), gigabytes(sum.Memory), gigabytes(sum.Disk))
	return e.result(sum)
}

// demoFull makes the reconstructions of all figures of the built-in subject.
func demoFull(ctx context.Context, e *env, eng *engine.Engine, out string, iterations int) error {
	base := session.BatchSpec{Version: batch.Version, Network: eng.Model().ID(), Subjects: []session.BatchSubject{{Demo: true}},
		Prior: session.PriorAuto, Snapshots: "none", Layouts: []string{session.LayoutOurs}, Memory: batch.DefaultMemory}
	for prior, opt := range map[bool]*recon.Options{false: &base.Pixels, true: &base.Latent} {
		d, err := recon.DefaultsFor(recon.Paper, prior)
		if err != nil {
			return err
		}
		d.Iterations = iterations
		*opt = d
	}
	return figureBatches(ctx, e, eng, base, out, false, false)
}
