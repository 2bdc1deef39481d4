package batch

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/recon"
)

// Estimate tells what is left to be done and what it will take. It computes some iterations on trial; nothing is
// written. A folder that holds another batch is a DifferentError.
func (j *Job) Estimate(ctx context.Context, report job.Reporter) (session.BatchEstimate, error) {
	e := session.BatchEstimate{Free: free(existing(j.Dir))}
	old, there, err := j.standing()
	if err != nil {
		return e, err
	}
	t, err := j.measure(ctx, newMeter(report), true)
	if err != nil {
		return e, err
	}
	if j.choose(t.batch, e.Free); there {
		j.batch, j.cacheBytes = old.Together, old.Cache
	}
	e.Batch, e.Memory, e.Device = j.batch, t.memory, t.device
	left := make([]int, len(j.parts))
	for i := range j.parts {
		done := 0
		if there {
			done = j.count(i)
		}
		g := j.describe(i, done)
		e.Groups = append(e.Groups, g)
		e.Images += g.Images
		e.Done += done
		left[i] = g.Images - done
	}
	seconds := 0.0
	for k, g := range j.programs {
		for _, p := range g.parts {
			n := float64(left[p]*j.options(g.prior).Iterations) * perIteration(j.options(g.prior))
			e.Evaluations += int(n)
			seconds += n * t.seconds[k]
			e.Disk += int64(left[p]) * j.onDisk(g)
		}
	}
	decode, cache := j.decoding(left, t)
	e.Time = time.Duration((seconds + decode) * float64(time.Second))
	e.Cache = cache
	e.Notes = j.estimateNotes(t)
	return e, nil
}

func (j *Job) estimateNotes(t measured) (notes []string) {
	if t.batch < j.mostTogether() {
		notes = append(notes, "Fewer images go together than could: the memory that is allowed holds no more.")
	}
	if j.Spec.Prior == session.PriorAuto && j.Host.Prior() == nil {
		for _, s := range j.sets {
			if session.UsesPrior(s.Stimuli) {
				return append(notes, "The paper takes a generator for natural images. None fits this network: all are reconstructed over pixels alone.")
			}
		}
	}
	return notes
}

// perIteration is how many evaluations an iteration takes, about.
func perIteration(o recon.Options) float64 {
	if o.Optimizer == recon.Descent {
		return 1
	}
	return 1.06 // line searches
}

// onDisk is about what the files of an image take.
func (j *Job) onDisk(g *program) int64 {
	in := j.Host.Model(g.imagery).Net.Picture()
	png := int64(in.Len()) + 4096
	shots := int64(0)
	if j.snaps != (pipeline.Snapshots{}) {
		n := j.options(g.prior).Iterations
		for i := 0; i <= min(n, 100_000); i++ {
			if i == n || j.snaps.Keeps(i) {
				shots++
			}
		}
	}
	size := int64(j.options(g.prior).Iterations) * 32 // the course of the loss
	if j.has(session.LayoutOurs) {
		size += (2 + shots) * png
	}
	if j.has(session.LayoutLab) {
		size += 8*int64(in.Len()) + (1+shots)*int64(in.Len())/4
	}
	return size
}

// decoding is about how long decoding what is left takes, without the time to read samples or decoders, and the most
// that its features take on the disk.
func (j *Job) decoding(left []int, t measured) (seconds float64, bytes int64) {
	if j.Spec.Source == session.Stored {
		return 0, 0
	}
	of := map[int]bool{}
	for i, n := range left {
		if n > 0 {
			of[j.parts[i].set] = true
		}
	}
	if len(of) == 0 {
		return 0, 0
	}
	for i := range of {
		s := j.sets[i]
		// A forward pass takes a third of an evaluation; that of the most costly program stands for all layers.
		forward, most := 0.0, 0.0
		for k, g := range j.programs {
			if g.imagery == s.Imagery && g.cost > most {
				most, forward = g.cost, t.seconds[k]/3
			}
		}
		pictures := len(s.Labels)
		if j.Spec.Source.FromBrain() {
			if j.Spec.Decoders != "" {
				continue
			}
			pictures = 0
			for _, d := range s.Subject.Datasets {
				if d.Session == brain.NaturalTraining {
					blocks := (len(s.Labels) + j.blockOf(s) - 1) / j.blockOf(s)
					pictures = len(d.Stimuli) * blocks
				}
			}
		}
		seconds += float64(pictures) * forward
	}
	return seconds, j.cacheAtOnce()
}

// existing is the innermost folder of a path that is there.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "."
		}
		dir = up
	}
}
