package evaluation

import (
	"context"
	"math/rand/v2"

	"reverie/app/job"
	"reverie/compute/eval"
)

// shuffled gives the p of pooled identification by labels drawn anew at evaluation: every stimulus' reconstructions
// are taken for those of another, and scored as before.
func shuffled(ctx context.Context, cells []Cell, all []judged, spec Spec, meter *job.Meter) error {
	if spec.Shuffles == 0 {
		return nil
	}
	type key struct {
		Way
		task eval.Task
	}
	groups := map[key][]judged{}
	for _, j := range all {
		k := key{j.set.way, j.task}
		groups[k] = append(groups[k], j)
	}
	for i := range cells {
		c := &cells[i]
		if c.Measure != Identification || c.Subject != "" {
			continue
		}
		meter.Step("draw labels anew", i, len(cells))
		null, err := nullMeans(ctx, groups[key{c.Way, c.Task}], spec.Shuffles, spec.Seed)
		if err != nil {
			return err
		}
		above := 0
		for _, m := range null {
			if m >= c.Mean-1e-12 {
				above++
			}
		}
		p := float64(above+1) / float64(len(null)+1)
		c.P = &p
	}
	meter.Step("draw labels anew", len(cells), len(cells))
	return nil
}

// nullMeans are the pooled scores with labels drawn anew n times. The draws are the same for equal seeds.
func nullMeans(ctx context.Context, sets []judged, n int, seed uint64) ([]float64, error) {
	out := make([]float64, n)
	for b := range out {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r := rand.New(rand.NewPCG(seed, uint64(b)))
		sum, count := 0.0, 0
		for _, j := range sets {
			d, err := j.shuffle(r)
			if err != nil {
				return nil, err
			}
			for _, p := range d.Pairwise {
				sum += p
			}
			count += len(d.Pairwise)
		}
		out[b] = sum / float64(count)
	}
	return out, nil
}

// shuffle judges a set with the originals exchanged among each other.
func (j judged) shuffle(r *rand.Rand) (eval.Identification, error) {
	to := r.Perm(len(j.pictures))
	own := make([]int, len(j.own))
	for i, c := range j.own {
		if own[i] = to[c]; !j.task.Takes(j.pictures[own[i]]) {
			own[i] = -1
		}
	}
	d, _, err := j.likes.Judge(j.ruleFor(own), own)
	return d, err
}

// ruleFor is the rule of the task for reconstructions of originals.
func (j judged) ruleFor(own []int) eval.Rule {
	return eval.Rule{Ties: j.ties, Against: func(i, c int) bool { return j.task.Against(j.pictures[own[i]], j.pictures[c]) }}
}
