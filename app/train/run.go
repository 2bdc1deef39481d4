package train

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"reverie/app/dataset/decoders"
	"reverie/app/job"
	"reverie/compute/eval"
)

// run is a job at work.
type run struct {
	*Job
	gate   *job.Gate
	update func(Update)
	step   func(stage string, done, total int)

	data     []*prepared
	stores   [][]*decoders.Store // [layer][data]
	labels   []string            // all that features are needed of
	fitters  fitters
	begun    time.Time
	trained  int // units in this run
	total    int // units to be trained in this run
	counts   [][]int
	finished chan error // of the chunk that is being measured and written; nil while none is
}

// Run trains what is missing. A cancelled job returns the context's error; what
// was written stays, and Run goes on from there. gate may be nil; update and
// step are called by one goroutine at a time.
func (j *Job) Run(ctx context.Context, gate *job.Gate, update func(Update), step func(stage string, done, total int)) error {
	if err := j.check(); err != nil {
		return err
	}
	r := &run{Job: j, gate: gate, update: update, step: step, fitters: fitters{j: j}}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	todo := r.missing()
	for _, i := range todo {
		r.total += j.units(i)
	}
	r.begun = time.Now()
	for len(todo) > 0 {
		n := r.pass(todo)
		if err := r.train(ctx, todo[:n]); err != nil {
			return err
		}
		todo = todo[n:]
	}
	if j.Alone {
		for _, layer := range r.stores {
			for _, s := range layer {
				if err := s.Tidy(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// prepare reads the samples and opens the stores.
func (r *run) prepare(ctx context.Context) error {
	held := int64(0)
	for i := range r.Data {
		r.step("read samples", i, len(r.Data))
		p, err := prepare(ctx, &r.Data[i])
		if err != nil {
			return err
		}
		if held += p.size; held > r.Options.Memory/8 {
			p.samples = nil
		}
		r.data = append(r.data, p)
		r.labels = append(r.labels, p.stimuli...)
		for _, t := range p.tested {
			r.labels = append(r.labels, t...)
		}
	}
	r.step("read samples", len(r.Data), len(r.Data))
	slices.Sort(r.labels)
	r.labels = slices.Compact(r.labels)
	for _, l := range r.Layers {
		var row []*decoders.Store
		for _, p := range r.data {
			s, err := decoders.Create(r.Root, r.meta(l, p), p.norms)
			if err != nil {
				return err
			}
			row = append(row, s)
		}
		r.stores = append(r.stores, row)
		r.counts = append(r.counts, make([]int, len(r.data)))
	}
	return nil
}

// missing lists the items that are not there yet, and counts those that are.
func (r *run) missing() []item {
	for l := range r.stores {
		for d, s := range r.stores[l] {
			r.counts[l][d] = s.Done()
		}
	}
	var todo []item
	for _, i := range r.items() {
		if !r.stores[i.layer][i.data].Has(i.chunk) {
			todo = append(todo, i)
		}
	}
	return todo
}

// pass says how many of the items' features fit into the memory at a time, at least one chunk.
func (r *run) pass(todo []item) int {
	bytes, last := int64(0), item{layer: -1}
	for n, i := range todo {
		if i.layer == last.layer && i.chunk == last.chunk {
			continue
		}
		last = i
		bytes += int64(r.units(i)) * int64(len(r.labels)) * 4
		if n > 0 && bytes > r.Options.heldBytes() {
			return n
		}
	}
	return len(todo)
}

// train computes the features of some items and trains these.
func (r *run) train(ctx context.Context, items []item) (err error) {
	held, err := r.features(ctx, items)
	if err != nil {
		return err
	}
	defer func() {
		if e := r.settle(); err == nil {
			err = e
		}
	}()
	for d := range r.data {
		for _, i := range items {
			if i.data != d {
				continue
			}
			if err := r.gate.Wait(ctx); err != nil {
				return err
			}
			f, err := r.fitters.get(ctx, d, r.data[d])
			if err != nil {
				return err
			}
			if err := r.chunk(ctx, f, i, held); err != nil {
				return err
			}
		}
		if err := r.settle(); err != nil {
			return err
		}
		r.drop(d)
	}
	return nil
}

// drop gives the samples of some data back where all together are too many to keep.
func (r *run) drop(d int) {
	held := int64(0)
	for _, p := range r.data {
		if p.samples != nil {
			held += p.size
		}
	}
	if held > r.Options.Memory/8 {
		r.data[d].samples = nil
	}
}

// features holds the features of the items' units.
func (r *run) features(ctx context.Context, items []item) ([]*held, error) {
	var all []*held
	for _, i := range items {
		from, to := r.rangeOf(i)
		name := r.Layers[i.layer].Name
		if n := len(all); n > 0 && all[n-1].Layer == name && all[n-1].To >= from {
			all[n-1].To = max(all[n-1].To, to)
			continue
		}
		all = append(all, &held{Range: Range{name, from, to}})
	}
	ranges := make([]Range, len(all))
	for k, h := range all {
		ranges[k] = h.Range
		h.values = make([]float32, len(r.labels)*(h.To-h.From))
	}
	return all, r.Source.Fill(ctx, r.labels, ranges, func(label, k int, values []float32) error {
		h := all[k]
		if len(values) != h.To-h.From {
			return fmt.Errorf("train: %d features of %s for %d units", len(values), h.Layer, h.To-h.From)
		}
		row := h.row(label, h.From, h.To)
		copy(row, values)
		if r.Options.Absolute {
			for u, x := range row {
				row[u] = float32(math.Abs(float64(x)))
			}
		}
		return nil
	}, func(done, total int) {
		if r.trained == 0 { // later passes are part of the training's own estimate
			r.step("features of the stimuli", done, total)
		}
	})
}

// chunk trains one item. It is measured and written while the next is trained.
func (r *run) chunk(ctx context.Context, f fitter, i item, all []*held) error {
	p := r.data[i.data]
	from, to := r.rangeOf(i)
	h := all[slices.IndexFunc(all, func(h *held) bool {
		return h.Layer == r.Layers[i.layer].Name && h.From <= from && h.To >= to
	})]
	t, err := newTargets(h, r.at(p.stimuli), from, to)
	if err != nil {
		return err
	}
	w, iterations, err := f.fit(ctx, t)
	if err != nil {
		return fmt.Errorf("%s from %s: %w", h.Layer, p.ROI, err)
	}
	w.First += from
	c := &decoders.Chunk{Weights: w, Mean: single(t.mean), Norm: single(t.norm), Iterations: iterations}
	if err := r.settle(); err != nil {
		return err
	}
	samples, err := p.load(ctx)
	if err != nil {
		return err
	}
	finished, store := make(chan error, 1), r.stores[i.layer][i.data]
	r.finished = finished
	go func() {
		var err error
		if c.Accuracy, err = r.measure(samples, p, c, h, from, to); err == nil {
			err = store.Write(i.chunk, c)
		}
		if err == nil {
			r.trained += to - from
			r.counts[i.layer][i.data] += to - from
			r.step("train decoders", r.trained, r.total)
			r.update(Update{Layer: r.Layers[i.layer], Data: p.Data, Done: r.counts[i.layer][i.data],
				Rate: float64(r.trained) / time.Since(r.begun).Seconds(), Store: store})
		}
		finished <- err
	}()
	return nil
}

// settle waits for the chunk that is being written.
func (r *run) settle() error {
	if r.finished == nil {
		return nil
	}
	err := <-r.finished
	r.finished = nil
	return err
}

// measure correlates what a chunk's decoders make of the test samples with the true values.
func (r *run) measure(s *Samples, p *prepared, c *decoders.Chunk, h *held, from, to int) ([][]float32, error) {
	var out [][]float32
	for k, labels := range p.tested {
		truth := make([][]float32, len(labels))
		for i, at := range r.at(labels) {
			truth[i] = h.row(at, from, to)
		}
		decoded, err := c.Apply(s.Tests[k].Samples, p.norms)
		if err != nil {
			return nil, err
		}
		v, err := eval.ProfileCorrelation(decoded, truth)
		if err != nil {
			return nil, err
		}
		out = append(out, single(v))
	}
	return out, nil
}

// at gives the places of stimuli among all labels.
func (r *run) at(stimuli []string) []int {
	out := make([]int, len(stimuli))
	for i, s := range stimuli {
		out[i], _ = slices.BinarySearch(r.labels, s)
	}
	return out
}
