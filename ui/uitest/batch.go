package uitest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"reverie/app/job"
	"reverie/app/session"
	"reverie/compute/brain"
)

// Batching is how Engine makes batches. The zero value is quick and never fails.
type Batching struct {
	Delay       time.Duration // of an image
	Step        chan struct{} // where not nil, an image waits to receive from it
	EstimateErr error         // what EstimateBatch fails with
	Err         error         // what RunBatch fails with, unless it may overwrite
	FailAt      int           // the image that fails the batch, from 1; 0 never
	There       int           // images that are there already
	Most        int           // images of a group; 0 is all
}

func (e *Engine) batchGroups(spec session.BatchSpec) (groups []session.BatchGroup, labels [][]session.Stimulus) {
	s, _ := e.Demo(context.Background(), nil)
	there := e.Batching.There
	rois := spec.ROIs
	if len(rois) == 0 {
		rois = []string{""}
	}
	for i := range spec.Subjects {
		for _, k := range spec.Sessions {
			for _, r := range rois {
				for _, l := range spec.LayerSets {
					for _, prior := range []bool{true, false} {
						if spec.Prior != session.PriorBoth && prior != (spec.Prior == session.PriorOn || spec.Prior == session.PriorAuto && k == brain.NaturalTest) {
							continue
						}
						g := session.BatchGroup{Subject: s.Name, Session: k, ROI: r, Layers: l, Prior: prior}
						if i > 0 {
							g.Subject = fmt.Sprintf("%s-%d", s.Name, i+1)
						}
						var list []session.Stimulus
						for _, d := range s.Datasets {
							if d.Session == k {
								list = d.Stimuli
							}
						}
						if m := e.Batching.Most; m > 0 && len(list) > m {
							list = list[:m]
						}
						g.Images = len(list)
						g.Done = min(there, g.Images)
						there -= g.Done
						g.Path = fmt.Sprintf("%s/%s/%s/%v/%s", g.Subject, r, l, prior, k)
						groups, labels = append(groups, g), append(labels, list)
					}
				}
			}
		}
	}
	return groups, labels
}

// EstimateBatch implements session.Batcher.
func (e *Engine) EstimateBatch(_ context.Context, spec session.BatchSpec, _ string, _ job.Reporter) (session.BatchEstimate, error) {
	if e.Batching.EstimateErr != nil {
		return session.BatchEstimate{}, e.Batching.EstimateErr
	}
	x := session.BatchEstimate{Batch: 10, Memory: 383 << 20, Free: 1 << 40}
	x.Groups, _ = e.batchGroups(spec)
	for _, g := range x.Groups {
		x.Images, x.Done = x.Images+g.Images, x.Done+g.Done
	}
	left := x.Images - x.Done
	x.Evaluations = left * spec.Pixels.Iterations
	x.Time, x.Disk, x.Cache = time.Duration(x.Evaluations)*9*time.Millisecond, int64(left)*110_000, int64(left)*600_000
	return x, nil
}

// RunBatch implements session.Batcher.
func (e *Engine) RunBatch(ctx context.Context, spec session.BatchSpec, out string, overwrite bool, gate *job.Gate, update func(session.BatchUpdate), report job.Reporter) error {
	if e.Batching.Err != nil && !overwrite {
		return e.Batching.Err
	}
	groups, stimuli := e.batchGroups(spec)
	total, done := 0, 0
	for _, g := range groups {
		total, done = total+g.Images, done+g.Done
	}
	m := job.NewMeter(report)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range groups {
		g := groups[i]
		for g.Done < g.Images {
			if e.Batching.Step != nil {
				select {
				case <-e.Batching.Step:
				case <-ctx.Done():
					return ctx.Err()
				}
			} else if e.Batching.Delay > 0 {
				time.Sleep(e.Batching.Delay)
			}
			if err := gate.Wait(ctx); err != nil {
				return err
			}
			st := stimuli[i][g.Done]
			g.Done++
			done++
			if done == e.Batching.FailAt {
				return fmt.Errorf("batch: keep the images on the way: no space left on device (is the disk full?)")
			}
			target := Draw(st, 128)
			p := session.BatchPicture{Label: st.Label, Picture: fade(target, 0.8, rng), Original: target, Correlation: 0.6 + 0.3*math.Sin(float64(done)), File: out}
			if st.Image == "" {
				p.Original, p.Correlation = nil, math.NaN()
			}
			update(session.BatchUpdate{Group: g, Images: total, Done: done, Fraction: float64(done) / float64(total), Finished: []session.BatchPicture{p}})
			m.Step(fmt.Sprintf("%s %s, %s", g.Subject, g.ROI, g.Layers), done*spec.Pixels.Iterations, total*spec.Pixels.Iterations)
		}
	}
	return ctx.Err()
}
